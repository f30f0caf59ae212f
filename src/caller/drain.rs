// SPDX-License-Identifier: GPL-2.0

//! What becomes of trampolines that no call site leads to any more.
//!
//! A kernel thread waits for a grace period, one for all that have come meanwhile. No call is on its
//! way through them then. Most trampolines go at once; one that waits for the return of its target
//! drains: it stays until all calls have returned, however long the target sleeps, or until no live
//! task has one on its stack.

use crate::{
    abstraction::{
        background::{
            Background,
            InBackground, //
        },
        file::Text,
        ftrace::{
            self,
            Retired, //
        },
        function::Names, //
    },
    bindings,
    caller::{
        external::External,
        Trampoline, //
    },
    language::{
        report::{
            DrainingLine,
            State,
            Status, //
        },
        session::SessionId, //
    },
    trampoline::{
        in_flight::InFlight,
        own_event::{
            Event,
            Events, //
        },
        slot::{
            Slot,
            SLOTS, //
        },
    },
};
use core::mem::ManuallyDrop;
use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex,
        MutexGuard, //
    },
};

/// The delay, in milliseconds, before the first check whether all calls have returned.
const SOON: u32 = 50;

/// The longest delay between two checks, in milliseconds. Calls may sleep for hours.
const LATEST: u32 = 1000;

/// For how long no task may have had a call on its stack, in nanoseconds, until those that have not
/// returned count as dead. A task that has just ended is on no list, but still on its stack, and a
/// call that is just being made is not found: neither takes that long.
const QUIET: u64 = 5_000_000_000;

/// How often none may have been found at least. Time passes in suspend as well.
const LOOKS: u32 = 5;

/// The trampolines that wait for their last calls, and the right to add one.
#[derive(Clone)]
pub(crate) struct Drain(Arc<Background<Draining>>);

/// # Invariants
///
/// `parts` in `waiting` has room for [`SLOTS`] elements.
pub(crate) struct Draining {
    waiting: Pin<KBox<Mutex<Waiting>>>,
    /// Events whose attachments are gone stay there until nobody uses them.
    events: Events,
}

struct Waiting {
    /// Those that have come since the last grace period began.
    retired: KVVec<Retired<Trampoline>>,
    /// Those that the present grace period is for.
    settling: KVVec<Retired<Trampoline>>,
    /// Those that wait for the return of calls.
    parts: KVVec<KBox<Parts>>,
    /// The delay before the last check.
    delay: u32,
    /// How many have come, and how many of them have settled: they are gone, or only calls in their
    /// targets are left.
    come: u64,
    settled: u64,
}

/// What `status` shows of an attachment that drains.
pub(crate) struct Label {
    target: CString,
    functions: usize,
    caller: CString,
    session: Option<SessionId>,
}

impl Label {
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn new(
        target: &str,
        functions: usize,
        caller: &str,
        session: Option<SessionId>,
    ) -> Result<Self> {
        Ok(Label {
            target: CString::try_from_fmt(fmt!("{target}"))?,
            functions,
            caller: CString::try_from_fmt(fmt!("{caller}"))?,
            session,
        })
    }
}

/// A trampoline that waits for the return of its target. It can be dropped when no call site leads
/// to it any more and every call that is still in it is in its target.
///
/// # Invariants
///
/// The parts are dropped once: here, or when they are taken out of `drain`.
pub(crate) struct Returning {
    parts: ManuallyDrop<KBox<Parts>>,
    drain: Drain,
}

struct Parts {
    slot: Slot,
    label: Label,
    _caller: Option<Arc<External>>,
    /// When a call was last known to be in flight, in ticks of the timer.
    busy: u64,
    /// How often none was found since then.
    quiet: u32,
    /// Whether no call will return any more. None can have entered since.
    is_over: bool,
    // The last field to be dropped: the code that drops the others is in the module.
    _module: HeldModule,
}

/// Keeps this module from being unloaded.
pub(crate) struct HeldModule(());

impl Drain {
    /// Makes room for every trampoline that may have to wait.
    ///
    /// # Safety
    ///
    /// Must be called once only.
    pub(crate) unsafe fn new() -> Result<Self> {
        let parts = KVVec::with_capacity(SLOTS, GFP_KERNEL)?;
        // INVARIANT: `parts` has room for `SLOTS` elements.
        let waiting = new_mutex!(
            Waiting {
                retired: KVVec::new(),
                settling: KVVec::new(),
                parts,
                delay: SOON,
                come: 0,
                settled: 0,
            },
            "rvdirect::draining"
        );
        let waiting = KBox::pin_init(waiting, GFP_KERNEL)?;
        // SAFETY: By the requirement of this function.
        let events = unsafe { Events::new()? };
        let draining = Arc::new(Draining { waiting, events }, GFP_KERNEL)?;
        Ok(Drain(Arc::new(Background::new(draining)?, GFP_KERNEL)?))
    }

    /// Makes a slot drain when it is dropped. This module stays loaded until it has drained.
    pub(crate) fn returning(
        &self,
        slot: Slot,
        label: Label,
        caller: Option<Arc<External>>,
    ) -> Result<Returning> {
        let parts = Parts {
            slot,
            label,
            _caller: caller,
            busy: now(),
            quiet: 0,
            is_over: false,
            _module: HeldModule::new(),
        };
        Ok(Returning {
            parts: ManuallyDrop::new(KBox::new(parts, GFP_KERNEL)?),
            drain: self.clone(),
        })
    }

    /// Waits until all trampolines that have come are gone or drain, or until the current task is
    /// killed.
    pub(crate) fn settle(&self) {
        let come = self.lock().come;
        self.0.wait_killable(come);
    }

    /// The same, but whoever is killed waits nevertheless. For the end, when no more may come.
    pub(crate) fn finish(&self) {
        let come = self.lock().come;
        self.0.wait(come);
    }

    /// Returns the events that are in tracefs.
    pub(super) fn events(&self) -> &Events {
        &self.0.target().events
    }

    /// Ends an event, now or when nobody uses it any more.
    pub(super) fn retire(&self, event: &Event) {
        if !self.events().retire(event) {
            // At once: a delay would replace that of what drains.
            self.0.queue(0);
        }
    }

    /// Adds a line of `status` for each trampoline that waits for its last calls, if `shows` is
    /// true for its session.
    pub(crate) fn add_status(
        &self,
        text: &mut Text,
        shows: &dyn Fn(Option<SessionId>) -> bool,
    ) -> Result {
        let waiting = self.lock();
        let calls = waiting.in_flight()?;
        for parts in waiting.draining() {
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
                state: State::Draining(calls.of(data).count()),
                left_out: 0,
            })?;
        }
        Ok(())
    }

    /// Returns whether nothing drains.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().draining().next().is_none()
    }

    /// Adds a line of `draining` for each call that is in flight, if `shows` is true for the session
    /// that its target belonged to.
    pub(crate) fn add_calls(
        &self,
        text: &mut Text,
        shows: &dyn Fn(Option<SessionId>) -> bool,
        names: &mut Names<'_>,
    ) -> Result {
        let waiting = self.lock();
        let calls = waiting.in_flight()?;
        for parts in waiting.draining() {
            if !shows(parts.label.session) {
                continue;
            }
            for call in calls.of(parts.slot.data()) {
                text.add(&DrainingLine {
                    target: &parts.label.target.to_str().unwrap_or_default(),
                    function: &names.of(ftrace::location(call.resume))?,
                    pid: &call.pid,
                    seconds: &(call.nanoseconds / 1_000_000_000),
                    comm: call.comm,
                })?;
            }
        }
        Ok(())
    }

    fn add(&self, parts: KBox<Parts>) {
        let mut waiting = self.lock();
        // INVARIANT: From here on, `waiting` drops the parts. There is room, because each has a
        // slot of its own; without room, they would have to stay for ever.
        if let Err(parts) = waiting.parts.push_within_capacity(parts) {
            core::mem::forget(parts);
        }
        waiting.delay = SOON;
        drop(waiting);
        self.0.queue(0);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.target().waiting.lock()
    }
}

impl ftrace::Drain<Trampoline> for Drain {
    fn take(&self, retired: Retired<Trampoline>) {
        let mut waiting = self.lock();
        if waiting.retired.reserve(1, GFP_KERNEL).is_err() {
            // Waits for it here, as there is no memory to leave it to the thread.
            drop(waiting);
            drop(retired);
            return;
        }
        // Cannot fail: the room was reserved above.
        let _ = waiting.retired.push_within_capacity(retired);
        waiting.come += 1;
        drop(waiting);
        self.0.queue(0);
    }
}

impl Waiting {
    /// Returns those that wait for the return of calls, or will in a moment.
    fn draining(&self) -> impl Iterator<Item = &Parts> {
        let soon = Iterator::chain(self.retired.iter(), self.settling.iter());
        let soon = soon.filter_map(|retired| match retired.trampoline() {
            Trampoline::Return(returning) => Some(&**returning.parts),
            _ => None,
        });
        Iterator::chain(self.parts.iter().map(|parts| &**parts), soon)
    }

    fn in_flight(&self) -> Result<InFlight> {
        InFlight::find(self.draining().map(|parts| &**parts.slot.data()))
    }

    /// Finds out which of the parts are over. Returns whether some are.
    fn judge(&mut self) -> bool {
        let left = |parts: &KBox<Parts>| parts.slot.data().is_left();
        let slots = self.parts.iter().filter(|parts| !left(parts));
        // If there is no memory to look, all may be busy.
        let calls = InFlight::find(slots.map(|parts| &**parts.slot.data())).ok();
        let mut is_any_over = false;
        for parts in self.parts.iter_mut() {
            let is_busy = |calls: &InFlight| {
                !calls.is_complete() || calls.of(parts.slot.data()).next().is_some()
            };
            if calls.as_ref().is_none_or(is_busy) {
                parts.busy = now();
                parts.quiet = 0;
            } else {
                parts.quiet += 1;
            }
            // The timers of two harts may differ by a tick.
            let quiet = now().saturating_sub(parts.busy);
            // SAFETY: The function only computes.
            let quiet = unsafe { bindings::rvdirect_nanoseconds(quiet) };
            let is_quiet = quiet >= QUIET && parts.quiet >= LOOKS;
            parts.is_over = parts.slot.data().is_left() || is_quiet;
            is_any_over |= parts.is_over;
        }
        is_any_over
    }
}

impl InBackground for Draining {
    const THREAD: &'static CStr = c"rvdirect_drain";

    /// Drops the trampolines that have settled, and asks to be run again for those that drain.
    fn run(&self) -> Option<u32> {
        let mut waiting = self.waiting.lock();
        waiting.settling = core::mem::take(&mut waiting.retired);
        let come = waiting.come;
        let is_any = !waiting.settling.is_empty();
        drop(waiting);
        if is_any {
            ftrace::synchronize();
        }
        let settling = core::mem::take(&mut self.waiting.lock().settling);
        for retired in settling {
            // SAFETY: They were retired before the call of `synchronize`. A trampoline that waits
            // for the return of its target is added to `parts`, and dropped below at the earliest.
            unsafe { retired.drop_settled() };
        }
        if self.waiting.lock().judge() {
            // A call that has counted itself out may still execute its last instructions here.
            ftrace::synchronize();
        }
        let mut waiting = self.waiting.lock();
        waiting.parts.retain(|parts| !parts.is_over);
        waiting.settled = come;
        waiting.delay = (2 * waiting.delay).min(LATEST);
        let delay = (!waiting.parts.is_empty()).then_some(waiting.delay);
        drop(waiting);
        match self.events.collect() {
            true => delay,
            false => Some(delay.unwrap_or(LATEST)),
        }
    }

    fn progress(&self) -> u64 {
        self.waiting.lock().settled
    }
}

fn now() -> u64 {
    // SAFETY: The function only reads a timer.
    unsafe { bindings::rvdirect_ticks() }
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
        let mut parts = unsafe { ManuallyDrop::take(&mut self.parts) };
        parts.busy = now();
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

    /// Holds this module, unless it is being unloaded already.
    pub(crate) fn try_new() -> Option<Self> {
        // SAFETY: The function only takes a reference, if it can.
        let is_held = unsafe { bindings::rvdirect_try_hold_module() };
        // Not `then_some`: a value that is made and dropped would give back a reference.
        is_held.then(|| HeldModule(()))
    }
}

impl Drop for HeldModule {
    fn drop(&mut self) {
        // SAFETY: It gives back the reference that `new` or `try_new` took. The module stays while
        // this code executes: a command has a file open, the module's exit waits for a notifier and
        // for the thread that drains, and a module that is being loaded is not unloaded.
        unsafe { bindings::rvdirect_release_module() };
    }
}
