// SPDX-License-Identifier: GPL-2.0

//! The command language: text in, commands or refusals out.
//!
//! ```text
//! attach:    TARGET [!TARGET]... CALLER [KEY=VALUE]... [FIELD=FETCH]... [strict] [pending] [disabled]
//! modify:    TARGET CALLER [KEY=VALUE]... [FIELD=FETCH]...
//! detach, enable, disable:
//!            TARGET | *
//! TARGET:    FUNCTION | MODULE:FUNCTION
//! FUNCTION:  NAME | NAME,NUMBER | a pattern with * ? [...]
//! ```
//!
//! Each line is one command. Blanks separate its words, and blank lines are skipped.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    fetch::Field,
    filter::Filter,
    refusal::{
        Reason,
        Refusal, //
    },
    word::{
        number,
        words,
        Setting,
        Word, //
    },
};
use core::fmt;

/// Programs that write in blocks write a multiple of so many bytes.
const BLOCK: usize = 4096;

/// The most bytes that a name may have: `KSYM_NAME_LEN`, less the terminator.
pub(crate) const MAX_NAME: usize = 511;

/// What a command acts on: the functions of one name, or of one pattern.
///
/// # Invariants
///
/// The function and, if one is named, the module have 1 to [`MAX_NAME`] bytes. The function has
/// only the characters of function names, and patterns that `glob_match()` understands. The number,
/// if there is one, is above 0, and the function no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    text: &'a str,
    column: usize,
}

/// The targets that a command excludes from its own: words that begin with `!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exclusions<'a> {
    /// The part of the line from the first of them to the end of the last.
    text: &'a str,
    column: usize,
}

/// A parsed line of `attach` or `modify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding<'a> {
    /// The functions to hook.
    pub(crate) target: Target<'a>,
    /// The functions of the target that are not hooked.
    pub(crate) exclusions: Exclusions<'a>,
    /// The name of the caller that runs when they are entered.
    pub(crate) caller: Word<'a>,
    /// Which calls it sees.
    pub(crate) filter: Filter<'a>,
    /// How to attach it.
    pub(crate) flags: Flags,
    /// The rest of the line behind the caller.
    rest: Word<'a>,
}

/// Options that are a single word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// No function may be left out because another direct caller or attachment holds it.
    pub(crate) strict: bool,
    /// While the module of the target is not loaded, the attachment waits for it.
    pub(crate) pending: bool,
    /// No call reaches the caller until the attachment is enabled.
    pub(crate) disabled: bool,
}

/// What a command does. It has the name of the file that takes the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Attaches a target.
    Attach,
    /// Gives an attachment another caller.
    Modify,
    /// Ends attachments.
    Detach,
    /// Lets calls reach the callers of attachments.
    Enable,
    /// Keeps calls from the callers of attachments.
    Disable,
}

/// A parsed line of `detach`, `enable` or `disable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection<'a> {
    /// All attachments: `*`.
    All,
    /// The attachment of this target.
    One(Target<'a>),
}

/// A line that is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotText<'a> {
    /// The text before the bad byte.
    pub(crate) before: &'a str,
    /// What is wrong with the bad byte.
    pub(crate) reason: Reason,
}

impl Verb {
    const ALL: [Self; 5] = [
        Verb::Attach,
        Verb::Modify,
        Verb::Detach,
        Verb::Enable,
        Verb::Disable,
    ];

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verb::Attach => "attach",
            Verb::Modify => "modify",
            Verb::Detach => "detach",
            Verb::Enable => "enable",
            Verb::Disable => "disable",
        }
    }

    /// Returns whether it may take a caller away, so that calls can be on the way through it.
    pub(crate) fn takes_away(self) -> bool {
        matches!(self, Verb::Modify | Verb::Detach)
    }

    /// Returns the verb of that name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

impl<'a> Target<'a> {
    /// Makes a target again from the text of one that was parsed before.
    pub(crate) fn again(text: &'a str) -> Self {
        // INVARIANT: The text was checked when it was parsed.
        Target { text, column: 0 }
    }

    fn parse(word: Word<'a>) -> Result<Self, Refusal> {
        let (name, number) = split_number(word.text);
        let (module, function) = split_module(name);
        let is_module = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let good = is_function(function)
            && module.is_none_or(|m| !m.is_empty() && m.bytes().all(is_module));
        if !good {
            return Err(Reason::BadTarget.at(word.column));
        }
        if function.len() > MAX_NAME || module.is_some_and(|m| m.len() > MAX_NAME) {
            return Err(Reason::LongTarget.at(word.column));
        }
        // INVARIANT: Checked above and below.
        let target = Target {
            text: word.text,
            column: word.column,
        };
        if number.is_some() {
            if target.number().is_none_or(|number| number == 0) {
                return Err(Reason::BadNamesake.at(word.column + name.len() + 1));
            }
            if target.is_pattern() {
                return Err(target.refuse(Reason::NumberedPattern));
            }
        }
        Ok(target)
    }

    /// Returns whether it is a pattern, and not a name.
    pub(crate) fn is_pattern(&self) -> bool {
        is_pattern(self.function())
    }

    /// Returns the module that the target is limited to, if it names one. It is as it was written:
    /// the kernel has `_` for each `-`.
    pub(crate) fn module(&self) -> Option<&'a str> {
        split_module(self.text).0
    }

    /// Returns whether the target names the module that the kernel calls `name`.
    pub(crate) fn is_of_module(&self, name: &str) -> bool {
        let as_kernel = |byte| if byte == b'-' { b'_' } else { byte };
        self.module()
            .is_some_and(|module| module.bytes().map(as_kernel).eq(name.bytes()))
    }

    /// Returns the name of a function without that of its module, unless the target is limited to
    /// another module.
    pub(crate) fn function_of<'b>(&self, name: &'b str) -> Option<&'b str> {
        let (module, function) = split_module(name);
        let is_meant = self.module().is_none() || module.is_some_and(|m| self.is_of_module(m));
        is_meant.then_some(function)
    }

    /// Returns whether the target means a function that has its name, or matches its pattern.
    /// `shown` is that function's name as `hits` has it.
    pub(crate) fn means(&self, shown: &str) -> bool {
        let (name, place) = split_number(shown);
        let Some(function) = self.function_of(name) else {
            return false;
        };
        self.number().is_none_or(|wanted| {
            // Without a module, the number counts the kernel's own functions.
            let is_counted = self.module().is_some() || split_module(name).0.is_none();
            let place = place.map_or(Some(1), parse_place);
            is_counted && function == self.function() && place == Some(wanted)
        })
    }

    /// Returns the name of the functions, or the pattern.
    pub(crate) fn function(&self) -> &'a str {
        split_module(self.name()).1
    }

    /// Returns which of the functions of its name the target means, from 1, unless it means all.
    pub(crate) fn number(&self) -> Option<u32> {
        split_number(self.text).1.and_then(parse_place)
    }

    /// Returns the target without its number.
    pub(crate) fn name(&self) -> &'a str {
        split_number(self.text).0
    }

    /// Returns the whole target as it was written.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Blames the target.
    pub(crate) fn refuse(&self, reason: Reason) -> Refusal {
        reason.at(self.column)
    }
}

/// Returns whether what means functions is a pattern, and not a name.
pub(crate) fn is_pattern(function: &str) -> bool {
    function.bytes().any(|byte| b"*?[".contains(&byte))
}

impl<'a> Exclusions<'a> {
    /// Makes exclusions again from the text of some that were parsed before.
    pub(crate) fn again(text: &'a str) -> Self {
        Exclusions { text, column: 0 }
    }

    /// Returns each target without its `!`. None is an error if the line was parsed.
    pub(crate) fn targets(&self) -> impl Iterator<Item = Result<Target<'a>, Refusal>> + 'a {
        let column = self.column;
        words(self.text).map(move |word| {
            Target::parse(Word {
                text: word.text.get(1..).unwrap_or_default(),
                column: column + word.column + 1,
            })
        })
    }

    /// Returns all of them as they were written.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }
}

impl<'a> Binding<'a> {
    /// Parses a line of `attach`.
    pub(crate) fn parse(line: &'a str) -> Result<Self, Refusal> {
        let mut rest = words(line);
        let target = parse_target(&mut rest)?;
        let is_exclusion = |word: &Word<'_>| word.text.starts_with('!');
        let (mut excluded, mut behind) = (None, 0);
        let caller = loop {
            let word = rest.next().ok_or(Reason::NoCaller.at(end(line)))?;
            if !is_exclusion(&word) {
                break word;
            }
            excluded.get_or_insert(word.column);
            behind = word.end();
        };
        let column = excluded.unwrap_or(behind);
        let exclusions = Exclusions {
            text: line.get(column..behind).unwrap_or_default(),
            column,
        };
        if let Some(refusal) = exclusions.targets().find_map(Result::err) {
            return Err(refusal);
        }
        let mut binding = Binding {
            target,
            exclusions,
            caller,
            filter: Filter::default(),
            flags: Flags::default(),
            rest: Word {
                text: line.get(caller.end()..).unwrap_or_default(),
                column: caller.end(),
            },
        };
        for word in binding.words() {
            if let Some(flag) = binding.flags.by_name(word.text) {
                if core::mem::replace(flag, true) {
                    return Err(Reason::RepeatedOption.at(word.column));
                }
                continue;
            }
            let setting = Setting::parse(word)?;
            if !Field::is_one(&setting) && Filter::is_key(setting.key.text) {
                binding.filter.add(setting)?;
            }
        }
        if binding.flags.pending && target.module().is_none() {
            return Err(target.refuse(Reason::NoModule));
        }
        Ok(binding)
    }

    /// Parses a line of `modify`, which takes no exclusions and no flags.
    pub(crate) fn parse_modify(line: &'a str) -> Result<Self, Refusal> {
        let binding = Self::parse(line)?;
        if !binding.exclusions.text.is_empty() {
            return Err(Reason::AttachOnly.at(binding.exclusions.column));
        }
        match binding.words().find(is_flag) {
            Some(word) => Err(Reason::AttachOnly.at(word.column)),
            None => Ok(binding),
        }
    }

    /// Returns the settings for the caller, but for the fields of its event, in the order of the
    /// line. None is an error if the line was parsed.
    pub(crate) fn settings(&self) -> impl Iterator<Item = Result<Setting<'a>, Refusal>> + 'a {
        self.all_settings().filter(|setting| {
            setting.as_ref().map_or(true, |setting| {
                !Field::is_one(setting) && !Filter::is_key(setting.key.text)
            })
        })
    }

    /// Returns the fields of its event, in the same way.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Result<Setting<'a>, Refusal>> + 'a {
        self.all_settings()
            .filter(|setting| setting.as_ref().is_ok_and(Field::is_one))
    }

    /// Blames the value of the setting `key` or, if there is none, the caller.
    pub(crate) fn refuse(&self, key: &str, reason: Reason) -> Refusal {
        let column = self
            .all_settings()
            .flatten()
            .find(|setting| setting.key.text == key)
            .map_or(self.caller.column, |setting| setting.value.column);
        reason.at(column)
    }

    fn all_settings(&self) -> impl Iterator<Item = Result<Setting<'a>, Refusal>> + 'a {
        self.words()
            .filter(|word| !is_flag(word))
            .map(Setting::parse)
    }

    /// Returns all words behind the caller.
    fn words(&self) -> impl Iterator<Item = Word<'a>> + 'a {
        let column = self.rest.column;
        words(self.rest.text).map(move |word| Word {
            text: word.text,
            column: column + word.column,
        })
    }
}

impl Flags {
    fn by_name(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "strict" => Some(&mut self.strict),
            "pending" => Some(&mut self.pending),
            "disabled" => Some(&mut self.disabled),
            _ => None,
        }
    }
}

/// Prints them as they stand in a command, with a blank before each.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_set, name) in [
            (self.strict, " strict"),
            (self.pending, " pending"),
            (self.disabled, " disabled"),
        ] {
            if is_set {
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

impl<'a> Selection<'a> {
    /// Parses a line of `detach`, `enable` or `disable`.
    pub(crate) fn parse(line: &'a str) -> Result<Self, Refusal> {
        let mut words = words(line);
        let selection = match words.clone().next() {
            Some(Word { text: "*", .. }) => {
                words.next();
                Selection::All
            }
            _ => Selection::One(parse_target(&mut words)?),
        };
        match words.next() {
            Some(word) => Err(Reason::ExtraWord.at(word.column)),
            None => Ok(selection),
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// Returns the lines of a write that are not blank, each with its number, from 1.
///
/// Programs write long texts in blocks. So if a write ends with a block, but without a newline, its
/// last line may be half a command, and is refused.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Result<&str, NotText<'_>>)> {
    let is_cut = bytes.len() % BLOCK == 0 && !bytes.ends_with(b"\n");
    let end = bytes.as_ptr_range().end;
    bytes
        .split(|&byte| byte == b'\n')
        .enumerate()
        .map(move |(index, line)| {
            let is_last = line.as_ptr_range().end == end;
            (index + 1, text(line, is_cut && is_last))
        })
        .filter(|(_, line)| line.map_or(true, |line| words(line).next().is_some()))
}

/// Returns bytes as text, if they are UTF-8 without a NUL byte, and not blank where they are cut.
fn text(bytes: &[u8], is_cut: bool) -> Result<&str, NotText<'_>> {
    let (valid, reason) = match core::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            // Cannot fail: the error says how many bytes are valid.
            let valid = core::str::from_utf8(valid).unwrap_or_default();
            (valid, Some(Reason::NotUtf8))
        }
    };
    match (valid.split_once('\0'), reason) {
        (Some((before, _)), _) => Err(NotText {
            before,
            reason: Reason::NulByte,
        }),
        (None, Some(reason)) => Err(NotText {
            before: valid,
            reason,
        }),
        (None, None) if is_cut && words(valid).next().is_some() => Err(NotText {
            before: valid,
            reason: Reason::CutLine,
        }),
        (None, None) => Ok(valid),
    }
}

/// Splits a target into its name or pattern, and the number if it has one.
fn split_number(text: &str) -> (&str, Option<&str>) {
    match text.split_once(',') {
        Some((name, number)) => (name, Some(number)),
        None => (text, None),
    }
}

/// Parses the number of a target.
fn parse_place(text: &str) -> Option<u32> {
    u32::try_from(number(text)?).ok()
}

/// Splits a target into the module, if it names one, and the function.
fn split_module(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((module, function)) => (Some(module), function),
        None => (None, text),
    }
}

/// Returns whether text is the name of a function, or a pattern that `glob_match()` understands.
fn is_function(text: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$".contains(byte);
    let mut rest = text.as_bytes();
    // A name does not begin with a digit: ftrace would take it for the number of a record.
    if rest.first().is_none_or(u8::is_ascii_digit) {
        return false;
    }
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte == b'[' {
            // A class has at least one character before the "]" that ends it.
            let class = behind.strip_prefix(b"!").unwrap_or(behind);
            let Some(more) = class.iter().skip(1).position(|byte| *byte == b']') else {
                return false;
            };
            let (members, end) = class.split_at_checked(more + 1).unwrap_or_default();
            if !members.iter().all(|byte| is_name(byte) || *byte == b'-') {
                return false;
            }
            rest = end.get(1..).unwrap_or_default();
        } else if !is_name(byte) && !b"*?".contains(byte) {
            return false;
        }
    }
    true
}

fn parse_target<'a>(words: &mut impl Iterator<Item = Word<'a>>) -> Result<Target<'a>, Refusal> {
    Target::parse(words.next().ok_or(Reason::NoTarget.at(0))?)
}

/// Returns whether a word is one of the [`Flags`].
fn is_flag(word: &Word<'_>) -> bool {
    Flags::default().by_name(word.text).is_some()
}

/// Returns where a missing word would stand: behind a blank after the last word.
fn end(line: &str) -> usize {
    line.trim_ascii_end().len() + 1
}

#[cfg(test)]
mod tests;
