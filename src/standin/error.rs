// SPDX-License-Identifier: GPL-2.0

//! Errors.

use crate::{
    alloc::AllocError,
    ffi::c_int, //
};
use core::{
    num::{
        NonZeroI32,
        TryFromIntError, //
    },
    str::Utf8Error, //
};

/// An error of the kernel: a negative number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(NonZeroI32);

/// A result whose error is, by default, one of the kernel.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

const MAX_ERRNO: c_int = 4095;

/// The errors that have a name here.
pub mod code {
    use super::Error;

    macro_rules! errors {
        ($($name:ident = $number:literal,)*) => {
            $(
                #[doc = concat!("The error ", stringify!($name), ".")]
                pub const $name: Error = match core::num::NonZeroI32::new(-$number) {
                    Some(number) => Error(number),
                    None => panic!(),
                };
            )*
        };
    }

    errors! {
        EPERM = 1,
        ENOENT = 2,
        EINTR = 4,
        E2BIG = 7,
        ENOEXEC = 8,
        ENOMEM = 12,
        EFAULT = 14,
        EBUSY = 16,
        EEXIST = 17,
        ENODEV = 19,
        EINVAL = 22,
    }
}

impl Error {
    /// Returns the error of that number, or `EINVAL` if there can be none.
    pub fn from_errno(errno: c_int) -> Self {
        match NonZeroI32::new(errno) {
            Some(number) if (-MAX_ERRNO..0).contains(&errno) => Error(number),
            _ => code::EINVAL,
        }
    }

    /// Returns its number.
    pub fn to_errno(self) -> c_int {
        self.0.get()
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        code::ENOMEM
    }
}

impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Self {
        code::EINVAL
    }
}

impl From<Utf8Error> for Error {
    fn from(_: Utf8Error) -> Self {
        code::EINVAL
    }
}

/// Returns the error that C returned as a negative number.
pub fn to_result(ret: c_int) -> Result {
    if ret < 0 {
        Err(Error::from_errno(ret))
    } else {
        Ok(())
    }
}

/// Returns the error that C returned as a pointer.
pub fn from_err_ptr<T>(pointer: *mut T) -> Result<*mut T> {
    // The last addresses are no memory.
    match pointer.addr().wrapping_neg() {
        number @ 1..=4095 => Err(Error::from_errno(-(number as c_int))),
        _ => Ok(pointer),
    }
}
