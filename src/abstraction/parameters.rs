// SPDX-License-Identifier: GPL-2.0

//! The module's parameters.

use crate::bindings;
use kernel::prelude::*;

/// Whether the caller `override` may be used.
pub(crate) fn allow_override() -> bool {
    // SAFETY: Nobody writes to a parameter after it was set, which is before the module's
    // initialisation.
    unsafe { bindings::rvdirect_allow_override() }
}

/// How many functions a target may be.
pub(crate) fn max_functions() -> usize {
    // SAFETY: It only reads a number.
    unsafe { bindings::rvdirect_max_functions() as usize }
}

/// What is to be attached on loading.
pub(crate) fn attach() -> &'static CStr {
    // SAFETY: It is a string that stays as long as the module does.
    unsafe { CStr::from_char_ptr(bindings::rvdirect_attach()) }
}
