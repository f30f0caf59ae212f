// SPDX-License-Identifier: GPL-2.0

//! Values that are made in their place, as they must not move.

/// Makes a value in its place.
pub trait PinInit<T> {
    /// # Safety
    ///
    /// `place` must be valid for writing. The value must not be moved from there before it is dropped.
    unsafe fn init(self, place: *mut T);
}
