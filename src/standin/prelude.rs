// SPDX-License-Identifier: GPL-2.0

//! What most files use.

pub use crate::{
    alloc::{
        flags::GFP_KERNEL,
        KBox,
        KVVec,
        KVec, //
    },
    error::{
        code::*,
        Error,
        Result, //
    },
    ffi::{
        c_char,
        c_int,
        c_long,
        c_uint,
        c_ulong,
        c_void, //
    },
    fmt,
    module,
    pr_crit,
    pr_err,
    pr_info,
    pr_warn,
    str::CStrExt,
    ThisModule, //
};
pub use core::{
    ffi::CStr,
    pin::Pin, //
};
