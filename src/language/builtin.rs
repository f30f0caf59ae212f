// SPDX-License-Identifier: GPL-2.0

//! The callers of the module itself, and the settings that they take.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    command::Binding,
    errno,
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

/// The number of argument registers, which is the most arguments that an event can have.
pub(crate) const MAX_ARGS: u8 = 8;

/// The number of arguments of an event, if the command does not say.
const DEFAULT_ARGS: u8 = 4;

/// A caller with its settings.
///
/// Prints itself as commands name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// Does nothing.
    Nop,
    /// Counts the calls.
    Count,
    /// Makes an event for each call.
    Trace {
        /// How many arguments the event has: at most [`MAX_ARGS`].
        args: u8,
    },
    /// Makes an event for each return.
    Return {
        /// How many arguments the event has: at most [`MAX_ARGS`].
        args: u8,
    },
    /// Keeps histograms of the time from entry to return.
    Latency,
    /// Returns in place of the target.
    Override(Override),
}

/// What `override` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    /// The value that the caller of the target gets.
    pub(crate) ret: u64,
    /// With N, every Nth call is overridden; not 0.
    pub(crate) every: u64,
    /// The most calls that are overridden, not 0; `None` for no limit.
    pub(crate) times: Option<u64>,
}

/// The name and description of each, in the order of the file `callers`.
pub(crate) const LIST: [(&str, &str); 6] = [
    (
        "nop",
        "resumes at once: keeps the target attached, but idle",
    ),
    ("count", "counts the calls, on each hart by itself"),
    ("trace", "event rvdirect:call for each call [args=0..8]"),
    (
        "return",
        "event rvdirect:return for each return [args=0..8]",
    ),
    ("latency", "histogram of the time from entry to return"),
    (
        "override",
        "returns in place of the target: ret=VALUE [every=N] [times=N]",
    ),
];

impl Builtin {
    /// Returns the caller that `binding` names, if it is one of these.
    pub(crate) fn parse(binding: &Binding<'_>) -> Result<Option<Self>, Refusal> {
        let builtin = match binding.caller.text {
            "nop" => Builtin::Nop,
            "count" => Builtin::Count,
            "latency" => Builtin::Latency,
            "trace" => {
                return Ok(Some(Builtin::Trace {
                    args: parse_args(binding)?,
                }))
            }
            "return" => {
                return Ok(Some(Builtin::Return {
                    args: parse_args(binding)?,
                }))
            }
            "override" => return Ok(Some(Builtin::Override(Override::parse(binding)?))),
            _ => return Ok(None),
        };
        no_settings(binding)?;
        Ok(Some(builtin))
    }

    /// Returns the word by which commands name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Builtin::Nop => "nop",
            Builtin::Count => "count",
            Builtin::Trace { .. } => "trace",
            Builtin::Return { .. } => "return",
            Builtin::Latency => "latency",
            Builtin::Override(_) => "override",
        }
    }
}

/// Refuses any setting, for a caller that takes none.
pub(crate) fn no_settings(binding: &Binding<'_>) -> Result<(), Refusal> {
    match binding.settings().next() {
        Some(setting) => Err(unknown(setting?)),
        None => Ok(()),
    }
}

fn unknown(setting: Setting<'_>) -> Refusal {
    Reason::UnknownOption.at(setting.key.column)
}

fn parse_args(binding: &Binding<'_>) -> Result<u8, Refusal> {
    let mut args = None;
    for setting in binding.settings() {
        let setting = setting?;
        if setting.key.text != "args" {
            return Err(unknown(setting));
        }
        let value = number(setting.value.text)
            .and_then(|args| u8::try_from(args).ok())
            .filter(|args| *args <= MAX_ARGS)
            .ok_or(Reason::BadArgs.at(setting.value.column))?;
        setting.set(&mut args, value)?;
    }
    Ok(args.unwrap_or(DEFAULT_ARGS))
}

impl Override {
    fn parse(binding: &Binding<'_>) -> Result<Self, Refusal> {
        let (mut ret, mut every, mut times) = (None, None, None);
        for setting in binding.settings() {
            let setting = setting?;
            match setting.key.text {
                "ret" => {
                    let value = register(setting.value.text)
                        .ok_or(Reason::BadReturn.at(setting.value.column))?;
                    setting.set(&mut ret, value)?;
                }
                "every" => setting.set(&mut every, above_zero(setting)?)?,
                "times" => setting.set(&mut times, above_zero(setting)?)?,
                _ => return Err(unknown(setting)),
            }
        }
        Ok(Override {
            ret: ret.ok_or(Reason::NoReturn.at(binding.caller.column))?,
            every: every.unwrap_or(1),
            times,
        })
    }
}

fn above_zero(setting: Setting<'_>) -> Result<u64, Refusal> {
    // A negative number has the sign bit set, so it is out of the range.
    number(setting.value.text)
        .filter(|number| (1..=i64::MAX as u64).contains(number))
        .ok_or(Reason::BadNumber.at(setting.value.column))
}

/// Parses a number, or an error as kernel functions return it: `-ENOMEM`.
fn register(text: &str) -> Option<u64> {
    match text.strip_prefix('-').and_then(errno::by_name) {
        Some(errno) => u64::try_from(errno).ok().map(u64::wrapping_neg),
        None => number(text),
    }
}

impl fmt::Display for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Builtin::Nop | Builtin::Count | Builtin::Latency => Ok(()),
            Builtin::Trace { args } | Builtin::Return { args } => write!(f, " args={args}"),
            Builtin::Override(what) => {
                let errno = i32::try_from(what.ret.wrapping_neg()).ok();
                match errno.and_then(errno::name) {
                    Some(name) => write!(f, " ret=-{name}")?,
                    None => write!(f, " ret={}", what.ret as i64)?,
                }
                if what.every != 1 {
                    write!(f, " every={}", what.every)?;
                }
                if let Some(times) = what.times {
                    write!(f, " times={times}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
