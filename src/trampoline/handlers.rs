// SPDX-License-Identifier: GPL-2.0

//! Handlers in C, or what looks like it: called by `asm/trampoline.S` before the target, or behind
//! it.

use crate::bindings;
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

    /// Makes an event of each call, with so many arguments.
    pub(crate) fn trace(args: u8) -> Self {
        // INVARIANT: It may be called in any context, as an event may, and takes any number.
        Handlers {
            entry: Some(bindings::rvdirect_handle_trace),
            exit: None,
            data: ptr::without_provenance_mut(args.into()),
        }
    }

    /// Makes an event of each return, with so many arguments.
    pub(crate) fn returns(args: u8) -> Self {
        // INVARIANT: As above.
        Handlers {
            entry: None,
            exit: Some(bindings::rvdirect_handle_return),
            data: ptr::without_provenance_mut(args.into()),
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
