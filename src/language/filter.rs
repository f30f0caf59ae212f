// SPDX-License-Identifier: GPL-2.0

//! Which calls a caller sees: those of one task, of a process, of tasks with a name, of a cgroup,
//! or on some harts.
//!
//! ```text
//! pid=NUMBER  tgid=NUMBER  comm=NAME[*]  hart=NUMBER[-NUMBER][,NUMBER[-NUMBER]]...
//! cgroup=PATH
//! ```
//!
//! In a name, and in a path, `\xHH` stands for the byte of that number.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    escape::unescape,
    refusal::{
        Reason,
        Refusal, //
    },
    word::{
        number,
        Setting, //
    },
};
use core::fmt::{
    self,
    Write, //
};

/// The most harts that a RISC-V kernel can have: `NR_CPUS` in `arch/riscv/Kconfig`.
pub(crate) const MAX_HARTS: usize = 512;

/// The calls that a caller sees: those that meet all conditions.
///
/// Prints itself as commands name it, with a blank before each word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    /// Calls by the task with this number, in the initial PID namespace.
    pub(crate) pid: Option<u32>,
    /// Calls by the tasks of the process with this number, in the same namespace.
    pub(crate) tgid: Option<u32>,
    /// Calls by tasks with this name.
    pub(crate) comm: Option<Comm>,
    /// Calls on these harts.
    pub(crate) harts: Option<Harts>,
    /// Calls by tasks of the cgroup with this path, as it was written.
    pub(crate) cgroup: Option<&'a str>,
}

/// The name of a task, or how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comm {
    /// As the kernel has it: padded with zeros, one at least.
    name: [u8; Comm::SIZE],
    is_prefix: bool,
}

/// A set of harts: one bit for each, by its number in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harts(pub(crate) [u64; MAX_HARTS / 64]);

impl<'a> Filter<'a> {
    /// Returns whether a setting is a condition of the filter, and not one for the caller.
    pub(crate) fn is_key(key: &str) -> bool {
        matches!(key, "pid" | "tgid" | "comm" | "hart" | "cgroup")
    }

    /// Adds the condition that a setting states.
    pub(crate) fn add(&mut self, setting: Setting<'a>) -> Result<(), Refusal> {
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
                let comm = Comm::parse(text).ok_or(Reason::BadComm.at(column))?;
                setting.set(&mut self.comm, comm)
            }
            "cgroup" => {
                let mut bytes = unescape(text);
                let is_path =
                    text.starts_with('/') && bytes.all(|byte| byte.is_some_and(|b| b != 0));
                if !is_path {
                    return Err(Reason::BadCgroup.at(column));
                }
                setting.set(&mut self.cgroup, text)
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
        (pid | (tgid << 32), pid_mask | (tgid_mask << 32))
    }

    /// Returns the same, but for the cgroup.
    pub(crate) fn without_cgroup(&self) -> Filter<'static> {
        Filter {
            pid: self.pid,
            tgid: self.tgid,
            comm: self.comm,
            harts: self.harts,
            cgroup: None,
        }
    }

    /// Returns whether it allows all calls.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

impl Comm {
    /// The length of a name, zero padding included: `TASK_COMM_LEN`.
    const SIZE: usize = 16;

    fn parse(text: &str) -> Option<Self> {
        let (text, is_prefix) = match text.strip_suffix('*') {
            Some(start) => (start, true),
            None => (text, false),
        };
        let mut name = [0; Self::SIZE];
        let mut length = 0;
        for byte in unescape(text) {
            *name.get_mut(length)? = byte?;
            length += 1;
        }
        let has_end = length < Self::SIZE && !name.get(..length)?.contains(&0);
        (has_end && (length > 0 || is_prefix)).then_some(Comm { name, is_prefix })
    }

    /// Returns the name as two words of memory.
    pub(crate) fn words(&self) -> [u64; 2] {
        to_words(self.name)
    }

    /// Returns which bits of these words count: of the start of a name, only its own.
    pub(crate) fn mask(&self) -> [u64; 2] {
        let counts = |byte: u8| if self.is_prefix && byte == 0 { 0 } else { 0xff };
        to_words(self.name.map(counts))
    }
}

/// Returns bytes as words of memory.
fn to_words(bytes: [u8; Comm::SIZE]) -> [u64; 2] {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    // Cannot fail: a half has as many bytes as a word.
    [first, second].map(|half| u64::from_ne_bytes(half.try_into().unwrap_or_default()))
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
            .is_some_and(|word| (word >> (hart % 64)) & 1 != 0)
    }

    /// Returns the hart with the highest number.
    pub(crate) fn last(&self) -> Option<usize> {
        (0..MAX_HARTS).rev().find(|hart| self.contains(*hart))
    }
}

impl fmt::Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pid) = self.pid {
            write!(f, " pid={pid}")?;
        }
        if let Some(tgid) = self.tgid {
            write!(f, " tgid={tgid}")?;
        }
        if let Some(comm) = &self.comm {
            write!(f, " comm={comm}")?;
        }
        if let Some(harts) = &self.harts {
            write!(f, " hart={harts}")?;
        }
        if let Some(cgroup) = self.cgroup {
            write!(f, " cgroup={cgroup}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.name.iter().take_while(|byte| **byte != 0) {
            // What ends a word or a line, and what means something else.
            if byte.is_ascii_graphic() && !b"\\*;$(".contains(byte) {
                f.write_char(char::from(*byte))?;
            } else {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str(if self.is_prefix { "*" } else { "" })
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

    fn filter(settings: &str) -> Result<Filter<'static>, Refusal> {
        let line: &'static str = format!("f count {settings}").leak();
        Binding::parse(line).map(|binding| binding.filter)
    }

    #[test]
    fn takes_each_condition() {
        assert_eq!(filter("").unwrap(), Filter::default());
        assert!(filter("").unwrap().is_empty());
        let all = filter("hart=0-2,64,511 pid=0x10 comm=sh").unwrap();
        assert_eq!(all.pid, Some(16));
        let sh = u64::from_ne_bytes(*b"sh\0\0\0\0\0\0");
        let comm = all.comm.unwrap();
        assert_eq!((comm.words(), comm.mask()), ([sh, 0], [u64::MAX; 2]));
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

    #[test]
    fn the_start_of_a_name_is_compared_as_far_as_it_goes() {
        let ff = |bytes: u32| u64::MAX.checked_shr(64 - bytes * 8).unwrap_or(0);
        for (length, mask) in [
            (0, [0, 0]),
            (1, [ff(1), 0]),
            (8, [ff(8), 0]),
            (11, [ff(8), ff(3)]),
            (15, [ff(8), ff(7)]),
        ] {
            let comm = filter(&format!("comm={}*", "a".repeat(length)));
            assert_eq!(comm.unwrap().comm.unwrap().mask(), mask, "{length}");
        }
    }

    #[test]
    fn any_byte_can_be_part_of_a_name() {
        for (text, name) in [
            (r"Web\x20Content", "Web Content"),
            (r"\x2a", "*"),
            (r"a*b", "a*b"),
            (r"\x5cx", r"\x"),
            ("\u{e9}\u{e9}", "\u{e9}\u{e9}"),
            (r"\xC3\xa9", "\u{e9}"),
            (r"\x01\x0a\x3b\x20\x20\x20\x20\x20", "\u{1}\n;     "),
        ] {
            let mut padded = [0; 16];
            padded[..name.len()].copy_from_slice(name.as_bytes());
            let once = filter(&format!("comm={text}")).unwrap();
            assert_eq!(once.comm.unwrap().name, padded, "{text}");
            let shown = once.to_string();
            assert!(shown.is_ascii() && !shown.contains(['\n', ';']), "{shown}");
            assert_eq!(filter(&shown).unwrap(), once, "{text}");
        }
    }

    #[test]
    fn a_cgroup_can_be_left_out() {
        let all = filter("pid=1 tgid=2 comm=a hart=0 cgroup=/a").unwrap();
        let rest = filter("pid=1 tgid=2 comm=a hart=0").unwrap();
        assert_eq!(all.without_cgroup(), rest);
        assert_eq!(all.cgroup, Some("/a"));
    }

    /// Parsing what a filter prints gives the same filter.
    #[test]
    fn prints_what_it_takes() {
        for text in [
            "",
            "pid=1",
            "comm=kworker/0:1",
            "comm=kworker/*",
            r"comm=Web\x20Content",
            r"comm=\x2a\x5c*",
            "comm=*",
            "hart=3",
            "cgroup=/",
            r"pid=1 cgroup=/system.slice/a\x20b",
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
            ("comm=0123456789012345*", Reason::BadComm, 13),
            (r"comm=\", Reason::BadComm, 13),
            (r"comm=\x", Reason::BadComm, 13),
            (r"comm=\x2", Reason::BadComm, 13),
            (r"comm=\x2g", Reason::BadComm, 13),
            (r"comm=\x+1", Reason::BadComm, 13),
            (r"comm=\n", Reason::BadComm, 13),
            (r"comm=a\x00", Reason::BadComm, 13),
            (r"comm=\x00", Reason::BadComm, 13),
            ("cgroup=", Reason::BadCgroup, 15),
            ("cgroup=a", Reason::BadCgroup, 15),
            (r"cgroup=/a\x0", Reason::BadCgroup, 15),
            (r"cgroup=/a\x00", Reason::BadCgroup, 15),
            ("cgroup=/ cgroup=/", Reason::RepeatedOption, 17),
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
