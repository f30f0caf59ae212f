// SPDX-License-Identifier: GPL-2.0

//! The words of a line, and their parts: settings and numbers.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::refusal::{
    Reason,
    Refusal, //
};

/// A word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The word itself, without blanks.
    pub(crate) text: &'a str,
    /// Where it begins, in bytes from the start of the line.
    pub(crate) column: usize,
}

/// A `KEY=VALUE`, for the filter or for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting<'a> {
    /// The word before the `=`, not empty.
    pub(crate) key: Word<'a>,
    /// The word behind the `=`.
    pub(crate) value: Word<'a>,
}

impl Word<'_> {
    /// Returns where it ends, in bytes from the start of the line.
    pub(crate) fn end(&self) -> usize {
        self.column + self.text.len()
    }
}

impl<'a> Setting<'a> {
    /// Sets an option, which may be set only once.
    pub(crate) fn set<T>(&self, option: &mut Option<T>, value: T) -> Result<(), Refusal> {
        match option.replace(value) {
            Some(_) => Err(Reason::RepeatedOption.at(self.key.column)),
            None => Ok(()),
        }
    }

    /// Parses a `KEY=VALUE`.
    pub(crate) fn parse(word: Word<'a>) -> Result<Self, Refusal> {
        let (key, value) = word
            .text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or(Reason::BadOption.at(word.column))?;
        Ok(Setting {
            key: Word {
                text: key,
                column: word.column,
            },
            value: Word {
                text: value,
                column: word.column + key.len() + 1,
            },
        })
    }
}

/// Returns the words of a line, in order.
pub(crate) fn words(line: &str) -> impl Iterator<Item = Word<'_>> + Clone {
    line.split_ascii_whitespace().map(move |text| Word {
        text,
        // Both pointers point into the same line.
        column: text.as_ptr() as usize - line.as_ptr() as usize,
    })
}

/// Parses a number that a register can hold: decimal or, with `0x`, hexadecimal. It may have a `-`
/// before it, and is in two's complement then.
pub(crate) fn number(text: &str) -> Option<u64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = match digits.strip_prefix("0x") {
        // `from_str_radix` would accept a sign here.
        Some(hex) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            u64::from_str_radix(hex, 16).ok()?
        }
        None if digits.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    match negative {
        false => Some(magnitude),
        true if magnitude <= 1 << 63 => Some(magnitude.wrapping_neg()),
        true => None,
    }
}
