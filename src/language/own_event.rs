// SPDX-License-Identifier: GPL-2.0

//! The event that an attachment has of its own: `name=EVENT`, and what it fetches.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    command::Binding,
    fetch::{
        is_identifier,
        Field, //
    },
    refusal::{
        Reason,
        Refusal, //
    },
    word::Word,
};
use core::fmt::{
    self,
    Write, //
};

/// The most fields that an event may fetch.
pub(crate) const MAX_FIELDS: usize = 32;

/// The most bytes that the name of an event may have.
pub(crate) const MAX_EVENT: usize = 63;

/// Files that stand beside the directories of events.
const FILES: [&str; 2] = ["enable", "filter"];

/// An event of an attachment's own.
///
/// Prints its settings as a command has them, with a blank before each.
#[derive(Clone, Copy)]
pub(crate) struct OwnEvent<'a> {
    binding: &'a Binding<'a>,
    name: Option<Word<'a>>,
    returns: bool,
}

/// The name of an event, which prints itself.
pub(crate) struct Name<'a>(&'a str);

impl<'a> OwnEvent<'a> {
    /// Parses the event of a line of `attach` or `modify`, if it has one. `returns` tells whether it
    /// is an event of returns.
    pub(crate) fn parse(binding: &'a Binding<'a>, returns: bool) -> Result<Option<Self>, Refusal> {
        let (mut name, mut args) = (None, None);
        for setting in binding.settings() {
            let setting = setting?;
            if setting.key.text == "args" {
                args = Some(setting.key.column);
            }
            if setting.key.text == "name" {
                if !is_identifier(setting.value.text) {
                    return Err(Reason::BadEvent.at(setting.value.column));
                }
                setting.set(&mut name, setting.value)?;
            }
        }
        let event = OwnEvent {
            binding,
            name,
            returns,
        };
        let count = event.count_fields()?;
        if name.is_none() && count == 0 {
            return Ok(None);
        }
        if let Some(column) = args {
            return Err(Reason::ArgsOfOwn.at(column));
        }
        if name.is_none() && binding.target.is_pattern() {
            return Err(Reason::NoEventName.at(binding.caller.column));
        }
        let name = event.name_text();
        if name.len() > MAX_EVENT || FILES.contains(&name) {
            return Err(event.refuse(Reason::BadEvent));
        }
        Ok(Some(event))
    }

    /// Checks its fields, and returns how many there are.
    #[inline(never)] // keeps its frame from that of its caller
    fn count_fields(&self) -> Result<usize, Refusal> {
        let mut count = 0;
        for field in self.fields() {
            let name = field?.name;
            if self.has_among(count, name.text) {
                return Err(Reason::RepeatedOption.at(name.column));
            }
            count += 1;
            if count > MAX_FIELDS {
                return Err(Reason::TooManyFields.at(name.column));
            }
        }
        Ok(count)
    }

    /// Returns whether one of the first `count` fields has that name.
    #[inline(never)] // keeps its frame from that of its caller
    fn has_among(&self, count: usize, name: &str) -> bool {
        let mut fields = self.binding.fields().flatten().take(count);
        fields.any(|field| field.key.text == name)
    }

    /// Returns its name: the one that is given, or that of the function, with a `_` for each dot.
    pub(crate) fn name(&self) -> Name<'a> {
        Name(self.name_text())
    }

    /// Returns its fields, in the order of the line. None is an error if the event was parsed.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Result<Field<'a>, Refusal>> + 'a {
        let returns = self.returns;
        self.binding
            .fields()
            .map(move |setting| Field::parse(&setting?, returns))
    }

    /// Blames its name or, if none is given, the caller.
    pub(crate) fn refuse(&self, reason: Reason) -> Refusal {
        reason.at(self.name.unwrap_or(self.binding.caller).column)
    }

    fn name_text(&self) -> &'a str {
        self.name
            .map_or(self.binding.target.function(), |name| name.text)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            let is_kept = byte.is_ascii_alphanumeric();
            f.write_char(if is_kept { char::from(byte) } else { '_' })?;
        }
        Ok(())
    }
}

impl fmt::Display for OwnEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " name={}", self.name())?;
        for setting in self.binding.fields().flatten() {
            write!(f, " {}={}", setting.key.text, setting.value.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::builtin::Builtin;

    fn event(line: &str) -> Result<Option<(String, usize)>, Refusal> {
        let binding = Binding::parse(line)?;
        let builtin = Builtin::parse(&binding)?.expect("not a caller of the module");
        let event = OwnEvent::parse(&binding, builtin.waits_for_return())?;
        Ok(event.map(|event| (event.to_string(), event.fields().count())))
    }

    #[test]
    fn an_event_has_a_name_and_fields() {
        assert_eq!(event("f trace args=2"), Ok(None));
        assert_eq!(
            event("m:f.isra.0 trace pid=3 a=$arg1 comm=$comm"),
            Ok(Some((" name=f_isra_0 a=$arg1 comm=$comm".into(), 2)))
        );
        assert_eq!(
            event("vfs_* return name=x ret<0 r=$retval:s32"),
            Ok(Some((" name=x r=$retval:s32".into(), 1)))
        );
        assert_eq!(event("f trace name=x"), Ok(Some((" name=x".into(), 0))));
    }

    #[test]
    fn what_is_wrong_is_blamed() {
        for (line, reason, word) in [
            ("vfs_* trace a=$arg1", Reason::NoEventName, "trace"),
            ("f trace name=1x", Reason::BadEvent, "1x"),
            ("f trace name=enable", Reason::BadEvent, "enable"),
            ("f trace name=", Reason::BadEvent, ""),
            ("f trace name=a name=b", Reason::RepeatedOption, "name=b"),
            ("f trace args=2 a=$arg1", Reason::ArgsOfOwn, "args=2"),
            ("f trace a=$arg1 a=$arg2", Reason::RepeatedOption, "a=$arg2"),
            ("f trace a=$retval", Reason::NothingReturned, "$retval"),
        ] {
            let column = line.rfind(word).unwrap();
            assert_eq!(event(line), Err(reason.at(column)), "{line}");
        }
        let many: Vec<_> = (0..33).map(|n| format!("a{n}=$arg1")).collect();
        let refusal = event(&format!("f trace {}", many.join(" "))).unwrap_err();
        assert_eq!(refusal.reason, Reason::TooManyFields);
        let long = "f".repeat(64);
        let refusal = event(&format!("{long} trace a=$arg1")).unwrap_err();
        assert_eq!(refusal.reason, Reason::BadEvent);
    }
}
