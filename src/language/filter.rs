// SPDX-License-Identifier: GPL-2.0

//! Which calls a caller sees: those of one task, of a process, of tasks with a name, or on some
//! harts.
//!
//! ```text
//! pid=NUMBER  tgid=NUMBER  comm=NAME  hart=NUMBER[-NUMBER][,NUMBER[-NUMBER]]...
//! ```
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    refusal::{
        Reason,
        Refusal, //
    },
    word::{
        number,
        Setting, //
    },
};
use core::fmt;

/// The most harts that a RISC-V kernel can have: `NR_CPUS` in `arch/riscv/Kconfig`.
pub(crate) const MAX_HARTS: usize = 512;

/// The length of a task's name, zero padding included: `TASK_COMM_LEN`.
const COMM: usize = 16;

/// The calls that a caller sees: those that meet all conditions.
///
/// Prints itself as commands name it, with a blank before each word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Calls by the task with this number, in the initial PID namespace.
    pub(crate) pid: Option<u32>,
    /// Calls by the tasks of the process with this number, in the same namespace.
    pub(crate) tgid: Option<u32>,
    /// Calls by tasks with this name, which is padded with zeros.
    pub(crate) comm: Option<[u8; COMM]>,
    /// Calls on these harts.
    pub(crate) harts: Option<Harts>,
}

/// A set of harts: one bit for each, by its number in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harts(pub(crate) [u64; MAX_HARTS / 64]);

impl Filter {
    /// Returns whether a setting is a condition of the filter, and not one for the caller.
    pub(crate) fn is_key(key: &str) -> bool {
        matches!(key, "pid" | "tgid" | "comm" | "hart")
    }

    /// Adds the condition that a setting states.
    pub(crate) fn add(&mut self, setting: Setting<'_>) -> Result<(), Refusal> {
        let text = setting.value.text;
        let column = setting.value.column;
        match setting.key.text {
            "pid" => {
                let pid = task_number(text).ok_or(Reason::BadPid.at(column))?;
                setting.set(&mut self.pid, pid)
            }
            "tgid" => {
                let tgid = task_number(text).ok_or(Reason::BadTgid.at(column))?;
                setting.set(&mut self.tgid, tgid)
            }
            "comm" => {
                let mut comm = [0; COMM];
                // A name ends with at least one zero.
                match comm.get_mut(..text.len()) {
                    Some(start) if (1..COMM).contains(&text.len()) => {
                        start.copy_from_slice(text.as_bytes());
                    }
                    _ => return Err(Reason::BadComm.at(column)),
                }
                setting.set(&mut self.comm, comm)
            }
            _ => {
                let harts = Harts::parse(text).ok_or(Reason::BadHart.at(column))?;
                setting.set(&mut self.harts, harts)
            }
        }
    }

    /// Returns the numbers of the tasks that it allows, as the kernel has them in one word: that of
    /// the task, and in the upper half that of its process; and which of the bits count.
    pub(crate) fn ids(&self) -> (u64, u64) {
        let id = |id: Option<u32>| id.map_or((0, 0), |id| (u64::from(id), u64::from(u32::MAX)));
        let ((pid, pid_mask), (tgid, tgid_mask)) = (id(self.pid), id(self.tgid));
        (pid | tgid << 32, pid_mask | tgid_mask << 32)
    }

    /// Returns whether it allows all calls.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

/// Parses the number of a task.
fn task_number(text: &str) -> Option<u32> {
    let number = number(text).and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number <= i32::MAX as u32)
}

impl Harts {
    /// Parses a list in the format of the kernel's `bitmap_parselist()`, but without strides.
    fn parse(text: &str) -> Option<Self> {
        let mut harts = Harts([0; MAX_HARTS / 64]);
        for range in text.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let hart = |text| number(text).filter(|hart| *hart < MAX_HARTS as u64);
            let (first, last) = (hart(first)?, hart(last)?);
            if first > last {
                return None;
            }
            for hart in first..=last {
                harts.0[hart as usize / 64] |= 1 << (hart % 64);
            }
        }
        Some(harts)
    }

    /// Returns whether the set has a hart.
    pub(crate) fn contains(&self, hart: usize) -> bool {
        self.0
            .get(hart / 64)
            .is_some_and(|word| word >> (hart % 64) & 1 != 0)
    }

    /// Returns the hart with the highest number.
    pub(crate) fn last(&self) -> Option<usize> {
        (0..MAX_HARTS).rev().find(|hart| self.contains(*hart))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pid) = self.pid {
            write!(f, " pid={pid}")?;
        }
        if let Some(tgid) = self.tgid {
            write!(f, " tgid={tgid}")?;
        }
        if let Some(comm) = &self.comm {
            let name = comm.split(|byte| *byte == 0).next().unwrap_or_default();
            // Cannot fail: the name was made from a `str`.
            write!(
                f,
                " comm={}",
                core::str::from_utf8(name).unwrap_or_default()
            )?;
        }
        if let Some(harts) = &self.harts {
            write!(f, " hart={harts}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Harts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        let mut hart = 0;
        while hart < MAX_HARTS {
            let first = hart;
            while self.contains(hart) {
                hart += 1;
            }
            match hart - first {
                0 => {}
                1 => write!(f, "{comma}{first}")?,
                _ => write!(f, "{comma}{first}-{}", hart - 1)?,
            }
            if hart > first {
                comma = ",";
            }
            hart += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::command::Binding;

    fn filter(settings: &str) -> Result<Filter, Refusal> {
        Binding::parse(&format!("f count {settings}")).map(|binding| binding.filter)
    }

    #[test]
    fn takes_each_condition() {
        assert_eq!(filter("").unwrap(), Filter::default());
        assert!(filter("").unwrap().is_empty());
        let all = filter("hart=0-2,64,511 pid=0x10 comm=sh").unwrap();
        assert_eq!(all.pid, Some(16));
        assert_eq!(all.comm.unwrap(), *b"sh\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        let harts = all.harts.unwrap();
        let listed: Vec<_> = (0..600).filter(|hart| harts.contains(*hart)).collect();
        assert_eq!(listed, [0, 1, 2, 64, 511]);
        assert_eq!(harts.last(), Some(511));
        assert!(!all.is_empty());
    }

    #[test]
    fn both_numbers_of_a_task_are_one_word() {
        for (settings, ids, mask) in [
            ("", 0, 0),
            ("pid=5", 5, 0xffff_ffff),
            ("tgid=6", 6 << 32, 0xffff_ffff << 32),
            ("tgid=6 pid=0", 6 << 32, u64::MAX),
        ] {
            assert_eq!(filter(settings).unwrap().ids(), (ids, mask), "{settings}");
        }
    }

    /// Parsing what a filter prints gives the same filter.
    #[test]
    fn prints_what_it_takes() {
        for text in [
            "",
            "pid=1",
            "comm=kworker/0:1",
            "hart=3",
            "tgid=4194303",
            "pid=77 tgid=70 comm=012345678901234 hart=0-1,3,5-63,511",
        ] {
            let filter_once = filter(text).unwrap();
            assert_eq!(filter_once.to_string().trim_start(), text);
            assert_eq!(filter(&filter_once.to_string()).unwrap(), filter_once);
        }
        assert_eq!(
            filter("hart=5,3-4,4").unwrap().to_string(),
            " hart=3-5",
            "in order"
        );
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for (text, reason, column) in [
            ("pid=", Reason::BadPid, 12),
            ("pid=-1", Reason::BadPid, 12),
            ("pid=2147483648", Reason::BadPid, 12),
            ("tgid=x", Reason::BadTgid, 13),
            ("tgid=2147483648", Reason::BadTgid, 13),
            ("comm=", Reason::BadComm, 13),
            ("comm=0123456789012345", Reason::BadComm, 13),
            ("hart=", Reason::BadHart, 13),
            ("hart=512", Reason::BadHart, 13),
            ("hart=3-2", Reason::BadHart, 13),
            ("hart=1,", Reason::BadHart, 13),
            ("hart=a", Reason::BadHart, 13),
            ("hart=1 hart=2", Reason::RepeatedOption, 15),
            ("pid=1 pid=1", Reason::RepeatedOption, 14),
        ] {
            assert_eq!(filter(text), Err(reason.at(column)), "{text}");
        }
    }
}
