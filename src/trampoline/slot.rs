// SPDX-License-Identifier: GPL-2.0

//! The slots of `asm/trampoline.S`: who owns which, and what each works with.

use crate::{
    algorithm::slot_map::SlotMap,
    bindings,
    language::builtin::Override,
    trampoline::slot_data::{
        SlotData,
        Work, //
    },
};
use core::ptr;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// How many slots there are.
pub(crate) const SLOTS: usize = bindings::RVDIRECT_SLOTS as usize;
const WORDS: usize = SLOTS / 64;

const _: () = assert!(SLOTS % 64 == 0);

kernel::sync::global_lock! {
    // SAFETY: `Pool::new` initialises it, and there is no `Slot` without a `Pool`.
    unsafe(uninit) static TAKEN: Mutex<SlotMap<WORDS>> = SlotMap::new();
}

/// The right to take slots.
///
/// # Invariants
///
/// [`TAKEN`] is initialised.
#[derive(Clone, Copy)]
pub(crate) struct Pool(());

impl Pool {
    /// Makes the pool of all slots.
    ///
    /// # Safety
    ///
    /// Must be called once only.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: By the requirement of this function, this is done once.
        unsafe { TAKEN.init() };
        // INVARIANT: `TAKEN` was initialised just now.
        Pool(())
    }

    /// Takes a slot that works with `data`, if one is free.
    pub(crate) fn take(self, data: Arc<SlotData>) -> Option<Slot> {
        let number = TAKEN.lock().take()?;
        // INVARIANT: `take` does not return a number again before it is given back, and only
        // `Slot::drop` gives it back.
        let slot = Slot { number, data };
        slot.data.set_next(slot.work_address());
        slot.set_rows(slot.data.rows());
        // SAFETY: Interrupts are on here, as wherever attachments change.
        unsafe { bindings::rvdirect_interrupt_harts() };
        Some(slot)
    }
}

/// Where the slots of a kind begin and end.
macro_rules! range {
    ($start:ident, $end:ident) => {
        (
            (&raw const bindings::$start).addr(),
            (&raw const bindings::$end).addr(),
        )
    };
}

/// An owned slot.
///
/// # Invariants
///
/// `number` is less than [`SLOTS`], and no other `Slot` has the same.
pub(crate) struct Slot {
    number: usize,
    data: Arc<SlotData>,
}

impl Slot {
    /// Returns what the slot works with.
    pub(crate) fn data(&self) -> &Arc<SlotData> {
        &self.data
    }

    /// Returns the address of its trampoline.
    pub(crate) fn address(&self) -> usize {
        if self.data.is_filtered() {
            let range = range!(rvdirect_filter_slots, rvdirect_filter_slots_end);
            self.address_in(range)
        } else {
            self.work_address()
        }
    }

    /// Returns the address of the trampoline that does its work, without a filter.
    fn work_address(&self) -> usize {
        let work = self.data.work();
        let range = match work {
            Work::GoOn(address) => return *address,
            Work::Count(_) if self.data.each().is_some() => {
                range!(rvdirect_count_each_slots, rvdirect_count_each_slots_end)
            }
            Work::Count(_) => range!(rvdirect_count_slots, rvdirect_count_slots_end),
            Work::Handlers(_) if work.waits_for_return() => {
                range!(rvdirect_return_slots, rvdirect_return_slots_end)
            }
            Work::Handlers(handlers) if !handlers.is_on().is_null() => {
                range!(rvdirect_trace_slots, rvdirect_trace_slots_end)
            }
            Work::Handlers(_) => range!(rvdirect_entry_slots, rvdirect_entry_slots_end),
            Work::Latency(..) if self.data.each().is_some() => {
                range!(rvdirect_latency_each_slots, rvdirect_latency_each_slots_end)
            }
            Work::Latency(..) => range!(rvdirect_latency_slots, rvdirect_latency_slots_end),
            Work::Override(Override {
                every: 1,
                times: None,
                ..
            }) => range!(rvdirect_override_slots, rvdirect_override_slots_end),
            Work::Override(_) => range!(
                rvdirect_override_some_slots,
                rvdirect_override_some_slots_end
            ),
        };
        self.address_in(range)
    }

    fn address_in(&self, (start, end): (usize, usize)) -> usize {
        start + self.number * ((end - start) / SLOTS)
    }

    fn set_rows(&self, rows: *const bindings::rvdirect_row) {
        let all: *mut *mut bindings::rvdirect_row = (&raw mut bindings::rvdirect_slot_rows).cast();
        // SAFETY: By the type invariant, `number` is within the array, and nobody else writes to
        // this element. The trampoline reads it only while a call site leads to it. That begins
        // after `take` returns, when all harts have seen the new value, and ends before the slot is
        // dropped.
        unsafe { ptr::write_volatile(all.add(self.number), rows.cast_mut()) };
    }
}

/// The owner has made sure that no hart executes in the slot any more, and that no target will
/// return into it: see [`crate::caller::Trampoline`].
impl Drop for Slot {
    fn drop(&mut self) {
        self.data.finish();
        self.set_rows(ptr::null());
        TAKEN.lock().give_back(self.number);
    }
}
