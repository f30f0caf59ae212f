// SPDX-License-Identifier: GPL-2.0

//! An instance of the kernel's tracing: a buffer for the events of one session.

use crate::doctor;
use crate::failure::{Failure, Outcome};
use crate::files::Files;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub struct Instance {
    directory: PathBuf,
    pipe: Option<File>,
    /// The beginning of a line that is not complete yet.
    begun: Vec<u8>,
}

impl Instance {
    /// The directory of the instance, which does not exist yet.
    pub fn path(files: &Files) -> Outcome<PathBuf> {
        doctor::ready_to_trace(files)?;
        Ok(files.tracing(&format!("instances/rvdirect-{}", std::process::id())))
    }

    pub fn new(path: &Path) -> Outcome<Self> {
        fs::create_dir(path)
            .map_err(|error| Failure::from(error).about(&path.display().to_string()))?;
        Ok(Instance {
            directory: path.to_path_buf(),
            pipe: None,
            begun: Vec::new(),
        })
    }

    fn file(&self, event: &str, name: &str) -> PathBuf {
        self.directory
            .join("events/rvdirect")
            .join(event)
            .join(name)
    }

    pub fn has(&self, event: &str, name: &str) -> bool {
        self.file(event, name).exists()
    }

    /// Writes to a file of one of rvdirect's events.
    pub fn write(&self, event: &str, name: &str, text: &str) -> Outcome<()> {
        let path = self.file(event, name);
        fs::write(&path, text)
            .map_err(|error| Failure::from(error).about(&format!("{}: {text}", path.display())))
    }

    pub fn set(&self, option: &str, on: bool) -> Outcome<()> {
        let path = self.directory.join("options").join(option);
        Ok(fs::write(path, if on { "1" } else { "0" })?)
    }

    pub fn histogram(&self, event: &str) -> Outcome<String> {
        Ok(fs::read_to_string(self.file(event, "hist"))?)
    }

    /// Takes some lines from the buffer. Returns none if it was empty: while calls come as fast as
    /// they are read, it never is.
    pub fn take_lines(&mut self) -> Outcome<Vec<String>> {
        let pipe = match &mut self.pipe {
            Some(pipe) => pipe,
            none => {
                let mut options = OpenOptions::new();
                options.read(true).custom_flags(nix::libc::O_NONBLOCK);
                none.insert(options.open(self.directory.join("trace_pipe"))?)
            }
        };
        let mut block = [0; 65536];
        loop {
            match pipe.read(&mut block) {
                Ok(0) => return Ok(Vec::new()),
                Ok(length) => self.begun.extend_from_slice(&block[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            }
            let lines = complete_lines(&mut self.begun);
            if !lines.is_empty() {
                return Ok(lines);
            }
        }
    }
}

/// Takes the complete lines.
fn complete_lines(text: &mut Vec<u8>) -> Vec<String> {
    let end = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let rest = text.split_off(end);
    let lines = String::from_utf8_lossy(text)
        .lines()
        .map(String::from)
        .collect();
    *text = rest;
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_torn() {
        let mut text = b"one\ntwo\nth".to_vec();
        assert_eq!(complete_lines(&mut text), ["one", "two"]);
        text.extend_from_slice(b"ree\n");
        assert_eq!(complete_lines(&mut text), ["three"]);
        assert!(text.is_empty() && complete_lines(&mut text).is_empty());
    }
}
