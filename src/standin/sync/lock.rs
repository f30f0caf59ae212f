// SPDX-License-Identifier: GPL-2.0

//! Mutexes of the kernel.

use crate::{
    ffi::c_void,
    init::PinInit,
    shim,
    str::CStrExt,
    types::Opaque, //
};
use core::{
    cell::UnsafeCell,
    ffi::CStr,
    ops::{
        Deref,
        DerefMut, //
    },
};

/// Room for a `struct mutex`: `RVDIRECT_MUTEX_SIZE` bytes.
type RawMutex = Opaque<[u64; 32]>;

/// By this, lockdep knows the mutexes that one line of code makes: room for a
/// `struct lock_class_key`, `RVDIRECT_KEY_SIZE` bytes, which is zero at first.
pub struct LockClassKey(UnsafeCell<[u64; 2]>);

// SAFETY: Only the kernel uses it, which locks it.
unsafe impl Sync for LockClassKey {}

impl LockClassKey {
    /// Makes one, which must be a static.
    #[expect(clippy::new_without_default, reason = "it must be a constant")]
    pub const fn new() -> Self {
        LockClassKey(UnsafeCell::new([0; 2]))
    }
}

/// A value that one task at a time may use.
///
/// # Invariants
///
/// While somebody can lock it, `raw` is initialised, and does not move.
pub struct Mutex<T> {
    raw: RawMutex,
    name: &'static CStr,
    key: &'static LockClassKey,
    value: UnsafeCell<T>,
}

// SAFETY: It owns the value.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: One task at a time uses the value.
unsafe impl<T: Send> Sync for Mutex<T> {}

/// A mutex that is not in its place yet.
pub struct NewMutex<T>(Mutex<T>);

/// The right to use the value of a mutex.
///
/// # Invariants
///
/// The current task has locked it.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    // A task must unlock what it has locked.
    _not_send: core::marker::PhantomData<*mut ()>,
}

// SAFETY: Through a shared reference, it only gives shared references to the value.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<T> NewMutex<T> {
    /// For [`new_mutex!`].
    ///
    /// [`new_mutex!`]: crate::new_mutex
    pub const fn new(value: T, name: &'static CStr, key: &'static LockClassKey) -> Self {
        // SAFETY: Nobody can lock it here.
        NewMutex(unsafe { Mutex::uninit(value, name, key) })
    }
}

impl<T> PinInit<Mutex<T>> for NewMutex<T> {
    unsafe fn init(self, place: *mut Mutex<T>) {
        // SAFETY: By the requirements of this function. It is in its place then.
        unsafe {
            place.write(self.0);
            (*place).init();
        }
    }
}

impl<T> Mutex<T> {
    /// Makes a mutex that must be initialised.
    ///
    /// # Safety
    ///
    /// Nobody may lock it before that.
    pub const unsafe fn uninit(value: T, name: &'static CStr, key: &'static LockClassKey) -> Self {
        Mutex {
            raw: Opaque::uninit(),
            name,
            key,
            value: UnsafeCell::new(value),
        }
    }

    /// Initialises it.
    ///
    /// # Safety
    ///
    /// Must be called only once. It must not move from here on.
    pub unsafe fn init(&self) {
        // SAFETY: There is room for a mutex, which does not move; the name and the key are static.
        unsafe {
            shim::rvdirect_mutex_init(self.raw(), self.name.as_char_ptr(), self.key.0.get().cast());
        }
    }

    /// Waits until nobody else uses the value.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        // SAFETY: It is initialised, by the type invariant.
        unsafe { shim::rvdirect_mutex_lock(self.raw()) };
        // INVARIANT: It was locked just now.
        MutexGuard {
            mutex: self,
            _not_send: core::marker::PhantomData,
        }
    }

    fn raw(&self) -> *mut c_void {
        self.raw.get().cast()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Nobody else uses the value, by the type invariant.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: The same.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: The current task has locked it, by the type invariant.
        unsafe { shim::rvdirect_mutex_unlock(self.mutex.raw()) };
    }
}

/// Makes a mutex, for `KBox::pin_init`.
#[macro_export]
macro_rules! new_mutex {
    ($value:expr, $name:literal $(,)?) => {{
        static KEY: $crate::sync::LockClassKey = $crate::sync::LockClassKey::new();
        const NAME: &core::ffi::CStr = $crate::str::c_str(concat!($name, "\0"));
        $crate::sync::NewMutex::new($value, NAME, &KEY)
    }};
}

/// Declares a mutex that is static, and must be initialised. Like that of the kernel's crate, it needs
/// the prelude where it is used.
#[macro_export]
macro_rules! global_lock {
    ($(#[$attribute:meta])* unsafe(uninit) static $name:ident: Mutex<$type:ty> = $value:expr;) => {
        $(#[$attribute])*
        static $name: $crate::sync::Mutex<$type> = {
            static KEY: $crate::sync::LockClassKey = $crate::sync::LockClassKey::new();
            const NAME: &CStr = $crate::str::c_str(concat!(stringify!($name), "\0"));
            const VALUE: $type = $value;
            // SAFETY: Who declares it promises to initialise it.
            unsafe { $crate::sync::Mutex::uninit(VALUE, NAME, &KEY) }
        };
    };
}
