// SPDX-License-Identifier: GPL-2.0

//! Modules that are loaded.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use crate::bindings;
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    types::Opaque, //
};

/// A module. It stays as long as the value is borrowed.
#[repr(transparent)]
pub(crate) struct Module(Opaque<bindings::module>);

impl Module {
    /// Borrows a module of C.
    ///
    /// # Safety
    ///
    /// `module` must be valid for `'a`.
    pub(crate) unsafe fn from_raw<'a>(module: *const bindings::module) -> &'a Self {
        // SAFETY: By the requirement of this function. The type is transparent.
        unsafe { &*module.cast() }
    }

    /// Returns the module as C knows it.
    pub(crate) fn as_ptr(&self) -> *const bindings::module {
        self.0.get()
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &str {
        // SAFETY: The module is valid, and its name lives as long.
        let name = unsafe { CStr::from_char_ptr(bindings::rvdirect_module_name(self.as_ptr())) };
        name.to_str().unwrap_or_default()
    }
}

/// Returns whether a module of that name is loaded, or built in.
pub(crate) fn is_loaded(name: &CStr) -> bool {
    // SAFETY: `name` is NUL-terminated.
    unsafe { bindings::rvdirect_is_loaded(name.as_char_ptr()) }
}

/// A module that is held: it cannot be freed, but may be coming or going.
///
/// # Invariants
///
/// `kobject` is held, and is that of a module.
pub(crate) struct HeldModule {
    kobject: NonNull<bindings::kobject>,
}

impl HeldModule {
    /// Holds the module of that name.
    pub(crate) fn by_name(name: &CStr) -> Option<Self> {
        // SAFETY: `name` is NUL-terminated.
        let kobject = unsafe { bindings::rvdirect_hold_module_kobject(name.as_char_ptr()) };
        // INVARIANT: The call above holds it.
        NonNull::new(kobject).map(|kobject| HeldModule { kobject })
    }

    /// Holds all modules.
    pub(crate) fn all() -> Result<KVec<Self>> {
        let mut room = 0;
        loop {
            let mut kobjects = KVec::from_elem(core::ptr::null_mut(), room, GFP_KERNEL)?;
            let mut modules = KVec::with_capacity(room, GFP_KERNEL)?;
            // SAFETY: There is so much room.
            let count =
                unsafe { bindings::rvdirect_hold_module_kobjects(kobjects.as_mut_ptr(), room) };
            for kobject in kobjects.iter().copied().filter_map(NonNull::new) {
                // INVARIANT: The call above holds it.
                modules.push(HeldModule { kobject }, GFP_KERNEL)?;
            }
            if count <= room {
                return Ok(modules);
            }
            room = count;
        }
    }
}

impl Deref for HeldModule {
    type Target = Module;

    fn deref(&self) -> &Module {
        // SAFETY: The module stays as long as its kobject is held, by the type invariant.
        unsafe { Module::from_raw(bindings::rvdirect_module_of(self.kobject.as_ptr())) }
    }
}

impl Drop for HeldModule {
    fn drop(&mut self) {
        // SAFETY: It is held, by the type invariant, and not used any more.
        unsafe { bindings::rvdirect_release_module_kobject(self.kobject.as_ptr()) };
    }
}
