// SPDX-License-Identifier: GPL-2.0

//! Which calls a caller wants that waits for the return: by how long they took, and by what they
//! returned.
//!
//! ```text
//! min=DURATION  ret=VALUE  ret!=VALUE  ret<VALUE  ret<=VALUE  ret>VALUE  ret>=VALUE
//! ```
//!
//! Does not use the kernel, so it is tested on the host as well.

use crate::language::{
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

/// The units of durations, in nanoseconds.
const UNITS: [(&str, u64); 4] = [
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// The outcome that a call must have: all of these.
///
/// Prints itself as commands name it, with a blank before each word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// It took at least so many nanoseconds.
    pub(crate) min: Option<u64>,
    /// It returned such a value.
    pub(crate) ret: Option<Comparison>,
}

/// Compares values as signed numbers.
///
/// # Invariants
///
/// It is true of at least one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    operator: Operator,
    with: Register,
}

impl Outcome {
    /// Adds the condition that a setting states, if it is one.
    pub(crate) fn add(&mut self, setting: Setting<'_>) -> Result<(), Refusal> {
        let text = setting.value.text;
        let column = setting.value.column;
        match setting.key.text {
            "min" => {
                let min = parse_duration(text).ok_or(Reason::BadDuration.at(column))?;
                setting.set(&mut self.min, min)
            }
            "ret" => {
                let with = Register::parse(text).ok_or(Reason::BadReturn.at(column))?;
                let comparison = Comparison::new(setting.operator, with);
                setting.set(&mut self.ret, comparison.ok_or(Reason::NoValue.at(column))?)
            }
            _ => Err(Reason::UnknownOption.at(setting.key.column)),
        }
    }
}

impl Comparison {
    fn new(operator: Operator, with: Register) -> Option<Self> {
        let is_never_true = match operator {
            Operator::Less => with.0 == i64::MIN as u64,
            Operator::Greater => with.0 == i64::MAX as u64,
            _ => false,
        };
        // INVARIANT: There is a lesser one, or a greater one.
        (!is_never_true).then_some(Comparison { operator, with })
    }

    /// Returns the values of which it is true: the first one, and how many follow it. After the
    /// greatest value comes 0.
    pub(crate) fn range(&self) -> (u64, u64) {
        const LEAST: u64 = i64::MIN as u64;
        const GREATEST: u64 = i64::MAX as u64;
        let value = self.with.0;
        let (first, last) = match self.operator {
            Operator::Equal => (value, value),
            Operator::NotEqual => (value.wrapping_add(1), value.wrapping_sub(1)),
            Operator::Less => (LEAST, value.wrapping_sub(1)),
            Operator::AtMost => (LEAST, value),
            Operator::Greater => (value.wrapping_add(1), GREATEST),
            Operator::AtLeast => (value, GREATEST),
        };
        (first, last.wrapping_sub(first))
    }
}

fn parse_duration(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = text.split_at_checked(digits)?;
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number(digits)?.checked_mul(*nanoseconds)
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(min) = self.min {
            let whole = UNITS.iter().find(|(_, unit)| min % unit == 0);
            // Cannot be missing: each is a number of nanoseconds.
            let (name, unit) = whole.unwrap_or(&("ns", 1));
            write!(f, " min={}{name}", min / unit)?;
        }
        if let Some(Comparison { operator, with }) = &self.ret {
            write!(f, " ret{}{with}", operator.text())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{
        builtin::Builtin,
        command::Binding, //
    };

    fn outcome(settings: &str) -> Result<Outcome, Refusal> {
        let line = format!("f latency {settings}");
        match Builtin::parse(&Binding::parse(&line)?)? {
            Some(Builtin::Latency(outcome)) => Ok(outcome),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn is_true_of(comparison: &Comparison, value: i64) -> bool {
        let (first, more) = comparison.range();
        (value as u64).wrapping_sub(first) <= more
    }

    #[test]
    fn a_range_is_true_of_the_same_values() {
        let values = [i64::MIN, i64::MIN + 1, -4096, -12, -1, 0, 1, 7, i64::MAX];
        for with in values {
            type Compare = fn(&i64, &i64) -> bool;
            let operators: [(&str, Compare); 6] = [
                ("=", i64::eq),
                ("!=", i64::ne),
                ("<", i64::lt),
                ("<=", i64::le),
                (">", i64::gt),
                (">=", i64::ge),
            ];
            for (operator, compare) in operators {
                let text = format!("ret{operator}{with}");
                let Ok(outcome) = outcome(&text) else {
                    assert!(!values.iter().any(|value| compare(value, &with)), "{text}");
                    continue;
                };
                let comparison = outcome.ret.unwrap();
                for value in values {
                    let is_true = compare(&value, &with);
                    assert_eq!(is_true_of(&comparison, value), is_true, "{value}: {text}");
                }
            }
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, nanoseconds) in [
            ("0ns", 0),
            ("1ns", 1),
            ("100us", 100_000),
            ("1ms", 1_000_000),
            ("2s", 2_000_000_000),
            ("18446744073s", 18_446_744_073_000_000_000),
        ] {
            assert_eq!(
                outcome(&format!("min={text}")).unwrap().min,
                Some(nanoseconds)
            );
        }
    }

    /// Parsing what an outcome prints gives the same outcome.
    #[test]
    fn prints_what_it_takes() {
        for text in [
            "",
            "min=1500us",
            "min=1ms ret<0",
            "min=999ns",
            "min=0s",
            "ret=-ENOENT",
            "ret!=-11111",
            "ret<=7",
            "ret>0",
            "ret>=0",
        ] {
            let once = outcome(text).unwrap();
            assert_eq!(once.to_string().trim_start(), text);
            assert_eq!(outcome(&once.to_string()).unwrap(), once);
        }
        assert_eq!(outcome("min=60000ms").unwrap().to_string(), " min=60s");
        assert_eq!(outcome("ret<0x0").unwrap().to_string(), " ret<0");
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for (text, reason, column) in [
            ("min=", Reason::BadDuration, 14),
            ("min=5", Reason::BadDuration, 14),
            ("min=ms", Reason::BadDuration, 14),
            ("min=-1ms", Reason::BadDuration, 14),
            ("min=0x1ms", Reason::BadDuration, 14),
            ("min=1.5ms", Reason::BadDuration, 14),
            ("min=1m", Reason::BadDuration, 14),
            ("min=18446744074s", Reason::BadDuration, 14),
            ("min=1ms min=1ms", Reason::RepeatedOption, 18),
            ("min<1ms", Reason::BadOption, 10),
            ("ret<", Reason::BadReturn, 14),
            ("ret<<0", Reason::BadReturn, 14),
            ("ret==0", Reason::BadReturn, 14),
            ("ret<ENOENT", Reason::BadReturn, 14),
            ("ret!0", Reason::BadOption, 10),
            ("ret<-9223372036854775808", Reason::NoValue, 14),
            ("ret>0x7fffffffffffffff", Reason::NoValue, 14),
            ("ret<0 ret>-9", Reason::RepeatedOption, 16),
            ("args=1", Reason::UnknownOption, 10),
        ] {
            assert_eq!(outcome(text), Err(reason.at(column)), "{text}");
        }
    }
}
