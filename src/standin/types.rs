// SPDX-License-Identifier: GPL-2.0

//! Types of C that Rust does not look into.

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit, //
};

/// A value that C may change at any time.
#[repr(transparent)]
pub struct Opaque<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Opaque<T> {
    /// Makes one of a value that nobody has initialised.
    pub const fn uninit() -> Self {
        Opaque(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Returns where it is.
    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.0).cast()
    }
}
