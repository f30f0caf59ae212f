// SPDX-License-Identifier: GPL-2.0

use super::*;
use crate::language::refusal::{
    Reason,
    Suffix, //
};

fn logged(command: &str, column: usize) -> String {
    let mut log = ErrorLog::new(vec![None; ENTRIES]);
    log.record(
        12_345_678_901,
        "attach",
        2,
        command,
        Reason::BadTarget.at(column),
    );
    log.to_string()
}

/// Returns the shown command, and the column of the caret in it, in characters.
fn shown(log: &str) -> (String, usize) {
    let mut lines = log.lines().skip(1);
    let command = lines.next().unwrap().strip_prefix("  Command: ").unwrap();
    let caret = lines.next().unwrap().strip_suffix('^').unwrap();
    assert!(caret.chars().all(|c| c == ' '));
    (command.to_string(), caret.len() - "  Command: ".len())
}

#[test]
fn looks_as_in_tracefs() {
    assert_eq!(
        logged("vfs_! count", 0),
        "[   12.345678] attach:2: error: Target is not a function name, nor a pattern of names\n  \
           Command: vfs_! count\n           ^\n"
    );
}

#[test]
fn names_the_clone_of_the_word() {
    let mut log = ErrorLog::new(vec![None; ENTRIES]);
    let suffix = Suffix::new(".isra.0").unwrap();
    log.record(
        0,
        "attach",
        1,
        "\té? m:f count",
        Reason::OnlyClone(suffix).at(5),
    );
    let text = log.to_string();
    assert!(text.contains("error: No function has that name, but there is m:f.isra.0\n"));
    assert_eq!(shown(&text), (" é? m:f count".into(), 4));
}

#[test]
fn is_empty_at_first_and_when_cleared() {
    let mut log = ErrorLog::new(vec![None; ENTRIES]);
    assert_eq!(log.to_string(), "");
    log.record(0, "attach", 1, "x", Reason::NoCaller.at(2));
    log.clear();
    assert_eq!(log.to_string(), "");
}

#[test]
fn keeps_the_last_ones_oldest_first() {
    let mut log = ErrorLog::new(vec![None; ENTRIES]);
    for number in 1..=ENTRIES + 3 {
        log.record(0, "detach", number, "x", Reason::NotAttached.at(0));
    }
    let text = log.to_string();
    let numbers: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("[    0.000000] detach:"))
        .map(|rest| rest.split(':').next().unwrap().parse::<usize>().unwrap())
        .collect();
    assert_eq!(numbers, (4..=ENTRIES + 3).collect::<Vec<_>>());
}

#[test]
fn puts_the_caret_under_the_word() {
    assert_eq!(
        shown(&logged("vfs_read cuont", 9)),
        ("vfs_read cuont".into(), 9)
    );
    // The caret is behind the end, where the missing word belongs.
    assert_eq!(shown(&logged("vfs_read", 9)), ("vfs_read".into(), 9));
    assert_eq!(shown(&logged("", 0)), ("".into(), 0));
    // Columns are in bytes, but the caret stands under a character.
    assert_eq!(shown(&logged("é é x", 6)), ("é é x".into(), 4));
}

#[test]
fn passes_nothing_to_the_terminal_that_it_would_act_on() {
    let (command, caret) = shown(&logged("a\tb\x1b[2J\r x", 9));
    assert_eq!((command.as_str(), caret), ("a b?[2J? x", 9));
}

/// A command that is too long is cut to whole characters around the caret.
#[test]
fn cuts_long_commands() {
    let ascii = "x".repeat(1000) + "!" + &"y".repeat(1000);
    let wide = "é".repeat(500) + "!" + &"é".repeat(500);
    for long in [ascii, wide] {
        let column = long.find('!').unwrap();
        let (command, caret) = shown(&logged(&long, column));
        assert!(command.len() <= SHOWN && command.len() > SHOWN - 4);
        assert_eq!(command.chars().nth(caret), Some('!'));

        let (command, caret) = shown(&logged(&long, long.len() + 1));
        assert!(command.ends_with(long.chars().last().unwrap()));
        assert_eq!(caret, command.chars().count() + 1);

        let (command, caret) = shown(&logged(&long, 0));
        assert!(long.starts_with(&command));
        assert_eq!(caret, 0);
    }
}
