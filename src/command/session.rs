// SPDX-License-Identifier: GPL-2.0

//! A session of the module: what is attached through it goes when it is closed, however that
//! happens.

use crate::doctor;
use crate::failure::{plain, Failure, Outcome};
use crate::files::Files;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

pub struct Session<F = File> {
    file: F,
}

/// A line of `status`.
#[derive(Debug, PartialEq)]
pub struct Attachment {
    pub target: String,
    pub functions: u64,
    pub caller: String,
    pub hits: u64,
    pub missed: u64,
    pub session: Option<u64>,
    pub pid: Option<u64>,
    pub state: String,
    pub left_out: u64,
}

/// A line of `hits`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    pub function: String,
    pub calls: u64,
    pub target: String,
}

impl Session {
    /// Begins a session, and loads the module before if need be.
    pub fn open(files: &Files) -> Outcome<Self> {
        doctor::ready(files)?;
        let path = files.rvdirect("session");
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| Failure::from(error).about(&path.display().to_string()))?;
        Ok(Session { file })
    }
}

impl<F: Read + Write> Session<F> {
    /// Carries out a command, in one write. A refusal has the module's own sentence.
    pub fn say(&mut self, line: &str) -> Outcome<()> {
        // A command is taken as a whole, or refused.
        match self.file.write_all(format!("{line}\n").as_bytes()) {
            Ok(()) => Ok(()),
            Err(error) => {
                let errors = self.answer("errors").unwrap_or_default();
                Err(Failure::new(last_error(&errors).unwrap_or(plain(&error))))
            }
        }
    }

    fn answer(&mut self, subject: &str) -> Outcome<String> {
        self.file
            .write_all(format!("show {subject}\n").as_bytes())?;
        let mut text = String::new();
        self.file.read_to_string(&mut text)?;
        Ok(text)
    }

    pub fn status(&mut self) -> Outcome<Vec<Attachment>> {
        self.answer("status").map(|text| attachments(&text))
    }

    /// The functions that were called, most calls first.
    pub fn hits(&mut self) -> Outcome<Vec<Hits>> {
        self.answer("hits").map(|text| hits(&text))
    }

    pub fn histograms(&mut self) -> Outcome<String> {
        self.answer("hist")
    }
}

/// The sentence of the last entry in a log of errors.
pub fn last_error(log: &str) -> Option<String> {
    let mut sentences = log.lines().filter(|line| line.starts_with('['));
    let (_, sentence) = sentences.next_back()?.split_once(": error: ")?;
    Some(sentence.to_string())
}

/// Parses `status`.
pub fn attachments(text: &str) -> Vec<Attachment> {
    let attachment = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let mut attachment = Attachment {
            target: words.next()?.to_string(),
            functions: words.next()?.parse().ok()?,
            caller: words.next()?.to_string(),
            hits: words.next()?.parse().ok()?,
            missed: words.next()?.parse().ok()?,
            session: words.next()?.parse().ok(),
            pid: words.next()?.parse().ok(),
            state: words.collect::<Vec<_>>().join(" "),
            left_out: 0,
        };
        if let Some((_, left_out)) = attachment.state.split_once(", ") {
            let count = left_out.split(' ').next()?;
            attachment.left_out = count.parse().ok()?;
        }
        Some(attachment)
    };
    text.lines().skip(1).filter_map(attachment).collect()
}

fn hits(text: &str) -> Vec<Hits> {
    let line = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        Some(Hits {
            function: words.next()?.to_string(),
            calls: words.next()?.parse().ok()?,
            target: words.next()?.to_string(),
        })
    };
    text.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io;

    /// A session that refuses what has "bad" in it.
    #[derive(Default)]
    pub struct Fake {
        pub said: Vec<String>,
        answer: &'static [u8],
    }

    const STATUS: &str = "\
TARGET    FUNCTIONS CALLER  HITS   MISSED SESSION     PID STATE
vfs_read          1 count     45        2       3      82 active
vfs_w*            3 count     25        0       -       - active, 2 left out, see tracing/enabled_functions
old               1 latency   25        0       -       - draining (1 in flight)
";

    impl Write for Fake {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let line = String::from_utf8(bytes.to_vec()).unwrap();
            if line.contains("bad") {
                return Err(io::Error::from_raw_os_error(22));
            }
            self.answer = match line.as_str() {
                "show status\n" => STATUS.as_bytes(),
                "show hits\n" => b"FUNCTION HITS TARGET\nm:f,2 7 m:*\n",
                "show errors\n" => {
                    b"[    1.5] session:1: error: Not this\n  Command: x\n           ^\n\
                      [   12.5] session:1: error: Value is bad: error: really\n  Command: y\n    ^\n"
                }
                _ => b"",
            };
            self.said.push(line);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Read for Fake {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.answer.read(to)
        }
    }

    fn session() -> Session<Fake> {
        Session {
            file: Fake::default(),
        }
    }

    #[test]
    fn commands_are_lines() {
        let mut session = session();
        session.say("attach f count").unwrap();
        assert_eq!(session.file.said, ["attach f count\n"]);
    }

    #[test]
    fn refusals_have_the_sentence_of_the_module() {
        let failure = session().say("attach bad").unwrap_err();
        assert_eq!(failure.sentence(), "Value is bad: error: really");
        assert_eq!(last_error(""), None);
    }

    #[test]
    fn status_is_understood() {
        let status = session().status().unwrap();
        assert_eq!(status.len(), 3);
        assert_eq!((status[0].session, status[0].pid), (Some(3), Some(82)));
        assert_eq!((status[0].missed, status[0].left_out), (2, 0));
        assert_eq!((status[1].session, status[1].left_out), (None, 2));
        assert_eq!(status[2].state, "draining (1 in flight)");
    }

    #[test]
    fn hits_are_understood() {
        let hits = session().hits().unwrap();
        assert_eq!(hits.len(), 1);
        assert_eq!((hits[0].function.as_str(), hits[0].calls), ("m:f,2", 7));
    }
}
