// SPDX-License-Identifier: GPL-2.0

//! Modules.

use crate::{
    error::Result,
    ffi::{
        c_int,
        c_void, //
    },
};
use core::cell::UnsafeCell;

/// The `struct module` of this module.
#[repr(C)]
pub struct ThisModule([u8; 0]);

impl ThisModule {
    /// Returns it as C knows it.
    pub const fn as_ptr(&'static self) -> *mut c_void {
        (&raw const *self).cast_mut().cast()
    }
}

/// A module: it is made when the module is loaded, and dropped when it is unloaded.
pub trait Module: Sized + Sync + Send {
    /// Makes it, or fails to load the module.
    fn init(module: &'static ThisModule) -> Result<Self>;
}

/// A module that is loaded, or will be. For [`module!`].
///
/// [`module!`]: crate::module
pub struct Loaded<M>(UnsafeCell<Option<M>>);

// SAFETY: The kernel loads it once, and unloads it once after that.
unsafe impl<M: Module> Sync for Loaded<M> {}

impl<M: Module> Loaded<M> {
    /// It is not loaded yet.
    #[expect(clippy::new_without_default, reason = "it must be a constant")]
    pub const fn new() -> Self {
        Loaded(UnsafeCell::new(None))
    }

    /// Loads it. Returns 0, or an error.
    ///
    /// # Safety
    ///
    /// Only the kernel may call this, once.
    pub unsafe fn load(&self, module: &'static ThisModule) -> c_int {
        match M::init(module) {
            Ok(made) => {
                // SAFETY: Nobody else uses it, by the requirement of this function.
                unsafe { *self.0.get() = Some(made) };
                0
            }
            Err(error) => error.to_errno(),
        }
    }

    /// Unloads it.
    ///
    /// # Safety
    ///
    /// Only the kernel may call this, once, after it was loaded.
    pub unsafe fn unload(&self) {
        // SAFETY: Nobody else uses it, by the requirement of this function.
        unsafe { *self.0.get() = None };
    }
}

/// Declares a module.
#[macro_export]
macro_rules! module {
    (
        type: $type:ty,
        name: $name:literal,
        authors: [$($author:literal),* $(,)?],
        description: $description:literal,
        license: $license:literal $(,)?
    ) => {
        /// What the records in the kernel's log begin with.
        const __LOG_PREFIX: &str = $name;

        const _: () = {
            static LOADED: $crate::Loaded<$type> = $crate::Loaded::new();

            extern "C" {
                static __this_module: $crate::ThisModule;
            }

            #[no_mangle]
            extern "C" fn init_module() -> $crate::ffi::c_int {
                // SAFETY: Only the kernel calls this, once. The static is there as long as the module.
                unsafe { LOADED.load(&__this_module) }
            }

            #[no_mangle]
            extern "C" fn cleanup_module() {
                // SAFETY: Only the kernel calls this, once, after `init_module`.
                unsafe { LOADED.unload() };
            }
        };

        $($crate::modinfo!(concat!("author=", $author, "\0"));)*
        $crate::modinfo!(concat!("description=", $description, "\0"));
        $crate::modinfo!(concat!("license=", $license, "\0"));
    };
}

/// Adds a line to what `modinfo` shows. For [`module!`].
///
/// [`module!`]: crate::module
#[macro_export]
macro_rules! modinfo {
    ($line:expr) => {
        const _: () = {
            const LINE: &str = $line;
            #[used(compiler)]
            #[link_section = ".modinfo"]
            static BYTES: [u8; LINE.len()] = match LINE.as_bytes().first_chunk() {
                Some(bytes) => *bytes,
                None => panic!(),
            };
        };
    };
}
