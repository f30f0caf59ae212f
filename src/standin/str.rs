// SPDX-License-Identifier: GPL-2.0

//! Strings of C.

use crate::{
    alloc::{
        flags::GFP_KERNEL,
        AllocError,
        KVec, //
    },
    error::{
        code::*,
        Result, //
    },
    ffi::c_char,
};
use core::{
    ffi::CStr,
    fmt,
    ops::Deref, //
};

/// Pointers as the kernel's C has them.
pub trait CStrExt {
    /// Borrows a string of C.
    ///
    /// # Safety
    ///
    /// It must end in NUL, and must not change while it is borrowed.
    unsafe fn from_char_ptr<'a>(pointer: *const c_char) -> &'a Self;

    /// Returns where it begins.
    fn as_char_ptr(&self) -> *const c_char;
}

impl CStrExt for CStr {
    unsafe fn from_char_ptr<'a>(pointer: *const c_char) -> &'a Self {
        // SAFETY: By the requirements of this function.
        unsafe { CStr::from_ptr(pointer.cast()) }
    }

    fn as_char_ptr(&self) -> *const c_char {
        self.as_ptr().cast()
    }
}

/// Returns a text of the source, which ends in NUL, as a string of C. For macros.
pub const fn c_str(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!(),
    }
}

/// A string of C in memory of its own.
///
/// # Invariants
///
/// The bytes end in NUL, and have no other.
pub struct CString(KVec<u8>);

/// Appends to bytes. The only error is that there is no memory.
struct Appender<'a>(&'a mut KVec<u8>);

impl fmt::Write for Appender<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0
            .extend_from_slice(text.as_bytes(), GFP_KERNEL)
            .map_err(|_| fmt::Error)
    }
}

impl CString {
    /// Formats a string.
    ///
    /// # Errors
    ///
    /// [`EINVAL`]: it would have a NUL inside; [`ENOMEM`].
    pub fn try_from_fmt(arguments: fmt::Arguments<'_>) -> Result<Self> {
        let mut bytes = KVec::new();
        fmt::write(&mut Appender(&mut bytes), arguments).map_err(|_| ENOMEM)?;
        bytes.push(0, GFP_KERNEL)?;
        if CStr::from_bytes_with_nul(&bytes).is_err() {
            return Err(EINVAL);
        }
        // INVARIANT: By the check above.
        Ok(CString(bytes))
    }
}

impl TryFrom<&CStr> for CString {
    type Error = AllocError;

    fn try_from(text: &CStr) -> Result<Self, AllocError> {
        let mut bytes = KVec::new();
        bytes.extend_from_slice(text.to_bytes_with_nul(), GFP_KERNEL)?;
        // INVARIANT: They are those of a string of C.
        Ok(CString(bytes))
    }
}

impl Deref for CString {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: By the type invariant.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}
