// SPDX-License-Identifier: GPL-2.0

//! What an attachment counted with the trampolines that it had before.

use crate::slot_data::SlotData;
use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

/// The counts of earlier trampolines, of which some may still be draining.
pub(crate) struct Tally {
    hits: u64,
    missed: u64,
    unfinished: KVec<Arc<SlotData>>,
}

impl Tally {
    /// One without counts.
    pub(crate) fn new() -> Self {
        Tally {
            hits: 0,
            missed: 0,
            unfinished: KVec::new(),
        }
    }

    /// Makes room for one more trampoline; afterwards, [`Tally::add`] cannot fail.
    pub(crate) fn make_room(&mut self) -> Result<(), AllocError> {
        let Tally {
            hits,
            missed,
            unfinished,
        } = self;
        // What all calls have left counts no more, and needs no memory any longer.
        unfinished.retain(|data| {
            let is_finished = data.is_left() || !data.work().waits_for_return();
            if is_finished {
                *hits = hits.wrapping_add(data.hits());
                *missed = missed.wrapping_add(data.missed());
            }
            !is_finished
        });
        unfinished.reserve(1, GFP_KERNEL)
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

    /// How many had to be skipped.
    pub(crate) fn missed(&self) -> u64 {
        self.unfinished
            .iter()
            .fold(self.missed, |sum, data| sum.wrapping_add(data.missed()))
    }
}
