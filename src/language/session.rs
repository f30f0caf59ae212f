// SPDX-License-Identifier: GPL-2.0

//! The lines that a session takes: a command with the name of its file before it, or `show`.
//!
//! ```text
//! attach LINE | modify LINE | detach LINE | enable LINE | disable LINE
//! show SUBJECT
//! ```

use crate::language::{
    command::Verb,
    refusal::{
        Reason,
        Refusal, //
    },
    word::{
        words,
        Word, //
    },
};

/// A session, as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId {
    /// Counts the sessions from 1, in the order in which they were opened.
    pub(crate) number: u32,
    /// The process that opened it, by its number in the initial PID namespace.
    pub(crate) pid: u32,
}

/// A line that is written to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionLine<'a> {
    /// A command, and the rest of its line.
    Command(Verb, Word<'a>),
    /// A subject that the next reads return.
    Show(Subject),
}

/// What a session can show of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A line for each attachment.
    Status,
    /// A line for each function that was hit.
    Hits,
    /// The histograms.
    Hist,
    /// A line for each call in flight in what was detached.
    Draining,
    /// The last refused commands.
    Errors,
}

impl<'a> SessionLine<'a> {
    /// Parses a line that is not blank.
    pub(crate) fn parse(line: &'a str) -> Result<Self, Refusal> {
        let mut rest = words(line);
        let first = rest.next().ok_or(Reason::NoCommand.at(0))?;
        if first.text == "show" {
            return Ok(SessionLine::Show(Subject::parse(first, rest)?));
        }
        let verb = Verb::by_name(first.text).ok_or(Reason::UnknownCommand.at(first.column))?;
        if rest.next().is_none() {
            return Err(Reason::NoTarget.at(first.end() + 1));
        }
        let rest = Word {
            text: line.get(first.end()..).unwrap_or_default(),
            column: first.end(),
        };
        Ok(SessionLine::Command(verb, rest))
    }
}

impl Subject {
    fn parse<'a>(
        show: Word<'a>,
        mut rest: impl Iterator<Item = Word<'a>>,
    ) -> Result<Self, Refusal> {
        let subject = rest.next().ok_or(Reason::NoSubject.at(show.end() + 1))?;
        if let Some(extra) = rest.next() {
            return Err(Reason::ExtraWord.at(extra.column));
        }
        match subject.text {
            "status" => Ok(Subject::Status),
            "hits" => Ok(Subject::Hits),
            "hist" => Ok(Subject::Hist),
            "draining" => Ok(Subject::Draining),
            "errors" => Ok(Subject::Errors),
            _ => Err(Reason::UnknownSubject.at(subject.column)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::command::Selection;

    #[test]
    fn commands_stand_behind_their_names() {
        for (line, verb, text, column) in [
            ("attach f count", Verb::Attach, " f count", 6),
            (" modify f count", Verb::Modify, " f count", 7),
            ("detach *", Verb::Detach, " *", 6),
            ("enable f", Verb::Enable, " f", 6),
            ("disable\tf", Verb::Disable, "\tf", 7),
        ] {
            let rest = Word { text, column };
            assert_eq!(
                SessionLine::parse(line),
                Ok(SessionLine::Command(verb, rest))
            );
        }
    }

    /// A word in the rest of a line is blamed at its column in the whole line.
    #[test]
    fn refusals_know_their_place() {
        let line = "  detach vfs_read now";
        let Ok(SessionLine::Command(Verb::Detach, rest)) = SessionLine::parse(line) else {
            panic!("{line}");
        };
        let refusal = Selection::parse(rest.text).unwrap_err();
        let column = line.find("now").unwrap();
        assert_eq!(refusal.behind(rest.column), Reason::ExtraWord.at(column));
    }

    #[test]
    fn subjects_have_names() {
        for (line, subject) in [
            ("show status", Subject::Status),
            (" show  hits ", Subject::Hits),
            ("show hist", Subject::Hist),
            ("show draining", Subject::Draining),
            ("show errors", Subject::Errors),
        ] {
            assert_eq!(SessionLine::parse(line), Ok(SessionLine::Show(subject)));
        }
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for (line, reason, column) in [
            ("vfs_read count", Reason::UnknownCommand, 0),
            (" Attach f", Reason::UnknownCommand, 1),
            ("attach ", Reason::NoTarget, 7),
            ("show", Reason::NoSubject, 5),
            ("show all", Reason::UnknownSubject, 5),
            ("show hits now", Reason::ExtraWord, 10),
        ] {
            assert_eq!(SessionLine::parse(line), Err(reason.at(column)), "{line}");
        }
    }
}
