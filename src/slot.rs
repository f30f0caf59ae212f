// SPDX-License-Identifier: GPL-2.0

//! The slots of `asm/trampoline.S`: who owns which, and what each counts in.

use crate::{
    bindings,
    counter::Counter,
    slot_map::SlotMap, //
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
    /// The pool of all slots.
    ///
    /// # Safety
    ///
    /// Must be called once only.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: By the requirement of this function, this is done once.
        unsafe { TAKEN.init() };
        // INVARIANT: That was done just now.
        Pool(())
    }

    /// Takes a slot that counts in `counter`, if one is free.
    pub(crate) fn take(self, counter: Arc<Counter>) -> Option<Slot> {
        let number = TAKEN.lock().take()?;
        // INVARIANT: `take` returns no number a second time before it was given back, and only
        // `Slot::drop` gives one back.
        let slot = Slot { number, counter };
        slot.set_counter(slot.counter.as_ptr());
        // SAFETY: It may sleep here: we are in the context of a command.
        unsafe { bindings::rvdirect_synchronize_harts() };
        Some(slot)
    }
}

/// A slot of one's own.
///
/// # Invariants
///
/// `number` is less than [`SLOTS`], and no other `Slot` has the same.
pub(crate) struct Slot {
    number: usize,
    counter: Arc<Counter>,
}

impl Slot {
    /// The address of the trampoline that is this slot.
    pub(crate) fn address(&self) -> usize {
        let start = (&raw const bindings::rvdirect_count_slots).addr();
        let end = (&raw const bindings::rvdirect_count_slots_end).addr();
        start + self.number * ((end - start) / SLOTS)
    }

    fn set_counter(&self, counter: *const c_void) {
        let counters: *mut *mut c_void = (&raw mut bindings::rvdirect_slot_counter).cast();
        // SAFETY: By the type invariant, `number` is within the array, and nobody else writes to
        // this element. The trampoline reads it only while a call site leads to it, and that is
        // neither before `take` returns, after all harts have seen the new value, nor any more
        // when the slot is dropped.
        unsafe { ptr::write_volatile(counters.add(self.number), counter.cast_mut()) };
    }
}

/// Whoever drops a slot has made sure that no hart executes in it any more: it is what
/// [`crate::ftrace::DirectCalls`] does with the trampolines that it owns.
impl Drop for Slot {
    fn drop(&mut self) {
        self.set_counter(ptr::null());
        TAKEN.lock().give_back(self.number);
    }
}
