// SPDX-License-Identifier: GPL-2.0

use super::*;
use crate::{
    language::report::BindingLine,
    random::Random, //
};

fn binding(line: &str) -> (Option<&str>, &str, &str) {
    let binding = Binding::parse(line).unwrap();
    (
        binding.target.module(),
        binding.target.function(),
        binding.caller.text,
    )
}

#[test]
fn takes_a_target_and_a_caller() {
    assert_eq!(binding("vfs_read count"), (None, "vfs_read", "count"));
    assert_eq!(binding("ext4:f.cold nop"), (Some("ext4"), "f.cold", "nop"));
    assert_eq!(binding("a-b:$x count"), (Some("a-b"), "$x", "count"));
}

#[test]
fn takes_settings() {
    let binding = Binding::parse("f count  a=1 b= c==\t").unwrap();
    let place = |word: Word<'static>| (word.text, word.column);
    let settings: Vec<_> = binding
        .settings()
        .map(|setting| setting.unwrap())
        .map(|setting| (place(setting.key), place(setting.value)))
        .collect();
    assert_eq!(
        settings,
        [
            (("a", 9), ("1", 11)),
            (("b", 13), ("", 15)),
            (("c", 16), ("=", 18)),
        ]
    );
}

#[test]
fn takes_blanks_anywhere() {
    for line in [
        " \t vfs_read\t count  ",
        "vfs_read count\r",
        "vfs_read   count",
    ] {
        assert_eq!(binding(line), (None, "vfs_read", "count"));
    }
}

/// Each refusal of a line of `attach` or `modify` blames the right column.
#[test]
fn refuses_bad_bindings() {
    let long = "x".repeat(MAX_NAME + 1);
    let long_line = format!(" {long} count");
    let long_module = format!("{long}:f count");
    for (line, reason, column) in [
        ("", Reason::NoTarget, 0),
        ("  ", Reason::NoTarget, 0),
        ("vfs_read", Reason::NoCaller, 9),
        ("  vfs_read  ", Reason::NoCaller, 11),
        ("vfs_[ count", Reason::BadTarget, 0),
        (" vfs_[]ead count", Reason::BadTarget, 1),
        ("vfs_[a*]ead count", Reason::BadTarget, 0),
        ("vfs_]ead count", Reason::BadTarget, 0),
        ("vfs\\*ead count", Reason::BadTarget, 0),
        ("!vfs_read count", Reason::BadTarget, 0),
        ("vfs_* ! count", Reason::BadTarget, 7),
        ("vfs_* !!a count", Reason::BadTarget, 7),
        ("vfs_* !a !b[ count", Reason::BadTarget, 10),
        ("vfs_* !a", Reason::NoCaller, 9),
        ("42 count", Reason::BadTarget, 0),
        ("4k count", Reason::BadTarget, 0),
        (":vfs_read count", Reason::BadTarget, 0),
        ("ext4: count", Reason::BadTarget, 0),
        ("a:b:c count", Reason::BadTarget, 0),
        ("ext4:mod:vfs count", Reason::BadTarget, 0),
        ("e*:f count", Reason::BadTarget, 0),
        ("vfs_réad count", Reason::BadTarget, 0),
        (",1 count", Reason::BadTarget, 0),
        ("m,1:f count", Reason::BadNamesake, 2),
        (" f, count", Reason::BadNamesake, 3),
        ("m:f,0 count", Reason::BadNamesake, 4),
        ("f,1,2 count", Reason::BadNamesake, 2),
        ("f,x* count", Reason::BadNamesake, 2),
        ("f,-1 count", Reason::BadNamesake, 2),
        (" vfs_*,1 count", Reason::NumberedPattern, 1),
        ("vfs_* !f*,1 count", Reason::NumberedPattern, 7),
        (long_line.as_str(), Reason::LongTarget, 1),
        (long_module.as_str(), Reason::LongTarget, 0),
        ("vfs_read count args", Reason::BadOption, 15),
        ("vfs_read count =4", Reason::BadOption, 15),
        ("vfs_read count args= more", Reason::BadOption, 21),
        ("vfs_read count a=1 =2", Reason::BadOption, 19),
        ("vfs_* count strict a=1 strict", Reason::RepeatedOption, 23),
    ] {
        assert_eq!(Binding::parse(line), Err(reason.at(column)), "{line:?}");
    }
}

#[test]
fn takes_patterns() {
    for text in [
        "vfs_*", "*", "?", "a*b?c", "mod:*", "[a-z_]*", "x[!0-9]", "[ab][c-]",
    ] {
        let line = format!("{text} count");
        let target = Binding::parse(&line).unwrap().target;
        assert_eq!(target.text(), text);
        assert!(target.is_pattern(), "{text}");
    }
    assert_eq!(Target::again("m:vfs_*").module(), Some("m"));
    assert!(!Binding::parse("m:f.x$y count").unwrap().target.is_pattern());
}

#[test]
fn knows_its_module() {
    let target = Target::again("snd-hda_intel:f");
    assert!(target.is_of_module("snd_hda_intel"));
    assert!(!target.is_of_module("snd_hda") && !target.is_of_module("snd_hda_intel2"));
    assert!(!Target::again("f").is_of_module(""));
    assert_eq!(
        target.function_of("snd_hda_intel:f.isra.0"),
        Some("f.isra.0")
    );
    assert_eq!(target.function_of("snd_hda:f"), None);
    assert_eq!(target.function_of("f"), None);
    assert_eq!(Target::again("g").function_of("m:f"), Some("f"));
}

#[test]
fn a_number_is_one_of_a_name() {
    let target = Binding::parse("a-b:f.x,12 count").unwrap().target;
    assert_eq!((target.text(), target.name()), ("a-b:f.x,12", "a-b:f.x"));
    assert_eq!((target.function(), target.number()), ("f.x", Some(12)));
    assert!(!target.is_pattern());
    assert_eq!(Target::again("f").number(), None);
}

/// What is shown of a function means it alone if it has a number or a module.
#[test]
fn means_what_is_shown() {
    for (target, shown, others) in [
        ("f", &["f", "f,1", "f,2", "m:f", "m:f,3"][..], &[][..]),
        ("f,1", &["f", "f,1"], &["f,2", "m:f", "m:f,1", "g", "g,1"]),
        ("f,2", &["f,2"], &["f", "f,1", "m:f", "m:f,2", "f,12"]),
        ("m-n:f", &["m_n:f", "m_n:f,2"], &["f", "n:f", "f,2"]),
        ("m-n:f,1", &["m_n:f", "m_n:f,1"], &["f", "n:f,1", "m_n:f,2"]),
        ("m:*", &["m:f", "m:g,1"], &["f", "n:f"]),
    ] {
        for name in shown {
            assert!(Target::again(target).means(name), "{target} {name}");
        }
        for name in others {
            assert!(!Target::again(target).means(name), "{target} {name}");
        }
    }
}

#[test]
fn takes_exclusions() {
    let line = " vfs_*  !vfs_read \t !m:*x count args=1";
    let binding = Binding::parse(line).unwrap();
    assert_eq!(binding.caller.text, "count");
    let excluded = |exclusions: Exclusions<'static>| -> Vec<_> {
        let targets = exclusions.targets().map(Result::unwrap);
        targets
            .map(|target| (target.text(), target.column))
            .collect()
    };
    assert_eq!(
        excluded(binding.exclusions),
        [("vfs_read", 9), ("m:*x", 21)]
    );
    let again = Exclusions::again(binding.exclusions.text());
    assert_eq!(excluded(again), [("vfs_read", 1), ("m:*x", 13)]);
    assert_eq!(
        Binding::parse("f count")
            .unwrap()
            .exclusions
            .targets()
            .count(),
        0
    );
}

/// `modify` takes no exclusions and no flags.
#[test]
fn some_words_are_for_attach_alone() {
    let flags = |line| Binding::parse(line).unwrap().flags;
    assert_eq!(flags("vfs_* count"), Flags::default());
    assert!(flags("vfs_* count a=1 strict").strict);
    assert!(flags("vfs_* count disabled").disabled);
    assert!(flags("m:vfs_* count pending").pending);
    let all = flags("m:f count disabled a=1 pending strict");
    assert_eq!(all.to_string(), " strict pending disabled");
    assert_eq!(
        Binding::parse(" f count pending"),
        Err(Reason::NoModule.at(1))
    );
    assert!(Binding::parse_modify("vfs_* count a=1").is_ok());
    for (line, column) in [
        ("f  !g count", 3),
        ("f count a=1 strict", 12),
        ("f count disabled", 8),
        ("m:f count pending", 10),
    ] {
        assert_eq!(
            Binding::parse_modify(line),
            Err(Reason::AttachOnly.at(column))
        );
    }
}

#[test]
fn takes_the_longest_name() {
    let line = format!("{} count", "x".repeat(MAX_NAME));
    assert!(Binding::parse(&line).is_ok());
}

#[test]
fn takes_selections() {
    assert_eq!(Selection::parse(" * "), Ok(Selection::All));
    match Selection::parse(" mod:f ") {
        Ok(Selection::One(target)) => assert_eq!(target.text(), "mod:f"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn refuses_bad_selections() {
    for (line, reason, column) in [
        ("", Reason::NoTarget, 0),
        ("vfs_[", Reason::BadTarget, 0),
        ("!vfs_*", Reason::BadTarget, 0),
        ("vfs_read count", Reason::ExtraWord, 9),
        ("* *", Reason::ExtraWord, 2),
    ] {
        assert_eq!(Selection::parse(line), Err(reason.at(column)), "{line:?}");
    }
}

#[test]
fn blames_the_word_that_is_named() {
    let binding = Binding::parse("  vfs_read   count").unwrap();
    assert_eq!(binding.caller.column, 13);
    assert_eq!(binding.target.refuse(Reason::Held), Reason::Held.at(2));
    let binding = Binding::parse("f count pid=1 hart=9").unwrap();
    assert_eq!(
        binding.refuse("hart", Reason::NoHart),
        Reason::NoHart.at(19)
    );
}

#[test]
fn numbers_the_lines_that_say_something() {
    let lines: Vec<_> = lines(b"one\n\n \t\nfour\r\nfive").collect();
    assert_eq!(lines, [(1, Ok("one")), (4, Ok("four\r")), (5, Ok("five"))]);
    assert_eq!(super::lines(b"\n").count(), 0);
    assert_eq!(super::lines(b"").count(), 0);
}

#[test]
fn takes_only_text() {
    for (bytes, before, reason) in [
        (&b"tw\0o"[..], "tw", Reason::NulByte),
        (b"\0", "", Reason::NulByte),
        (b"one\xff", "one", Reason::NotUtf8),
        // The first bad byte is to blame.
        (b"a\0\xff", "a", Reason::NulByte),
        (b"a\xff\0", "a", Reason::NotUtf8),
        // The last character is cut off.
        (b"ab\xc3", "ab", Reason::NotUtf8),
    ] {
        assert_eq!(text(bytes, false), Err(NotText { before, reason }));
    }
}

/// What "cat" writes of a long file may end anywhere.
#[test]
fn refuses_a_line_that_may_be_cut() {
    let length_of_last = |bytes: &[u8]| match lines(bytes).last() {
        Some((_, Ok(line))) => line.len(),
        other => panic!("{other:?}"),
    };
    for blocks in [1, 2, 16] {
        let mut bytes = b"f count\n".repeat(blocks * BLOCK / 8);
        assert_eq!(length_of_last(&bytes), 7);
        bytes.pop();
        assert_eq!(length_of_last(&bytes), 7);
        bytes.push(b'x');
        let cut = lines(&bytes).last().unwrap();
        let (before, reason) = ("f countx", Reason::CutLine);
        assert_eq!(cut, (blocks * BLOCK / 8, Err(NotText { before, reason })));
        // Nothing is cut of a line that says nothing.
        bytes.truncate(blocks * BLOCK - 8);
        bytes.extend_from_slice(&[b' '; 8]);
        assert_eq!(length_of_last(&bytes), 7);
    }
}

/// A line that is not text does not change how the other lines are read.
#[test]
fn blames_the_line_that_is_no_text() {
    let bad = |before, reason| Err(NotText { before, reason });
    let lines: Vec<_> = lines(b"one\n\ntw\0o\nthr\xffe\nfour\n").collect();
    assert_eq!(
        lines,
        [
            (1, Ok("one")),
            (3, bad("tw", Reason::NulByte)),
            (4, bad("thr", Reason::NotUtf8)),
            (5, Ok("four")),
        ]
    );
}

/// Parsing what `attach` prints for a binding gives the same binding.
#[test]
fn round_trip() {
    let alphabet: Vec<char> = "aZ_09.$:-*!, \t".chars().collect();
    let mut random = Random::new(1);
    let mut taken = 0;
    for _ in 0..200_000 {
        let line = random.string(&alphabet, 12);
        let Ok(binding) = Binding::parse(&line) else {
            continue;
        };
        taken += 1;
        let printed = BindingLine {
            target: binding.target.text(),
            exclusions: binding.exclusions,
            caller: &binding.caller.text,
            filter: binding.filter,
            flags: binding.flags,
        }
        .to_string();
        assert_eq!(printed.matches('\n').count(), 1);
        let (number, printed) = lines(printed.as_bytes()).next().unwrap();
        assert_eq!(number, 1);
        let again = Binding::parse(printed.unwrap()).unwrap();
        assert_eq!(again.target.text(), binding.target.text());
        assert_eq!(again.target.module(), binding.target.module());
        assert_eq!(again.target.function(), binding.target.function());
        assert_eq!(again.caller.text, binding.caller.text);
        let excluded = |binding: &Binding<'_>| -> Vec<String> {
            let targets = binding.exclusions.targets().map(Result::unwrap);
            targets.map(|target| target.text().to_string()).collect()
        };
        assert_eq!(excluded(&again), excluded(&binding));
    }
    assert!(taken > 1000, "only {taken} lines were taken");
}

/// Any text is taken, or blamed at a place in the line or just behind it. A text that is taken has
/// only names and patterns that `glob_match()` understands.
#[test]
fn any_text_is_taken_or_blamed() {
    let alphabet: Vec<char> = "ab_1.$:=*?[]!,\\ \t\u{e9}\u{1f600}\u{7f}".chars().collect();
    let mut random = Random::new(2);
    for _ in 0..200_000 {
        let line = random.string(&alphabet, 16);
        let in_line = |refusal: Refusal| {
            assert!(refusal.column <= line.len() + 1, "{line:?}: {refusal:?}");
        };
        match Binding::parse(&line) {
            Err(refusal) => in_line(refusal),
            Ok(binding) => {
                let name = binding.target.function();
                assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
                assert!(!name.contains(|c: char| "\\: \t".contains(c)), "{name:?}");
                assert_eq!(name.matches('[').count(), name.matches(']').count());
            }
        }
        if let Err(refusal) = Selection::parse(&line) {
            in_line(refusal);
        }
    }
}

#[test]
fn some_verbs_take_a_caller_away() {
    for verb in Verb::ALL {
        let takes_away = ["modify", "detach"].contains(&verb.name());
        assert_eq!(verb.takes_away(), takes_away);
    }
}
