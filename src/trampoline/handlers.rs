// SPDX-License-Identifier: GPL-2.0

//! Handlers in C, or what looks like it: called by `asm/trampoline.S` before the target, or behind
//! it.

use crate::{
    bindings,
    language::session::SessionId, //
};
use core::ptr;
use kernel::prelude::*;

/// A handler; see `struct rvdirect_caller`.
pub(crate) type Handler = unsafe extern "C" fn(*mut bindings::rvdirect_call);

/// The handlers of one caller.
///
/// # Invariants
///
/// They may be called, and find `data`, in any context, as long as a slot works with them.
#[derive(Clone, Copy)]
pub(crate) struct Handlers {
    entry: Option<Handler>,
    exit: Option<Handler>,
    data: *mut c_void,
}

// SAFETY: By the type invariant, they may be called anywhere.
unsafe impl Send for Handlers {}
// SAFETY: The same.
unsafe impl Sync for Handlers {}

impl Handlers {
    /// Handlers that find `data` by `rvdirect_data()`.
    ///
    /// # Safety
    ///
    /// As long as a slot works with them, it must be possible to call them, in any context, and on
    /// several harts at once.
    pub(crate) unsafe fn new(
        entry: Option<Handler>,
        exit: Option<Handler>,
        data: *mut c_void,
    ) -> Self {
        // INVARIANT: By the requirement of this function.
        Handlers { entry, exit, data }
    }

    /// Makes an event of each call, with so many arguments, which names the session.
    pub(crate) fn trace(args: u8, session: Option<SessionId>) -> Self {
        // INVARIANT: It may be called in any context, as an event may, and takes any number.
        Handlers {
            entry: Some(bindings::rvdirect_handle_trace),
            exit: None,
            data: event_data(args, session),
        }
    }

    /// Makes an event of each return, in the same way.
    pub(crate) fn returns(args: u8, session: Option<SessionId>) -> Self {
        // INVARIANT: As above.
        Handlers {
            entry: None,
            exit: Some(bindings::rvdirect_handle_return),
            data: event_data(args, session),
        }
    }

    /// What is called before the target.
    pub(crate) fn entry(&self) -> Option<Handler> {
        self.entry
    }

    /// What is called behind it.
    pub(crate) fn exit(&self) -> Option<Handler> {
        self.exit
    }

    /// What both find.
    pub(crate) fn data(&self) -> *mut c_void {
        self.data
    }
}

/// What handlers of events find: see `trampoline/handlers.h`.
fn event_data(args: u8, session: Option<SessionId>) -> *mut c_void {
    let number = session.map_or(0, |session| session.number as usize);
    ptr::without_provenance_mut(
        number << bindings::RVDIRECT_EVENT_SESSION_SHIFT | usize::from(args),
    )
}
