// SPDX-License-Identifier: GPL-2.0

//! The last refused commands, laid out as in `Documentation/trace/ftrace.rst`, "error_log":
//!
//! ```text
//! [   12.345678] attach:1: error: No caller has that name, see the file callers
//!   Command: vfs_read cuont
//!                     ^
//! ```
//!
//! Needs no memory but its own, so that running out of memory can be logged. Knows nothing of the
//! kernel, so that it is tested on the host as well.

use crate::language::refusal::{
    Reason,
    Refusal, //
};
use core::fmt;

/// How many refusals are kept.
pub(crate) const ENTRIES: usize = 8;

/// How many bytes of a command are shown at most; of a longer one, those around the caret.
const SHOWN: usize = 160;

/// The log; prints its entries, oldest first.
pub(crate) struct ErrorLog {
    /// A ring: `next` is the oldest entry, and the next to go.
    entries: [Option<Entry>; ENTRIES],
    next: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    time: u64,
    file: &'static str,
    line: usize,
    reason: Reason,
    command: [u8; SHOWN],
    length: usize,
    /// Blanks before the caret.
    caret: usize,
}

impl ErrorLog {
    /// An empty log.
    pub(crate) const fn new() -> Self {
        ErrorLog {
            entries: [None; ENTRIES],
            next: 0,
        }
    }

    /// Adds a refusal, in place of the oldest if the log is full.
    ///
    /// `time` is in nanoseconds, by the clock of the kernel's log. `file` is the name of the file
    /// that was written to, and `line` the number of the line in that write, from 1.
    pub(crate) fn record(
        &mut self,
        time: u64,
        file: &'static str,
        line: usize,
        command: &str,
        refusal: Refusal,
    ) {
        let mut entry = Entry {
            time,
            file,
            line,
            reason: refusal.reason,
            command: [0; SHOWN],
            length: 0,
            caret: 0,
        };
        entry.show(command, refusal.column);
        self.entries[self.next] = Some(entry);
        self.next = (self.next + 1) % ENTRIES;
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

impl Entry {
    /// Copies what is to be seen of the command, and finds the caret's place.
    fn show(&mut self, command: &str, column: usize) {
        let start = if column < SHOWN * 3 / 4 {
            0
        } else {
            column - SHOWN / 2
        };
        let mut column_shown = None;
        let mut characters = 0;
        for (at, c) in command.char_indices().filter(|&(at, _)| at >= start) {
            if at >= column {
                column_shown.get_or_insert(characters);
            }
            // What a terminal would act on is not passed to it.
            let c = match c {
                '\t' => ' ',
                c if c.is_control() => '?',
                c => c,
            };
            let Some(room) = self
                .command
                .get_mut(self.length..self.length + c.len_utf8())
            else {
                break;
            };
            c.encode_utf8(room);
            self.length += c.len_utf8();
            characters += 1;
        }
        // A word that is missing is blamed behind the end of the line.
        let behind = column.saturating_sub(command.len());
        self.caret = column_shown.unwrap_or(characters + behind);
    }
}

impl fmt::Display for ErrorLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (newer, older) = self.entries.split_at(self.next);
        for entry in older.iter().chain(newer).flatten() {
            write!(f, "{entry}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.command.get(..self.length).unwrap_or_default();
        // Cannot fail: `show` copied whole characters.
        let command = core::str::from_utf8(command).unwrap_or_default();
        writeln!(
            f,
            "[{:5}.{:06}] {}:{}: error: {}",
            self.time / 1_000_000_000,
            self.time / 1_000 % 1_000_000,
            self.file,
            self.line,
            self.reason
        )?;
        writeln!(f, "  Command: {command}")?;
        writeln!(f, "           {:caret$}^", "", caret = self.caret)
    }
}

#[cfg(test)]
mod tests;
