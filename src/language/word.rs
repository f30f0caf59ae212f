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

/// What stands between a key and a value. Most keys take an `=` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A `KEY=VALUE`, for the filter or for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting<'a> {
    /// The word before the operator, not empty.
    pub(crate) key: Word<'a>,
    /// An `=`, unless the key is one that can be compared.
    pub(crate) operator: Operator,
    /// The word behind the operator.
    pub(crate) value: Word<'a>,
}

impl Operator {
    /// The longer ones first.
    const ALL: [Self; 6] = [
        Operator::NotEqual,
        Operator::AtMost,
        Operator::AtLeast,
        Operator::Equal,
        Operator::Less,
        Operator::Greater,
    ];

    /// Returns how it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
        }
    }
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
        let bad = Reason::BadOption.at(word.column);
        let end = word.text.find(['=', '!', '<', '>']).ok_or(bad)?;
        let (key, rest) = word.text.split_at_checked(end).ok_or(bad)?;
        let (operator, value) = Operator::ALL
            .iter()
            .find_map(|operator| Some((*operator, rest.strip_prefix(operator.text())?)))
            .filter(|(operator, _)| *operator == Operator::Equal || key == "ret")
            .filter(|_| !key.is_empty())
            .ok_or(bad)?;
        Ok(Setting {
            key: Word {
                text: key,
                column: word.column,
            },
            operator,
            value: Word {
                text: value,
                column: word.end() - value.len(),
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
