// SPDX-License-Identifier: GPL-2.0

//! The value of a register: a number, or the negative name of an error (`-ENOMEM`).
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    errno,
    word::number, //
};
use core::fmt;

/// A value, which prints itself as the name of an error if it is one, or as a signed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Register(pub(crate) u64);

impl Register {
    /// Parses a number, or an error as kernel functions return it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let value = match text.strip_prefix('-').and_then(errno::by_name) {
            Some(errno) => u64::try_from(errno).ok().map(u64::wrapping_neg),
            None => number(text),
        };
        value.map(Register)
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = i32::try_from(self.0.wrapping_neg()).ok();
        match errno.and_then(errno::name) {
            Some(name) => write!(f, "-{name}"),
            None => write!(f, "{}", self.0 as i64),
        }
    }
}
