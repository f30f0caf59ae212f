// SPDX-License-Identifier: GPL-2.0

use super::*;
use crate::language::command::Binding;

/// Parses the only field of a line of `attach` for `return`.
fn field(text: &str) -> Result<Field<'static>, Refusal> {
    // A line that is not freed: the field borrows from it.
    let line: &'static str = String::leak(format!("f return {text}"));
    let binding = Binding::parse(line)?;
    let setting = binding.fields().next().expect("no field")?;
    Field::parse(&setting, true)
}

fn steps(steps: &[(i32, bool)]) -> Vec<Step> {
    let step = |&(offset, is_users): &(i32, bool)| Step { offset, is_users };
    steps.iter().map(step).collect()
}

#[test]
fn sources() {
    for (text, source) in [
        ("$arg1", Source::Arg(0)),
        ("$arg8", Source::Arg(7)),
        ("$arg9", Source::Stack(0)),
        ("$arg24", Source::Stack(15)),
        ("$stack0", Source::Stack(0)),
        ("$stack255", Source::Stack(255)),
        ("$retval", Source::Returned),
    ] {
        let field = field(&format!("a={text}")).unwrap();
        assert_eq!(field.fetch.source, source);
        assert!(field.fetch.steps().is_empty());
        assert_eq!(field.form, Form::new(Kind::Hex, 8));
        assert_eq!(field.name.text, "a");
    }
    let comm = field("comm=$comm").unwrap();
    assert_eq!(
        (comm.fetch.source, comm.form.kind),
        (Source::Comm, Kind::String)
    );
}

#[test]
fn dereferences_are_done_from_inside() {
    let name = field("name=+0(+0x28(-8($arg1))):string").unwrap();
    assert_eq!(
        name.fetch.steps(),
        steps(&[(-8, false), (40, false), (0, false)])
    );
    let users = field("a=+u4($arg2):u32").unwrap();
    assert_eq!(users.fetch.steps(), steps(&[(4, true)]));
    let far = field("a=-u0x7fffffff($stack3):u8").unwrap();
    assert_eq!(far.fetch.steps(), steps(&[(-0x7fff_ffff, true)]));
}

#[test]
fn types() {
    for (text, kind, size) in [
        ("u8", Kind::Unsigned, 1),
        ("s16", Kind::Signed, 2),
        ("x32", Kind::Hex, 4),
        ("u64", Kind::Unsigned, 8),
        ("char", Kind::Char, 1),
        ("bool", Kind::Bool, 1),
        ("symbol", Kind::Symbol, 8),
        ("string", Kind::String, 0),
    ] {
        let line = format!("a=$arg1:{text}");
        assert_eq!(field(&line).unwrap().form, Form::new(kind, size));
    }
    let bits = field("a=+4($arg1):b3@5/16").unwrap();
    assert_eq!(bits.form.shifts, (56, 61));
    assert_eq!((bits.form.kind, bits.form.size), (Kind::Unsigned, 2));
    let whole = field("a=$arg1:b64@0/64").unwrap();
    assert_eq!(whole.form.shifts, (0, 0));
    let array = field("a=+0($arg1):u16[64]").unwrap();
    assert_eq!((array.form.count, array.form.size), (Some(64), 2));
    let strings = field("a=+8($arg1):string[4]").unwrap();
    assert_eq!(
        (strings.form.kind, strings.form.count),
        (Kind::String, Some(4))
    );
}

#[test]
fn what_is_wrong_is_blamed_where_it_is() {
    for (text, reason, column) in [
        ("1a=$arg1", Reason::BadField, 0),
        ("target=$arg1", Reason::BadField, 0),
        ("common_pid=$arg1", Reason::BadField, 0),
        ("a=$arg0", Reason::BadFetch, 2),
        ("a=$arg25", Reason::BadFetch, 2),
        ("a=$arg+1", Reason::BadFetch, 2),
        ("a=$arg0x1", Reason::BadFetch, 2),
        ("a=$stack256", Reason::BadFetch, 2),
        ("a=$stack", Reason::BadFetch, 2),
        ("a=$arg1)", Reason::BadFetch, 7),
        ("a=$", Reason::BadFetch, 2),
        ("a=+0(arg1)", Reason::BadFetch, 5),
        ("a=+(arg1)", Reason::BadOffset, 3),
        ("a=+u(arg1)", Reason::BadOffset, 4),
        ("a=+-4($arg1)", Reason::BadOffset, 3),
        ("a=+0x80000000($arg1)", Reason::BadOffset, 3),
        ("a=+0(+4($arg1)", Reason::Unclosed, 14),
        ("a=$arg1:", Reason::BadType, 8),
        ("a=$arg1:u7", Reason::BadType, 8),
        ("a=$comm:u8", Reason::BadType, 8),
        ("a=$arg1:b0@0/8", Reason::BadType, 8),
        ("a=$arg1:b8@1/8", Reason::BadType, 8),
        ("a=$arg1:u8[4]", Reason::BadArray, 10),
        ("a=+0($arg1):u8[65]", Reason::BadArray, 14),
        ("a=+0($arg1):u8[0]", Reason::BadArray, 14),
        ("a=+0($arg1):u8[1", Reason::BadArray, 14),
        ("a=$arg1:string[2]", Reason::BadArray, 14),
        ("a=$comm:string[1]", Reason::BadArray, 14),
        ("a=+0($arg1):string[65]", Reason::BadArray, 18),
        ("a=+0($arg1):string[2]x", Reason::BadArray, 18),
        ("a=+0($arg1):b1@0/8[2]", Reason::BadArray, 18),
    ] {
        let expected = reason.at("f return ".len() + column);
        assert_eq!(field(text), Err(expected), "{text}");
    }
    let deep = format!("a={}$arg1{}", "+0(".repeat(9), ")".repeat(9));
    let expected = Reason::TooDeep.at("f return a=".len() + 8 * 3);
    assert_eq!(field(&deep), Err(expected));
}

/// Whatever is written, the parser ends, and blames a place within the line.
#[test]
fn any_text_is_parsed_or_refused() {
    const PARTS: [&str; 24] = [
        "$arg1", "$arg", "$retval", "$comm", "$stack2", "+0(", "-8(", "+u4(", "(", ")", ":", "u8",
        "s64", "string", "b3@4/8", "[3]", "[", "]", "@", "/", "9", "0x", "é", "=",
    ];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        // The generator of Knuth's MMIX.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut good = 0;
    for _ in 0..200_000 {
        let parts: String = (0..1 + next(7)).map(|_| PARTS[next(PARTS.len())]).collect();
        let line = format!("f return a={parts}");
        let Ok(binding) = Binding::parse(&line) else {
            continue;
        };
        for setting in binding.fields() {
            match Field::parse(&setting.unwrap(), true) {
                Ok(field) => {
                    good += 1;
                    assert!(field.fetch.steps().len() <= MAX_STEPS);
                }
                Err(refusal) => {
                    assert!(refusal.column <= line.len() && refusal.column >= "f return ".len());
                    // The sentence is made from the word there.
                    refusal.sentence(&line).to_string();
                }
            }
        }
    }
    assert!(good > 1000, "{good}");
}
