// SPDX-License-Identifier: GPL-2.0

//! Why a command was refused: the errno that the writer gets and the sentence that `error_log`
//! shows.
//!
//! Knows nothing of the kernel, so that it is tested on the host as well.

use crate::language::{
    errno,
    session::SessionId, //
};
use core::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident, $errno:ident, $text:literal;)*) => {
        /// Why a command was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason {
            $($(#[$doc])* $name,)*
            /// A pattern matches more functions than are allowed.
            TooMany {
                /// That it matches.
                functions: usize,
                /// That are allowed.
                max: usize,
            },
            /// `attach` wants functions that are free: one belongs to that session.
            HeldBySession(SessionId),
            /// Commands are for what they have attached themselves: this is attached by that
            /// session.
            OfSession(SessionId),
            /// The kernel refused, for a reason that has no sentence of its own: a positive error
            /// number.
            Kernel(i32),
        }

        impl Reason {
            /// All reasons that have a sentence of their own.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Reason] = &[$(Reason::$name),*];

            /// Whether there is no function of that name, or none that matches.
            pub(crate) fn is_no_function(self) -> bool {
                matches!(self, Reason::UnknownTarget | Reason::NoMatch)
            }

            /// The error number that the writer of the command gets, positive.
            pub(crate) fn errno(self) -> i32 {
                match self {
                    $(Reason::$name => errno::$errno,)*
                    Reason::TooMany { .. } => errno::E2BIG,
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

// In the manner of the list `ERRORS` in `kernel/trace/trace_probe.h`.
reasons! {
    /// A line of blanks alone.
    NoTarget, EINVAL, "No target is given";
    /// The target is not a name, a pattern, or either behind `module:`.
    BadTarget, EINVAL, "Target is not a function name, nor a pattern of names";
    /// The name is longer than any that the kernel knows.
    LongTarget, EINVAL, "Target name is too long";
    /// `attach` and `modify` want a caller.
    NoCaller, EINVAL, "No caller is given";
    /// A word behind the caller that is not `KEY=VALUE`.
    BadOption, EINVAL, "Option is not KEY=VALUE";
    /// The caller takes no such option.
    UnknownOption, EINVAL, "Caller has no such option";
    /// An option of the caller, for the second time.
    RepeatedOption, EINVAL, "Option is given twice";
    /// `args=` wants as many arguments as there are registers, at most.
    BadArgs, EINVAL, "Value is not a number from 0 to 8";
    /// `every=` and `times=` want a number.
    BadNumber, EINVAL, "Value is not a number above 0";
    /// `pid=` wants the number of a task.
    BadPid, EINVAL, "Value is not the number of a task";
    /// `comm=` wants the name of a task.
    BadComm, EINVAL, "Value is not the name of a task, of 1 to 15 bytes";
    /// `hart=` wants a list of harts.
    BadHart, EINVAL, "Value is not a list of harts, such as 0-3,5";
    /// `hart=` wants harts that there are.
    NoHart, EINVAL, "There is no hart of that number";
    /// `ret=` wants what a register can hold.
    BadReturn, EINVAL, "Value is not a 64-bit number, nor the name of an error";
    /// `override` must be told what to return.
    NoReturn, EINVAL, "override wants ret=VALUE";
    /// What waits for the return of a function that has none.
    NeverReturns, EINVAL, "Function never returns, its return cannot be seen";
    /// `override` changes what the kernel does, so it is allowed on loading only.
    NotAllowed, EPERM, "Module was not loaded with allow_override=1";
    /// `modify` changes the caller, not the functions.
    AttachOnly, EINVAL, "Only attach takes this word";
    /// `pending` waits for a module.
    NoModule, EINVAL, "pending wants a target MODULE:FUNCTION";
    /// `detach` takes one word.
    ExtraWord, EINVAL, "Nothing more may follow";
    /// More than `command::MAX_WRITE` bytes.
    LongWrite, EINVAL, "Write is longer than 65536 bytes";
    /// A NUL byte in the text.
    NulByte, EINVAL, "Text has a NUL byte";
    /// Bytes that are no UTF-8.
    NotUtf8, EINVAL, "Text is not UTF-8";
    /// The kernel's symbol table has no such name.
    UnknownTarget, ENOENT, "No function has that name";
    /// No function that ftrace can patch has such a name.
    NoMatch, ENOENT, "No traceable function matches the pattern";
    /// All that the pattern matches is excluded, or nobody can wait for its return.
    NothingLeft, ENOENT, "Nothing is left of the pattern";
    /// No caller is registered under that name.
    UnknownCaller, ENOENT, "No caller has that name, see the file callers";
    /// `modify` and `detach` want a target that is attached.
    NotAttached, ENOENT, "Target is not attached";
    /// `attach` wants one that is not.
    Attached, EEXIST, "Target is attached already, write to modify instead";
    /// A function of the target belongs to another attachment.
    Overlaps, EEXIST, "Function is attached already, under another name";
    /// A function of a session's target is attached, but not by a session.
    HeldByNobody, EEXIST, "Function is attached already, outside of sessions";
    /// What a session wants to change belongs to nobody.
    OfNobody, ENOENT, "Target is attached outside of sessions, not by this one";
    /// A line of a session is blank.
    NoCommand, EINVAL, "No command is given";
    /// A line of a session begins with something else.
    UnknownCommand, EINVAL, "Command is none of attach, modify, detach, enable, disable, show";
    /// `show` wants a word.
    NoSubject, EINVAL, "show wants one of status, hits, hist, draining, errors";
    /// `show` knows no such word.
    UnknownSubject, EINVAL, "Nothing of that name can be shown: only status, hits, hist, draining, errors";
    /// A function of a pattern would be left out, and `strict` does not allow that.
    NotAll, EBUSY, "Not all functions are free, see tracing/enabled_functions";
    /// ftrace allows one direct caller a function.
    Held, EBUSY, "Function has another direct caller, see tracing/enabled_functions";
    /// The name exists, but there is nothing at it that ftrace could patch.
    NotTraceable, ENODEV, "ftrace cannot patch the target";
    /// As many targets are attached as there are slots.
    Full, ENOSPC, "No more targets can be attached";
    /// There would be a histogram for each function.
    TooManyHistograms, E2BIG, "latency takes 1024 functions at most";
    /// All slots are taken.
    NoSlot, ENOSPC, "No slot is left";
    /// Memory ran out.
    NoMemory, ENOMEM, "Out of memory";
}

/// A refused command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) reason: Reason,
    /// Where the word begins that is to blame, in bytes from the start of the line.
    pub(crate) column: usize,
}

impl Refusal {
    /// The same of a longer line, in which so many bytes stand before.
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

#[cfg(test)]
mod tests {
    use super::{
        errno,
        Reason,
        SessionId, //
    };
    use crate::language::command::MAX_WRITE;

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
    fn what_the_kernel_says_is_passed_on() {
        assert_eq!(Reason::Kernel(5).errno(), 5);
        assert_eq!(
            Reason::Kernel(5).to_string(),
            "The kernel refused with error 5"
        );
    }

    #[test]
    fn the_limit_that_is_named_is_the_limit() {
        assert!(Reason::LongWrite
            .to_string()
            .contains(&MAX_WRITE.to_string()));
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
