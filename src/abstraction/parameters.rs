// SPDX-License-Identifier: GPL-2.0

//! The module's parameters.

use crate::bindings;
use kernel::prelude::*;

/// Returns whether the caller `override` may be used.
pub(crate) fn allow_override() -> bool {
    // SAFETY: It only reads a byte.
    unsafe { bindings::rvdirect_allow_override() }
}

/// Returns the most functions that a target may have.
pub(crate) fn max_functions() -> usize {
    // SAFETY: It only reads a number.
    unsafe { bindings::rvdirect_max_functions() as usize }
}

/// Returns the commands that attach when the module is loaded.
pub(crate) fn attach() -> &'static CStr {
    // SAFETY: It is NUL-terminated, and stays as long as the module does.
    unsafe { CStr::from_char_ptr(bindings::rvdirect_attach()) }
}
