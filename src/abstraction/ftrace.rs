// SPDX-License-Identifier: GPL-2.0

//! Direct calls of ftrace: a safe type over one `ftrace_ops`.
//!
//! C header: [`include/linux/ftrace.h`](srctree/include/linux/ftrace.h)

use crate::bindings;
use core::mem::ManuallyDrop;
use kernel::{
    error::to_result,
    prelude::*,
    types::Opaque, //
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
pub(crate) unsafe trait Trampoline {
    /// Returns where the code begins.
    fn address(&self) -> usize;

    /// Returns where the code begins that replaces it while it is disabled.
    fn idle() -> usize;
}

/// A set of functions whose entries lead to a trampoline.
///
/// Dropping it unregisters the functions, waits for the calls that are in the trampoline without
/// sleeping there, and only then drops the trampoline.
///
/// # Invariants
///
/// - `ops` is initialised and registered, by `register_ftrace_direct()`.
/// - All its functions lead to `trampoline.address()` or, if it is not enabled, to `T::idle()`.
pub(crate) struct DirectCalls<T: Trampoline> {
    // A `KBox`, as the kernel links the `ftrace_ops` into its lists: it must not move.
    ops: ManuallyDrop<KBox<Opaque<bindings::ftrace_ops>>>,
    trampoline: ManuallyDrop<T>,
    is_enabled: bool,
}

// SAFETY: The functions that work on a registered `ftrace_ops` may be called from any task.
unsafe impl<T: Trampoline + Send> Send for DirectCalls<T> {}

impl<T: Trampoline> DirectCalls<T> {
    /// Registers direct calls from the functions at `locations` to `trampoline`. Unless
    /// `is_enabled`, the functions lead to `T::idle()` until they are enabled.
    ///
    /// A location is an address as ftrace records it, and as [`lookup`] finds it.
    ///
    /// [`lookup`]: crate::abstraction::function::lookup
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: there is no function at one of the locations, or there are no locations;
    /// - [`EBUSY`]: one of the functions has a direct caller already;
    /// - [`ENODEV`]: ftrace has shut itself down, as it found unexpected kernel text;
    /// - [`ENOMEM`].
    ///
    /// On an error other than [`ENODEV`], nothing is changed.
    pub(crate) fn register(locations: &[usize], trampoline: T, is_enabled: bool) -> Result<Self> {
        let ops = KBox::new(Opaque::new(bindings::ftrace_ops::default()), GFP_KERNEL)?;
        set_filter(ops.get(), locations)?;
        let address = leads_to(&trampoline, is_enabled);
        // SAFETY: `ops` has a filter, and is not registered. The returned value owns both `ops` and
        // the trampoline, so they stay in place until `ops` is unregistered.
        let ret = unsafe { bindings::register_ftrace_direct(ops.get(), address) };
        match to_result(ret) {
            // INVARIANT: The call above registered `ops`, for the address that `leads_to` chose.
            Ok(()) => Ok(DirectCalls {
                ops: ManuallyDrop::new(ops),
                trampoline: ManuallyDrop::new(trampoline),
                is_enabled,
            }),
            Err(ENODEV) => {
                // Some of the functions may lead to the trampoline already.
                stay_for_ever(ENODEV);
                core::mem::forget((ops, trampoline));
                Err(ENODEV)
            }
            Err(error) => {
                // SAFETY: `ops` is not registered; nobody else knows of its filter.
                unsafe { bindings::ftrace_free_filter(ops.get()) };
                Err(error)
            }
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
            to_result(unsafe { bindings::modify_ftrace_direct(self.ops.get(), address) })?;
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
    /// Waits for the calls that are in the old trampoline without sleeping there, and then drops
    /// it. On an error, nothing is changed.
    pub(crate) fn modify(&mut self, trampoline: T) -> Result {
        if self.is_enabled {
            let address = trampoline.address();
            // SAFETY: `ops` is registered by the type invariant, and the code at the address may be
            // entered as long as `trampoline` lives, by the requirements on `Trampoline`.
            to_result(unsafe { bindings::modify_ftrace_direct(self.ops.get(), address) })?;
        }
        // SAFETY: This runs in the context of a command, which may sleep.
        unsafe { bindings::rvdirect_synchronize_trampolines() };
        // INVARIANT: If enabled, the functions lead to the new trampoline, by the first call. By
        // the second one, nothing executes in the old one any more, but for calls that sleep there.
        *self.trampoline = trampoline;
        Ok(())
    }
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
/// `location` is the address of the call's second instruction: see `arch/riscv/kernel/ftrace.c`.
#[inline(always)]
pub(crate) fn resume_address(location: usize) -> usize {
    location + bindings::MCOUNT_INSN_SIZE as usize
}

/// Returns the functions at `locations`, which are sorted, that have a direct caller, sorted as well.
///
/// The kernel only tells whether any function of a set has one. So this halves the set until each
/// part has none or is a single function.
pub(crate) fn held_of(locations: &[usize]) -> Result<KVVec<usize>> {
    let mut held = KVVec::new();
    let mut parts = KVec::new();
    parts.push(0..locations.len(), GFP_KERNEL)?;
    let mut asked = 0;
    while let Some(part) = parts.pop() {
        asked += 1;
        if asked % 32 == 0 {
            // Each query may leave a copy of ftrace's table of direct calls, to be freed later.
            // SAFETY: Sleeping is allowed here, as wherever attachments change.
            unsafe { bindings::rvdirect_wait_for_tasks_callbacks() };
        }
        let Some(members) = locations.get(part.clone()) else {
            continue;
        };
        if !is_any_held(members)? {
            continue;
        }
        if let [location] = members {
            held.push(*location, GFP_KERNEL)?;
            continue;
        }
        let middle = part.start + part.len() / 2;
        parts.push(middle..part.end, GFP_KERNEL)?;
        parts.push(part.start..middle, GFP_KERNEL)?;
    }
    // The lower half of each part came first, so `held` is sorted.
    Ok(held)
}

/// Returns whether one of the functions has a direct caller.
///
/// Registering checks that first. If none has one, it then refuses the `ftrace_ops` before it
/// touches any call site, as the `ftrace_ops` is marked as deleted.
fn is_any_held(locations: &[usize]) -> Result<bool> {
    let ops = KBox::new(Opaque::new(bindings::ftrace_ops::default()), GFP_KERNEL)?;
    set_filter(ops.get(), locations)?;
    // SAFETY: Nobody else knows of `ops`, and it stays in place.
    // `__register_ftrace_function()` does not register it. If an unknown kernel did, `ops` would be
    // unregistered before it is freed, and meanwhile the trampoline would resume the functions.
    let ret = unsafe {
        (*ops.get()).flags |= bindings::FTRACE_OPS_FL_DELETED as c_ulong;
        let nowhere = (&raw const bindings::rvdirect_nop).addr();
        let ret = bindings::register_ftrace_direct(ops.get(), nowhere);
        if ret == 0 {
            bindings::unregister_ftrace_direct(ops.get(), nowhere, false);
        }
        bindings::ftrace_free_filter(ops.get());
        ret
    };
    match to_result(ret) {
        Err(EBUSY) => Ok(true),
        Ok(()) | Err(EINVAL) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sets the functions of a fresh `ftrace_ops`. On an error, nothing is left behind.
fn set_filter(ops: *mut bindings::ftrace_ops, locations: &[usize]) -> Result {
    let count = c_uint::try_from(locations.len())?;
    // SAFETY: `ops` points to an `ftrace_ops` that is zeroed, as a static one is at first.
    // `locations` has `count` elements, which the function does not change.
    let ret =
        unsafe { bindings::ftrace_set_filter_ips(ops, locations.as_ptr().cast_mut(), count, 0, 1) };
    to_result(ret).inspect_err(|_| {
        // SAFETY: `ops` is not registered; nobody else knows of its filter.
        unsafe { bindings::ftrace_free_filter(ops) };
    })
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

impl<T: Trampoline> Drop for DirectCalls<T> {
    fn drop(&mut self) {
        let address = leads_to(&*self.trampoline, self.is_enabled);
        // SAFETY: `ops` is registered for this address, by the type invariant. Success may hide
        // that ftrace has shut itself down meanwhile, but then any change of a filter fails. Nobody
        // uses the filter of `ops` any more.
        let ret = unsafe {
            match bindings::unregister_ftrace_direct(self.ops.get(), address, false) {
                0 => bindings::ftrace_set_filter_ips(self.ops.get(), &mut 0, 0, 0, 1),
                error => error,
            }
        };
        // It does not matter if memory is too short to change the filter.
        if let Err(error) = to_result(ret).or_else(|error| match error {
            ENOMEM => Ok(()),
            error => Err(error),
        }) {
            // The kernel goes on using both fields, so they stay.
            stay_for_ever(error);
            return;
        }
        // SAFETY: This is `drop`, so neither field is used again. The kernel does not know the
        // `ftrace_ops` any more. As the `ftrace_ops` is not one of the kernel's own, unregistering
        // waited until no task executes in the trampoline without having slept there. Sleeping is
        // allowed here, to wait for the idle tasks too.
        unsafe {
            bindings::rvdirect_synchronize_idle_tasks();
            bindings::ftrace_free_filter(self.ops.get());
            ManuallyDrop::drop(&mut self.ops);
            ManuallyDrop::drop(&mut self.trampoline);
        }
    }
}
