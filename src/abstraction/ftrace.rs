// SPDX-License-Identifier: GPL-2.0

//! Direct calls of ftrace: a safe type over one `ftrace_ops`, which only `ftrace.c` looks into.
//!
//! C header: [`include/linux/ftrace.h`](srctree/include/linux/ftrace.h)

use crate::{
    bindings,
    language::refusal::Reason, //
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*, //
};

/// Code that call sites may lead to.
///
/// # Safety
///
/// From before a value exists until after it is dropped, `address` must return one and the same
/// address. The code there must keep the register contract in `asm/trampoline.S`. It may be entered
/// at any time, in any context, on any hart.
///
/// `idle` must do the same as long as the module is loaded. Its code must do nothing but resume.
///
/// The code must not sleep. If it does, it must be possible to drop the value while calls sleep in
/// it: no call site leads to the code then, and each call that is left in it has slept there since.
pub(crate) unsafe trait Trampoline: Sized {
    /// Takes trampolines that no call site leads to any more.
    type Drain: Drain<Self>;

    /// Returns where the code begins.
    fn address(&self) -> usize;

    /// Returns where the code begins that replaces it while it is disabled.
    fn idle() -> usize;
}

/// Where trampolines wait for the calls that are still in them.
pub(crate) trait Drain<T: Trampoline> {
    /// Takes a trampoline, without waiting if that is possible.
    fn take(&self, retired: Retired<T>);
}

/// A trampoline that no call site leads to any more, while calls may still be in it, or on the way
/// through the `ftrace_ops` that led to it.
///
/// Dropping it waits for them, unless [`Retired::drop_settled`] is told that somebody has.
pub(crate) struct Retired<T> {
    ops: ManuallyDrop<Option<Ops>>,
    trampoline: ManuallyDrop<T>,
}

/// An `ftrace_ops` with a filter. Dropping it frees it: then it must not be registered, and nobody
/// may be about to call its function.
///
/// # Invariants
///
/// The pointer comes from `rvdirect_make_ops()`, and nobody else frees it.
struct Ops(NonNull<bindings::ftrace_ops>);

impl Ops {
    /// Makes one for the functions at `locations`. Fails with [`EINVAL`] if ftrace does not know one
    /// of them, or if there is none.
    fn new(locations: &[usize]) -> Result<Self> {
        let count = c_uint::try_from(locations.len())?;
        // SAFETY: `locations` has so many elements.
        let ops = unsafe { bindings::rvdirect_make_ops(locations.as_ptr(), count) };
        // INVARIANT: It was made just now.
        Ok(Ops(NonNull::new(from_err_ptr(ops)?).ok_or(ENOMEM)?))
    }

    fn as_ptr(&self) -> *mut bindings::ftrace_ops {
        self.0.as_ptr()
    }
}

impl Drop for Ops {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. Whoever registers it keeps it from being dropped before it is
        // unregistered and settled.
        unsafe { bindings::rvdirect_free_ops(self.as_ptr()) };
    }
}

// SAFETY: Any task may register, change and free it.
unsafe impl Send for Ops {}

/// A set of functions whose entries lead to a trampoline.
///
/// Dropping it unregisters the functions, and leaves the trampoline to the drain.
///
/// # Invariants
///
/// - `ops` is initialised and registered, by `register_ftrace_direct()`.
/// - All its functions lead to `trampoline.address()` or, if it is not enabled, to `T::idle()`.
/// - If `is_hidden`, those who walk ftrace's list skip `ops`, and none of them is about to call its
///   function.
pub(crate) struct DirectCalls<T: Trampoline> {
    ops: ManuallyDrop<Ops>,
    trampoline: ManuallyDrop<T>,
    is_enabled: bool,
    is_hidden: bool,
    drain: T::Drain,
}

impl<T: Trampoline> DirectCalls<T> {
    /// Registers direct calls from the functions at `locations` to `trampoline`. Unless
    /// `is_enabled`, the functions lead to `T::idle()` until they are enabled. In the end, `drain`
    /// gets the trampoline.
    ///
    /// A location is an address as ftrace records it, and as [`lookup`] finds it.
    ///
    /// [`lookup`]: crate::abstraction::function::lookup
    ///
    /// # Errors
    ///
    /// - [`Reason::Held`]: one of the functions has a direct caller already;
    /// - [`Reason::Modified`], with the location of the first such function, or 0 where ftrace does
    ///   not tell it;
    /// - [`Reason::SwitchedOff`];
    /// - [`Reason::NoMemory`];
    /// - [`Reason::Kernel`]: there is no function at one of the locations, or there are no
    ///   locations; or [`ENODEV`]: ftrace has shut itself down, as it found unexpected kernel text.
    ///
    /// On an error other than [`ENODEV`], nothing is changed.
    #[inline(never)] // keeps its frame from those of its callers
    pub(crate) fn register(
        locations: &[usize],
        trampoline: T,
        is_enabled: bool,
        drain: T::Drain,
    ) -> Result<Self, Reason> {
        let ops = Ops::new(locations)?;
        let location = *locations.first().ok_or(EINVAL)?;
        let address = leads_to(&trampoline, is_enabled);
        // SAFETY: `ops` has a filter, and is not registered. The returned value owns both `ops` and
        // the trampoline, so they stay in place until `ops` is unregistered.
        let ret = unsafe { bindings::rvdirect_register_ops(ops.as_ptr(), location, address) };
        match to_result(ret) {
            Ok(()) => {
                // INVARIANT: The call above registered `ops`, for the address that `leads_to` chose.
                Ok(DirectCalls {
                    ops: ManuallyDrop::new(ops),
                    trampoline: ManuallyDrop::new(trampoline),
                    is_enabled,
                    is_hidden: false,
                    drain,
                })
            }
            Err(ENODEV) => {
                // Some of the functions may lead to the trampoline already.
                stay_for_ever(ENODEV);
                core::mem::forget((ops, trampoline));
                Err(ENODEV.into())
            }
            Err(error) => {
                // SAFETY: `ops` is valid, and not registered: the call above refused it.
                let (is_held, was_listed, modified) = unsafe {
                    (
                        bindings::rvdirect_is_refused_as_held(ops.as_ptr()),
                        bindings::rvdirect_was_listed(ops.as_ptr()),
                        bindings::rvdirect_modified_location(ops.as_ptr()),
                    )
                };
                if was_listed {
                    // A call that is traced otherwise may have found `ops`.
                    drain.take(Retired {
                        ops: ManuallyDrop::new(Some(ops)),
                        trampoline: ManuallyDrop::new(trampoline),
                    });
                }
                Err(match error {
                    EBUSY if is_held => Reason::Held,
                    EBUSY if !was_listed => Reason::SwitchedOff,
                    EBUSY => Reason::Modified(modified),
                    error => error.into(),
                })
            }
        }
    }

    /// Prepares to drop all of these, which takes long only once then. Where ftrace walks a list of its
    /// users, calls may miss the trampolines from now on.
    pub(crate) fn hide<'a>(all: impl Iterator<Item = &'a mut Self>)
    where
        T: 'a,
    {
        let mut is_any = false;
        for calls in all.filter(|calls| !calls.is_hidden) {
            // SAFETY: `ops` is registered by the type invariant.
            unsafe { bindings::rvdirect_hide_ops(calls.ops.as_ptr()) };
            // INVARIANT: Nobody can look at it before this function has waited below.
            calls.is_hidden = true;
            is_any = true;
        }
        if is_any {
            wait_for_walkers();
        }
    }

    /// Returns the trampoline that the functions lead to while they are enabled.
    pub(crate) fn trampoline(&self) -> &T {
        &self.trampoline
    }

    /// Returns whether calls reach the trampoline.
    pub(crate) fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Enables or disables the trampoline. Calls that are in it already go on.
    ///
    /// On an error, nothing is changed.
    pub(crate) fn set_enabled(&mut self, is_enabled: bool) -> Result {
        if is_enabled != self.is_enabled {
            let address = leads_to(&*self.trampoline, is_enabled);
            // SAFETY: `ops` is registered by the type invariant; the code at the address may be
            // entered as long as the trampoline lives, by the requirements on `Trampoline`.
            to_result(unsafe { bindings::rvdirect_modify_ops(self.ops.as_ptr(), address) })?;
            // INVARIANT: By the call above.
            self.is_enabled = is_enabled;
        }
        Ok(())
    }

    /// Replaces the trampoline. If it is disabled, the new one is reached once it is enabled.
    ///
    /// Each call reaches either the old trampoline or the new one. There is one exception: ftrace
    /// takes a call from within a tracer's handler for recursion, and such a call may reach neither
    /// of them during the change.
    ///
    /// The old trampoline is left to the drain. On an error, nothing is changed.
    pub(crate) fn modify(&mut self, trampoline: T) -> Result {
        if self.is_enabled {
            let address = trampoline.address();
            // SAFETY: `ops` is registered by the type invariant, and the code at the address may be
            // entered as long as `trampoline` lives, by the requirements on `Trampoline`.
            to_result(unsafe { bindings::rvdirect_modify_ops(self.ops.as_ptr(), address) })?;
        }
        // INVARIANT: If enabled, the functions lead to the new trampoline, by the call above.
        let old = core::mem::replace(&mut *self.trampoline, trampoline);
        self.drain.take(Retired {
            ops: ManuallyDrop::new(None),
            trampoline: ManuallyDrop::new(old),
        });
        Ok(())
    }
}

impl<T> Retired<T> {
    /// Returns the trampoline.
    pub(crate) fn trampoline(&self) -> &T {
        &self.trampoline
    }

    /// Drops it without waiting.
    ///
    /// # Safety
    ///
    /// Since it was retired, [`synchronize`] must have been called and must have returned.
    pub(crate) unsafe fn drop_settled(self) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: The value is not used again. By the requirement of this function, calls are left
        // in the trampoline only if they sleep there, and none knows of the `ftrace_ops`.
        unsafe { this.release() };
    }

    /// # Safety
    ///
    /// See [`Retired::drop_settled`]. The value must not be used again.
    unsafe fn release(&mut self) {
        // SAFETY: By the requirements of this function, for both.
        unsafe {
            ManuallyDrop::drop(&mut self.ops);
            ManuallyDrop::drop(&mut self.trampoline);
        }
    }
}

impl<T> Drop for Retired<T> {
    fn drop(&mut self) {
        synchronize();
        // SAFETY: By the call above, and as this is `drop`.
        unsafe { self.release() };
    }
}

/// Waits until all calls that are in a trampoline now, without sleeping there, have left it. May
/// take long: a task that does not sleep anywhere may be one of them.
pub(crate) fn synchronize() {
    // SAFETY: Sleeping is allowed here, as wherever attachments change.
    unsafe { bindings::rvdirect_synchronize_trampolines() };
}

fn leads_to<T: Trampoline>(trampoline: &T, is_enabled: bool) -> usize {
    if is_enabled {
        trampoline.address()
    } else {
        T::idle()
    }
}

/// Returns where a function resumes after a direct call, which is `t0` in a trampoline.
///
/// `location` is what ftrace records.
#[inline(always)]
pub(crate) fn resume_address(location: usize) -> usize {
    // SAFETY: It does not change.
    location + unsafe { bindings::rvdirect_resume_offset }
}

/// Returns the location of the function that resumes there.
pub(crate) fn location(resume_address: usize) -> usize {
    // SAFETY: It does not change.
    resume_address.wrapping_sub(unsafe { bindings::rvdirect_resume_offset })
}

/// Returns the functions at `locations`, which are sorted, that have a direct caller, sorted as well.
pub(crate) fn held_of(locations: &[usize]) -> Result<KVVec<usize>> {
    refused_of(locations, |reason| matches!(reason, Reason::Held))
}

/// Returns those that something modifies, where ftrace does not tell which one that is. None of them
/// has a direct caller.
pub(crate) fn modified_of(locations: &[usize]) -> Result<KVVec<usize>> {
    refused_of(locations, |reason| matches!(reason, Reason::Modified(_)))
}

fn refused_of(locations: &[usize], for_this: fn(&Reason) -> bool) -> Result<KVVec<usize>> {
    let mut asked = 0;
    those_of(locations, |part| {
        asked += 1;
        if asked % 32 == 0 {
            // Each query may leave a copy of ftrace's table of direct calls, to be freed later.
            // SAFETY: Sleeping is allowed here, as wherever attachments change.
            unsafe { bindings::rvdirect_wait_for_tasks_callbacks() };
        }
        Ok(why_refused(part)?.as_ref().is_some_and(for_this))
    })
}

/// Returns those of `locations`, which are sorted, that ftrace does not know, sorted as well.
pub(crate) fn unknown_of(locations: &[usize]) -> Result<KVVec<usize>> {
    those_of(locations, is_any_unknown)
}

/// Returns those of `locations` of which `is_any` is true, in their order.
///
/// The kernel only tells whether it is true of any of a set. So this halves the set until it is true
/// of no function of a part, or the part is a single function.
fn those_of(
    locations: &[usize],
    mut is_any: impl FnMut(&[usize]) -> Result<bool>,
) -> Result<KVVec<usize>> {
    let mut those = KVVec::new();
    let mut parts = KVec::new();
    parts.push(locations, GFP_KERNEL)?;
    while let Some(part) = parts.pop() {
        if part.is_empty() || !is_any(part)? {
            continue;
        }
        if let [location] = part {
            those.push(*location, GFP_KERNEL)?;
            continue;
        }
        let (first, second) = part.split_at_checked(part.len() / 2).ok_or(EINVAL)?;
        parts.push(second, GFP_KERNEL)?;
        parts.push(first, GFP_KERNEL)?;
    }
    Ok(those)
}

/// Returns whether ftrace does not know one of the functions.
fn is_any_unknown(locations: &[usize]) -> Result<bool> {
    match Ops::new(locations) {
        Ok(_) => Ok(false),
        Err(EINVAL) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Returns why ftrace would refuse the functions, if one of them has a direct caller or, where ftrace
/// does not tell which one is modified, if one is.
fn why_refused(locations: &[usize]) -> Result<Option<Reason>> {
    let ops = Ops::new(locations)?;
    // SAFETY: Nobody else knows of `ops`, which is only dropped after that.
    match to_result(unsafe { bindings::rvdirect_ask_whether_held(ops.as_ptr()) }) {
        // SAFETY: `ops` is valid, and was refused.
        Err(EBUSY) if unsafe { bindings::rvdirect_is_refused_as_held(ops.as_ptr()) } => {
            Ok(Some(Reason::Held))
        }
        Err(EBUSY) => Ok(Some(Reason::Modified(0))),
        other => other.map(|()| None),
    }
}

/// Says that ftrace is down, and keeps the module for ever. ftrace shuts itself down when it finds
/// unexpected kernel text. Call sites then lead to a trampoline for ever, so both must stay.
fn stay_for_ever(error: Error) {
    pr_crit!(
        "ftrace is down (error {}): a trampoline stays in use, and the module with it\n",
        error.to_errno()
    );
    // SAFETY: Sleeping is allowed here, as wherever attachments change.
    unsafe { bindings::rvdirect_stay_for_ever() };
}

/// Waits until nobody who walks ftrace's list is about to call the function of an `ftrace_ops` that
/// was hidden before.
fn wait_for_walkers() {
    // SAFETY: Sleeping is allowed here, as wherever attachments change.
    unsafe { bindings::rvdirect_synchronize_idle_tasks() };
}

impl<T: Trampoline> Drop for DirectCalls<T> {
    fn drop(&mut self) {
        DirectCalls::hide(core::iter::once(&mut *self));
        let address = leads_to(&*self.trampoline, self.is_enabled);
        // SAFETY: `ops` is registered for this address, by the type invariant. The call above hid it,
        // and waited. Sleeping is allowed here, as wherever attachments change.
        let ret = unsafe { bindings::rvdirect_unregister_ops(self.ops.as_ptr(), address) };
        if let Err(error) = to_result(ret) {
            // The kernel goes on using both fields, so they stay.
            stay_for_ever(error);
            return;
        }
        // SAFETY: This is `drop`, so neither field is used again.
        let (ops, trampoline) = unsafe {
            (
                ManuallyDrop::take(&mut self.ops),
                ManuallyDrop::take(&mut self.trampoline),
            )
        };
        self.drain.take(Retired {
            ops: ManuallyDrop::new(Some(ops)),
            trampoline: ManuallyDrop::new(trampoline),
        });
    }
}
