// SPDX-License-Identifier: GPL-2.0

//! `rvdirect trace`: each call, or each return.

use crate::cli;
use crate::event::{Call, Line};
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::instance::Instance;
use crate::report::{Record, Report};
use crate::units;
use crate::watch::Event;
use serde_json::json;
use std::time::{Duration, Instant};

/// How often to look for events. To wait for each of them would wake this task as often.
const PAUSE: Duration = Duration::from_millis(100);

/// The least result that is an error: `-MAX_ERRNO`.
const LEAST_ERROR: i32 = -4095;

/// Shows lines until there were enough.
struct Shown {
    left: usize,
    lost: u64,
}

pub fn run(files: &Files, args: &cli::Trace) -> Outcome<u8> {
    let waits = args.ret || args.failed || args.min.is_some();
    let (caller, event) = if waits {
        ("return", "return")
    } else {
        ("trace", "call")
    };
    let mut report = Report::new(&args.output)?;
    let path = Instance::path(files)?;
    let caller = format!("{caller} args={}", args.args);
    let mut hooks = Hooks::attach(files, &args.hooking, &caller, &mut report, Some(&path))?;
    let mut instance = Instance::new(&path)?;
    let filter = filter(hooks.number()?, args);
    instance.write(event, "filter", &filter)?;
    instance.write(event, "enable", "1")?;
    hooks.start()?;

    let mut shown = Shown {
        left: args.lines.unwrap_or(usize::MAX),
        lost: 0,
    };
    let mut next = Instant::now() + PAUSE;
    let status = loop {
        if let Event::End(status) = hooks.watch.wait(Some(next), false)? {
            hooks.stop(&mut report)?;
            while shown.show(&mut instance, &mut report)? {}
            break status;
        }
        if !shown.show(&mut instance, &mut report)? {
            report.flush()?;
            next = Instant::now() + PAUSE;
        }
        if shown.left == 0 && !hooks.has_command() {
            hooks.stop(&mut report)?;
            break None;
        }
    };
    if shown.lost > 0 {
        let sentence = format!("{} calls were lost, because they came too fast", shown.lost);
        report.note("lost", "trace", shown.lost, &sentence)?;
    }
    report.finish(status)
}

/// Which events: those of the session, but not the calls of this command itself.
fn filter(session: u64, args: &cli::Trace) -> String {
    let mut filter = format!(
        "session == {session} && common_pid != {}",
        std::process::id()
    );
    if args.failed {
        filter += &format!(" && ret < 0 && ret >= {LEAST_ERROR}");
    }
    if let Some(min) = args.min {
        filter += &format!(" && duration >= {}", min.as_nanos());
    }
    filter
}

impl Shown {
    /// Shows some lines. Returns whether there were any.
    fn show(&mut self, instance: &mut Instance, report: &mut Report) -> Outcome<bool> {
        let lines = instance.take_lines()?;
        for line in &lines {
            match Line::parse(line) {
                Line::Call(call) if self.left > 0 => {
                    self.left -= 1;
                    report.put(&record(&call), &text(&call))?;
                }
                Line::Lost(count) if self.left > 0 => self.lost += count,
                _ => {}
            }
        }
        Ok(!lines.is_empty())
    }
}

fn record(call: &Call) -> Record {
    let kind = if call.returned.is_some() {
        "return"
    } else {
        "call"
    };
    let record = Record::new(kind)
        .with("time", call.time)
        .with("task", call.task.as_str())
        .with("tid", call.tid)
        .with("hart", call.hart)
        .with("function", call.function.as_str())
        .with("caller", call.caller.as_str())
        .with("args", json!(call.args));
    match &call.returned {
        None => record,
        Some(returned) => record
            .with("ret", returned.ret)
            .with("error", returned.error.clone())
            .with("duration_ns", returned.duration),
    }
}

fn text(call: &Call) -> String {
    let result = match &call.returned {
        None => String::new(),
        Some(returned) => {
            let result = match &returned.error {
                Some(name) => format!("-{name}"),
                None if returned.ret < 0 => format!("{:#x}", returned.ret),
                None => returned.ret.to_string(),
            };
            format!(" = {result} ({})", units::show(returned.duration))
        }
    };
    format!(
        "{:>14.6} {:>16}-{:<7} [{}] {}({}){result} <- {}",
        call.time,
        call.task,
        call.tid,
        call.hart,
        call.function,
        call.args.join(", "),
        call.caller,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Returned;

    fn call(returned: Option<Returned>) -> Call {
        Call {
            task: "ls".to_string(),
            tid: 93,
            hart: 1,
            time: 1.5,
            function: "vfs_read".to_string(),
            caller: "ksys_read".to_string(),
            args: vec!["0x1".to_string(), "0x2".to_string()],
            returned,
        }
    }

    #[test]
    fn people_see_calls() {
        assert!(text(&call(None)).ends_with("ls-93      [1] vfs_read(0x1, 0x2) <- ksys_read"));
        for (ret, error, shown) in [
            (-2, Some("ENOENT".to_string()), "= -ENOENT (1.50 us)"),
            (7, None, "= 7 (1.50 us)"),
            (-0x8000_0000, None, "= 0xffffffff80000000 (1.50 us)"),
        ] {
            let returned = Returned {
                ret,
                error,
                duration: 1500,
            };
            let text = text(&call(Some(returned)));
            assert!(text.contains(shown), "{text}");
        }
    }
}
