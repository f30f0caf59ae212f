// SPDX-License-Identifier: GPL-2.0

//! Callers that other modules bring: see `src/rvdirect.h`.

use crate::{
    abstraction::{
        file::Text,
        module_notifier::LeavingText, //
    },
    bindings,
    language::{
        builtin,
        refusal::Reason,
        report::CallerLine, //
    },
    trampoline::handlers::Handlers, //
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    str::CString, //
};

/// The most bytes that a name may have.
const MAX_NAME: usize = 31;

kernel::sync::global_lock! {
    // SAFETY: `Callers::new` initialises it. Other modules cannot come here earlier: the module
    // loader lets them use an exported symbol only when this module is initialised.
    unsafe(uninit) static CALLERS: Mutex<KVec<Registered>> = KVec::new();
}

/// A registered caller.
///
/// # Invariants
///
/// Both pointers are valid until the caller is unregistered or its module goes.
struct Registered {
    caller: NonNull<bindings::rvdirect_caller>,
    owner: NonNull<bindings::module>,
    name: CString,
    description: CString,
    users: usize,
}

// SAFETY: By the type invariant, the pointers are valid, whichever task uses them.
unsafe impl Send for Registered {}

/// The callers of other modules.
///
/// # Invariants
///
/// [`CALLERS`] is initialised.
#[derive(Clone, Copy)]
pub(crate) struct Callers(());

/// A use of another module's caller: the caller stays registered, and its module stays loaded.
///
/// # Invariants
///
/// The caller is among [`CALLERS`], which counts this user, and its module is held.
pub(crate) struct External {
    caller: NonNull<bindings::rvdirect_caller>,
    owner: NonNull<bindings::module>,
    name: CString,
    handlers: Option<Handlers>,
    trampoline: usize,
}

// SAFETY: By the type invariant, the pointers are valid, whichever task uses them.
unsafe impl Send for External {}
// SAFETY: No field changes through a shared reference.
unsafe impl Sync for External {}

impl Callers {
    /// Starts without callers.
    ///
    /// # Safety
    ///
    /// Must be called only once, while this module is initialised.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: By the requirement of this function, this runs only once.
        unsafe { CALLERS.init() };
        // INVARIANT: The line above initialised it.
        Callers(())
    }

    /// Finds a caller by its name, and counts a user of it.
    pub(crate) fn find(self, name: &str) -> Result<External, Reason> {
        let mut callers = CALLERS.lock();
        let registered = callers
            .iter_mut()
            .find(|registered| registered.name.to_bytes() == name.as_bytes())
            .ok_or(Reason::UnknownCaller)?;
        let name = CString::try_from_fmt(fmt!("{name}"))?;
        // SAFETY: By the invariant of `Registered`, the pointer is valid.
        let caller = unsafe { registered.caller.as_ref() };
        // SAFETY: By the same invariant, the module is valid.
        if !unsafe { bindings::rvdirect_get_live(registered.owner.as_ptr()) } {
            return Err(Reason::UnknownCaller);
        }
        registered.users += 1;
        // SAFETY: Handlers may be called while they are registered, by the requirements of
        // `rvdirect_add_caller`. They stay registered while this user is counted. That is as long
        // as a slot works with them, because each such slot is kept together with the `External`.
        let handlers = unsafe { Handlers::new(caller.entry, caller.exit, caller.data) };
        // INVARIANT: The code above found it in the list, counted this user and took the module.
        Ok(External {
            caller: registered.caller,
            owner: registered.owner,
            name,
            handlers: caller.trampoline.is_null().then_some(handlers),
            trampoline: caller.trampoline.addr(),
        })
    }

    /// Forgets the callers of a module that goes but has not unregistered them, for example because
    /// its initialisation failed.
    pub(crate) fn remove_those_of(self, text: &LeavingText) {
        let mut callers = CALLERS.lock();
        callers.retain(|registered| !text.is_all_of(registered.owner.as_ptr()));
        if callers.is_empty() {
            // Nothing else would free its memory.
            *callers = KVec::new();
        }
    }

    /// Adds a line of `callers` for each caller.
    pub(crate) fn add_list(self, text: &mut Text) -> Result {
        for registered in CALLERS.lock().iter() {
            text.add(&CallerLine {
                name: registered.name.to_str().unwrap_or_default(),
                owner: registered.owner_name(),
                description: registered.description.to_str().unwrap_or_default(),
            })?;
        }
        Ok(())
    }
}

impl Registered {
    fn owner_name(&self) -> &str {
        // SAFETY: The module is valid, by the type invariant, and its name lives as long as it.
        let name =
            unsafe { CStr::from_char_ptr(bindings::rvdirect_module_name(self.owner.as_ptr())) };
        name.to_str().unwrap_or_default()
    }
}

impl External {
    /// Returns the word by which commands name it.
    pub(crate) fn name(&self) -> &CStr {
        &self.name
    }

    /// Returns its handlers, unless it has a trampoline instead.
    pub(crate) fn handlers(&self) -> Option<&Handlers> {
        self.handlers.as_ref()
    }

    /// Returns the address of its trampoline, or 0.
    pub(crate) fn trampoline(&self) -> usize {
        self.trampoline
    }
}

impl Drop for External {
    fn drop(&mut self) {
        let mut callers = CALLERS.lock();
        let registered = callers
            .iter_mut()
            .find(|registered| registered.caller == self.caller);
        if let Some(registered) = registered {
            registered.users -= 1;
        }
        drop(callers);
        // SAFETY: It gives back the reference that `Callers::find` took.
        unsafe { bindings::rvdirect_put(self.owner.as_ptr()) };
    }
}

/// Registers a caller: see `rvdirect_register_caller()`.
///
/// # Safety
///
/// - `owner` must be a valid module.
/// - `caller` and its strings must be valid, and must not change, until `caller` is unregistered or
///   `owner` goes.
/// - Its handlers, or its trampoline, must be as `struct rvdirect_caller` demands.
#[no_mangle]
unsafe extern "C" fn rvdirect_add_caller(
    caller: *const bindings::rvdirect_caller,
    owner: *mut bindings::module,
) -> c_int {
    // SAFETY: By the requirements of this function.
    match unsafe { add_caller(caller, owner) } {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// # Safety
///
/// See [`rvdirect_add_caller`].
unsafe fn add_caller(
    caller: *const bindings::rvdirect_caller,
    owner: *mut bindings::module,
) -> Result {
    let caller = NonNull::new(caller.cast_mut()).ok_or(EINVAL)?;
    let owner = NonNull::new(owner).ok_or(EINVAL)?;
    // SAFETY: By the requirements of this function.
    let what = unsafe { caller.as_ref() };
    let has_handler = what.entry.is_some() || what.exit.is_some();
    if what.trampoline.is_null() != has_handler || what.name.is_null() {
        return Err(EINVAL);
    }
    // SAFETY: By the requirements of this function.
    let name = unsafe { CStr::from_char_ptr(what.name) };
    let description = if what.description.is_null() {
        c""
    } else {
        // SAFETY: By the same requirements.
        unsafe { CStr::from_char_ptr(what.description) }
    };
    if !is_name(name.to_bytes()) || !is_line(description.to_bytes()) {
        return Err(EINVAL);
    }
    let is_same = |known: &str| known.as_bytes() == name.to_bytes();
    let mut callers = CALLERS.lock();
    if builtin::LIST.iter().any(|(known, _)| is_same(known))
        || callers
            .iter()
            .any(|known| known.name.to_bytes() == name.to_bytes())
    {
        return Err(EEXIST);
    }
    // INVARIANT: By the requirements of this function.
    let registered = Registered {
        caller,
        owner,
        name: name.try_into()?,
        description: description.try_into()?,
        users: 0,
    };
    callers.push(registered, GFP_KERNEL)?;
    Ok(())
}

/// Returns whether commands can have the name as a word. [`MAX_NAME`] keeps columns narrow.
fn is_name(name: &[u8]) -> bool {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.iter().all(is_good)
}

fn is_line(text: &[u8]) -> bool {
    core::str::from_utf8(text).is_ok() && !text.iter().any(u8::is_ascii_control)
}

/// Unregisters a caller: see `rvdirect_unregister_caller()`.
#[no_mangle]
extern "C" fn rvdirect_unregister_caller(caller: *const bindings::rvdirect_caller) -> c_int {
    let mut callers = CALLERS.lock();
    let found = callers
        .iter()
        .position(|registered| registered.caller.as_ptr().cast_const() == caller);
    let Some(index) = found else {
        return ENOENT.to_errno();
    };
    if callers
        .get(index)
        .is_some_and(|registered| registered.users > 0)
    {
        return EBUSY.to_errno();
    }
    let _ = callers.remove(index);
    if callers.is_empty() {
        // Frees the memory: a static is never dropped.
        *callers = KVec::new();
    }
    0
}
