// SPDX-License-Identifier: GPL-2.0

//! Trampolines that wait for the return of their targets, and what becomes of them when no call
//! site leads to them any more: they stay until the last call has come back, however long the
//! target sleeps.

use crate::{
    bindings,
    caller::external::External,
    language::report::Status,
    trampoline::slot::{
        Slot,
        SLOTS, //
    },
};
use core::{
    fmt::Display as _,
    mem::ManuallyDrop, //
};
use kernel::{
    fmt,
    prelude::*,
    str::CString,
    sync::Arc, //
};

kernel::sync::global_lock! {
    // SAFETY: `Drain::new` initialises it, and there is no `Returning` without a `Drain`.
    unsafe(uninit) static DRAINING: Mutex<KVVec<Parts>> = KVVec::new();
}

/// What waits for the last calls; and the right to have something wait.
///
/// # Invariants
///
/// [`DRAINING`] is initialised, and has room for as many as there are slots.
pub(crate) struct Drain(());

/// What is shown of an attachment whose calls have not all come back.
pub(crate) struct Label {
    pub(crate) target: CString,
    pub(crate) functions: usize,
    pub(crate) caller: CString,
}

/// A trampoline that waits for the return of its target. It can be dropped when no call site leads
/// to it any more, and nothing executes in it but what it called.
///
/// # Invariants
///
/// The parts are dropped once: here, or when they are taken out of [`DRAINING`].
pub(crate) struct Returning(ManuallyDrop<Parts>);

struct Parts {
    slot: Slot,
    label: Label,
    _caller: Option<Arc<External>>,
    /// Nobody can have entered since it was found to be left.
    is_left: bool,
    // The last to go, as the others have their code in the module.
    _module: HeldModule,
}

/// Keeps this module from being unloaded.
pub(crate) struct HeldModule(());

impl Drain {
    /// Makes room for all that may have to wait.
    ///
    /// # Safety
    ///
    /// Must be called once only.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: By the requirement of this function, this is done once.
        unsafe { DRAINING.init() };
        *DRAINING.lock() = KVVec::with_capacity(SLOTS, GFP_KERNEL)?;
        // INVARIANT: Both were done just now.
        Ok(Drain(()))
    }

    /// Lets a slot drain when it is dropped. As long as it has not, this module stays loaded.
    pub(crate) fn returning(
        &self,
        slot: Slot,
        label: Label,
        caller: Option<Arc<External>>,
    ) -> Returning {
        Returning(ManuallyDrop::new(Parts {
            slot,
            label,
            _caller: caller,
            is_left: false,
            _module: HeldModule::new(),
        }))
    }

    /// Writes a line of `status` for each that waits for its last calls.
    pub(crate) fn write_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parts in DRAINING.lock().iter() {
            let data = parts.slot.data();
            Status {
                target: parts.label.target.to_str().unwrap_or_default(),
                functions: parts.label.functions,
                caller: parts.label.caller.to_str().unwrap_or_default(),
                hits: data.hits(),
                missed: data.missed(),
                state: "draining",
                left_out: 0,
            }
            .fmt(f)?;
        }
        Ok(())
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        // SAFETY: It may sleep here, and holds no lock. Nothing is draining any more: that would
        // hold the module. So there is no work but what is about to end.
        unsafe { bindings::rvdirect_drain_stop() };
        *DRAINING.lock() = KVVec::new();
    }
}

impl Returning {
    /// Its slot.
    pub(crate) fn slot(&self) -> &Slot {
        &self.0.slot
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        // SAFETY: This is `drop`: it is not used again.
        let parts = unsafe { ManuallyDrop::take(&mut self.0) };
        if parts.slot.data().is_left() {
            // SAFETY: It may sleep here, as wherever attachments change.
            unsafe { bindings::rvdirect_synchronize_trampolines() };
            return;
        }
        // INVARIANT: From here on, they are in `DRAINING`. There is room, as each has a slot; if it
        // were not so, they would have to stay for ever.
        if let Err(parts) = DRAINING.lock().push_within_capacity(parts) {
            core::mem::forget(parts);
        }
        // SAFETY: It only makes the work run.
        unsafe { bindings::rvdirect_drain_soon() };
    }
}

/// Ends what all calls have left, and comes back for the rest.
#[no_mangle]
extern "C" fn rvdirect_drain() {
    let mut is_any_left = false;
    for parts in DRAINING.lock().iter_mut() {
        parts.is_left = parts.slot.data().is_left();
        is_any_left |= parts.is_left;
    }
    if is_any_left {
        // What has counted itself out is still to execute its last instructions.
        // SAFETY: It may sleep here: this is a work item.
        unsafe { bindings::rvdirect_synchronize_trampolines() };
    }
    let mut draining = DRAINING.lock();
    draining.retain(|parts| !parts.is_left);
    if !draining.is_empty() {
        // SAFETY: It only makes the work run.
        unsafe { bindings::rvdirect_drain_again() };
    }
}

impl HeldModule {
    /// Keeps it so, until it is dropped.
    pub(crate) fn new() -> Self {
        // SAFETY: The module stays meanwhile: for a command, as it has a file open; for a notifier,
        // as the module's exit waits for it; while the module itself is loaded, in any case.
        unsafe { bindings::rvdirect_hold_module() };
        HeldModule(())
    }
}

impl HeldModule {
    /// Keeps it so, if it is not being unloaded already.
    pub(crate) fn try_new() -> Option<Self> {
        // SAFETY: It only takes a reference.
        unsafe { bindings::rvdirect_try_hold_module() }.then_some(HeldModule(()))
    }
}

impl Drop for HeldModule {
    fn drop(&mut self) {
        // SAFETY: It gives back what `new` took. The code that executes here stays: it is that of
        // a command, which has a file open, of a notifier, or of a work item, and the module waits
        // for both before it goes; or of its initialisation.
        unsafe { bindings::rvdirect_release_module() };
    }
}
