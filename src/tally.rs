// SPDX-License-Identifier: GPL-2.0

//! What an attachment counted with the trampolines that it had before.

use crate::slot_data::SlotData;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The counts of earlier trampolines, of which some may still be draining.
pub(crate) struct Tally {
    hits: u64,
    missed: u64,
    /// Of each function, sorted by its location; empty if none was told apart.
    each: KVVec<FunctionHits>,
    unfinished: KVec<Arc<SlotData>>,
}

/// How often a function was called.
struct FunctionHits {
    location: usize,
    hits: u64,
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
        if self.each.is_empty() && self.is_told_apart() {
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
        unfinished.retain(|data| {
            let is_finished = data.is_left() || !data.work().waits_for_return();
            if is_finished {
                *hits = hits.wrapping_add(data.hits());
                *missed = missed.wrapping_add(data.missed());
                if let Some(counts) = data.each() {
                    for function in each.iter_mut() {
                        function.hits = function.hits.wrapping_add(counts.of(function.location));
                    }
                }
            }
            !is_finished
        });
        unfinished.reserve(1, GFP_KERNEL)?;
        Ok(())
    }

    /// Adds what a trampoline counted that no call site leads to any more, and that nothing
    /// executes in but what it called.
    pub(crate) fn add(&mut self, data: Option<Arc<SlotData>>) {
        if let Some(data) = data {
            // Cannot fail after `make_room`.
            let _ = self.unfinished.push_within_capacity(data);
        }
    }

    /// How many calls were handled.
    pub(crate) fn hits(&self) -> u64 {
        self.unfinished
            .iter()
            .fold(self.hits, |sum, data| sum.wrapping_add(data.hits()))
    }

    /// Whether calls of each function were told apart.
    pub(crate) fn is_told_apart(&self) -> bool {
        !self.each.is_empty() || self.unfinished.iter().any(|data| data.each().is_some())
    }

    /// How many of them were calls of the function there, if functions were told apart.
    pub(crate) fn hits_of(&self, location: usize) -> u64 {
        let folded = self
            .each
            .binary_search_by_key(&location, |function| function.location)
            .ok()
            .and_then(|index| self.each.get(index))
            .map_or(0, |function| function.hits);
        self.unfinished
            .iter()
            .filter_map(|data| data.each())
            .fold(folded, |sum, counts| sum.wrapping_add(counts.of(location)))
    }

    /// Forgets functions of their own; what they add to the sum stays.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.each.retain(|function| !is_gone(function.location));
    }

    /// How many had to be skipped.
    pub(crate) fn missed(&self) -> u64 {
        self.unfinished
            .iter()
            .fold(self.missed, |sum, data| sum.wrapping_add(data.missed()))
    }
}
