// SPDX-License-Identifier: GPL-2.0

//! Background work: a safe type over `background.c`.

use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    prelude::*,
    sync::Arc, //
};

/// Something that can work in the background.
pub(crate) trait InBackground: Send + Sync {
    /// The name of the kernel thread that does the work.
    const THREAD: &'static CStr;

    /// Does the work, and may sleep. Returns after how many milliseconds to call it again, or
    /// [`None`].
    fn run(&self) -> Option<u32>;

    /// Returns how far the work has come, for those who wait for it. The number never falls.
    fn progress(&self) -> u64 {
        0
    }
}

/// Background work for `T`. Dropping it cancels the work, and waits for it if it is running.
///
/// # Invariants
///
/// `work` calls `Self::run` with `target`. Only `drop` ends it.
pub(crate) struct Background<T: InBackground> {
    work: NonNull<bindings::rvdirect_background>,
    target: Arc<T>,
}

// SAFETY: Any task may queue and end the work, and `T` is `Send` and `Sync`.
unsafe impl<T: InBackground> Send for Background<T> {}
// SAFETY: The same.
unsafe impl<T: InBackground> Sync for Background<T> {}

impl<T: InBackground> Background<T> {
    /// Makes work for `target`, without queueing it. Fails if there is no memory or no thread.
    pub(crate) fn new(target: Arc<T>) -> Result<Self> {
        let context: *const T = &*target;
        // SAFETY: The name is NUL-terminated. `target` outlives the work, as `drop` ends the work
        // first.
        let work = unsafe {
            bindings::rvdirect_background_new(
                T::THREAD.as_char_ptr(),
                Some(Self::run),
                context.cast(),
            )
        };
        // INVARIANT: The work was made just now, for `target`.
        Ok(Background {
            work: NonNull::new(from_err_ptr(work)?).ok_or(ENOMEM)?,
            target,
        })
    }

    /// Returns the target of the work.
    pub(crate) fn target(&self) -> &T {
        &self.target
    }

    /// Queues the work in `delay` milliseconds. Replaces an earlier due time.
    pub(crate) fn queue(&self, delay: u32) {
        // SAFETY: The work has not ended, by the type invariant.
        unsafe { bindings::rvdirect_background_queue(self.work.as_ptr(), delay) };
    }

    /// Waits until the work has come that far.
    pub(crate) fn wait(&self, progress: u64) {
        // SAFETY: The work has not ended, by the type invariant. Only a task that may sleep waits.
        unsafe { bindings::rvdirect_background_wait(self.work.as_ptr(), progress) };
    }

    /// The same, or until the current task is killed.
    pub(crate) fn wait_killable(&self, progress: u64) {
        // SAFETY: As above.
        unsafe { bindings::rvdirect_background_wait_killable(self.work.as_ptr(), progress) };
    }

    /// # Safety
    ///
    /// `context` must be a valid `T`, and `progress` valid for writing.
    unsafe extern "C" fn run(context: *const c_void, progress: *mut u64) -> c_long {
        // SAFETY: By the requirements of this function.
        let target = unsafe { &*context.cast::<T>() };
        let again = target.run();
        // SAFETY: The same.
        unsafe { progress.write(target.progress()) };
        again.map_or(-1, |delay| delay as c_long)
    }
}

impl<T: InBackground> Drop for Background<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the work has not ended yet; it is not used any more. The
        // caller may sleep, and is not the work itself, which has no way to reach this value.
        unsafe { bindings::rvdirect_background_end(self.work.as_ptr()) };
    }
}
