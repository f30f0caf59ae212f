// SPDX-License-Identifier: GPL-2.0

//! The kernel's log.

#![expect(
    clippy::crate_in_macro_def,
    reason = "the prefix is that of the module, which uses the macros"
)]

use crate::shim;
use core::fmt;

/// How much a record takes. The log would take a little more, but it is on the stack.
const RECORD: usize = 800;

/// A record, without what is too long for it.
struct Record {
    bytes: [u8; RECORD],
    length: usize,
}

impl fmt::Write for Record {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        let length = text.len().min(room.len());
        for (byte, from) in room.iter_mut().zip(text.as_bytes()) {
            *byte = *from;
        }
        self.length += length;
        Ok(())
    }
}

/// Prints a record of a module. `level` is that of `printk`, a digit.
#[inline(never)] // other messages do not pay for the record on the stack
pub fn print(level: u8, module: &str, arguments: fmt::Arguments<'_>) {
    let mut record = Record {
        bytes: [0; RECORD],
        length: 0,
    };
    // What can be formatted is printed.
    let _ = fmt::Write::write_fmt(&mut record, format_args!("{module}: {arguments}"));
    // SAFETY: The record has so many bytes.
    unsafe { shim::rvdirect_print(level, record.bytes.as_ptr(), record.length) };
}

/// Prints, at the level `KERN_CRIT`.
#[macro_export]
macro_rules! pr_crit {
    ($($arguments:tt)*) => {
        $crate::print::print(b'2', crate::__LOG_PREFIX, format_args!($($arguments)*))
    };
}

/// Prints, at the level `KERN_ERR`.
#[macro_export]
macro_rules! pr_err {
    ($($arguments:tt)*) => {
        $crate::print::print(b'3', crate::__LOG_PREFIX, format_args!($($arguments)*))
    };
}

/// Prints, at the level `KERN_WARNING`.
#[macro_export]
macro_rules! pr_warn {
    ($($arguments:tt)*) => {
        $crate::print::print(b'4', crate::__LOG_PREFIX, format_args!($($arguments)*))
    };
}

/// Prints, at the level `KERN_INFO`.
#[macro_export]
macro_rules! pr_info {
    ($($arguments:tt)*) => {
        $crate::print::print(b'6', crate::__LOG_PREFIX, format_args!($($arguments)*))
    };
}

/// Makes arguments for `CString::try_from_fmt`.
#[macro_export]
macro_rules! fmt {
    ($($arguments:tt)*) => { format_args!($($arguments)*) };
}
