// SPDX-License-Identifier: GPL-2.0

//! Why a command was refused: the errno that the writer gets and the sentence that `error_log`
//! shows.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    errno,
    session::SessionId,
    word::words, //
};
use core::fmt::{
    self,
    Write, //
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident, $errno:ident, $text:literal;)*) => {
        /// Why a command was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason {
            $($(#[$doc])* $name,)*
            /// The target means more functions than `max_functions` allows.
            TooMany {
                /// How many it means.
                functions: usize,
                /// How many are allowed.
                max: usize,
            },
            /// No function has the name, but one has it with this behind it.
            OnlyClone(Suffix),
            /// Somebody changes where the function at this location leads.
            Modified(usize),
            /// A function of the target is attached by this other session.
            HeldBySession(SessionId),
            /// The target is attached by this session, and other clients cannot change it.
            OfSession(SessionId),
            /// The kernel refused, with a positive error number that has no sentence of its own.
            Kernel(i32),
        }

        impl Reason {
            /// All reasons that have a sentence of their own.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Reason] = &[$(Reason::$name),*];

            /// Returns whether no function has the name, with its number, or matches the pattern.
            pub(crate) fn is_no_function(self) -> bool {
                matches!(
                    self,
                    Reason::UnknownTarget | Reason::NoNamesake | Reason::NoMatch
                )
            }

            /// Returns the positive error number that the writer of the command gets.
            pub(crate) fn errno(self) -> i32 {
                match self {
                    $(Reason::$name => errno::$errno,)*
                    Reason::TooMany { .. } => errno::E2BIG,
                    Reason::OnlyClone(_) => errno::ENOENT,
                    Reason::Modified(_) => errno::EBUSY,
                    Reason::HeldBySession(_) => errno::EEXIST,
                    Reason::OfSession(_) => errno::ENOENT,
                    Reason::Kernel(errno) => errno,
                }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Reason::$name => f.write_str($text),)*
                    Reason::TooMany { functions, max } => write!(
                        f,
                        "Target is {functions} functions, more than max_functions={max}"
                    ),
                    Reason::OnlyClone(_) => Reason::UnknownTarget.fmt(f),
                    Reason::Modified(_) => f.write_str(
                        "Function is modified, as by a livepatch, see tracing/enabled_functions"
                    ),
                    Reason::HeldBySession(SessionId { number, pid }) => write!(
                        f,
                        "Function is attached already, by session {number} of pid {pid}"
                    ),
                    Reason::OfSession(SessionId { number, pid }) => write!(
                        f,
                        "Target is attached by session {number} of pid {pid}, which alone can change it"
                    ),
                    Reason::Kernel(errno) => write!(f, "The kernel refused with error {errno}"),
                }
            }
        }
    };
}

// Modelled on the list `ERRORS` in `kernel/trace/trace_probe.h`.
reasons! {
    /// The line has no word for the target.
    NoTarget, EINVAL, "No target is given";
    /// The target is neither a name nor a pattern, with or without `module:` before it.
    BadTarget, EINVAL, "Target is not a function name, nor a pattern of names";
    /// What is behind a comma counts the functions of a name.
    BadNamesake, EINVAL, "Number behind the comma is not one above 0";
    /// A pattern means all functions that match it.
    NumberedPattern, EINVAL, "A pattern cannot have a number behind it";
    /// The name is longer than any that the kernel knows.
    LongTarget, EINVAL, "Target name is too long";
    /// `attach` and `modify` need a caller.
    NoCaller, EINVAL, "No caller is given";
    /// A word behind the caller is neither a flag nor `KEY=VALUE`.
    BadOption, EINVAL, "Option is not KEY=VALUE";
    /// The caller does not take this option.
    UnknownOption, EINVAL, "Caller has no such option";
    /// An option or a flag is given a second time.
    RepeatedOption, EINVAL, "Option is given twice";
    /// `args=` needs a number that is not above the number of argument registers.
    BadArgs, EINVAL, "Value is not a number from 0 to 8";
    /// `every=` and `times=` need a number above 0.
    BadNumber, EINVAL, "Value is not a number above 0";
    /// `pid=` needs the number of a task.
    BadPid, EINVAL, "Value is not the number of a task";
    /// `tgid=` needs the number of a process.
    BadTgid, EINVAL, "Value is not the number of a process";
    /// `comm=` needs the name of a task.
    BadComm, EINVAL, "Value is not the name of a task, of 1 to 15 bytes, such as a\\x20b*";
    /// `hart=` needs a list of harts.
    BadHart, EINVAL, "Value is not a list of harts, such as 0-3,5";
    /// `hart=` lists a hart that the kernel cannot have.
    NoHart, EINVAL, "There is no hart of that number";
    /// `cgroup=` needs the path of a cgroup.
    BadCgroup, EINVAL, "Value is not the path of a cgroup, such as /system.slice";
    /// No cgroup has the path, or the kernel has no cgroups.
    NoCgroup, ENOENT, "There is no cgroup v2 of that path";
    /// `ret=` needs a value that a register can hold.
    BadReturn, EINVAL, "Value is not a 64-bit number, nor the name of an error";
    /// `min=` needs a time with its unit.
    BadDuration, EINVAL, "Value is not a duration, such as 2s, 10ms, 100us or 500ns";
    /// What is behind the `=` of a field is no fetch.
    BadFetch, EINVAL, "Fetch is none of $argN, $retval, $comm, $stackN, +OFFSET(FETCH), +uOFFSET(FETCH)";
    /// A dereference needs a number, and parentheses around what it begins with.
    BadOffset, EINVAL, "Offset is not a number of up to 31 bits, with a ( behind it";
    /// A fetch has more dereferences than `fetch::MAX_STEPS`.
    TooDeep, EINVAL, "Fetch has more than 8 offsets";
    /// A parenthesis is missing.
    Unclosed, EINVAL, "Fetch wants a ) here";
    /// What is behind the colon of a fetch is no type of it.
    BadType, EINVAL, "Type is none of u8-u64, s8-s64, x8-x64, char, bool, symbol, string, bWIDTH@OFFSET/SIZE";
    /// Arrays are of values in memory.
    BadArray, EINVAL, "Array is not one of [1] to [64] numbers or strings behind an +OFFSET()";
    /// Only `return` has a value that was returned.
    NothingReturned, EINVAL, "Only return has $retval";
    /// The name of a field is none, or is that of a field that every event has.
    BadField, EINVAL, "Field is not a name of 1 to 31 letters, digits and _ that events do not have anyway";
    /// `name=` needs a name, or that of the function is too long for an event.
    BadEvent, EINVAL, "Event is not a name of 1 to 63 letters, digits and _, other than enable and filter";
    /// The event of a pattern is not named after a function.
    NoEventName, EINVAL, "A pattern wants name=EVENT for its event";
    /// A record would be larger than what events have room for.
    TooManyFields, E2BIG, "Event would have more than 32 fields or 128 strings, or more than 1024 bytes without strings";
    /// `args=` is for the event that all attachments share.
    ArgsOfOwn, EINVAL, "An event with fields of its own has no args=";
    /// Another attachment has such an event, or had it and somebody still uses it.
    EventExists, EEXIST, "There is an event rvdirect/ of that name, which may still be in use";
    /// The kernel lacks what events of one's own need.
    NoOwnEvents, EOPNOTSUPP, "Kernel lacks CONFIG_PERF_EVENTS or CONFIG_KPROBE_EVENTS for events with fields";
    /// Nothing is less than the least value, or greater than the greatest.
    NoValue, EINVAL, "No value is so";
    /// `override` needs a value to return.
    NoReturn, EINVAL, "override wants ret=VALUE";
    /// The caller waits for the return of a function that never returns.
    NeverReturns, EINVAL, "Function never returns, its return cannot be seen";
    /// `override` changes what the kernel does, so a parameter must allow it.
    NotAllowed, EPERM, "override wants 1 in /sys/module/rvdirect/parameters/allow_override";
    /// `override`, and the parameter `attach`, must not get around lockdown.
    LockedDown, EPERM, "Kernel is locked down";
    /// `modify` takes no exclusions and no flags: it changes only the caller.
    AttachOnly, EINVAL, "Only attach takes this word";
    /// `pending` needs a target that names a module.
    NoModule, EINVAL, "pending wants a target MODULE:FUNCTION";
    /// `detach`, `enable`, `disable` and `show` take one word.
    ExtraWord, EINVAL, "Nothing more may follow";
    /// The write has more than `RVDIRECT_MAX_WRITE` bytes.
    LongWrite, EINVAL, "Write is longer than 65536 bytes";
    /// The last line of a write may be only a part of what was meant.
    CutLine, EINVAL, "Line ends with a block of 4096 bytes, without a newline: it may be cut";
    /// The text has a NUL byte.
    NulByte, EINVAL, "Text has a NUL byte";
    /// The text is not UTF-8.
    NotUtf8, EINVAL, "Text is not UTF-8";
    /// No symbol has the name, unless in a module that is just coming or going.
    UnknownTarget, ENOENT, "No function has that name";
    /// The number behind the name is too high.
    NoNamesake, ENOENT, "There are not so many functions of that name";
    /// No function that ftrace can patch has such a name.
    NoMatch, ENOENT, "No traceable function matches the pattern";
    /// All functions of the target are excluded.
    NothingLeft, ENOENT, "Nothing is left of the pattern";
    /// No caller is registered under that name.
    UnknownCaller, ENOENT, "No caller has that name, see the file callers";
    /// All commands but `attach` need a target that is attached.
    NotAttached, ENOENT, "Target is not attached";
    /// `attach` needs a target that is not attached.
    Attached, EEXIST, "Target is attached already, write to modify instead";
    /// A function of the target belongs to another attachment of the same client.
    Overlaps, EEXIST, "Function is attached already, under another name";
    /// A function of a session's target is attached, but not by a session.
    HeldByNobody, EEXIST, "Function is attached already, outside of sessions";
    /// The target that a session wants to change is attached outside of sessions.
    OfNobody, ENOENT, "Target is attached outside of sessions, not by this one";
    /// A line of a session is blank.
    NoCommand, EINVAL, "No command is given";
    /// A line of a session does not begin with a command.
    UnknownCommand, EINVAL, "Command is none of attach, modify, detach, enable, disable, show";
    /// `show` needs a subject.
    NoSubject, EINVAL, "show wants one of status, hits, hist, draining, errors";
    /// `show` does not know the subject.
    UnknownSubject, EINVAL, "Nothing of that name can be shown: only status, hits, hist, draining, errors";
    /// A function of a pattern would be left out, and `strict` does not allow that.
    NotAll, EBUSY, "Not all functions are free, see tracing/enabled_functions";
    /// ftrace allows one direct caller for each function, and another has it.
    Held, EBUSY, "Function has another direct caller, see tracing/enabled_functions";
    /// With `kernel.ftrace_enabled=0`, no hooked call reaches anything.
    SwitchedOff, EBUSY, "ftrace is switched off, see /proc/sys/kernel/ftrace_enabled";
    /// The name exists, but ftrace cannot patch what it stands for.
    NotTraceable, ENODEV, "ftrace cannot patch the target";
    /// There are as many attachments as slots already.
    Full, ENOSPC, "No more targets can be attached";
    /// `latency` would need a histogram for each of too many functions.
    TooManyHistograms, E2BIG, "latency takes 1024 functions at most";
    /// All slots are taken.
    NoSlot, ENOSPC, "No slot is left";
    /// Memory ran out.
    NoMemory, ENOMEM, "Out of memory";
}

/// A refused command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Why it was refused.
    pub(crate) reason: Reason,
    /// Where the word to blame begins, in bytes from the start of the line.
    pub(crate) column: usize,
}

/// What the compiler put behind the name of a function that it cloned, such as `.isra.0`. In words:
/// it is part of each refusal, and single bytes would take more text to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suffix([u32; 5]);

/// A refusal as a sentence.
pub(crate) struct Sentence<'a> {
    reason: Reason,
    /// The word at fault, without a number behind it.
    name: &'a str,
}

impl Refusal {
    /// Returns its sentence, for the line that was refused.
    pub(crate) fn sentence<'a>(&self, line: &'a str) -> Sentence<'a> {
        let word = words(line.get(self.column..).unwrap_or_default()).next();
        let word = word.map_or("", |word| word.text);
        Sentence {
            reason: self.reason,
            name: word.split_once(',').map_or(word, |(name, _)| name),
        }
    }

    /// Returns the refusal for a longer line, which has so many bytes before this one.
    pub(crate) fn behind(self, bytes: usize) -> Self {
        Refusal {
            column: self.column + bytes,
            ..self
        }
    }
}

impl Reason {
    /// Blames what stands at `column`.
    pub(crate) fn at(self, column: usize) -> Refusal {
        Refusal {
            reason: self,
            column,
        }
    }
}

impl Suffix {
    /// Returns [`None`] for one that is longer than what compilers make.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut suffix = Suffix([0; 5]);
        for (at, byte) in text.bytes().enumerate() {
            *suffix.0.get_mut(at / 4)? |= u32::from(byte) << (at % 4 * 8);
        }
        Some(suffix)
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in self.0 {
            for byte in word.to_le_bytes().into_iter().filter(|byte| *byte != 0) {
                f.write_char(char::from(byte))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        match self.reason {
            Reason::OnlyClone(suffix) => write!(f, ", but there is {}{suffix}", self.name),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        errno,
        Reason,
        SessionId,
        Suffix, //
    };

    /// `error_log` prints a reason on a line of its own, as a sentence without its full stop.
    #[test]
    fn reasons_are_sentences() {
        for reason in Reason::ALL {
            let text = reason.to_string();
            let first = text.chars().next().unwrap();
            let is_name = ["ftrace", "latency", "override", "pending", "show"]
                .iter()
                .any(|name| text.starts_with(name));
            assert!(first.is_uppercase() || is_name, "{text}");
            assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
            assert!(errno::name(reason.errno()).is_some(), "{text}");
        }
    }

    #[test]
    fn some_say_that_there_is_no_function() {
        assert!(Reason::UnknownTarget.is_no_function() && Reason::NoMatch.is_no_function());
        assert!(!Reason::NotTraceable.is_no_function() && !Reason::NothingLeft.is_no_function());
    }

    #[test]
    fn a_clone_is_named_in_full() {
        let suffix = Suffix::new(".constprop.0.isra.11").unwrap();
        let refusal = Reason::OnlyClone(suffix).at(7);
        assert_eq!(refusal.reason.errno(), errno::ENOENT);
        assert_eq!(
            refusal.sentence("vfs_* !m:f,2\tcount").to_string(),
            "No function has that name, but there is m:f.constprop.0.isra.11"
        );
        assert!(Suffix::new(&".part.0".repeat(4)).is_none());
        let refusal = Reason::NoCaller.at(9);
        assert_eq!(
            refusal.sentence("vfs_read").to_string(),
            "No caller is given"
        );
    }

    #[test]
    fn a_cap_is_named_with_its_number() {
        let reason = Reason::TooMany {
            functions: 50,
            max: 40,
        };
        assert_eq!(reason.errno(), errno::E2BIG);
        assert_eq!(
            reason.to_string(),
            "Target is 50 functions, more than max_functions=40"
        );
    }

    #[test]
    fn a_session_is_named_with_its_pid() {
        let session = SessionId { number: 3, pid: 77 };
        for (reason, errno) in [
            (Reason::HeldBySession(session), errno::EEXIST),
            (Reason::OfSession(session), errno::ENOENT),
        ] {
            assert_eq!(reason.errno(), errno);
            assert!(reason.to_string().contains("by session 3 of pid 77"));
        }
    }

    #[test]
    fn what_a_livepatch_has_is_busy() {
        let reason = Reason::Modified(0x1000);
        assert_eq!(reason.errno(), errno::EBUSY);
        assert!(reason.to_string().contains("enabled_functions"));
    }

    #[test]
    fn what_the_kernel_says_is_passed_on() {
        assert_eq!(Reason::Kernel(5).errno(), 5);
        assert_eq!(
            Reason::Kernel(5).to_string(),
            "The kernel refused with error 5"
        );
    }

    /// `files/log.rs` holds the constant to the same number.
    #[test]
    fn the_limit_that_is_named_is_the_limit() {
        assert!(Reason::LongWrite.to_string().contains("65536"));
    }

    #[test]
    fn errnos_are_those_of_the_interface() {
        use std::io::Error;
        for (reason, name) in [
            (Reason::BadTarget, "Invalid argument"),
            (Reason::UnknownTarget, "No such file or directory"),
            (Reason::UnknownCaller, "No such file or directory"),
            (Reason::NotAttached, "No such file or directory"),
            (Reason::Attached, "File exists"),
            (Reason::Held, "Device or resource busy"),
            (Reason::Modified(0), "Device or resource busy"),
            (Reason::NotTraceable, "No such device"),
            (Reason::NotAllowed, "Operation not permitted"),
            (Reason::NoSlot, "No space left on device"),
            (Reason::NoMemory, "Cannot allocate memory"),
        ] {
            let text = Error::from_raw_os_error(reason.errno()).to_string();
            assert!(text.starts_with(name), "{reason:?}: {text}");
        }
    }
}
