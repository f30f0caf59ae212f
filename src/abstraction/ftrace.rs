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
/// From before a value of the type exists until after it is dropped, `address` must return the
/// same address, of code that keeps the register contract in `asm/trampoline.S` and may be entered
/// at any time, in any context, on any hart.
///
/// The same holds for `idle`, as long as the module is there, which must do nothing but resume.
///
/// It must not sleep, or else be fit to be dropped while calls sleep in it: when no call site leads
/// to it any more, and whatever executes in it has slept there since.
pub(crate) unsafe trait Trampoline {
    /// Where the code begins.
    fn address(&self) -> usize;

    /// Where the code begins that stands in for it while it is disabled.
    fn idle() -> usize;
}

/// A set of functions whose entries lead to a trampoline.
///
/// Dropping it ends that, waits for the calls that are in the trampoline without sleeping there, and
/// only then drops the trampoline.
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
    /// Lets the entries of the functions at `locations` lead to `trampoline`; if it is not to be
    /// enabled, once it is.
    ///
    /// A location is an address as ftrace records it, and as [`lookup`] finds it.
    ///
    /// [`lookup`]: crate::abstraction::function::lookup
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: there is no function at one of the locations, or there are no locations;
    /// - [`EBUSY`]: one of the functions has a direct caller already;
    /// - [`ENODEV`]: ftrace has shut itself down, as the kernel's text is not what it should be;
    /// - [`ENOMEM`].
    ///
    /// Nothing is changed then, but in the case of [`ENODEV`].
    pub(crate) fn register(locations: &[usize], trampoline: T, is_enabled: bool) -> Result<Self> {
        let ops = KBox::new(Opaque::new(bindings::ftrace_ops::default()), GFP_KERNEL)?;
        set_filter(ops.get(), locations)?;
        let address = leads_to(&trampoline, is_enabled);
        // SAFETY: `ops` has a filter, and is not registered. It stays in place until it is
        // unregistered, as does the trampoline: both belong to what is returned.
        let ret = unsafe { bindings::register_ftrace_direct(ops.get(), address) };
        match to_result(ret) {
            // INVARIANT: It is registered, by the call above, for the address of this trampoline.
            Ok(()) => Ok(DirectCalls {
                ops: ManuallyDrop::new(ops),
                trampoline: ManuallyDrop::new(trampoline),
                is_enabled,
            }),
            Err(ENODEV) => {
                // Some of the functions may lead there.
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

    /// Where the functions lead.
    pub(crate) fn trampoline(&self) -> &T {
        &self.trampoline
    }

    /// Whether calls reach the trampoline.
    pub(crate) fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Lets calls reach the trampoline, or not. Those that are in there go on.
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

    /// Lets the functions lead to `trampoline` from now on; if it is not enabled, once it is.
    ///
    /// Each call of them reaches either the old one or the new one; but a call from within a
    /// tracer's handler, which ftrace takes for recursion, may reach neither while this goes on.
    ///
    /// Waits for the calls that are in the old one without sleeping there, and then drops it. On an
    /// error, nothing is changed.
    pub(crate) fn modify(&mut self, trampoline: T) -> Result {
        if self.is_enabled {
            let address = trampoline.address();
            // SAFETY: `ops` is registered by the type invariant, and the code at the address may be
            // entered as long as `trampoline` lives, by the requirements on `Trampoline`.
            to_result(unsafe { bindings::modify_ftrace_direct(self.ops.get(), address) })?;
        }
        // SAFETY: It may sleep here: we are in the context of a command.
        unsafe { bindings::rvdirect_synchronize_trampolines() };
        // INVARIANT: The functions lead to the new trampoline, and nothing executes in the old one
        // any more, but for what sleeps there, by the two calls above.
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

/// Where a function goes on behind a direct call, and so what `t0` is in a trampoline.
///
/// `location` is the address of the call's second instruction: see `arch/riscv/kernel/ftrace.c`.
pub(crate) fn resume_address(location: usize) -> usize {
    location + bindings::MCOUNT_INSN_SIZE as usize
}

/// Returns those of `locations`, which are sorted, that have a direct caller; sorted as well.
///
/// The kernel tells of a set of functions whether one of them has, so this halves the set until
/// each part has either none or is a single function.
pub(crate) fn held_of(locations: &[usize]) -> Result<KVVec<usize>> {
    let mut held = KVVec::new();
    let mut parts = KVec::new();
    parts.push(0..locations.len(), GFP_KERNEL)?;
    let mut asked = 0;
    while let Some(part) = parts.pop() {
        asked += 1;
        if asked % 32 == 0 {
            // Each answer may leave a copy of all that is hooked to be freed later.
            // SAFETY: It may sleep here, as wherever attachments change.
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
    // From the lower half to the upper one: sorted.
    Ok(held)
}

/// Whether one of the functions has a direct caller.
///
/// Registering says so before all else. What says no to all others here, before any call site is
/// touched, is that the `ftrace_ops` is marked as one that must not be registered any more.
fn is_any_held(locations: &[usize]) -> Result<bool> {
    let ops = KBox::new(Opaque::new(bindings::ftrace_ops::default()), GFP_KERNEL)?;
    set_filter(ops.get(), locations)?;
    // SAFETY: Nobody else knows of `ops`, and it stays in place. It is not registered, by
    // `__register_ftrace_function()`; if it were, in a kernel that we do not know, it would be
    // unregistered before it goes, and the trampoline would resume meanwhile.
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

/// Sets the functions of a fresh `ftrace_ops`, or leaves nothing behind.
fn set_filter(ops: *mut bindings::ftrace_ops, locations: &[usize]) -> Result {
    let count = c_uint::try_from(locations.len())?;
    // SAFETY: `ops` points to an `ftrace_ops` that is zeroed, which is how a static one starts;
    // `locations` has `count` elements, which the function does not change.
    let ret =
        unsafe { bindings::ftrace_set_filter_ips(ops, locations.as_ptr().cast_mut(), count, 0, 1) };
    to_result(ret).inspect_err(|_| {
        // SAFETY: `ops` is not registered; nobody else knows of its filter.
        unsafe { bindings::ftrace_free_filter(ops) };
    })
}

/// ftrace shuts itself down when it finds that the kernel's text is not what it should be. Call
/// sites lead to a trampoline for ever then: it must stay, and so must the module.
fn stay_for_ever(error: Error) {
    pr_crit!(
        "ftrace is down (error {}): a trampoline stays in use, and the module with it\n",
        error.to_errno()
    );
    // SAFETY: It may sleep here, as wherever attachments change.
    unsafe { bindings::rvdirect_stay_for_ever() };
}

impl<T: Trampoline> Drop for DirectCalls<T> {
    fn drop(&mut self) {
        let address = leads_to(&*self.trampoline, self.is_enabled);
        // SAFETY: `ops` is registered for this address, by the type invariant. What it says of its
        // success is not the whole truth: ftrace may have shut itself down meanwhile, which any
        // change of a filter would tell. Nobody uses that of `ops` any more.
        let ret = unsafe {
            match bindings::unregister_ftrace_direct(self.ops.get(), address, false) {
                0 => bindings::ftrace_set_filter_ips(self.ops.get(), &mut 0, 0, 0, 1),
                error => error,
            }
        };
        // Too little memory to change the filter is no matter.
        if let Err(error) = to_result(ret).or_else(|error| match error {
            ENOMEM => Ok(()),
            error => Err(error),
        }) {
            // The kernel goes on using both fields, so they stay.
            stay_for_ever(error);
            return;
        }
        // SAFETY: This is `drop`, so neither is used again. The kernel knows the `ftrace_ops` no
        // more; and as it is not one of the kernel's own, the call above waited until no task
        // executes in the trampoline without having slept there. It may sleep here, to wait for
        // the idle tasks too.
        unsafe {
            bindings::rvdirect_synchronize_idle_tasks();
            bindings::ftrace_free_filter(self.ops.get());
            ManuallyDrop::drop(&mut self.ops);
            ManuallyDrop::drop(&mut self.trampoline);
        }
    }
}
