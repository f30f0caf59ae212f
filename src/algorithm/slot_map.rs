// SPDX-License-Identifier: GPL-2.0

//! Keeps track of the slots that are taken, with a bit for each.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

/// Which of `64 * WORDS` slots are taken.
pub(crate) struct SlotMap<const WORDS: usize> {
    taken: [u64; WORDS],
}

impl<const WORDS: usize> SlotMap<WORDS> {
    /// A map with no slot taken.
    pub(crate) const fn new() -> Self {
        SlotMap { taken: [0; WORDS] }
    }

    /// Takes the lowest slot that is free.
    pub(crate) fn take(&mut self) -> Option<usize> {
        let (index, word) = self
            .taken
            .iter_mut()
            .enumerate()
            .find(|(_, word)| **word != u64::MAX)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Some(index * 64 + bit as usize)
    }

    /// Gives a slot back; returns whether it was taken.
    pub(crate) fn give_back(&mut self, slot: usize) -> bool {
        let Some(word) = self.taken.get_mut(slot / 64) else {
            return false;
        };
        let mask = 1 << (slot % 64);
        let was_taken = *word & mask != 0;
        *word &= !mask;
        was_taken
    }
}

#[cfg(test)]
mod tests {
    use super::SlotMap;
    use crate::random::Random;

    #[test]
    fn takes_every_slot_once_and_then_none() {
        let mut map = SlotMap::<2>::new();
        for slot in 0..128 {
            assert_eq!(map.take(), Some(slot));
        }
        assert_eq!(map.take(), None);
    }

    #[test]
    fn takes_again_what_was_given_back() {
        let mut map = SlotMap::<2>::new();
        while map.take().is_some() {}
        for slot in [127, 64, 63, 0] {
            assert!(map.give_back(slot));
            assert!(!map.give_back(slot));
            assert_eq!(map.take(), Some(slot));
            assert_eq!(map.take(), None);
        }
    }

    #[test]
    fn knows_no_slot_beyond_its_end() {
        assert!(!SlotMap::<2>::new().give_back(128));
    }

    /// Any mixture of taking and giving back agrees with a plain model.
    #[test]
    fn agrees_with_a_model() {
        let mut random = Random::new(1);
        let mut map = SlotMap::<3>::new();
        let mut model = [false; 192];
        for _ in 0..100_000 {
            if random.below(2) == 0 {
                let free = model.iter().position(|taken| !taken);
                assert_eq!(map.take(), free);
                if let Some(slot) = free {
                    model[slot] = true;
                }
            } else {
                let slot = random.below(model.len());
                assert_eq!(map.give_back(slot), model[slot]);
                model[slot] = false;
            }
        }
    }
}
