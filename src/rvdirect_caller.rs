// SPDX-License-Identifier: GPL-2.0

//! Direct callers from other modules, in Rust: what `src/rvdirect.h` is in C.
//!
//! A module includes this file by `#[path = "…/rvdirect_caller.rs"] mod rvdirect_caller;`, and
//! builds against the `Module.symvers` of rvdirect. `selftests/modules/example_rust.rs` is an
//! example.

use core::{
    marker::PhantomData,
    mem::offset_of, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// A call of a target, as the entry handler sees it.
///
/// It lives on the stack for as long as the call lasts.
#[repr(C)]
pub struct Call {
    args: [usize; 8],
    ret: [usize; 2],
    cookie: usize,
    temps: [usize; 5],
    exit: Option<Handler>,
    copied: usize,
    ticks: usize,
    rows: *mut c_void,
    fp: usize,
    resume: usize,
    caller_fp: usize,
    caller: usize,
}

type Handler = unsafe extern "C" fn(*mut Call);

/// `struct rvdirect_caller`
#[repr(C)]
struct RawCaller {
    name: *const c_char,
    description: *const c_char,
    entry: Option<Handler>,
    exit: Option<Handler>,
    data: *mut c_void,
    trampoline: *const c_void,
}

// SAFETY: Its pointers point to data that never changes.
unsafe impl Sync for RawCaller {}

extern "C" {
    fn __rvdirect_register_caller(
        caller: *const RawCaller,
        owner: *mut c_void,
        layout: u64,
    ) -> c_int;
    fn rvdirect_unregister_caller(caller: *const RawCaller) -> c_int;
}

/// `RVDIRECT_LAYOUT`: a hash of the layout of both structures.
const LAYOUT: u64 = {
    const fn field(layout: u64, offset: usize, size: usize) -> u64 {
        layout
            .wrapping_mul(31)
            .wrapping_add(offset as u64 * 8 + size as u64)
    }
    macro_rules! layout {
        ($start:expr, $type:ty, $($field:ident: $size:ty),*) => {{
            let layout = $start + size_of::<$type>() as u64;
            $(let layout = field(layout, offset_of!($type, $field), size_of::<$size>());)*
            layout
        }};
    }
    // `RVDIRECT_SLOT_DATA`
    let call = layout!(
        48,
        Call,
        args: [usize; 8],
        ret: [usize; 2],
        cookie: usize,
        ticks: usize,
        rows: *mut c_void,
        resume: usize,
        caller: usize
    );
    layout!(
        call * 31,
        RawCaller,
        name: *const c_char,
        description: *const c_char,
        entry: Option<Handler>,
        exit: Option<Handler>,
        data: *mut c_void,
        trampoline: *const c_void
    )
};

impl Call {
    /// Returns the address of the target.
    pub fn target(&self) -> usize {
        // The call site is the target's first two instructions.
        self.resume - 8
    }

    /// Returns the address in the target's caller that the target returns to.
    pub fn caller(&self) -> usize {
        self.caller
    }

    /// Returns the arguments a0-a7. The target gets what the entry handler writes here.
    pub fn args(&mut self) -> &mut [usize; 8] {
        &mut self.args
    }

    /// Passes a value to the exit handler, which gets 0 if none is set.
    pub fn set_cookie(&mut self, cookie: usize) {
        self.cookie = cookie;
    }
}

/// A call that has returned, as the exit handler sees it.
#[repr(transparent)]
pub struct Returned(Call);

impl Returned {
    /// Returns the address of the target.
    pub fn target(&self) -> usize {
        self.0.target()
    }

    /// Returns the address in the target's caller that the target returns to.
    pub fn caller(&self) -> usize {
        self.0.caller()
    }

    /// Returns the arguments that the target was called with.
    pub fn args(&self) -> &[usize; 8] {
        &self.0.args
    }

    /// Returns what the target returned in a0 and a1. The caller of the target gets what the exit
    /// handler writes here.
    pub fn ret(&mut self) -> &mut [usize; 2] {
        &mut self.0.ret
    }

    /// Returns what the entry handler passed by [`Call::set_cookie`].
    pub fn cookie(&self) -> usize {
        self.0.cookie
    }

    /// Returns how long the target ran, in timer ticks (`riscv_timebase` ticks are a second).
    pub fn ticks(&self) -> usize {
        self.0.ticks
    }
}

/// A direct caller.
///
/// The handlers run in any context, including interrupts and idle tasks, and on all harts at once.
/// They must not sleep, nor take a lock that an interrupted task may hold. When a handler calls an
/// attached function, no handler runs for that call, and it counts as missed. Preemption is as it
/// was in the caller of the target, so a handler may move from hart to hart.
///
/// # Safety
///
/// The handlers must keep to that. They must not change an argument to a value that the target
/// cannot take, nor a result to one that its caller cannot take.
pub unsafe trait DirectCaller: 'static {
    /// The word by which commands name it: up to 31 letters, digits, `_` and `-`.
    const NAME: &'static CStr;

    /// What it does, in a few words, for the file `callers`.
    const DESCRIPTION: &'static CStr;

    /// Called when a target is entered.
    const ENTRY: Option<fn(&mut Call)> = None;

    /// Called when a target has returned.
    const EXIT: Option<fn(&mut Returned)> = None;
}

/// Lets commands name the direct caller `T`, until it is dropped.
///
/// It must live as long as the module. While a target is attached to the caller, or still drains,
/// the module cannot be unloaded.
///
/// # Invariants
///
/// `caller` is registered.
pub struct Registration<T: DirectCaller> {
    caller: &'static RawCaller,
    _handlers: PhantomData<T>,
}

impl<T: DirectCaller> Registration<T> {
    const CALLER: &'static RawCaller = &RawCaller {
        name: T::NAME.to_bytes_with_nul().as_ptr(),
        description: T::DESCRIPTION.to_bytes_with_nul().as_ptr(),
        entry: if T::ENTRY.is_some() {
            Some(Self::entry)
        } else {
            None
        },
        exit: if T::EXIT.is_some() {
            Some(Self::exit)
        } else {
            None
        },
        data: core::ptr::null_mut(),
        trampoline: core::ptr::null(),
    };

    /// Registers the caller.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: a bad name or description, or no handler;
    /// - [`EEXIST`]: another caller has that name;
    /// - [`ENOEXEC`]: this module was built against an rvdirect with another layout;
    /// - [`ENOMEM`].
    pub fn new(module: &'static ThisModule) -> Result<Self> {
        let caller = Self::CALLER;
        // SAFETY: `caller` is a constant, so neither it nor its strings ever change. The handlers
        // are as they must be, by the requirements on `DirectCaller`.
        to_result(unsafe { __rvdirect_register_caller(caller, module.as_ptr().cast(), LAYOUT) })?;
        // INVARIANT: The call above registered it.
        Ok(Registration {
            caller,
            _handlers: PhantomData,
        })
    }

    /// # Safety
    ///
    /// `call` must be valid, and nothing else may use it during the call.
    unsafe extern "C" fn entry(call: *mut Call) {
        if let Some(entry) = T::ENTRY {
            // SAFETY: By the requirement of this function.
            entry(unsafe { &mut *call });
        }
    }

    /// # Safety
    ///
    /// `call` must be valid, and nothing else may use it during the call.
    unsafe extern "C" fn exit(call: *mut Call) {
        if let Some(exit) = T::EXIT {
            // SAFETY: By the requirement of this function, and because `Returned` is transparent.
            exit(unsafe { &mut *call.cast() });
        }
    }
}

impl<T: DirectCaller> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: It is registered, by the type invariant. It has no users: they would hold the
        // module.
        unsafe { rvdirect_unregister_caller(self.caller) };
    }
}
