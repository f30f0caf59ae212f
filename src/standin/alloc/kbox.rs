// SPDX-License-Identifier: GPL-2.0

//! A box.

use super::{
    AllocError,
    Flags, //
};
use crate::{
    error::Result,
    init::PinInit, //
};
use core::{
    ops::{
        Deref,
        DerefMut, //
    },
    pin::Pin, //
};
use rust_alloc::boxed::Box;

/// A value in memory of its own.
pub struct KBox<T>(Box<T>);

impl<T> KBox<T> {
    /// Moves a value there.
    pub fn new(value: T, _flags: Flags) -> Result<Self, AllocError> {
        Box::try_new(value).map(KBox).map_err(|_| AllocError)
    }

    /// Makes a value there.
    pub fn pin_init(init: impl PinInit<T>, _flags: Flags) -> Result<Pin<Self>> {
        let mut place = Box::try_new_uninit().map_err(|_| AllocError)?;
        // SAFETY: The place is valid for writing, and a `T` after that. It stays where it is.
        let made = unsafe {
            init.init(place.as_mut_ptr());
            KBox(place.assume_init())
        };
        // SAFETY: As above: nothing moves a value out of this type.
        Ok(unsafe { Pin::new_unchecked(made) })
    }

    /// Moves the value out.
    pub fn into_inner(this: Self) -> T {
        *this.0
    }

    /// Gives up the memory, for [`KBox::from_raw`] to take back.
    pub fn into_raw(this: Self) -> *mut T {
        Box::into_raw(this.0)
    }

    /// Takes the memory back.
    ///
    /// # Safety
    ///
    /// The pointer must come from [`KBox::into_raw`], and must not be used again.
    pub unsafe fn from_raw(raw: *mut T) -> Self {
        // SAFETY: By the requirements of this function.
        KBox(unsafe { Box::from_raw(raw) })
    }
}

impl<T> Deref for KBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for KBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
