// SPDX-License-Identifier: GPL-2.0

//! Trampolines that wait for the return of their targets, and what becomes of them when no call
//! site leads to them any more: they stay until the last call has come back, however long the
//! target sleeps.

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

/// How soon, in milliseconds, calls are looked for that have come back.
const SOON: u32 = 50;

/// How long, in milliseconds, nobody looks: what sleeps may sleep for hours.
const LATEST: u32 = 1000;

/// What waits for the last calls; and the right to have something wait.
#[derive(Clone)]
pub(crate) struct Drain(Arc<Background<Draining>>);

/// # Invariants
///
/// `waiting` has room for as many as there are slots.
#[pin_data]
struct Draining {
    #[pin]
    waiting: Mutex<Waiting>,
}

struct Waiting {
    parts: KVVec<Parts>,
    /// How long nobody looked the last time.
    delay: u32,
}

/// What is shown of an attachment whose calls have not all come back.
pub(crate) struct Label {
    pub(crate) target: CString,
    pub(crate) functions: usize,
    pub(crate) caller: CString,
    pub(crate) session: Option<SessionId>,
}

/// A trampoline that waits for the return of its target. It can be dropped when no call site leads
/// to it any more, and nothing executes in it but what it called.
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
    /// Nobody can have entered since it was found to be left.
    is_left: bool,
    // The last to go, as the others have their code in the module.
    _module: HeldModule,
}

/// Keeps this module from being unloaded.
pub(crate) struct HeldModule(());

impl Drain {
    /// Makes room for all that may have to wait.
    pub(crate) fn new() -> Result<Self> {
        let parts = KVVec::with_capacity(SLOTS, GFP_KERNEL)?;
        // INVARIANT: There is room for so many.
        let draining = Arc::pin_init(
            pin_init!(Draining {
                waiting <- new_mutex!(Waiting { parts, delay: SOON }, "rvdirect::draining"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Drain(Arc::new(Background::new(draining)?, GFP_KERNEL)?))
    }

    /// Lets a slot drain when it is dropped. As long as it has not, this module stays loaded.
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

    /// Adds a line of `status` for each that waits for its last calls, and belongs to a session
    /// that `shows` is true of.
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
        // INVARIANT: From here on, it is there. There is room, as each has a slot; if it were not
        // so, it would have to stay for ever.
        if let Err(parts) = waiting.parts.push_within_capacity(parts) {
            core::mem::forget(parts);
        }
        waiting.delay = SOON;
        drop(waiting);
        self.0.queue(SOON);
    }
}

impl InBackground for Draining {
    /// Ends what all calls have left, and comes back for the rest.
    fn run(&self) -> Option<u32> {
        let mut is_any_left = false;
        for parts in self.waiting.lock().parts.iter_mut() {
            parts.is_left = parts.slot.data().is_left();
            is_any_left |= parts.is_left;
        }
        if is_any_left {
            // What has counted itself out is still to execute its last instructions.
            // SAFETY: It may sleep here: this is a work item.
            unsafe { bindings::rvdirect_synchronize_trampolines() };
        }
        let mut waiting = self.waiting.lock();
        waiting.parts.retain(|parts| !parts.is_left);
        waiting.delay = (2 * waiting.delay).min(LATEST);
        (!waiting.parts.is_empty()).then_some(waiting.delay)
    }
}

impl Returning {
    /// Its slot.
    pub(crate) fn slot(&self) -> &Slot {
        &self.parts.slot
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        // SAFETY: This is `drop`: it is not used again.
        let parts = unsafe { ManuallyDrop::take(&mut self.parts) };
        if parts.slot.data().is_left() {
            // SAFETY: It may sleep here, as wherever attachments change.
            unsafe { bindings::rvdirect_synchronize_trampolines() };
            return;
        }
        self.drain.add(parts);
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
