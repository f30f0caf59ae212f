// SPDX-License-Identifier: GPL-2.0

//! Why the command ends early: a sentence for people, and the exit status.

use std::io::{self, Write};

/// The exit status of a command whose reader has gone, as that of one that SIGPIPE ends.
const CLOSED: u8 = 141;

#[derive(Debug)]
pub struct Failure {
    pub status: u8,
    /// Nothing is said of a reader that has gone.
    sentence: Option<String>,
}

pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Failure {
            status: 1,
            sentence: Some(sentence.into()),
        }
    }

    /// The command line is wrong.
    pub fn misused(sentence: impl Into<String>) -> Self {
        Failure {
            status: 2,
            ..Failure::new(sentence)
        }
    }

    pub fn reader_gone() -> Self {
        Failure {
            status: CLOSED,
            sentence: None,
        }
    }

    /// Puts what it is about before the sentence.
    pub fn about(self, what: &str) -> Self {
        Failure {
            sentence: self.sentence.map(|sentence| format!("{what}: {sentence}")),
            ..self
        }
    }

    pub fn say(&self) {
        if let Some(sentence) = &self.sentence {
            say(sentence);
        }
    }

    pub fn sentence(&self) -> &str {
        self.sentence.as_deref().unwrap_or_default()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::reader_gone(),
            _ => Failure::new(plain(&error)),
        }
    }
}

impl From<nix::Error> for Failure {
    fn from(error: nix::Error) -> Self {
        io::Error::from(error).into()
    }
}

/// Says something to people. They may have closed the terminal.
pub fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "rvdirect: {sentence}");
}

/// The error's words alone, without the number that Rust puts behind them.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_string(),
        None => text,
    }
}
