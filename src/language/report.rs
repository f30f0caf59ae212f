// SPDX-License-Identifier: GPL-2.0

//! What the files show: a header, and a line for each entry. Blanks separate the columns, and only
//! the value of the last column may have blanks.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    command::{
        Exclusions,
        Flags, //
    },
    filter::Filter,
    session::SessionId, //
};
use core::fmt;

/// A line of `status`.
pub(crate) struct Status<'a> {
    /// The target, as it was written to `attach`.
    pub(crate) target: &'a str,
    /// How many functions it hooks.
    pub(crate) functions: usize,
    /// The name of the caller.
    pub(crate) caller: &'a str,
    /// How many calls were handled since the target was attached.
    pub(crate) hits: u64,
    /// How many calls had to be skipped.
    pub(crate) missed: u64,
    /// The session that it belongs to, if any.
    pub(crate) session: Option<SessionId>,
    /// Whether calls of the target reach the caller.
    pub(crate) state: State,
    /// How many functions of the target are left out, because others hold them.
    pub(crate) left_out: usize,
}

/// Whether calls reach the caller, and if not, why.
#[derive(Clone, Copy)]
pub(crate) enum State {
    /// They do.
    Active,
    /// It is disabled.
    Disabled,
    /// Its module is not loaded yet.
    Pending,
    /// Its session is over: it is about to be detached.
    Ending,
    /// It is detached, but so many calls are still in flight.
    Draining(usize),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Active => "active",
            State::Disabled => "disabled",
            State::Pending => "pending",
            State::Ending => "ending",
            State::Draining(count) => return write!(f, "draining ({count} in flight)"),
        })
    }
}

/// A line of `draining`: a call in flight.
pub(crate) struct DrainingLine<'a> {
    /// The target that was attached.
    pub(crate) target: &'a dyn fmt::Display,
    /// The function that was called.
    pub(crate) function: &'a dyn fmt::Display,
    /// The task.
    pub(crate) pid: &'a dyn fmt::Display,
    /// Since when it is in the function.
    pub(crate) seconds: &'a dyn fmt::Display,
    /// The name of the task.
    pub(crate) comm: &'a str,
}

impl DrainingLine<'_> {
    /// The line above the lines of `draining`.
    pub(crate) const HEADER: Self = DrainingLine {
        target: &"TARGET",
        function: &"FUNCTION",
        pid: &"PID",
        seconds: &"SECONDS",
        comm: "COMM",
    };
}

impl fmt::Display for DrainingLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DrainingLine {
            target,
            function,
            pid,
            seconds,
            comm,
        } = self;
        writeln!(
            f,
            "{target:<32} {function:<32} {pid:>7} {seconds:>9} {comm}"
        )
    }
}

/// The line above the lines of `status`.
pub(crate) struct StatusHeader;

impl fmt::Display for StatusHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        status_line(
            f,
            "TARGET",
            "FUNCTIONS",
            "CALLER",
            ("HITS", "MISSED"),
            ("SESSION", "PID"),
            "STATE",
        )
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        status_line(
            f,
            self.target,
            self.functions,
            self.caller,
            (self.hits, self.missed),
            (
                OrDash(self.session.map(|session| session.number)),
                OrDash(self.session.map(|session| session.pid)),
            ),
            format_args!("{}{}", self.state, LeftOut(self.left_out)),
        )
    }
}

fn status_line(
    f: &mut fmt::Formatter<'_>,
    target: &str,
    functions: impl fmt::Display,
    caller: &str,
    (hits, missed): (impl fmt::Display, impl fmt::Display),
    (session, pid): (impl fmt::Display, impl fmt::Display),
    state: impl fmt::Display,
) -> fmt::Result {
    writeln!(
        f,
        "{target:<32} {functions:>9} {caller:<10} {hits:>14} {missed:>8} {session:>7} {pid:>7} {state}"
    )
}

/// A number, printed as a dash if there is none.
struct OrDash(Option<u32>);

impl fmt::Display for OrDash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.pad("-"),
        }
    }
}

/// The number of functions that are left out of an attachment, as `status` shows it.
struct LeftOut(usize);

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, ", {count} left out, see tracing/enabled_functions"),
        }
    }
}

/// A line of `hits`.
pub(crate) struct Hits<'a> {
    /// The name of the function, with the module before it if it is in one.
    pub(crate) function: &'a str,
    /// How many of its calls were handled since the target was attached.
    pub(crate) hits: u64,
    /// The target that it is part of.
    pub(crate) target: &'a str,
}

/// The line above the lines of `hits`.
pub(crate) struct HitsHeader;

impl fmt::Display for HitsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hits_line(f, "FUNCTION", "HITS".len(), &"HITS", "TARGET")
    }
}

impl fmt::Display for Hits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.hits.checked_ilog10().unwrap_or(0) as usize + 1;
        hits_line(f, self.function, digits, &self.hits, self.target)
    }
}

/// Writes a line of `hits`. There may be very many, and a width in a format string would write each
/// blank by itself.
fn hits_line(
    f: &mut fmt::Formatter<'_>,
    function: &str,
    digits: usize,
    hits: &dyn fmt::Display,
    target: &str,
) -> fmt::Result {
    const BLANKS: &str = "                                ";
    let blanks = |width: usize, used| {
        BLANKS
            .get(used + BLANKS.len() - width..)
            .unwrap_or_default()
    };
    f.write_str(function)?;
    f.write_str(blanks(32, function.len()))?;
    f.write_str(" ")?;
    f.write_str(blanks(14, digits))?;
    hits.fmt(f)?;
    f.write_str(" ")?;
    f.write_str(target)?;
    f.write_str("\n")
}

/// A line of `callers`.
pub(crate) struct CallerLine<'a> {
    /// The word by which commands name the caller.
    pub(crate) name: &'a str,
    /// The module that registered it.
    pub(crate) owner: &'a str,
    /// What it does, in a few words.
    pub(crate) description: &'a str,
}

impl CallerLine<'_> {
    /// The line above the lines of `callers`.
    pub(crate) const HEADER: Self = CallerLine {
        name: "CALLER",
        owner: "OWNER",
        description: "DESCRIPTION",
    };
}

impl fmt::Display for CallerLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10} {:<16} {}",
            self.name, self.owner, self.description
        )
    }
}

/// A line of `attach`, which can be written back to it.
pub(crate) struct BindingLine<'a> {
    /// The target, as it was written.
    pub(crate) target: &'a str,
    /// The targets that are excluded from it.
    pub(crate) exclusions: Exclusions<'a>,
    /// The caller, which prints itself as commands name it, with its settings.
    pub(crate) caller: &'a dyn fmt::Display,
    /// Which calls it sees.
    pub(crate) filter: Filter<'a>,
    /// How it is attached.
    pub(crate) flags: Flags,
}

impl fmt::Display for BindingLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        for excluded in self.exclusions.targets().flatten() {
            write!(f, " !{excluded}")?;
        }
        writeln!(f, " {}{}{}", self.caller, self.filter, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Status<'_> = Status {
        target: "f",
        functions: 2,
        caller: "count",
        hits: 0,
        missed: 1,
        session: None,
        state: State::Active,
        left_out: 0,
    };

    fn status(target: &str, hits: u64) -> String {
        Status {
            target,
            hits,
            ..STATUS
        }
        .to_string()
    }

    /// A script can split the columns at the blanks, however wide the values are.
    #[test]
    fn status_has_the_columns_of_its_header() {
        let header = StatusHeader.to_string();
        let header: Vec<_> = header.split_ascii_whitespace().collect();
        assert_eq!(
            header,
            [
                "TARGET",
                "FUNCTIONS",
                "CALLER",
                "HITS",
                "MISSED",
                "SESSION",
                "PID",
                "STATE"
            ]
        );
        let long = "x".repeat(500);
        for (target, hits) in [("vfs_read", 0), (long.as_str(), u64::MAX)] {
            let line = status(target, hits);
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            assert_eq!(
                words,
                [
                    target,
                    "2",
                    "count",
                    &hits.to_string(),
                    "1",
                    "-",
                    "-",
                    "active"
                ]
            );
            assert!(line.ends_with("active\n"));
        }
    }

    #[test]
    fn values_stand_under_their_names() {
        let header = StatusHeader.to_string();
        assert_eq!(header.find(" CALLER"), status("vfs_read", 7).find(" count"));
        assert_eq!(header.find("STATE"), status("vfs_read", 7).find("active"));
    }

    /// The first word is enough for a script.
    #[test]
    fn states_begin_with_a_word_of_their_own() {
        for (state, shown) in [
            (State::Active, "active"),
            (State::Disabled, "disabled"),
            (State::Pending, "pending"),
            (State::Ending, "ending"),
            (State::Draining(2), "draining (2 in flight)"),
        ] {
            let mut line = STATUS;
            line.state = state;
            assert!(line.to_string().ends_with(&format!(" {shown}\n")));
        }
    }

    #[test]
    fn calls_in_flight_stand_under_their_header() {
        let line = DrainingLine {
            target: &"vfs_*",
            function: &"vfs_read",
            pid: &77,
            seconds: &1234,
            comm: "a name",
        }
        .to_string();
        let header = DrainingLine::HEADER.to_string();
        assert_eq!(header.find(" FUNCTION"), line.find(" vfs_read"));
        assert_eq!(header.find("COMM"), line.find("a name"));
        assert!(line.ends_with(" 77      1234 a name\n"), "{line}");
    }

    #[test]
    fn a_session_has_two_columns() {
        let mut line = STATUS;
        line.session = Some(SessionId {
            number: 12,
            pid: 345,
        });
        assert!(line.to_string().ends_with(" 1      12     345 active\n"));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut line = STATUS;
        line.left_out = 3;
        assert!(line
            .to_string()
            .ends_with(" active, 3 left out, see tracing/enabled_functions\n"));
    }

    #[test]
    fn hits_have_the_columns_of_their_header() {
        let words = |line: String| -> Vec<String> {
            line.split_ascii_whitespace().map(String::from).collect()
        };
        let line = Hits {
            function: "ext4:ext4_read",
            hits: 5,
            target: "*_read",
        };
        assert_eq!(
            words(HitsHeader.to_string()),
            ["FUNCTION", "HITS", "TARGET"]
        );
        assert_eq!(words(line.to_string()), ["ext4:ext4_read", "5", "*_read"]);
        let header = HitsHeader.to_string();
        assert_eq!(header.find(" TARGET"), line.to_string().find(" *_read"));
    }

    #[test]
    fn callers_have_a_header() {
        let line = CallerLine {
            name: "count",
            owner: "rvdirect",
            description: "counts the calls",
        };
        assert_eq!(
            CallerLine::HEADER
                .to_string()
                .split_ascii_whitespace()
                .collect::<Vec<_>>(),
            ["CALLER", "OWNER", "DESCRIPTION"]
        );
        assert_eq!(
            line.to_string()
                .split_ascii_whitespace()
                .collect::<Vec<_>>(),
            ["count", "rvdirect", "counts", "the", "calls"]
        );
    }
}
