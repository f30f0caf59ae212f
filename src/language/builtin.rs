// SPDX-License-Identifier: GPL-2.0

//! The callers of the module itself, and the settings that they take.
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
    command::Binding,
    outcome::Outcome,
    refusal::{
        Reason,
        Refusal, //
    },
    register::Register,
    word::{
        number,
        Operator,
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
        /// The returns that have one.
        outcome: Outcome,
    },
    /// Keeps histograms of the time from entry to return, of calls with this outcome.
    Latency(Outcome),
    /// Returns in place of the target.
    Override(Override),
}

/// What `override` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    /// The value that the caller of the target gets.
    pub(crate) ret: Register,
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
    (
        "trace",
        "event rvdirect:call for each call [args=0..8], or rvdirect:EVENT [name=EVENT] [FIELD=FETCH]",
    ),
    (
        "return",
        "event rvdirect:return for each return, in the same way [min=TIME] [ret<0]",
    ),
    (
        "latency",
        "histogram of the time from entry to return [min=TIME] [ret<0]",
    ),
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
            "trace" => return Self::parse_trace(binding).map(Some),
            "return" => return Self::parse_return(binding).map(Some),
            "latency" => Self::parse_latency(binding)?,
            "override" => Builtin::Override(Override::parse(binding)?),
            _ => return Ok(None),
        };
        if matches!(builtin, Builtin::Nop | Builtin::Count) {
            no_settings(binding)?;
        }
        no_fields(binding)?;
        Ok(Some(builtin))
    }

    fn parse_trace(binding: &Binding<'_>) -> Result<Self, Refusal> {
        let mut args = None;
        for setting in binding.settings() {
            match setting? {
                setting if setting.key.text == "args" => set_args(&mut args, setting)?,
                setting if setting.key.text == "name" => {}
                setting => return Err(unknown(setting)),
            }
        }
        let args = args.unwrap_or(DEFAULT_ARGS);
        Ok(Builtin::Trace { args })
    }

    fn parse_return(binding: &Binding<'_>) -> Result<Self, Refusal> {
        let (mut args, mut outcome) = (None, Outcome::default());
        for setting in binding.settings() {
            match setting? {
                setting if setting.key.text == "args" => set_args(&mut args, setting)?,
                setting if setting.key.text == "name" => {}
                setting => outcome.add(setting)?,
            }
        }
        let args = args.unwrap_or(DEFAULT_ARGS);
        Ok(Builtin::Return { args, outcome })
    }

    fn parse_latency(binding: &Binding<'_>) -> Result<Self, Refusal> {
        let mut outcome = Outcome::default();
        for setting in binding.settings() {
            outcome.add(setting?)?;
        }
        Ok(Builtin::Latency(outcome))
    }

    /// Returns whether it waits for the return of its target.
    pub(crate) fn waits_for_return(&self) -> bool {
        matches!(self, Builtin::Return { .. } | Builtin::Latency(_))
    }

    /// Returns the word by which commands name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Builtin::Nop => "nop",
            Builtin::Count => "count",
            Builtin::Trace { .. } => "trace",
            Builtin::Return { .. } => "return",
            Builtin::Latency(_) => "latency",
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

/// Refuses any field, for a caller that makes no events.
pub(crate) fn no_fields(binding: &Binding<'_>) -> Result<(), Refusal> {
    match binding.fields().next() {
        Some(setting) => Err(unknown(setting?)),
        None => Ok(()),
    }
}

fn unknown(setting: Setting<'_>) -> Refusal {
    Reason::UnknownOption.at(setting.key.column)
}

fn set_args(args: &mut Option<u8>, setting: Setting<'_>) -> Result<(), Refusal> {
    let value = number(setting.value.text)
        .and_then(|args| u8::try_from(args).ok())
        .filter(|args| *args <= MAX_ARGS)
        .ok_or(Reason::BadArgs.at(setting.value.column))?;
    setting.set(args, value)
}

impl Override {
    fn parse(binding: &Binding<'_>) -> Result<Self, Refusal> {
        let (mut ret, mut every, mut times) = (None, None, None);
        for setting in binding.settings() {
            let setting = setting?;
            match setting.key.text {
                "ret" if setting.operator == Operator::Equal => {
                    let value = Register::parse(setting.value.text)
                        .ok_or(Reason::BadReturn.at(setting.value.column))?;
                    setting.set(&mut ret, value)?;
                }
                "every" => setting.set(&mut every, above_zero(setting)?)?,
                "times" => setting.set(&mut times, above_zero(setting)?)?,
                "ret" => return Err(Reason::BadOption.at(setting.key.column)),
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

impl fmt::Display for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Builtin::Nop | Builtin::Count => Ok(()),
            Builtin::Trace { args } => write!(f, " args={args}"),
            Builtin::Return { args, outcome } => write!(f, " args={args}{outcome}"),
            Builtin::Latency(outcome) => outcome.fmt(f),
            Builtin::Override(what) => {
                write!(f, " ret={}", what.ret)?;
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
