// SPDX-License-Identifier: GPL-2.0

//! `rvdirect stack`: by which ways functions are called.

use crate::cli;
use crate::event::{function, Call, Line};
use crate::failure::{Failure, Outcome};
use crate::files::Files;
use crate::flame;
use crate::hooks::Hooks;
use crate::instance::Instance;
use crate::report::{Record, Report};
use crate::units;
use crate::watch::Event;
use serde_json::json;
use std::collections::HashMap;
use std::fs::File;
use std::time::{Duration, Instant};

const EVENT: &str = "call";

/// How often to take events, where the kernel does not add them up.
const PAUSE: Duration = Duration::from_millis(100);

/// How many stacks the kernel adds up.
const SIZE: usize = 8192;

/// A function, the functions that call, nearest first, and how often they did.
#[derive(Debug, PartialEq)]
pub struct Stack {
    pub function: String,
    pub frames: Vec<String>,
    pub calls: u64,
}

/// Stacks that are added up here, and what was lost before.
#[derive(Default)]
struct Sum {
    stacks: HashMap<(String, Vec<String>), u64>,
    /// Calls whose stack did not come yet.
    calls: Vec<Call>,
    /// The call whose frames come next.
    last: Option<(String, Vec<String>)>,
    lost: u64,
}

pub fn run(files: &Files, args: &cli::Stack) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let flame = args.flame.as_ref().map(|path| {
        let file = File::create(path);
        file.map_err(|error| Failure::from(error).about(&path.display().to_string()))
    });
    let flame = flame.transpose()?;
    let path = Instance::path(files)?;
    let mut hooks = Hooks::attach(
        files,
        &args.hooking,
        "trace args=0",
        &mut report,
        Some(&path),
    )?;
    let mut instance = Instance::new(&path)?;
    let filter = format!(
        "session == {} && common_pid != {}",
        hooks.number()?,
        std::process::id()
    );
    let adds_up = instance.has(EVENT, "hist");
    if adds_up {
        let trigger = format!("hist:keys=target.sym,common_stacktrace:size={SIZE} if {filter}");
        instance.write(EVENT, "trigger", &trigger)?;
    } else {
        instance.set("stacktrace", true)?;
        instance.write(EVENT, "filter", &filter)?;
        instance.write(EVENT, "enable", "1")?;
    }
    hooks.start()?;

    let mut sum = Sum::default();
    let mut next = Instant::now();
    let status = loop {
        match hooks.watch.wait((!adds_up).then_some(next), false)? {
            Event::End(status) => break status,
            _ if !sum.add(&instance.take_lines()?) => next = Instant::now() + PAUSE,
            _ => {}
        }
    };
    hooks.stop(&mut report)?;
    let (stacks, lost) = if adds_up {
        let text = instance.histogram(EVENT)?;
        (histogram(&text), dropped(&text))
    } else {
        while sum.add(&instance.take_lines()?) {}
        let lost = sum.lost + sum.calls.len() as u64;
        (sum.stacks(), lost)
    };
    if lost > 0 {
        let sentence = format!("calls whose stacks were lost: {lost}");
        report.note("lost", "stack", lost, &sentence)?;
    }
    for stack in stacks.iter().take(args.lines.unwrap_or(usize::MAX)) {
        let record = Record::new("stack")
            .with("function", stack.function.as_str())
            .with("calls", stack.calls)
            .with("frames", json!(stack.frames));
        let mut text = format!("{} of {}\n", units::calls(stack.calls), stack.function);
        for name in &stack.frames {
            text += &format!("    {name}\n");
        }
        report.put(&record, &text)?;
    }
    if let Some(mut file) = flame {
        flame::draw(&stacks, &mut file)?;
    }
    report.finish(status)
}

/// Turns a stack of the kernel into one that begins with the function that was called, without what
/// rvdirect and tracing put on it. Some kernels do not tell the module of a frame.
fn stack(called: String, frames: &[String], calls: u64) -> Stack {
    let is_ours = |frame: &String| frame.starts_with("rvdirect:");
    let is_called = |frame: &String| name(frame) == name(&called);
    let ours = frames.iter().rposition(is_ours).map(|last| last + 1);
    let first = ours.or_else(|| frames.iter().position(is_called));
    let mut frames = &frames[first.unwrap_or(0)..];
    if frames.first().is_some_and(is_called) {
        frames = &frames[1..];
    }
    Stack {
        function: called,
        frames: frames.to_vec(),
        calls,
    }
}

/// The name of a function without its module.
fn name(function: &str) -> &str {
    function
        .split_once(':')
        .map_or(function, |(_, function)| function)
}

/// Adds up stacks that differ only in what is left out of them, and sorts them, most calls first.
fn sorted(stacks: impl Iterator<Item = Stack>) -> Vec<Stack> {
    let mut sums: HashMap<_, u64> = HashMap::new();
    for stack in stacks {
        *sums.entry((stack.function, stack.frames)).or_default() += stack.calls;
    }
    let mut sorted: Vec<_> = sums
        .into_iter()
        .map(|((function, frames), calls)| Stack {
            function,
            frames,
            calls,
        })
        .collect();
    sorted.sort_by(|a, b| {
        let by_name = || (&a.function, &a.frames).cmp(&(&b.function, &b.frames));
        b.calls.cmp(&a.calls).then_with(by_name)
    });
    sorted
}

/// How many calls a `hist:` trigger had no room for.
fn dropped(text: &str) -> u64 {
    let mut lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Dropped: "));
    lines
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

/// Parses what a `hist:` trigger shows: the function, a line for each frame, and the calls.
fn histogram(text: &str) -> Vec<Stack> {
    let mut stacks = Vec::new();
    let mut called = String::new();
    let mut frames = Vec::new();
    for line in text.lines() {
        if let Some(key) = line.strip_prefix("{ target: ") {
            let symbol = key.split_once("] ").map_or(key, |(_, symbol)| symbol);
            let symbol = symbol.split(',').next().unwrap_or_default();
            called = function(symbol.trim());
            frames.clear();
        } else if let Some((_, calls)) = line.split_once("} hitcount:") {
            let calls = calls.trim().parse().unwrap_or_default();
            stacks.push(stack(called.clone(), &frames, calls));
        } else if !called.is_empty() {
            frames.push(function(line.trim()));
        }
    }
    sorted(stacks.into_iter())
}

impl Sum {
    /// Returns whether there were any.
    fn add(&mut self, lines: &[String]) -> bool {
        for line in lines {
            match Line::parse(line) {
                Line::Call(call) => self.calls.push(call),
                Line::Stack { tid, hart } => {
                    self.end_stack();
                    let is_its = |call: &Call| call.tid == tid && call.hart == hart;
                    let index = self.calls.iter().rposition(is_its);
                    self.last = index.map(|index| (self.calls.remove(index).function, Vec::new()));
                }
                Line::Frame(frame) => {
                    if let Some((_, frames)) = &mut self.last {
                        frames.push(function(&frame));
                    }
                }
                Line::Lost(count) => self.lost += count,
                Line::Other => {}
            }
        }
        !lines.is_empty()
    }

    fn end_stack(&mut self) {
        if let Some(stack) = self.last.take() {
            *self.stacks.entry(stack).or_default() += 1;
        }
    }

    fn stacks(mut self) -> Vec<Stack> {
        self.end_stack();
        let stacks = self.stacks.into_iter();
        sorted(stacks.map(|((called, frames), calls)| stack(called, &frames, calls)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTOGRAM: &str = "\
# event histogram
#
# trigger info: hist:keys=target.sym,common_stacktrace:vals=hitcount:size=8192 [active]
#

{ target: [ffffffff80234] kfree                                        , common_stacktrace:
         rvdirect_handle_entry+0x5e/0x100 [rvdirect]
         rvdirect_trace+0x12/0x20 [rvdirect]
         kfree+0x8/0x100
         single_release+0x10/0x20
         __fput+0x30/0x40
} hitcount:          3
{ target: [ffffffff80234] kfree                                        , common_stacktrace:
         ext4_x+0x10/0x20 [ext4]
} hitcount:         40

Totals:
    Hits: 43
    Entries: 2
    Dropped: 5
";

    fn expected() -> Vec<Stack> {
        let stack = |frames: &[&str], calls| Stack {
            function: "kfree".to_string(),
            frames: frames.iter().map(|frame| frame.to_string()).collect(),
            calls,
        };
        vec![
            stack(&["ext4:ext4_x"], 40),
            stack(&["single_release", "__fput"], 3),
        ]
    }

    #[test]
    fn histograms_are_understood() {
        assert_eq!(histogram(HISTOGRAM), expected());
        assert_eq!(dropped(HISTOGRAM), 5);
        assert_eq!(histogram(""), []);
    }

    fn call(task: &str) -> String {
        format!("  {task}  1.0: call: kfree <- x+0x1/0x2 args={{}}")
    }

    fn stack_of(task: &str, frames: &[&str]) -> Vec<String> {
        let frames = frames.iter().map(|frame| format!(" => {frame}"));
        std::iter::once(format!("  {task}  1.0: <stack trace>"))
            .chain(frames)
            .collect()
    }

    #[test]
    fn events_are_added_up() {
        let mut sum = Sum::default();
        // Kernels such as 6.12 do not tell the module.
        for ours in ["rvdirect_trace [rvdirect]", "rvdirect_trace"] {
            sum.add(&[call("sh-7 [000] .....")]);
            let frames = [ours, "kfree", "single_release", "__fput"];
            sum.add(&stack_of("sh-7 [000] .....", &frames));
        }
        for _ in 0..40 {
            sum.add(&[call("sh-7 [000] .....")]);
            sum.add(&stack_of("sh-7 [000] .....", &["ext4_x [ext4]"]));
        }
        sum.add(&["CPU:0 [LOST 9 EVENTS]".to_string()]);
        assert_eq!(sum.lost, 9);
        let mut expected = expected();
        expected[1].calls = 2;
        assert_eq!(sum.stacks(), expected);
    }

    #[test]
    fn stacks_of_harts_and_interrupts_are_told_apart() {
        let mut sum = Sum::default();
        sum.add(&[
            call("sh-7 [000] ....."),
            call("sh-7 [000] d.h.."),
            call("ls-8 [001] ....."),
        ]);
        sum.add(&stack_of("sh-7 [000] d.h..", &["kfree", "irq"]));
        sum.add(&stack_of("sh-7 [000] .....", &["kfree", "task"]));
        sum.add(&stack_of("ls-8 [001] .....", &["kfree", "other"]));
        let frames: Vec<_> = sum.stacks().into_iter().map(|one| one.frames).collect();
        assert_eq!(frames, [["irq"], ["other"], ["task"]]);
    }
}
