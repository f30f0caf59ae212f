// SPDX-License-Identifier: GPL-2.0

use super::*;
use crate::language::command::{
    Exclusions,
    Flags, //
};
use crate::{
    language::{
        filter::Filter,
        report::BindingLine, //
    },
    random::Random, //
};

fn parse(line: &str) -> Result<Option<Builtin>, Refusal> {
    Builtin::parse(&Binding::parse(line).unwrap())
}

fn overrides(line: &str) -> Override {
    match parse(line) {
        Ok(Some(Builtin::Override(what))) => what,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn each_of_the_list_is_known_by_its_name() {
    for (name, description) in LIST {
        let ret = if name == "override" { " ret=0" } else { "" };
        let builtin = parse(&format!("f {name}{ret}")).unwrap().unwrap();
        assert_eq!(builtin.name(), name);
        assert!(!description.is_empty());
    }
    assert_eq!(parse("f counts"), Ok(None));
    // Whatever settings it has.
    assert_eq!(parse("f other key=value"), Ok(None));
}

#[test]
fn args_are_four_unless_it_is_said() {
    assert_eq!(parse("f trace"), Ok(Some(Builtin::Trace { args: 4 })));
    let returns = Builtin::Return {
        args: 4,
        outcome: Outcome::default(),
    };
    assert_eq!(parse("f return"), Ok(Some(returns)));
    for args in 0..=8 {
        let line = format!("f trace args={args}");
        assert_eq!(parse(&line), Ok(Some(Builtin::Trace { args })));
    }
    assert_eq!(
        parse("f trace args=0x8"),
        Ok(Some(Builtin::Trace { args: 8 }))
    );
}

#[test]
fn override_takes_numbers_and_names() {
    for (text, ret) in [
        ("0", 0),
        ("1", 1),
        ("-1", u64::MAX),
        ("0xff", 255),
        ("-0x10", 16u64.wrapping_neg()),
        ("0xffffffffffffffff", u64::MAX),
        ("18446744073709551615", u64::MAX),
        ("-9223372036854775808", 1 << 63),
        ("-12", 12u64.wrapping_neg()),
        ("-ENOMEM", 12u64.wrapping_neg()),
        ("-EPROBE_DEFER", 517u64.wrapping_neg()),
    ] {
        let what = overrides(&format!("f override ret={text}"));
        assert_eq!(
            (what.ret.0, what.every, what.times),
            (ret, 1, None),
            "{text}"
        );
    }
    let what = overrides("f override times=3 ret=0 every=0x10");
    assert_eq!((what.every, what.times), (16, Some(3)));
}

#[test]
fn refuses_bad_settings() {
    for (line, reason, column) in [
        ("f nop x=1", Reason::UnknownOption, 6),
        ("f count args=1", Reason::UnknownOption, 8),
        ("f latency  args=1", Reason::UnknownOption, 11),
        ("f trace ret=1", Reason::UnknownOption, 8),
        ("f trace args=", Reason::BadArgs, 13),
        ("f trace args=9", Reason::BadArgs, 13),
        ("f trace args=-1", Reason::BadArgs, 13),
        ("f trace args=+1", Reason::BadArgs, 13),
        ("f return args=264", Reason::BadArgs, 14),
        ("f return args=four", Reason::BadArgs, 14),
        ("f override", Reason::NoReturn, 2),
        ("f override every=2", Reason::NoReturn, 2),
        ("f override ret=", Reason::BadReturn, 15),
        ("f override ret=ENOMEM", Reason::BadReturn, 15),
        ("f override ret=-ENOSUCH", Reason::BadReturn, 15),
        ("f override ret=--1", Reason::BadReturn, 15),
        ("f override ret=+1", Reason::BadReturn, 15),
        ("f override ret=0x", Reason::BadReturn, 15),
        ("f override ret=0x-1", Reason::BadReturn, 15),
        ("f override ret=0x+1", Reason::BadReturn, 15),
        ("f override ret=-0x", Reason::BadReturn, 15),
        ("f override ret=0xg", Reason::BadReturn, 15),
        ("f override ret=12k", Reason::BadReturn, 15),
        ("f override ret=18446744073709551616", Reason::BadReturn, 15),
        ("f override ret=-9223372036854775809", Reason::BadReturn, 15),
        ("f override ret<0", Reason::BadOption, 11),
        ("f return ret!=x", Reason::BadReturn, 14),
        ("f return min=1", Reason::BadDuration, 13),
        ("f return every=1", Reason::UnknownOption, 9),
        ("f override ret=0 every=0", Reason::BadNumber, 23),
        ("f override ret=0 every=-1", Reason::BadNumber, 23),
        ("f override ret=0 times=", Reason::BadNumber, 23),
        ("f override ret=0 times=0", Reason::BadNumber, 23),
        ("f trace args=1 args=1", Reason::RepeatedOption, 15),
        ("f override ret=0 ret=0", Reason::RepeatedOption, 17),
        (
            "f override ret=0 every=1 every=1",
            Reason::RepeatedOption,
            25,
        ),
        ("f override ret=0 args=1", Reason::UnknownOption, 17),
    ] {
        assert_eq!(parse(line), Err(reason.at(column)), "{line}");
    }
}

/// Parsing what `attach` prints gives the same caller.
#[test]
fn round_trip() {
    let mut random = Random::new(3);
    let mut number = |limit: usize| random.below(limit) as u64;
    for _ in 0..100_000 {
        // Small numbers, errors, and numbers of all sizes.
        let ret = match number(3) {
            0 => number(5),
            1 => number(600).wrapping_neg(),
            _ => ((number(1 << 31) << 33) | number(1 << 31)) >> number(64),
        };
        let every = 1 + (number(1 << 31) << 31 >> number(62));
        let times = [None, Some(1 + number(1 << 31))][number(2) as usize];
        let operators = ["=", "!=", "<", "<=", ">", ">="];
        let operator = operators[number(6) as usize];
        let outcome = |min, ret| {
            let line = format!("f latency min={min}ns ret{operator}{ret}");
            match parse(&line) {
                Ok(Some(Builtin::Latency(outcome))) => outcome,
                other => panic!("{line}: {other:?}"),
            }
        };
        let builtin = match number(4) {
            0 => Builtin::Trace {
                args: number(9) as u8,
            },
            1 => Builtin::Return {
                args: number(9) as u8,
                outcome: outcome(every, ret),
            },
            2 => Builtin::Latency(outcome(every, ret)),
            _ => Builtin::Override(Override {
                ret: Register(ret),
                every,
                times,
            }),
        };
        let line = BindingLine {
            target: "f",
            exclusions: Exclusions::again(""),
            caller: &builtin,
            filter: Filter::default(),
            flags: Flags::default(),
        }
        .to_string();
        assert_eq!(parse(&line), Ok(Some(builtin)), "{line}");
    }
}
