// SPDX-License-Identifier: GPL-2.0

//! What an event of an attachment's own gets from each call, in the syntax of the kernel's
//! `Documentation/trace/kprobetrace.rst`.
//!
//! ```text
//! NAME=FETCH[:TYPE]
//! FETCH: $argN | $retval | $comm | $stackN | +OFFSET(FETCH) | -OFFSET(FETCH) | +uOFFSET(FETCH)
//! TYPE:  u8...u64 | s8...s64 | x8...x64 | char | bool | symbol | string
//!        | bWIDTH@OFFSET/SIZE | any but the last with [COUNT] behind it
//! ```
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    refusal::{
        Reason,
        Refusal, //
    },
    word::{
        number,
        Operator,
        Setting,
        Word, //
    },
};

/// The most dereferences of a fetch.
pub(crate) const MAX_STEPS: usize = 8;

/// The most bytes that the name of a field may have.
pub(crate) const MAX_FIELD: usize = 31;

/// The most elements of an array.
const MAX_COUNT: u64 = 64;

/// The greatest number of an argument, and of a word on the stack.
const MAX_ARG: u64 = 24;
const MAX_STACK: u64 = 255;

/// How many arguments are in registers.
const REGISTER_ARGS: u8 = 8;

/// The fields that events have anyway.
const RESERVED: [&str; 6] = ["faults", "session", "target", "caller", "duration", "ret"];

/// A field of an event, and how to get its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its name: a letter or `_`, and up to 30 more of those and of digits.
    pub(crate) name: Word<'a>,
    /// Where its value is.
    pub(crate) fetch: Fetch,
    /// What it is.
    pub(crate) form: Form,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// What to begin with.
    pub(crate) source: Source,
    steps: [Step; MAX_STEPS],
    depth: usize,
}

/// What a fetch begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A register argument, from 0.
    Arg(u8),
    /// A word on the stack, from the target's stack pointer, from 0.
    Stack(u8),
    /// What the target returned.
    Returned,
    /// The address of the name of the task.
    Comm,
}

/// A dereference: what is added to the pointer before, and whether only memory of the user is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) offset: i32,
    pub(crate) is_users: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// How it is shown.
    pub(crate) kind: Kind,
    /// The bytes of it, or of an element; 0 for a string.
    pub(crate) size: u8,
    /// For a bitfield: by how many bits the value, in 64 bits, is shifted to the left, and then to
    /// the right.
    pub(crate) shifts: (u8, u8),
    /// The number of elements, if it is an array. One of strings has their addresses.
    pub(crate) count: Option<u8>,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unsigned,
    Signed,
    Hex,
    Char,
    Bool,
    Symbol,
    String,
}

impl<'a> Field<'a> {
    /// Returns whether a setting is a field, and not one of another meaning.
    pub(crate) fn is_one(setting: &Setting<'_>) -> bool {
        let text = setting.value.text;
        let is_fetch = text.starts_with('$') || text.starts_with(['+', '-']) && text.contains('(');
        setting.operator == Operator::Equal && is_fetch
    }

    /// Parses a field. `returns` tells whether there is a value that was returned.
    pub(crate) fn parse(setting: &Setting<'a>, returns: bool) -> Result<Self, Refusal> {
        let name = setting.key;
        if !is_identifier(name.text)
            || name.text.len() > MAX_FIELD
            || RESERVED.contains(&name.text)
            || name.text.starts_with("common_")
        {
            return Err(Reason::BadField.at(name.column));
        }
        let mut text = Text {
            rest: setting.value.text,
            end: setting.value.end(),
        };
        let fetch = Fetch::parse(&mut text, returns)?;
        let form = Form::parse(&mut text, &fetch)?;
        Ok(Field { name, fetch, form })
    }
}

/// Returns whether text can name a field or an event.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
}

/// The rest of a word.
struct Text<'a> {
    rest: &'a str,
    /// Where the word ends in the line.
    end: usize,
}

impl<'a> Text<'a> {
    /// Blames what comes next.
    fn refuse(&self, reason: Reason) -> Refusal {
        reason.at(self.end - self.rest.len())
    }

    /// Skips a character, if it comes next.
    fn skip(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes what comes before one of `ends`, or before the end.
    fn take_until(&mut self, ends: &[char]) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(at).unwrap_or_default();
        self.rest = rest;
        taken
    }
}

impl Fetch {
    /// Returns its dereferences, in the order in which they are done.
    pub(crate) fn steps(&self) -> &[Step] {
        self.steps.get(..self.depth).unwrap_or_default()
    }

    fn parse(text: &mut Text<'_>, returns: bool) -> Result<Self, Refusal> {
        let mut steps = [Step::default(); MAX_STEPS];
        let mut depth = 0;
        // The outermost, which comes first, is done last.
        while let Some(is_negative) = text
            .rest
            .starts_with(['+', '-'])
            .then(|| text.rest.starts_with('-'))
        {
            let step = steps.get_mut(depth).ok_or(text.refuse(Reason::TooDeep))?;
            text.rest = text.rest.get(1..).unwrap_or_default();
            step.is_users = text.skip('u');
            let bad = text.refuse(Reason::BadOffset);
            let magnitude = number(text.take_until(&['('])).filter(|_| text.skip('('));
            let magnitude = magnitude
                .and_then(|offset| i32::try_from(offset).ok())
                .ok_or(bad)?;
            step.offset = if is_negative { -magnitude } else { magnitude };
            depth += 1;
        }
        if let Some(used) = steps.get_mut(..depth) {
            used.reverse();
        }
        let bad = text.refuse(Reason::BadFetch);
        let source = Source::parse(text.take_until(&[')', ':'])).ok_or(bad)?;
        if source == Source::Returned && !returns {
            return Err(Refusal {
                reason: Reason::NothingReturned,
                ..bad
            });
        }
        for _ in 0..depth {
            if !text.skip(')') {
                return Err(text.refuse(Reason::Unclosed));
            }
        }
        Ok(Fetch {
            source,
            steps,
            depth,
        })
    }
}

impl Source {
    fn parse(text: &str) -> Option<Self> {
        let index = |text: &str, range: core::ops::RangeInclusive<u64>| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let index = number(text).filter(|index| digits && range.contains(index))?;
            u8::try_from(index).ok()
        };
        let name = text.strip_prefix('$')?;
        match name {
            "retval" => Some(Source::Returned),
            "comm" => Some(Source::Comm),
            _ => {
                if let Some(text) = name.strip_prefix("arg") {
                    let arg = index(text, 1..=MAX_ARG)? - 1;
                    return Some(match arg.checked_sub(REGISTER_ARGS) {
                        // The ABI puts what has no register onto the stack, from its pointer on.
                        Some(word) => Source::Stack(word),
                        None => Source::Arg(arg),
                    });
                }
                index(name.strip_prefix("stack")?, 0..=MAX_STACK).map(Source::Stack)
            }
        }
    }
}

impl Form {
    const fn new(kind: Kind, size: u8) -> Self {
        Form {
            kind,
            size,
            shifts: (0, 0),
            count: None,
        }
    }

    /// Parses what follows the fetch to the end of the word.
    fn parse(text: &mut Text<'_>, fetch: &Fetch) -> Result<Self, Refusal> {
        let is_string_before = fetch.source == Source::Comm && fetch.depth == 0;
        if text.rest.is_empty() {
            return Ok(match is_string_before {
                true => Form::new(Kind::String, 0),
                false => Form::new(Kind::Hex, 8),
            });
        }
        if !text.skip(':') {
            return Err(text.refuse(Reason::BadFetch));
        }
        let bad = text.refuse(Reason::BadType);
        let mut form = Form::by_name(text.take_until(&['['])).ok_or(bad)?;
        if is_string_before && form.kind != Kind::String {
            return Err(bad);
        }
        if text.rest.is_empty() {
            return Ok(form);
        }
        let bad = text.refuse(Reason::BadArray);
        let count = text.rest.strip_prefix('[');
        let count = count.and_then(|rest| number(rest.strip_suffix(']')?));
        let count = count.filter(|count| (1..=MAX_COUNT).contains(count));
        let is_array = fetch.depth > 0 && form.shifts == (0, 0);
        form.count = count
            .filter(|_| is_array)
            .and_then(|count| u8::try_from(count).ok());
        match form.count {
            Some(_) => Ok(form),
            None => Err(bad),
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "char" => Form::new(Kind::Char, 1),
            "bool" => Form::new(Kind::Bool, 1),
            "symbol" => Form::new(Kind::Symbol, 8),
            "string" => Form::new(Kind::String, 0),
            _ => {
                let mut letters = name.chars();
                let first = letters.next()?;
                let kind = match first {
                    'u' => Kind::Unsigned,
                    's' => Kind::Signed,
                    'x' => Kind::Hex,
                    'b' => return Self::bitfield(letters.as_str()),
                    _ => return None,
                };
                Form::new(kind, bytes(letters.as_str())?)
            }
        })
    }

    /// Parses `WIDTH@OFFSET/SIZE`, in bits.
    fn bitfield(text: &str) -> Option<Self> {
        let (width, rest) = text.split_once('@')?;
        let (offset, size) = rest.split_once('/')?;
        let (width, offset) = (number(width)?, number(offset)?);
        let size = bytes(size)?;
        let is_inside = width > 0
            && width
                .checked_add(offset)
                .is_some_and(|end| end <= 8 * u64::from(size));
        let shifts = is_inside.then(|| (64 - width - offset, 64 - width))?;
        Some(Form {
            shifts: (u8::try_from(shifts.0).ok()?, u8::try_from(shifts.1).ok()?),
            ..Form::new(Kind::Unsigned, size)
        })
    }
}

/// Returns a number of bits that a value can have, in bytes.
fn bytes(bits: &str) -> Option<u8> {
    match bits {
        "8" => Some(1),
        "16" => Some(2),
        "32" => Some(4),
        "64" => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
