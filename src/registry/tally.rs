// SPDX-License-Identifier: GPL-2.0

//! What an attachment counted with its earlier trampolines.

use crate::trampoline::slot_data::SlotData;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The counts of earlier trampolines. Some of these may still drain.
pub(crate) struct Tally {
    hits: u64,
    missed: u64,
    /// The part of `hits` that is known to be of one function, sorted by the function's location.
    each: KVVec<FunctionHits>,
    unfinished: KVec<Earlier>,
}

/// How often a function was called.
struct FunctionHits {
    location: usize,
    hits: u64,
}

/// An earlier trampoline that may still count, and the functions that its hits belong to.
struct Earlier {
    data: Arc<SlotData>,
    whose: Whose,
}

#[derive(Clone, Copy)]
enum Whose {
    /// The trampoline tells the functions of the attachment apart.
    Each,
    /// All hits are of the function at this location.
    One(usize),
    /// The hits cannot be told apart, or their function is gone.
    Unknown,
}

impl Tally {
    /// Creates a tally without counts.
    pub(crate) fn new() -> Self {
        Tally {
            hits: 0,
            missed: 0,
            each: KVVec::new(),
            unfinished: KVec::new(),
        }
    }

    /// Makes room for one more trampoline, so that [`Tally::add`] cannot fail. `locations` are its
    /// functions, sorted.
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
        // Of a trampoline that counts no more, only the sums are kept.
        unfinished.retain(|earlier| {
            let data = &earlier.data;
            let is_final = data.is_final();
            if is_final {
                *hits = hits.wrapping_add(data.hits());
                *missed = missed.wrapping_add(data.missed());
                for function in each.iter_mut() {
                    let more = earlier.hits_of(function.location);
                    function.hits = function.hits.wrapping_add(more);
                }
            }
            !is_final
        });
        unfinished.reserve(1, GFP_KERNEL)?;
        Ok(())
    }

    /// Adds the counts of a trampoline for the functions at `locations`. No call site may lead to
    /// it any more; it may still count calls that are on their way.
    pub(crate) fn add(&mut self, data: Option<Arc<SlotData>>, locations: &[usize]) {
        if let Some(data) = data {
            let whose = match locations {
                _ if data.each().is_some() => Whose::Each,
                [location] => Whose::One(*location),
                _ => Whose::Unknown,
            };
            // `make_room` reserved the room. Where it could not, the totals of now are kept.
            let (hits, missed) = (data.hits(), data.missed());
            let earlier = Earlier { data, whose };
            if self.unfinished.push_within_capacity(earlier).is_err() {
                self.hits = self.hits.wrapping_add(hits);
                self.missed = self.missed.wrapping_add(missed);
            }
        }
    }

    /// Returns whether nothing was counted before.
    pub(crate) fn is_empty(&self) -> bool {
        self.each.is_empty() && self.unfinished.is_empty()
    }

    /// Returns how many calls were handled.
    pub(crate) fn hits(&self) -> u64 {
        self.unfinished.iter().fold(self.hits, |sum, earlier| {
            sum.wrapping_add(earlier.data.hits())
        })
    }

    /// Returns how many of the hits are known to be of the function at `location`, which must be
    /// one of the attachment.
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

    /// Forgets which hits belong to functions that are gone. They stay hits of the attachment.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.each.retain(|function| !is_gone(function.location));
        for earlier in self.unfinished.iter_mut() {
            match earlier.whose {
                // All functions that it tells apart are gone. Others may get their addresses.
                Whose::Each if self.each.is_empty() => earlier.whose = Whose::Unknown,
                Whose::One(location) if is_gone(location) => earlier.whose = Whose::Unknown,
                _ => {}
            }
        }
    }

    /// Returns how many calls had to be skipped.
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
