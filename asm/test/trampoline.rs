// SPDX-License-Identifier: GPL-2.0

//! Runs the real `asm/trampoline.S` under qemu-user and holds it to its register contract.

use std::collections::HashMap;
use std::process::Command;

/// What the harness printed.
struct Run {
    values: HashMap<String, u64>,
    /// Slot, byte in its counter, and count, of all that is not zero.
    counts: Vec<(u64, u64, u64)>,
}

const SLOTS: u64 = 1024;
const ROW_BYTES: u64 = 64;

fn run(arguments: &[&str]) -> Run {
    let output = Command::new("qemu-riscv64")
        .arg(env!("HARNESS"))
        .args(arguments)
        .output()
        .expect("qemu-riscv64 is installed by scripts/setup");
    assert!(output.status.success(), "{output:?}");
    let mut values = HashMap::new();
    let mut counts = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (name, value) = line.split_once(' ').unwrap();
        let value = u64::from_str_radix(value, 16).unwrap();
        if name == "count" {
            counts.push((values["slot"], values["byte"], value));
        }
        values.insert(name.to_string(), value);
    }
    Run { values, counts }
}

/// Every register but zero and t1 is what it was, `sp` included, and the target resumed: the
/// harness prints nothing otherwise.
fn assert_contract(run: &Run, frame: u64) {
    let registers: Vec<_> = (1..32).filter(|&n| n != 6).collect();
    for n in registers {
        let (before, after) = (format!("i{n:02}"), format!("o{n:02}"));
        assert_eq!(run.values[&before], run.values[&after], "x{n} changed");
    }
    assert_eq!(
        run.values["i02"] % 16,
        0,
        "the harness enters with sp aligned"
    );
    assert_eq!(
        run.values["change_above_sp"], 0,
        "the target's frame changed"
    );
    assert!(
        !run.values.contains_key("task_changed"),
        "task_struct changed"
    );
    // The first word that changed, from sp: none, or within the frame.
    let lowest = run.values["lowest_change"] as i64;
    assert!(
        lowest >= -(frame as i64),
        "the stack changed at sp{lowest}, below the frame"
    );
}

#[test]
fn nop_keeps_everything() {
    let run = run(&["nop"]);
    assert_contract(&run, 0);
    assert_eq!(run.counts, []);
}

#[test]
fn count_keeps_everything_and_counts() {
    for hart in [0, 1, 7] {
        for calls in [1, 1000] {
            let run = run(&["count", "0", &hart.to_string(), &calls.to_string()]);
            assert_contract(&run, 16);
            assert_eq!(run.counts, [(0, hart * ROW_BYTES, calls)]);
        }
    }
}

/// Each slot counts in its own counter: the first, the last, and some between.
#[test]
fn each_slot_counts_for_itself() {
    for slot in [0, 1, 2, 511, 512, SLOTS - 2, SLOTS - 1] {
        let run = run(&["count", &slot.to_string(), "3", "5"]);
        assert_eq!(run.values["slots_remainder"], 0, "slots differ in size");
        assert_contract(&run, 16);
        assert_eq!(run.counts, [(slot, 3 * ROW_BYTES, 5)]);
    }
}

/// A trap may write below `sp` between any two instructions. What lies there afterwards does not
/// tell who wrote it, so look at the instructions: no store has a negative offset from `sp`, and
/// `sp` moves by multiples of 16.
#[test]
fn nothing_is_stored_below_sp() {
    let output = Command::new(env!("OBJDUMP"))
        .args(["--disassemble", "--no-show-raw-insn", "-M", "no-aliases"])
        .arg(env!("TRAMPOLINE_O"))
        .output()
        .expect("llvm-objdump is installed by scripts/setup");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut stores, mut moves) = (0, 0);
    for line in text.lines().filter(|line| line.contains("sp")) {
        let code = line.split(':').nth(1).unwrap_or_default();
        let words: Vec<_> = code
            .split([' ', '\t', ','])
            .filter(|w| !w.is_empty())
            .collect();
        let [op, first, rest @ ..] = words.as_slice() else {
            continue;
        };
        let immediate = |text: &str| -> i64 {
            let digits = text.trim_start_matches('-').trim_start_matches("0x");
            let value = i64::from_str_radix(digits, 16).unwrap();
            if text.starts_with('-') {
                -value
            } else {
                value
            }
        };
        match *op {
            "c.sdsp" | "sd" | "sw" | "c.swsp" => {
                stores += 1;
                let offset = rest[0].strip_suffix("(sp)").unwrap();
                assert!(immediate(offset) >= 0, "{line}");
            }
            "c.ldsp" | "ld" | "lw" | "c.lwsp" => assert!(rest[0].ends_with("(sp)"), "{line}"),
            "c.addi" | "addi" | "c.addi16sp" if *first == "sp" => {
                moves += 1;
                assert_eq!(immediate(rest.last().unwrap()) % 16, 0, "{line}");
            }
            _ => panic!("what is this to sp? {line}"),
        }
    }
    assert_eq!((stores, moves), (SLOTS, 2 * SLOTS));
}
