// SPDX-License-Identifier: GPL-2.0

//! Which cache lines a call touches: found from the address of each instruction that runs in the
//! real `asm/trampoline.S`, and of what it loads or stores. The lines of the call site, of ftrace,
//! of the target and of handlers are not among them.

use crate::{
    harness,
    WAITING, //
};
use std::collections::{
    BTreeMap,
    BTreeSet,
    HashMap, //
};
use std::process::Command;

const LINE: u64 = 64;

/// The paths of a call: what they are called, and what makes the harness go there.
const PATHS: [(&str, &str); 16] = [
    ("nop", "nop"),
    ("count", "count"),
    ("count, of a group", "count_each"),
    ("trace, event off", "trace"),
    ("trace, event on", "trace on=1"),
    ("return", "exit"),
    ("latency", "latency zbb=1"),
    ("latency, without Zbb", "latency"),
    ("latency, of a group", "latency_each zbb=1"),
    ("count, let pass by comm=", "count filter=1 name=77"),
    ("count, let pass by tgid=", "count filter=1 tgid=70"),
    ("count, let pass by cgroup=", "count filter=1 cgroup=1"),
    ("filtered out by comm=", "count filter=1 name=76"),
    ("override", "override"),
    (OVERRIDE_SOME, "some every=2"),
    ("entry and exit handler", "return"),
];

/// All harts count together which calls to override, so they do share a line.
const OVERRIDE_SOME: &str = "override, of some calls";

/// The lines of one call.
struct Lines {
    code: BTreeSet<u64>,
    /// Those of the stack and of the task.
    own: BTreeSet<u64>,
    /// All others, and whether they are written.
    data: BTreeMap<u64, bool>,
}

/// An instruction as it runs.
struct Step {
    pc: u64,
    sp: u64,
    tp: u64,
    /// The address that it loads from or stores to, and whether it stores.
    access: Option<(u64, bool)>,
}

/// The instructions of the harness by their addresses, and the range of the trampolines.
struct Code {
    instructions: HashMap<u64, String>,
    start: u64,
    end: u64,
}

impl Code {
    fn read() -> Self {
        let output = Command::new(env!("OBJDUMP"))
            .args(["--disassemble", "--no-show-raw-insn", "-M", "no-aliases"])
            .arg(env!("HARNESS"))
            .output()
            .expect("llvm-objdump is installed by scripts/setup");
        let text = String::from_utf8(output.stdout).unwrap();
        let address = |text: &str| u64::from_str_radix(text.trim(), 16).unwrap();
        let label = |name: &str| {
            let label = format!(" <{name}>:");
            let line = text.lines().find_map(|line| line.strip_suffix(&label));
            address(line.unwrap_or_else(|| panic!("no {name}")))
        };
        let instructions = text
            .lines()
            .filter_map(|line| line.split_once(":  "))
            .map(|(at, code)| (address(at), code.trim().into()));
        Code {
            instructions: instructions.collect(),
            start: label("rvdirect_nop"),
            end: label("rvdirect_filter_slots_end"),
        }
    }

    /// Returns what each instruction of the trampolines finds as it runs.
    fn steps(&self, arguments: &str, hart: u64) -> Vec<Step> {
        let range = format!("{:#x}..{:#x}", self.start, self.end - 1);
        // One block for each instruction, and the registers before each block. QEMU 8.1 has a new
        // name for the first.
        let variables = [
            ("QEMU_SINGLESTEP", "1"),
            ("QEMU_ONE_INSN_PER_TB", "1"),
            ("QEMU_LOG", "cpu,nochain"),
            ("QEMU_DFILTER", &range),
        ];
        let output = harness(&variables, &format!("{arguments} slot=5 hart={hart}"));
        assert!(output.status.success(), "{arguments}: {output:?}");
        let log = String::from_utf8(output.stderr).unwrap();
        let step = |block: &str| {
            let mut words = block.split_whitespace();
            let mut number = || u64::from_str_radix(words.next()?, 16).ok();
            let pc = number().unwrap();
            let words: Vec<_> = block.split_whitespace().skip(1).collect();
            let registers: HashMap<_, _> = words
                .chunks_exact(2)
                .filter_map(|pair| {
                    let name = pair[0].split_once('/')?.1;
                    Some((name, u64::from_str_radix(pair[1], 16).ok()?))
                })
                .collect();
            Step {
                pc,
                sp: registers["sp"],
                tp: registers["tp"],
                access: access(&self.instructions[&pc], &registers),
            }
        };
        log.split(" pc ").skip(1).map(step).collect()
    }

    /// Returns the lines that one call on a hart touches.
    fn lines(&self, arguments: &str, hart: u64) -> Lines {
        let mut lines = Lines {
            code: BTreeSet::new(),
            own: BTreeSet::new(),
            data: BTreeMap::new(),
        };
        let steps = self.steps(arguments, hart);
        let (sp, tp) = steps.first().map_or((0, 0), |step| (step.sp, step.tp));
        for step in steps {
            lines.code.insert(step.pc / LINE);
            let Some((address, is_written)) = step.access else {
                continue;
            };
            let is_own =
                (sp - 8192..sp + 2048).contains(&address) || (tp..tp + 8192).contains(&address);
            if is_own {
                lines.own.insert(address / LINE);
            } else {
                *lines.data.entry(address / LINE).or_default() |= is_written;
            }
        }
        lines
    }
}

/// Returns the address that an instruction loads from or stores to, and whether it stores.
fn access(instruction: &str, registers: &HashMap<&str, u64>) -> Option<(u64, bool)> {
    let (op, operands) = instruction.split_once(char::is_whitespace)?;
    let op = op.trim_start_matches("c.");
    let (before, base) = operands.strip_suffix(')')?.rsplit_once('(')?;
    if op == "jalr" {
        return None;
    }
    let is_written = match op {
        "ld" | "ldsp" | "lw" | "lwu" | "lwsp" => false,
        "sd" | "sdsp" | "sw" | "swsp" => true,
        op if op.starts_with("amo") => true,
        _ => panic!("what does this do to memory? {instruction}"),
    };
    let offset = before.rsplit([',', ' ']).next().unwrap();
    let digits = offset.trim_start_matches('-').trim_start_matches("0x");
    let mut offset_value = u64::from_str_radix(digits, 16).unwrap_or(0);
    if offset.starts_with('-') {
        offset_value = offset_value.wrapping_neg();
    }
    Some((registers[base].wrapping_add(offset_value), is_written))
}

/// Harts that call the same target at the same time write to no line that another one uses.
/// Prints how many lines of each kind a call touches: `scripts/lines` shows them.
#[test]
fn no_written_line_is_shared_between_harts() {
    let code = Code::read();
    for (path, arguments) in PATHS {
        let [one, other] = [3, 5].map(|hart| code.lines(arguments, hart));
        let is_shared = |line: &&u64| other.data.contains_key(line);
        let shared: Vec<_> = one.data.keys().filter(is_shared).collect();
        let written = shared
            .iter()
            .filter(|line| one.data[line] || other.data[line]);
        let expected = usize::from(path == OVERRIDE_SOME);
        assert_eq!(written.count(), expected, "{path}: written by two harts");
        println!(
            "lines: {} {} {} {} {path}",
            one.code.len(),
            one.own.len(),
            one.data.len() - shared.len(),
            shared.len(),
        );
    }
}

/// Where a call first looks like one in flight, the fields that tell which one and since when are
/// there: the task may be interrupted at any instruction, and its stack searched.
#[test]
fn the_mark_comes_last() {
    // Offsets in `struct rvdirect_call`, from its end.
    const TICKS: u64 = 48;
    const ROWS: u64 = 40;
    const FP: u64 = 32;
    const RESUME: u64 = 24;

    let code = Code::read();
    for kind in WAITING {
        let steps = code.steps(kind, 0);
        let stored = |offset: u64| {
            let at = Some((steps[0].sp - offset, true));
            steps.iter().position(|step| step.access == at).unwrap()
        };
        for field in [TICKS, ROWS, RESUME] {
            assert!(stored(field) < stored(FP), "{kind}: {field} bytes below sp");
        }
    }
}
