// SPDX-License-Identifier: GPL-2.0

//! Work that is done in the background: a safe type over `background.c`.

use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What can be done in the background.
pub(crate) trait InBackground: Send + Sync {
    /// Does it, as a task that may sleep, and never twice at once. Returns in how many milliseconds
    /// it wants to be called again, if it does.
    fn run(&self) -> Option<u32>;
}

/// Lets `T` work in the background. Dropping it waits until that has ended.
///
/// # Invariants
///
/// `work` calls `Self::run` with `target`, until it is ended.
pub(crate) struct Background<T: InBackground> {
    work: NonNull<bindings::rvdirect_background>,
    target: Arc<T>,
}

// SAFETY: Work may be queued and ended by any task, and `T` is `Send` and `Sync`.
unsafe impl<T: InBackground> Send for Background<T> {}
// SAFETY: The same.
unsafe impl<T: InBackground> Sync for Background<T> {}

impl<T: InBackground> Background<T> {
    /// Work for `target`, which is not done yet.
    pub(crate) fn new(target: Arc<T>) -> Result<Self> {
        let context: *const T = &*target;
        // SAFETY: `target` stays as long as the work may be done, by `drop`.
        let work = unsafe { bindings::rvdirect_background_new(Some(Self::run), context.cast()) };
        // INVARIANT: Such is the work that was made just now.
        Ok(Background {
            work: NonNull::new(work).ok_or(ENOMEM)?,
            target,
        })
    }

    /// What works.
    pub(crate) fn target(&self) -> &T {
        &self.target
    }

    /// Lets it work in so many milliseconds, whenever it was due before.
    pub(crate) fn queue(&self, delay: u32) {
        // SAFETY: The work has not ended, by the type invariant.
        unsafe { bindings::rvdirect_background_queue(self.work.as_ptr(), delay) };
    }

    /// # Safety
    ///
    /// `context` must be a valid `T`.
    unsafe extern "C" fn run(context: *const c_void) -> c_long {
        // SAFETY: By the requirement of this function.
        let target = unsafe { &*context.cast::<T>() };
        target.run().map_or(-1, |delay| delay as c_long)
    }
}

impl<T: InBackground> Drop for Background<T> {
    fn drop(&mut self) {
        // SAFETY: It has not ended, by the type invariant, and is not used any more. Whoever drops
        // it may sleep, and is not the work itself, which has no way to it.
        unsafe { bindings::rvdirect_background_end(self.work.as_ptr()) };
    }
}
