// SPDX-License-Identifier: GPL-2.0

//! Trampolines that wait for the return of their targets. When no call site leads to one any more,
//! it drains: it stays until the last call has returned, however long the target sleeps.

use crate::{
    abstraction::{
        background::{
            Background,
            InBackground, //
        },
        file::Text, //
    },
    bindings,
    caller::external::External,
    language::{
        report::Status,
        session::SessionId, //
    },
    trampoline::slot::{
        Slot,
        SLOTS, //
    },
};
use core::mem::ManuallyDrop;
use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    },
};

/// The delay, in milliseconds, before the first check whether all calls have returned.
const SOON: u32 = 50;

/// The longest delay between two checks, in milliseconds. Calls may sleep for hours.
const LATEST: u32 = 1000;

/// The trampolines that wait for their last calls, and the right to add one.
#[derive(Clone)]
pub(crate) struct Drain(Arc<Background<Draining>>);

/// # Invariants
///
/// `waiting` has room for [`SLOTS`] elements.
#[pin_data]
struct Draining {
    #[pin]
    waiting: Mutex<Waiting>,
}

struct Waiting {
    parts: KVVec<Parts>,
    /// The delay before the last check.
    delay: u32,
}

/// What `status` shows of an attachment that drains.
pub(crate) struct Label {
    pub(crate) target: CString,
    pub(crate) functions: usize,
    pub(crate) caller: CString,
    pub(crate) session: Option<SessionId>,
}

/// A trampoline that waits for the return of its target. It can be dropped when no call site leads
/// to it any more and every call that is still in it is in its target.
///
/// # Invariants
///
/// The parts are dropped once: here, or when they are taken out of `drain`.
pub(crate) struct Returning {
    parts: ManuallyDrop<Parts>,
    drain: Drain,
}

struct Parts {
    slot: Slot,
    label: Label,
    _caller: Option<Arc<External>>,
    /// Whether all calls were found to have left. No call can have entered since.
    is_left: bool,
    // The last field to be dropped: the code that drops the others is in the module.
    _module: HeldModule,
}

/// Keeps this module from being unloaded.
pub(crate) struct HeldModule(());

impl Drain {
    /// Makes room for every trampoline that may have to wait.
    pub(crate) fn new() -> Result<Self> {
        let parts = KVVec::with_capacity(SLOTS, GFP_KERNEL)?;
        // INVARIANT: `parts` has room for `SLOTS` elements.
        let draining = Arc::pin_init(
            pin_init!(Draining {
                waiting <- new_mutex!(Waiting { parts, delay: SOON }, "rvdirect::draining"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Drain(Arc::new(Background::new(draining)?, GFP_KERNEL)?))
    }

    /// Makes a slot drain when it is dropped. This module stays loaded until it has drained.
    pub(crate) fn returning(
        &self,
        slot: Slot,
        label: Label,
        caller: Option<Arc<External>>,
    ) -> Returning {
        let parts = Parts {
            slot,
            label,
            _caller: caller,
            is_left: false,
            _module: HeldModule::new(),
        };
        Returning {
            parts: ManuallyDrop::new(parts),
            drain: self.clone(),
        }
    }

    /// Adds a line of `status` for each trampoline that waits for its last calls, if `shows` is
    /// true for its session.
    pub(crate) fn add_status(
        &self,
        text: &mut Text,
        shows: &dyn Fn(Option<SessionId>) -> bool,
    ) -> Result {
        for parts in self.0.target().waiting.lock().parts.iter() {
            let (data, label) = (parts.slot.data(), &parts.label);
            if !shows(label.session) {
                continue;
            }
            text.add(&Status {
                target: label.target.to_str().unwrap_or_default(),
                functions: label.functions,
                caller: label.caller.to_str().unwrap_or_default(),
                hits: data.hits(),
                missed: data.missed(),
                session: label.session,
                state: "draining",
                left_out: 0,
            })?;
        }
        Ok(())
    }

    fn add(&self, parts: Parts) {
        let mut waiting = self.0.target().waiting.lock();
        // INVARIANT: From here on, `waiting` drops the parts. There is room, because each has a
        // slot of its own; without room, they would have to stay for ever.
        if let Err(parts) = waiting.parts.push_within_capacity(parts) {
            core::mem::forget(parts);
        }
        waiting.delay = SOON;
        drop(waiting);
        self.0.queue(SOON);
    }
}

impl InBackground for Draining {
    /// Drops the trampolines that all calls have left, and asks to be run again for the others.
    fn run(&self) -> Option<u32> {
        let mut is_any_left = false;
        for parts in self.waiting.lock().parts.iter_mut() {
            parts.is_left = parts.slot.data().is_left();
            is_any_left |= parts.is_left;
        }
        if is_any_left {
            // A call that has counted itself out may still execute its last instructions here.
            // SAFETY: This is a work item, which may sleep.
            unsafe { bindings::rvdirect_synchronize_trampolines() };
        }
        let mut waiting = self.waiting.lock();
        waiting.parts.retain(|parts| !parts.is_left);
        waiting.delay = (2 * waiting.delay).min(LATEST);
        (!waiting.parts.is_empty()).then_some(waiting.delay)
    }
}

impl Returning {
    /// Returns its slot.
    pub(crate) fn slot(&self) -> &Slot {
        &self.parts.slot
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        // SAFETY: This is `drop`, so the field is not used again.
        let parts = unsafe { ManuallyDrop::take(&mut self.parts) };
        if parts.slot.data().is_left() {
            // SAFETY: Attachments change only where sleeping is allowed.
            unsafe { bindings::rvdirect_synchronize_trampolines() };
            return;
        }
        self.drain.add(parts);
    }
}

impl HeldModule {
    /// Holds this module until the value is dropped.
    pub(crate) fn new() -> Self {
        // SAFETY: The module stays during this call: a command has a file open, the module's exit
        // waits for a notifier, and a module that is being loaded is not unloaded.
        unsafe { bindings::rvdirect_hold_module() };
        HeldModule(())
    }
}

impl HeldModule {
    /// Holds this module, unless it is being unloaded already.
    pub(crate) fn try_new() -> Option<Self> {
        // SAFETY: The function only takes a reference, if it can.
        unsafe { bindings::rvdirect_try_hold_module() }.then_some(HeldModule(()))
    }
}

impl Drop for HeldModule {
    fn drop(&mut self) {
        // SAFETY: It gives back the reference that `new` or `try_new` took. The module stays while
        // this code executes: a command has a file open, the module's exit waits for a notifier and
        // for a work item, and a module that is being loaded is not unloaded.
        unsafe { bindings::rvdirect_release_module() };
    }
}
