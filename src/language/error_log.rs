// SPDX-License-Identifier: GPL-2.0

//! The last refused commands, laid out as in `Documentation/trace/ftrace.rst`, "error_log":
//!
//! ```text
//! [   12.345678] attach:1: error: No caller has that name, see the file callers
//!   Command: vfs_read cuont
//!                     ^
//! ```
//!
//! Does not allocate, so that it can log that memory ran out. Does not use the kernel, so it is
//! tested on the host as well.

use crate::language::refusal::Refusal;
use core::{
    fmt,
    ops::DerefMut, //
};

/// How many refusals are kept.
pub(crate) const ENTRIES: usize = 8;

/// The most bytes of a command that are shown. A longer one is cut to those around the caret.
const SHOWN: usize = 160;

/// The log; prints its entries, oldest first.
pub(crate) struct ErrorLog<E> {
    /// A ring: `next` is the oldest entry, which the next refusal replaces.
    entries: E,
    next: usize,
}

/// A refusal in the log.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    time: u64,
    file: &'static str,
    line: usize,
    /// Its column is one of the part of the command that is shown.
    refusal: Refusal,
    command: [u8; SHOWN],
    length: usize,
}

impl<E: DerefMut<Target = [Option<Entry>]>> ErrorLog<E> {
    /// Creates an empty log in these entries, of which there must be [`ENTRIES`]. They are too large
    /// for the kernel's stack.
    pub(crate) fn new(entries: E) -> Self {
        ErrorLog { entries, next: 0 }
    }

    /// Adds a refusal. If the log is full, it replaces the oldest.
    ///
    /// `time` is in nanoseconds, by the clock of the kernel's log. `file` is the name of the file
    /// that was written to, and `line` the number of the line within that write, from 1.
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
            refusal,
            command: [0; SHOWN],
            length: 0,
        };
        entry.show(command);
        if let Some(oldest) = self.entries.get_mut(self.next) {
            *oldest = Some(entry);
        }
        self.next = (self.next + 1) % ENTRIES;
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        self.entries.fill(None);
    }
}

impl Entry {
    /// Copies the part of the command that is shown, and adapts the column to it.
    fn show(&mut self, command: &str) {
        let column = self.refusal.column;
        let start = if column < SHOWN * 3 / 4 {
            0
        } else {
            column - SHOWN / 2
        };
        let mut column_shown = None;
        for (at, c) in command.char_indices().filter(|&(at, _)| at >= start) {
            if at >= column {
                column_shown.get_or_insert(self.length);
            }
            // Replaces control characters, which a terminal would act on.
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
        }
        // A missing word has its place behind the end of the line.
        let behind = column.saturating_sub(command.len());
        self.refusal.column = column_shown.unwrap_or(self.length + behind);
    }
}

impl<E: DerefMut<Target = [Option<Entry>]>> fmt::Display for ErrorLog<E> {
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
            self.refusal.sentence(command)
        )?;
        writeln!(f, "  Command: {command}")?;
        // The caret stands under a character, which may have several bytes.
        let column = self.refusal.column;
        let is_inside = |byte: &u8| byte & 0xc0 == 0x80;
        let inside = command.bytes().take(column).filter(is_inside).count();
        writeln!(f, "           {:caret$}^", "", caret = column - inside)
    }
}

#[cfg(test)]
mod tests;
