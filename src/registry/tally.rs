// SPDX-License-Identifier: GPL-2.0

//! What an attachment counted with the trampolines that it had before.

use crate::trampoline::slot_data::SlotData;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The counts of earlier trampolines, of which some may still be draining.
pub(crate) struct Tally {
    hits: u64,
    missed: u64,
    /// Of those, the hits of each function, as far as they are known; sorted by its location.
    each: KVVec<FunctionHits>,
    unfinished: KVec<Earlier>,
}

/// How often a function was called.
struct FunctionHits {
    location: usize,
    hits: u64,
}

/// What an earlier trampoline counts, and for which functions.
struct Earlier {
    data: Arc<SlotData>,
    whose: Whose,
}

#[derive(Clone, Copy)]
enum Whose {
    /// It tells the functions of the attachment apart.
    Each,
    /// All is of the function there.
    One(usize),
    /// Nobody knows, or it does not matter any more.
    Unknown,
}

impl Tally {
    /// One without counts.
    pub(crate) fn new() -> Self {
        Tally {
            hits: 0,
            missed: 0,
            each: KVVec::new(),
            unfinished: KVec::new(),
        }
    }

    /// Makes room for one more trampoline, of functions at `locations`, which are sorted;
    /// afterwards, [`Tally::add`] cannot fail.
    pub(crate) fn make_room(&mut self, locations: &[usize]) -> Result {
        if self.each.is_empty() {
            self.each.reserve(locations.len(), GFP_KERNEL)?;
            for &location in locations {
                let none = FunctionHits { location, hits: 0 };
                self.each.push(none, GFP_KERNEL)?;
            }
        }
        let Tally {
            hits,
            missed,
            each,
            unfinished,
        } = self;
        // What all calls have left counts no more, and needs no memory any longer.
        unfinished.retain(|earlier| {
            let data = &earlier.data;
            let is_finished = data.is_left() || !data.work().waits_for_return();
            if is_finished {
                *hits = hits.wrapping_add(data.hits());
                *missed = missed.wrapping_add(data.missed());
                for function in each.iter_mut() {
                    let more = earlier.hits_of(function.location);
                    function.hits = function.hits.wrapping_add(more);
                }
            }
            !is_finished
        });
        unfinished.reserve(1, GFP_KERNEL)?;
        Ok(())
    }

    /// Adds what a trampoline counted for the functions at `locations`, that no call site leads to
    /// any more, and that nothing executes in but what it called.
    pub(crate) fn add(&mut self, data: Option<Arc<SlotData>>, locations: &[usize]) {
        if let Some(data) = data {
            let whose = match locations {
                _ if data.each().is_some() => Whose::Each,
                [location] => Whose::One(*location),
                _ => Whose::Unknown,
            };
            // Cannot fail after `make_room`.
            let _ = self
                .unfinished
                .push_within_capacity(Earlier { data, whose });
        }
    }

    /// Whether nothing was counted before.
    pub(crate) fn is_empty(&self) -> bool {
        self.each.is_empty() && self.unfinished.is_empty()
    }

    /// How many calls were handled.
    pub(crate) fn hits(&self) -> u64 {
        self.unfinished.iter().fold(self.hits, |sum, earlier| {
            sum.wrapping_add(earlier.data.hits())
        })
    }

    /// How many of them are known to be calls of the function there, which must be one of the
    /// attachment.
    pub(crate) fn hits_of(&self, location: usize) -> u64 {
        let folded = self
            .each
            .binary_search_by_key(&location, |function| function.location)
            .ok()
            .and_then(|index| self.each.get(index))
            .map_or(0, |function| function.hits);
        self.unfinished.iter().fold(folded, |sum, earlier| {
            sum.wrapping_add(earlier.hits_of(location))
        })
    }

    /// Forgets whose the hits are of functions that are not there any more; as hits of the
    /// attachment, they stay.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.each.retain(|function| !is_gone(function.location));
        for earlier in self.unfinished.iter_mut() {
            match earlier.whose {
                // Others may come to where all that it can tell apart have been.
                Whose::Each if self.each.is_empty() => earlier.whose = Whose::Unknown,
                Whose::One(location) if is_gone(location) => earlier.whose = Whose::Unknown,
                _ => {}
            }
        }
    }

    /// How many had to be skipped.
    pub(crate) fn missed(&self) -> u64 {
        self.unfinished.iter().fold(self.missed, |sum, earlier| {
            sum.wrapping_add(earlier.data.missed())
        })
    }
}

impl Earlier {
    fn hits_of(&self, location: usize) -> u64 {
        match self.whose {
            Whose::Each => self.data.each().map_or(0, |each| each.of(location)),
            Whose::One(function) if function == location => self.data.hits(),
            _ => 0,
        }
    }
}
