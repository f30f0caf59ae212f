// SPDX-License-Identifier: GPL-2.0

//! The sessions that attachments belong to.

use crate::{
    bindings,
    language::session::SessionId, //
};
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// How many sessions there have been.
static SESSIONS: Atomic<u32> = Atomic::new(0);

/// A session that attachments can belong to.
pub(crate) struct Owner {
    id: SessionId,
    /// 1 if it is over.
    is_over: Atomic<u32>,
}

impl Owner {
    /// Creates a session that the current task opens.
    pub(crate) fn new() -> Self {
        // SAFETY: The function only reads a number of the current task.
        let pid = unsafe { bindings::rvdirect_current_pid() };
        Owner {
            id: SessionId {
                number: SESSIONS.fetch_add(1, Relaxed).wrapping_add(1),
                pid: pid as u32,
            },
            is_over: Atomic::new(0),
        }
    }

    /// Returns its number and process, by which others see it.
    pub(crate) fn id(&self) -> SessionId {
        self.id
    }

    /// Marks it as over, so that its attachments end.
    pub(crate) fn end(&self) {
        self.is_over.store(1, Relaxed);
    }

    /// Returns whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed) == 1
    }
}
