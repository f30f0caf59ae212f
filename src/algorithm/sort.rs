// SPDX-License-Identifier: GPL-2.0

//! Sorts in place with a heap. This is slower than `core`'s sort, which would add 9 KiB of text for
//! the three uses here.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

/// Sorts `items` by their keys, smallest first.
pub(crate) fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let mut end = items.len();
    for root in (0..end / 2).rev() {
        sift_down(items, root, end, &key);
    }
    while end > 1 {
        end -= 1;
        items.swap(0, end);
        sift_down(items, 0, end, &key);
    }
}

/// Sifts `root` down until the tree below it, which ends before `end`, is a heap.
fn sift_down<T, K: Ord>(items: &mut [T], mut root: usize, end: usize, key: &impl Fn(&T) -> K) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && key(&items[child]) < key(&items[child + 1]) {
            child += 1;
        }
        if key(&items[root]) >= key(&items[child]) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::sort_by_key;
    use crate::random::Random;

    #[test]
    fn sorts_as_core_does() {
        let mut random = Random::new(1);
        for length in (0..40).chain([1000, 4097]) {
            let mut items: Vec<_> = (0..length).map(|_| random.below(1 + length / 2)).collect();
            let mut expected = items.clone();
            expected.sort();
            sort_by_key(&mut items, |item| *item);
            assert_eq!(items, expected);
        }
    }
}
