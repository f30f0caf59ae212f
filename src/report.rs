// SPDX-License-Identifier: GPL-2.0

//! What the files show: a header and a line each, with blanks between the columns and none within
//! a value, but for the last.
//!
//! Knows nothing of the kernel, so that it is tested on the host as well.

use core::fmt;

/// A line of `status`.
pub(crate) struct Status<'a> {
    /// The target, as it was written to `attach`.
    pub(crate) target: &'a str,
    /// How many functions it is.
    pub(crate) functions: usize,
    /// The name of the caller.
    pub(crate) caller: &'a str,
    /// Calls that the caller handled, since the target was attached.
    pub(crate) hits: u64,
    /// Calls that it had to skip.
    pub(crate) missed: u64,
    /// `active`: calls of the target reach the caller.
    pub(crate) state: &'a str,
}

impl Status<'_> {
    /// Writes the line above the lines of `status`.
    pub(crate) fn header(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        status_line(
            f,
            "TARGET",
            "FUNCTIONS",
            "CALLER",
            "HITS",
            "MISSED",
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
            self.hits,
            self.missed,
            self.state,
        )
    }
}

fn status_line(
    f: &mut fmt::Formatter<'_>,
    target: &str,
    functions: impl fmt::Display,
    caller: &str,
    hits: impl fmt::Display,
    missed: impl fmt::Display,
    state: &str,
) -> fmt::Result {
    writeln!(
        f,
        "{target:<32} {functions:>9} {caller:<10} {hits:>14} {missed:>8} {state}"
    )
}

/// A line of `callers`.
pub(crate) struct CallerLine<'a> {
    /// The word by which commands name the caller.
    pub(crate) name: &'a str,
    /// The module that brings it.
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
    /// The caller, which prints itself as it was named, with all that it was told.
    pub(crate) caller: &'a dyn fmt::Display,
}

impl fmt::Display for BindingLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.target, self.caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Header;

    impl fmt::Display for Header {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Status::header(f)
        }
    }

    fn status(target: &str, hits: u64) -> String {
        Status {
            target,
            functions: 2,
            caller: "count",
            hits,
            missed: 1,
            state: "active",
        }
        .to_string()
    }

    /// A script takes the columns apart at the blanks, however wide the values are.
    #[test]
    fn status_has_the_columns_of_its_header() {
        let header = Header.to_string();
        let header: Vec<_> = header.split_ascii_whitespace().collect();
        assert_eq!(
            header,
            ["TARGET", "FUNCTIONS", "CALLER", "HITS", "MISSED", "STATE"]
        );
        let long = "x".repeat(500);
        for (target, hits) in [("vfs_read", 0), (long.as_str(), u64::MAX)] {
            let line = status(target, hits);
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            assert_eq!(
                words,
                [target, "2", "count", &hits.to_string(), "1", "active"]
            );
            assert!(line.ends_with("active\n"));
        }
    }

    #[test]
    fn values_stand_under_their_names() {
        let header = Header.to_string();
        assert_eq!(header.find(" CALLER"), status("vfs_read", 7).find(" count"));
        assert_eq!(header.find("STATE"), status("vfs_read", 7).find("active"));
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
