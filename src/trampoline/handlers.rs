// SPDX-License-Identifier: GPL-2.0

//! Handlers with C's calling convention: `asm/trampoline.S` calls them before the target, or after
//! it has returned.

use crate::{
    bindings,
    language::{
        outcome::Outcome,
        session::SessionId, //
    },
    trampoline::own_event::Event,
};
use core::ptr;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// A handler; see `struct rvdirect_caller`.
pub(crate) type Handler = unsafe extern "C" fn(*mut bindings::rvdirect_call);

/// The handlers of one caller.
///
/// # Invariants
///
/// While a slot works with them, they may be called, and may use `data`, in any context.
#[derive(Clone)]
pub(crate) struct Handlers {
    entry: Option<Handler>,
    exit: Option<Handler>,
    data: *mut c_void,
    is_on: *const c_int,
    outcome: Outcome,
    /// What `data` and `is_on` point to, if that is an event of its own.
    _event: Option<Arc<Event>>,
}

// SAFETY: By the type invariant, they may be called anywhere.
unsafe impl Send for Handlers {}
// SAFETY: The same.
unsafe impl Sync for Handlers {}

impl Handlers {
    /// Makes handlers that get `data` from `rvdirect_data()`.
    ///
    /// # Safety
    ///
    /// As long as a slot works with them, it must be possible to call them in any context, and on
    /// several harts at once.
    pub(crate) unsafe fn new(
        entry: Option<Handler>,
        exit: Option<Handler>,
        data: *mut c_void,
    ) -> Self {
        // INVARIANT: By the requirement of this function.
        Handlers {
            entry,
            exit,
            data,
            is_on: ptr::null(),
            outcome: Outcome::default(),
            _event: None,
        }
    }

    /// Returns the handlers that make an event of each call, with so many arguments and the
    /// session's number.
    pub(crate) fn trace(args: u8, session: Option<SessionId>) -> Self {
        // INVARIANT: An event may be made in any context, and the handler takes any number as data.
        Handlers {
            entry: Some(bindings::rvdirect_handle_trace),
            exit: None,
            data: event_data(args, session),
            // SAFETY: It does not change.
            is_on: unsafe { bindings::rvdirect_trace_is_on },
            outcome: Outcome::default(),
            _event: None,
        }
    }

    /// Returns the handlers that make an event of each return with that outcome, in the same way.
    pub(crate) fn returns(args: u8, session: Option<SessionId>, outcome: Outcome) -> Self {
        // INVARIANT: As above.
        Handlers {
            entry: None,
            exit: Some(if outcome == Outcome::default() {
                bindings::rvdirect_handle_return
            } else {
                bindings::rvdirect_handle_some_returns
            }),
            data: event_data(args, session),
            is_on: ptr::null(),
            outcome,
            _event: None,
        }
    }

    /// Returns the handlers that make an event of its own of each call.
    pub(crate) fn own_trace(event: Arc<Event>) -> Self {
        // INVARIANT: An event may be made in any context, and is kept.
        Handlers {
            entry: Some(bindings::rvdirect_handle_own_trace),
            exit: None,
            data: event.as_ptr(),
            is_on: event.is_on(),
            outcome: Outcome::default(),
            _event: Some(event),
        }
    }

    /// Returns the handlers that make an event of its own of each return with that outcome.
    pub(crate) fn own_returns(event: Arc<Event>, outcome: Outcome) -> Self {
        // INVARIANT: As above.
        Handlers {
            entry: None,
            exit: Some(bindings::rvdirect_handle_own_return),
            data: event.as_ptr(),
            is_on: ptr::null(),
            outcome,
            _event: Some(event),
        }
    }

    /// Returns the handler that is called before the target.
    pub(crate) fn entry(&self) -> Option<Handler> {
        self.entry
    }

    /// Returns the handler that is called after the target has returned.
    pub(crate) fn exit(&self) -> Option<Handler> {
        self.exit
    }

    /// Returns what is 0 while the entry handler need not be called, or null if it always must be.
    pub(crate) fn is_on(&self) -> *const c_int {
        self.is_on
    }

    /// Returns the outcome of which the exit handler makes an event.
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Returns what both get from `rvdirect_data()`.
    pub(crate) fn data(&self) -> *mut c_void {
        self.data
    }
}

/// Returns the data for handlers of events: see `trampoline/handlers.h`.
fn event_data(args: u8, session: Option<SessionId>) -> *mut c_void {
    let number = session.map_or(0, |session| session.number as usize);
    ptr::without_provenance_mut(
        number << bindings::RVDIRECT_EVENT_SESSION_SHIFT | usize::from(args),
    )
}
