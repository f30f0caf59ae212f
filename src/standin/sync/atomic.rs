// SPDX-License-Identifier: GPL-2.0

//! Atomic numbers.

use core::{
    cell::UnsafeCell,
    sync::atomic::{
        AtomicU32,
        AtomicU64,
        Ordering, //
    },
};

/// Orders nothing.
pub struct Relaxed;

/// Orders a load before all that follows.
pub struct Acquire;

/// Orders a store behind all that was before.
pub struct Release;

/// One of these orders.
pub trait Order {
    /// As `core` knows it.
    const ORDERING: Ordering;
}

impl Order for Relaxed {
    const ORDERING: Ordering = Ordering::Relaxed;
}

impl Order for Acquire {
    const ORDERING: Ordering = Ordering::Acquire;
}

impl Order for Release {
    const ORDERING: Ordering = Ordering::Release;
}

/// A number that can be atomic. Its functions need a valid pointer, whose target is only used
/// atomically.
#[expect(clippy::missing_safety_doc, reason = "said above")]
pub trait Number: Copy {
    /// Reads it.
    unsafe fn load(number: *mut Self, ordering: Ordering) -> Self;

    /// Writes it.
    unsafe fn store(number: *mut Self, value: Self, ordering: Ordering);

    /// Adds to it, and returns what it was.
    unsafe fn fetch_add(number: *mut Self, value: Self, ordering: Ordering) -> Self;
}

macro_rules! number {
    ($number:ty, $atomic:ident) => {
        impl Number for $number {
            #[inline(always)]
            unsafe fn load(number: *mut Self, ordering: Ordering) -> Self {
                // SAFETY: By the requirements on the trait.
                unsafe { $atomic::from_ptr(number) }.load(ordering)
            }

            #[inline(always)]
            unsafe fn store(number: *mut Self, value: Self, ordering: Ordering) {
                // SAFETY: The same.
                unsafe { $atomic::from_ptr(number) }.store(value, ordering);
            }

            #[inline(always)]
            unsafe fn fetch_add(number: *mut Self, value: Self, ordering: Ordering) -> Self {
                // SAFETY: The same.
                unsafe { $atomic::from_ptr(number) }.fetch_add(value, ordering)
            }
        }
    };
}

number!(u32, AtomicU32);
number!(u64, AtomicU64);

/// A number that several tasks may read and write.
#[repr(transparent)]
pub struct Atomic<T>(UnsafeCell<T>);

// SAFETY: It is only used atomically.
unsafe impl<T: Number + Send> Sync for Atomic<T> {}

impl<T: Number> Atomic<T> {
    /// Makes one of that value.
    pub const fn new(value: T) -> Self {
        Atomic(UnsafeCell::new(value))
    }

    /// Returns where it is.
    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    /// Returns its value.
    #[inline(always)]
    pub fn load<O: Order>(&self, _order: O) -> T {
        // SAFETY: It is valid, and only used atomically.
        unsafe { T::load(self.as_ptr(), O::ORDERING) }
    }

    /// Gives it a value.
    #[inline(always)]
    pub fn store<O: Order>(&self, value: T, _order: O) {
        // SAFETY: The same.
        unsafe { T::store(self.as_ptr(), value, O::ORDERING) };
    }

    /// Adds to it, and returns what it was.
    #[inline(always)]
    pub fn fetch_add<O: Order>(&self, value: T, _order: O) -> T {
        // SAFETY: The same.
        unsafe { T::fetch_add(self.as_ptr(), value, O::ORDERING) }
    }
}
