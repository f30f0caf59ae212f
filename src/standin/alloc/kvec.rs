// SPDX-License-Identifier: GPL-2.0

//! A vector.

use super::{
    AllocError,
    Flags, //
};
use core::ops::{
    Deref,
    DerefMut, //
};

/// A vector. The kernel's crate has several, which allocate in different ways; this one always does as
/// its `KVVec`.
pub struct KVec<T>(rust_alloc::vec::Vec<T>);

/// The same.
pub type KVVec<T> = KVec<T>;

/// There was no room for the element, which is in here.
#[derive(Debug)]
pub struct PushError<T>(pub T);

/// There is no such element.
#[derive(Debug)]
pub struct RemoveError;

impl<T> KVec<T> {
    /// Makes an empty one, without memory.
    pub const fn new() -> Self {
        KVec(rust_alloc::vec::Vec::new())
    }

    /// Makes an empty one with room for so many.
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut made = Self::new();
        made.0.try_reserve_exact(capacity).map_err(|_| AllocError)?;
        if flags.is_zeroed {
            let spare = made.0.spare_capacity_mut();
            // SAFETY: These are all bytes of the room that is left, which may have any value.
            unsafe { spare.as_mut_ptr().write_bytes(0, spare.len()) };
        }
        Ok(made)
    }

    /// Makes one of so many equal elements.
    pub fn from_elem(element: T, count: usize, flags: Flags) -> Result<Self, AllocError>
    where
        T: Clone,
    {
        let mut made = Self::with_capacity(count, flags)?;
        made.resize(count, element, flags)?;
        Ok(made)
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, additional: usize, _flags: Flags) -> Result<(), AllocError> {
        self.0.try_reserve(additional).map_err(|_| AllocError)
    }

    /// Appends an element.
    pub fn push(&mut self, element: T, flags: Flags) -> Result<(), AllocError> {
        self.reserve(1, flags)?;
        self.push_within_capacity(element).map_err(|_| AllocError)
    }

    /// Appends an element if there is room for it.
    pub fn push_within_capacity(&mut self, element: T) -> Result<(), PushError<T>> {
        let Some(place) = self.0.spare_capacity_mut().first_mut() else {
            return Err(PushError(element));
        };
        place.write(element);
        // SAFETY: One more element is there now.
        unsafe { self.inc_len(1) };
        Ok(())
    }

    /// Appends copies of elements.
    pub fn extend_from_slice(&mut self, elements: &[T], flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.reserve(elements.len(), flags)?;
        for (place, element) in self.0.spare_capacity_mut().iter_mut().zip(elements) {
            place.write(element.clone());
        }
        // SAFETY: There was room for all of them.
        unsafe { self.inc_len(elements.len()) };
        Ok(())
    }

    /// Makes it so long, with copies of `element` behind what there is.
    pub fn resize(&mut self, count: usize, element: T, flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        let additional = count.saturating_sub(self.len());
        self.reserve(additional, flags)?;
        for place in self.0.spare_capacity_mut().iter_mut().take(additional) {
            place.write(element.clone());
        }
        // SAFETY: There was room for all of them.
        unsafe { self.inc_len(additional) };
        self.truncate(count);
        Ok(())
    }

    /// Says that so many more elements are there.
    ///
    /// # Safety
    ///
    /// They must be there, within the capacity.
    pub unsafe fn inc_len(&mut self, additional: usize) {
        // SAFETY: By the requirement of this function.
        unsafe { self.0.set_len(self.0.len() + additional) };
    }

    /// Takes the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Takes an element out.
    pub fn remove(&mut self, index: usize) -> Result<T, RemoveError> {
        if index < self.len() {
            Ok(self.0.remove(index))
        } else {
            Err(RemoveError)
        }
    }

    /// Keeps those of which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.0.retain_mut(keep);
    }

    /// Drops those behind the first so many.
    pub fn truncate(&mut self, count: usize) {
        self.0.truncate(count);
    }

    /// Drops all, and keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<T> Default for KVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for KVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for KVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> IntoIterator for KVec<T> {
    type Item = T;
    type IntoIter = rust_alloc::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a KVec<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
