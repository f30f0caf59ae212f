// SPDX-License-Identifier: GPL-2.0

//! Runs the real `asm/trampoline.S` under qemu-user and holds it to its register contract.

mod lines;

use std::collections::HashMap;
use std::process::{
    Command,
    Output, //
};

/// What the harness printed.
struct Run(HashMap<String, u64>);

const SLOTS: u64 = 1024;
const RA: usize = 1;
const SP: usize = 2;
const T0: usize = 5;
const T1: usize = 6;
const S0: usize = 8;
const A0: usize = 10;
const A1: usize = 11;

/// The kinds that call the target, and wait for its return.
const WAITING: [&str; 4] = ["return", "exit", "latency", "latency_each"];

/// Runs the harness in QEMU, with these environment variables, which are its options.
fn harness(variables: &[(&str, &str)], arguments: &str) -> Output {
    // A broken trampoline may run for ever.
    Command::new("timeout")
        .args(["20", "qemu-riscv64"])
        .arg(env!("HARNESS"))
        .args(arguments.split(' '))
        .envs(variables.iter().copied())
        .output()
        .expect("qemu-riscv64 is installed by scripts/setup")
}

fn run(arguments: &str) -> Run {
    let output = harness(&[], arguments);
    assert!(output.status.success(), "{arguments}: {output:?}");
    let mut values = HashMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (name, value) = line.split_once(' ').unwrap();
        values.insert(name.into(), u64::from_str_radix(value, 16).unwrap());
    }
    let run = Run(values);
    assert_eq!(run.maybe("slots_remainder").unwrap_or(0), 0, "{arguments}");
    assert!(run.maybe("mprotect_failed").is_none());
    assert_eq!(
        run.value("other_counts"),
        0,
        "{arguments}: another slot counted"
    );
    run
}

impl Run {
    fn maybe(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    fn value(&self, name: &str) -> u64 {
        self.maybe(name).unwrap_or_else(|| panic!("no {name}"))
    }

    fn register(&self, when: char, number: usize) -> u64 {
        self.value(&format!("{when}{number:02}"))
    }

    /// Returns what each hart counted, if anything: the hart, calls that entered, calls that left.
    fn counts(&self) -> Vec<(u64, u64, u64)> {
        (0..8)
            .map(|hart| {
                let of = |name| self.value(&format!("{name}{hart:02}"));
                (hart, of("e"), of("l"))
            })
            .filter(|(_, entered, left)| entered + left > 0)
            .collect()
    }

    /// Checks that the target found each register as its caller had left it, but for `changed`.
    fn assert_seen_except(&self, changed: &[usize]) {
        for n in (1..32).filter(|n| *n != T1 && !changed.contains(n)) {
            assert_eq!(self.register('i', n), self.register('s', n), "x{n} changed");
        }
    }

    /// Checks that the caller of the target finds all callee-saved registers as they were.
    fn assert_kept(&self) {
        for n in [SP, 3, 4, S0, 9].into_iter().chain(18..28) {
            assert_eq!(self.register('i', n), self.register('o', n), "x{n} changed");
        }
    }

    /// Checks that the trampoline wrote nothing above the target's sp, and at most `frame` bytes
    /// below it.
    fn assert_stack(&self, frame: u64) {
        assert_eq!(self.register('i', SP) % 16, 0, "entered with sp aligned");
        assert_eq!(
            self.value("change_above_sp"),
            0,
            "the target's frame changed"
        );
        let lowest = self.value("lowest_change") as i64;
        assert!(lowest >= -(frame as i64), "the stack changed at sp{lowest}");
    }

    /// Checks that the unwinder finds the target and its caller from the trampoline on.
    fn assert_unwinds(&self) {
        for name in [
            "unwound_target",
            "unwound_caller",
            "unwound_frame",
            "frame_is_sp",
        ] {
            assert_eq!(self.value(name), 1, "{name}");
        }
    }
}

#[test]
fn nop_keeps_everything() {
    let run = run("nop");
    run.assert_seen_except(&[]);
    run.assert_stack(0);
    assert_eq!(run.counts(), []);
}

#[test]
fn count_keeps_everything_and_counts() {
    for hart in [0, 1, 7] {
        for calls in [1, 1000] {
            let run = run(&format!("count hart={hart} calls={calls}"));
            run.assert_seen_except(&[]);
            run.assert_stack(0);
            assert_eq!(run.counts(), [(hart, calls, 0)]);
        }
    }
}

/// Where a BPF program returns in place of the target, nothing is called, counted or stored.
#[test]
fn what_bpf_overrides_passes() {
    let others = ["count", "count_each", "entry", "trace"];
    for kind in others.into_iter().chain(WAITING) {
        for filter in [0, 1] {
            let run = run(&format!("{kind} on=1 overridden=1 filter={filter}"));
            assert_eq!(run.register('s', RA), run.register('s', T0), "{kind}");
            run.assert_seen_except(&[]);
            run.assert_stack(32 * filter);
            assert_eq!(run.counts(), [], "{kind}");
        }
    }
}

/// A group's trampoline counts only for the hart and the function.
#[test]
fn each_function_of_a_group_is_counted() {
    for (slot, hart, cell) in [(0, 0, 0), (5, 3, 1), (SLOTS - 1, 7, 15)] {
        for kind in ["count_each", "latency_each"] {
            let run = run(&format!(
                "{kind} slot={slot} hart={hart} cell={cell} calls=9"
            ));
            assert_eq!(run.value("cell_hart"), hart);
            assert_eq!(run.value("cell"), cell);
            assert_eq!(run.value("cell_count"), 9);
            if kind == "count_each" {
                run.assert_seen_except(&[]);
                run.assert_stack(16);
                assert_eq!(run.counts(), [], "the cells are all that is counted");
            } else {
                assert_eq!(run.value("histogram_at"), hart * 16 + cell);
                assert_eq!(run.counts(), [(hart, 9, 9)]);
            }
        }
    }
}

/// The filter goes on to a trampoline of any kind, as a call site would, or to the target.
#[test]
fn the_filter_lets_some_calls_pass() {
    for kind in [
        "count",
        "entry",
        "return",
        "latency",
        "override",
        "count_each",
    ] {
        for (filter, passes) in [
            ("", true),
            ("pid=77", true),
            ("pid=76", false),
            ("pid=70", false),
            ("tgid=70", true),
            ("tgid=77", false),
            ("pid=77 tgid=70", true),
            ("pid=76 tgid=70", false),
            ("pid=77 tgid=71", false),
            ("name=77", true),
            ("name=76", false),
            ("name=77 prefix=0", true),
            ("name=77 prefix=1", true),
            ("name=77 prefix=12", true),
            ("name=76 prefix=8", true),
            ("name=76 prefix=9", true),
            ("name=76 prefix=10", false),
            ("cgroup=1", true),
            ("cgroup=2", true),
            ("cgroup=3", true),
            ("cgroup=4", false),
            ("cgroup=1 pid=76", false),
            ("harts=8", true),
            ("harts=247", false),
            ("pid=77 name=77 harts=8", true),
            ("pid=77 name=77 harts=7", false),
            ("pid=77 name=76 harts=8", false),
            ("pid=7 name=77 harts=8", false),
        ] {
            let irqs = kind.len() % 2;
            let arguments = format!("{kind} filter=1 slot=9 hart=3 irqs={irqs} {filter}");
            let run = run(arguments.trim_end());
            let counted = !run.counts().is_empty() || run.maybe("cell_count").is_some();
            assert_eq!(counted, passes, "{arguments}");
            if !passes || ["count", "count_each", "entry"].contains(&kind) {
                run.assert_seen_except(&[]);
            }
            if !passes {
                run.assert_stack(32);
            }
            assert_eq!(run.value("irqs"), irqs as u64, "{arguments}");
        }
    }
}

/// Each slot works with its own rows: the first slot, the last one, and some between.
#[test]
fn each_slot_counts_for_itself() {
    let others = ["count", "entry", "trace", "override", "some"];
    for kind in others.into_iter().chain(WAITING) {
        for slot in [0, 1, 2, 511, 512, SLOTS - 2, SLOTS - 1] {
            let run = run(&format!("{kind} slot={slot} hart=3 calls=5"));
            let waits = WAITING.contains(&kind);
            assert_eq!(run.counts(), [(3, 5, if waits { 5 } else { 0 })], "{kind}");
        }
    }
}

/// This holds whatever the handler leaves in the registers.
#[test]
fn entry_shows_the_call_and_keeps_everything() {
    let run = run("entry hart=2");
    run.assert_seen_except(&[]);
    assert_eq!(run.value("change_above_sp"), 0);
    run.assert_unwinds();
    for name in ["entry_target", "entry_caller", "entry_args", "entry_marked"] {
        assert_eq!(run.value(name), 1, "{name}");
    }
    assert_eq!(run.value("entry_data"), 0xda7a);
    assert!(run.maybe("exit_target").is_none());
    assert!(run.maybe("guarded").is_none());
    assert_eq!(run.value("mark"), 0);
    assert_eq!(run.value("recursion"), 0x100, "the bits are as they were");
    assert_eq!(run.counts(), [(2, 1, 0)]);
}

/// While its event is off, "trace" does not even save the arguments. It goes to the guard in C
/// where the call may have to be missed.
#[test]
fn trace_calls_its_handler_while_its_event_is_on() {
    for other in ["irqs=1", "irqs=0", "softirq=1", "busy=1"] {
        let off = run(&format!("trace hart=2 {other}"));
        off.assert_seen_except(&[]);
        assert_eq!(off.maybe("guarded").is_some(), other != "irqs=1", "{other}");
        assert_eq!(
            off.maybe("entry_target").is_some(),
            other.ends_with("0") || other == "softirq=1"
        );
        assert_eq!(off.counts(), [(2, 1, 0)]);
    }
    let on = run("trace hart=2 on=1");
    on.assert_seen_except(&[]);
    on.assert_unwinds();
    assert_eq!(on.value("entry_args"), 1);
    assert_eq!(on.value("recursion"), 0x100);
    assert_eq!(on.counts(), [(2, 1, 0)]);
}

#[test]
fn a_handler_can_change_arguments() {
    for kind in ["entry", "return"] {
        let run = run(&format!("{kind} change=1"));
        assert_eq!(run.register('s', A1), 0x1234, "{kind}");
        assert_eq!(run.register('s', A0), run.register('i', A0), "{kind}");
        // The ninth, which is on the stack.
        assert_eq!(run.value("first_word"), 0x5678, "{kind}");
        assert_eq!(run.value("words"), 16, "{kind}");
    }
}

/// Cases outside the guard's fast path go to C code, and all registers are kept there as well.
#[test]
fn the_rest_of_the_guard_is_in_c() {
    for kind in ["entry", "return"] {
        let softirq = run(&format!("{kind} softirq=1"));
        let irqs_off = run(&format!("{kind} irqs=0"));
        for run in [&softirq, &irqs_off] {
            assert_eq!(run.value("guarded"), 1);
            assert_eq!(run.value("entry_target"), 1);
        }
        let busy = run(&format!("{kind} busy=1"));
        assert_eq!(busy.value("guarded"), 1);
        assert!(busy.maybe("entry_target").is_none());
        assert!(busy.maybe("exit_target").is_none(), "the entry was missed");
        assert_eq!(busy.value("recursion"), 0x108);
        for run in [softirq, irqs_off, busy] {
            let calls_target = kind == "return";
            run.assert_seen_except(if calls_target { &[RA, SP, S0] } else { &[] });
            assert_eq!(run.counts(), [(0, 1, calls_target as u64)]);
        }
    }
    let busy = run("exit busy=1");
    assert!(busy.maybe("exit_target").is_none());
    assert_eq!(busy.register('o', A0), busy.value("junk_a0"));
}

#[test]
fn return_calls_the_target_and_keeps_everything() {
    for kind in WAITING {
        let run = run(&format!("{kind} hart=5"));
        run.assert_seen_except(&[RA, SP, S0]);
        assert_eq!(run.register('s', SP) % 16, 0, "{kind}");
        run.assert_kept();
        run.assert_unwinds();
        assert_eq!(run.register('s', T0), run.register('i', T0));
        assert_eq!(run.value("words"), 16, "{kind}");
        assert_eq!(run.value("mark"), 0, "{kind}");
        assert_eq!(run.value("change_above_sp"), 0, "{kind}");
        assert_eq!(run.register('o', A0), run.value("junk_a0"), "{kind}");
        assert_eq!(run.register('o', A1), run.value("junk_a1"), "{kind}");
        assert_eq!(run.counts(), [(5, 1, 1)], "{kind}");
        assert_eq!(run.value("recursion"), 0x100);
    }
}

#[test]
fn the_exit_handler_sees_the_return() {
    for kind in ["return", "exit"] {
        let run = run(&format!("{kind} change=1"));
        for name in ["exit_target", "exit_caller", "exit_marked", "exit_arg0"] {
            assert_eq!(run.value(name), 1, "{kind}: {name}");
        }
        assert_eq!(run.value("exit_ret0"), run.value("junk_a0"));
        assert_eq!(run.value("exit_ret1"), run.value("junk_a1"));
        assert_eq!(run.value("exit_ticks_sign"), 0);
        assert_eq!(run.register('o', A0), run.value("junk_a0") + 1);
        assert_eq!(run.register('o', A1), run.value("junk_a1"));
        assert_eq!(run.maybe("entry_target").is_some(), kind == "return");
    }
    assert_eq!(run("return").value("exit_cookie"), 0xc00c1e);
}

/// The target finds all words that the frame of its caller can hold. If the frame is too large, the
/// call is missed, and the target runs as if the trampoline were not there.
#[test]
fn frames_of_every_size_are_copied() {
    for kind in WAITING {
        let step = if kind == "latency" { 16 } else { 240 };
        for frame in (0..=2032).step_by(step).chain([2016, 2032]) {
            let run = run(&format!("{kind} frame={frame} room=4096"));
            assert_eq!(run.value("words"), frame as u64 / 8, "{kind} frame={frame}");
            run.assert_kept();
            run.assert_seen_except(&[RA, SP, S0]);
            run.assert_unwinds();
            assert_eq!(run.counts(), [(0, 1, 1)]);
            assert_eq!(run.value("m00"), 0);
        }
        for frame in [2048, 4000] {
            let run = run(&format!("{kind} frame={frame} room=6000"));
            assert_missed(kind, &run);
        }
        // It may end where the stack ends.
        let run = run(&format!("{kind} frame=2032 room=2048"));
        assert_eq!(run.value("words"), 254, "{kind}");
        assert_eq!(run.counts(), [(0, 1, 1)]);
        assert_eq!(run.value("m00"), 0);
    }
}

/// A caller in assembly passes nothing on the stack, and its `s0` may be anything. The harness
/// cannot read what lies above the stack.
#[test]
fn assembly_may_call_the_target() {
    for kind in WAITING {
        for no_frame in 1..=4 {
            for room in [16, 64, 2048] {
                let run = run(&format!("{kind} no_frame={no_frame} room={room}"));
                run.assert_kept();
                run.assert_seen_except(&[RA, SP, S0]);
                assert_eq!(run.counts(), [(0, 1, 1)]);
                assert_eq!(run.value("m00"), 0, "{kind} no_frame={no_frame}");
                assert!(run.value("sp_to_frames") <= 192, "nothing is copied");
            }
        }
    }
}

/// The caller's frame may be the first on its stack: no more is read than it has.
#[test]
fn nothing_is_read_behind_the_end_of_the_stack() {
    for kind in WAITING {
        for frame in [16, 128, 2032] {
            let run = run(&format!("{kind} frame={frame} room={}", frame + 16));
            run.assert_kept();
            run.assert_seen_except(&[RA, SP, S0]);
            assert_eq!(run.value("words"), frame / 8, "{kind} frame={frame}");
        }
    }
}

fn assert_missed(kind: &str, run: &Run) {
    run.assert_kept();
    run.assert_seen_except(&[]);
    let missed: u64 = (0..8).map(|hart| run.value(&format!("m{hart:02}"))).sum();
    assert_eq!(missed, 1, "{kind}");
    assert!(matches!(run.counts()[..], [(_, 1, 1)]));
    assert!(run.maybe("entry_target").is_none() && run.maybe("exit_target").is_none());
    assert_eq!(run.maybe("histogram_at"), None);
    assert_eq!(run.maybe("cell_count"), None);
    assert_eq!(run.value("mark"), 0);
}

/// A call that would leave less than half of the stack is missed.
#[test]
fn calls_without_room_are_missed() {
    const HALF: i64 = 8192;

    for (kind, frames) in [
        ("return", 192),
        ("exit", 192),
        ("latency", 48),
        ("latency_each", 64),
    ] {
        for copied in [0, 128, 2032] {
            let needed = frames + copied;
            for (room, missed) in [
                (HALF - needed, false),
                (HALF - needed + 16, true),
                (HALF, true),
            ] {
                let run = run(&format!("{kind} room={room} frame={copied} hart=5"));
                if missed {
                    assert_missed(kind, &run);
                    run.assert_stack(frames as u64);
                } else {
                    run.assert_kept();
                    assert_eq!(run.value("m05"), 0, "{kind} room={room}");
                    assert_eq!(run.counts(), [(5, 1, 1)]);
                }
            }
        }
    }
}

/// Nor is a call let through whose copy would reach over the end of the stack.
#[test]
fn calls_at_the_end_of_the_stack_are_missed() {
    const STACK: u64 = 16384;

    for kind in WAITING {
        for left in [512, 1024, 2048] {
            let run = run(&format!("{kind} room={} frame=2032", STACK - left));
            assert_missed(kind, &run);
        }
    }
}

/// The bucket is the number of significant bits of the duration.
#[test]
fn latency_fills_the_histogram() {
    let powers = (0..10).chain((16..63).step_by(8)).map(|bit| 1 << bit);
    let ticks = powers.flat_map(|power: u64| [power - 1, power]);
    for ticks in ticks.chain([u64::MAX >> 1]) {
        for (kind, zbb) in [("latency", 0), ("latency", 1), ("latency_each", ticks & 1)] {
            let run = run(&format!("{kind} hart=6 calls=3 ticks={ticks} zbb={zbb}"));
            assert_eq!(run.value("histogram_min"), ticks, "{kind}");
            assert_eq!(run.value("histogram_max"), ticks, "{kind}");
            let total = ticks.wrapping_mul(3);
            assert_eq!(run.value("histogram_total"), total, "{kind}");
            let buckets: Vec<_> = (0..64)
                .filter_map(|bits| Some((bits, run.maybe(&format!("b{bits:02}"))?)))
                .collect();
            let bits = u64::BITS - ticks.leading_zeros();
            assert_eq!(buckets, [(bits, 3)], "{kind} ticks={ticks} zbb={zbb}");
        }
    }
}

/// Only calls that took so long and returned such a value are in the histogram. All have left.
#[test]
fn the_histogram_has_what_is_wanted() {
    const BEFORE: u64 = u64::MAX;

    for (ticks, sure, min, first, more, is_wanted) in [
        (9, 9, 9, 0, u64::MAX, true),
        (10, 9, 9, 0, u64::MAX, true),
        (8, 9, 9, 0, u64::MAX, false),
        (8, u64::MAX, 0, 0, 0, true),
        (8, u64::MAX, 0, 1, 0, false),
        (8, u64::MAX, 0, 1, u64::MAX - 1, false),
        (8, u64::MAX, 0, 5, u64::MAX - 1, true),
        (8, u64::MAX, 0, BEFORE, 0, false),
        (8, u64::MAX, 0, BEFORE, 1, true),
        (8, u64::MAX, 9, 0, 0, false),
        (9, u64::MAX, 9, 0, 0, true),
    ] {
        let wanted = format!("sure={sure} min={min} ret_first={first} ret_more={more}");
        for kind in ["latency", "latency_each"] {
            let run = run(&format!("{kind} hart=6 ticks={ticks} {wanted}"));
            let count = run.maybe("histogram_total").map(|total| total / ticks);
            assert_eq!(count, is_wanted.then_some(1), "{kind} {ticks} {wanted}");
            assert_eq!(run.counts(), [(6, 1, 1)]);
            assert_eq!(run.register('o', A0), run.value("junk_a0"));
        }
    }
}

/// Two harts' timers may differ a bit, so a target may seem to have run for less than no time.
#[test]
fn no_duration_is_negative() {
    let run = run(&format!("latency ticks={}", u64::MAX));
    assert_eq!(run.value("histogram_max"), 0);
    assert_eq!(run.value("b00"), 1);
}

/// Without Zbb, its instruction is not there; with it, it is, and that is what runs.
#[test]
fn zbb_is_used_where_it_is() {
    for kind in ["latency", "latency_each"] {
        for (zbb, works) in [(0, true), (1, false)] {
            let arguments = format!("{kind} zbb={zbb}");
            let output = harness(&[("QEMU_CPU", "rv64,zbb=off")], &arguments);
            assert_eq!(output.status.success(), works, "{arguments}");
        }
    }
}

#[test]
fn override_returns_in_place_of_the_target() {
    let run = run("override hart=4 calls=3");
    assert_eq!(run.value("overridden"), 3);
    run.assert_kept();
    run.assert_stack(0);
    assert_eq!(run.register('o', A0), 0x0123456789abcdef);
    assert_eq!(run.counts(), [(4, 3, 0)]);
}

/// Takes every Nth call, up to a limit. The other calls find everything as it was.
#[test]
fn override_takes_some_of_the_calls() {
    for (every, times, calls, overridden) in [
        (1, 5, 3, 3),
        (1, 5, 20, 5),
        (3, 100, 20, 6),
        (3, 2, 20, 2),
        (7, 1, 6, 0),
        (7, 1, 7, 1),
    ] {
        let run = run(&format!("some every={every} times={times} calls={calls}"));
        assert_eq!(run.value("overridden"), overridden);
        run.assert_stack(32);
        let entered: u64 = run.counts().iter().map(|(_, entered, _)| entered).sum();
        assert_eq!(entered, overridden, "hits are those that it overrode");
        if overridden < calls && run.register('s', T0) != 0 {
            run.assert_seen_except(&[]);
        }
        if overridden > 0 {
            run.assert_kept();
            assert_eq!(run.register('o', A0), 0x0123456789abcdef);
        }
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
            // What is copied, a multiple of 16.
            "sub" if *first == "sp" => moves += 1,
            // The frames again, which are right below the target's frame.
            "addi" if rest[0] == "s0" => assert_eq!(immediate(rest[1]) % 16, 0, "{line}"),
            // Takes its value.
            "c.addi4spn" | "addi" | "c.mv" | "sub" | "and" => assert_ne!(*first, "sp", "{line}"),
            _ => panic!("what is this to sp? {line}"),
        }
    }
    assert!(stores > 100 && moves > 20, "{stores} {moves}");
}
