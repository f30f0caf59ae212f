// SPDX-License-Identifier: GPL-2.0

//! Waits for what ends the command: time, a signal, the end of COMMAND, or of who reads the output.

use crate::failure::{Failure, Outcome};
use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::signal::{kill, SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

pub struct Watch {
    signals: SignalFd,
    child: Option<Child>,
    deadline: Option<Instant>,
    /// Whether somebody has to read the standard output.
    has_reader: bool,
}

pub enum Event {
    /// The time that the caller wanted to wait is over.
    Tick,
    /// A byte can be read from the terminal.
    Key,
    /// With the exit status to end with, if it is not the command's own.
    End(Option<u8>),
}

impl Watch {
    /// From now on, signals do not end the process, but the watch.
    pub fn new(duration: Option<Duration>, has_reader: bool) -> Outcome<Self> {
        let mut signals = signals();
        // nohup(1) wants that a terminal may go.
        if is_ignored(Signal::SIGHUP) {
            signals.remove(Signal::SIGHUP);
        }
        signals.thread_block()?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Watch {
            signals: SignalFd::with_flags(&signals, flags)?,
            child: None,
            deadline: duration.map(|duration| Instant::now() + duration),
            has_reader,
        })
    }

    /// Waits for the end of the child instead.
    pub fn follow(&mut self, child: Child) {
        self.child = Some(child);
    }

    /// Waits for the end. Returns the exit status to end with, if it is not the command's own.
    pub fn wait_for_end(&mut self) -> Outcome<Option<u8>> {
        loop {
            if let Event::End(status) = self.wait(None, false)? {
                return Ok(status);
            }
        }
    }

    /// Waits until there is an event, at most until `tick`.
    pub fn wait(&mut self, tick: Option<Instant>, keys: bool) -> Outcome<Event> {
        loop {
            let until = tick.into_iter().chain(self.deadline).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let timeout = match left {
                // Rounds up: must not spin in the last millisecond.
                Some(left) => i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX),
                None => -1,
            };
            let (stdin, stdout) = (io::stdin(), io::stdout());
            let mut polled = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
            if self.has_reader {
                // Only errors: the reader has gone.
                polled.push(PollFd::new(stdout.as_fd(), PollFlags::empty()));
            }
            if keys {
                polled.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
            }
            let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
            match poll(&mut polled, timeout) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            let is_ready = |fd: &PollFd, flags| fd.revents().is_some_and(|r| r.intersects(flags));
            let is_gone =
                self.has_reader && is_ready(&polled[1], PollFlags::POLLERR | PollFlags::POLLHUP);
            let has_key = keys
                && polled
                    .last()
                    .is_some_and(|fd| is_ready(fd, PollFlags::POLLIN));
            if is_gone {
                return Err(Failure::reader_gone());
            }
            if let Some(status) = self.signalled()? {
                return Ok(Event::End(status));
            }
            if has_key {
                return Ok(Event::Key);
            }
            let now = Instant::now();
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(Event::End(None));
            }
            if tick.is_some_and(|tick| now >= tick) {
                return Ok(Event::Tick);
            }
        }
    }

    /// Takes the signals that have come. Returns the exit status if one of them ends the watch.
    fn signalled(&mut self) -> Outcome<Option<Option<u8>>> {
        while let Some(info) = self.signals.read_signal()? {
            let signal = Signal::try_from(info.ssi_signo as i32)?;
            match (&mut self.child, signal) {
                (Some(child), Signal::SIGCHLD) => {
                    if let Some(status) = child.try_wait()? {
                        return Ok(Some(Some(exit_status(status))));
                    }
                }
                (None, Signal::SIGCHLD) => {}
                // The terminal sends its signals to COMMAND itself; it decides what they mean.
                (Some(child), signal) => {
                    let by_terminal = info.ssi_code == SI_KERNEL;
                    let pid = Pid::from_raw(child.id() as i32);
                    if !by_terminal {
                        kill(pid, signal)?;
                    }
                }
                (None, Signal::SIGINT) => return Ok(Some(None)),
                (None, signal) => return Ok(Some(Some(128 + signal as u8))),
            }
        }
        Ok(None)
    }
}

/// The code of a signal that the kernel sent, not a process.
const SI_KERNEL: i32 = 0x80;

/// The signals that do not end the process, but the watch. A child has to unblock them.
pub fn signals() -> SigSet {
    [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ]
    .into_iter()
    .collect()
}

/// Whether the process that started this one had it ignore a signal.
fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    (mask.unwrap_or_default() >> (signal as u32 - 1)) & 1 != 0
}

/// As a shell tells it.
fn exit_status(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.unwrap_or_default() as u8
}
