// SPDX-License-Identifier: GPL-2.0

//! A shared value.

use crate::alloc::{
    AllocError,
    Flags, //
};
use core::ops::Deref;

/// A value that goes with the last of those who share it.
pub struct Arc<T>(rust_alloc::sync::Arc<T>);

impl<T> Arc<T> {
    /// Makes the first one.
    pub fn new(value: T, _flags: Flags) -> Result<Self, AllocError> {
        rust_alloc::sync::Arc::try_new(value)
            .map(Arc)
            .map_err(|_| AllocError)
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Arc(self.0.clone())
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
