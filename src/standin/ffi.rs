// SPDX-License-Identifier: GPL-2.0

//! The types of C as the kernel has them: its `char` has no sign, and its `long` is as long as a
//! pointer.

#![allow(non_camel_case_types)]

pub use core::ffi::{
    c_int,
    c_longlong,
    c_schar,
    c_short,
    c_uchar,
    c_uint,
    c_ulonglong,
    c_ushort,
    c_void, //
};

pub type c_char = u8;
pub type c_long = isize;
pub type c_ulong = usize;
