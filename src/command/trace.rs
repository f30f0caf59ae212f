// SPDX-License-Identifier: GPL-2.0

//! `rvdirect trace`: each call, or each return.

mod line;
mod plan;

use crate::cli;
use crate::event;
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::instance::Instance;
use crate::report::Report;
use crate::watch::Event;
use line::Line;
use plan::Plan;
use std::time::{Duration, Instant};

/// How often to look for events. To wait for each of them would wake this task as often.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows lines until there were enough.
struct Shown {
    left: usize,
    lost: u64,
}

pub fn run(files: &Files, args: &cli::Trace) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let path = Instance::path(files)?;
    let mut plan = Plan::new(files, args);
    let mut wants = |target: &str| plan.wants(target);
    let hooking = &args.hooking;
    let mut hooks = Hooks::attach_each(files, hooking, &mut wants, &mut report, Some(&path))?;
    let mut instance = Instance::new(&path)?;
    for (event, filter) in plan.events(hooks.number()?)? {
        instance.write(&event, "filter", &filter)?;
        instance.write(&event, "enable", "1")?;
    }
    hooks.start()?;

    let mut shown = Shown {
        left: args.lines.unwrap_or(usize::MAX),
        lost: 0,
    };
    let mut next = Instant::now() + PAUSE;
    let status = loop {
        if let Event::End(status) = hooks.watch.wait(Some(next), false)? {
            hooks.stop(&mut report)?;
            while shown.show(&plan, &mut instance, &mut report)? {}
            break status;
        }
        if !shown.show(&plan, &mut instance, &mut report)? {
            report.flush()?;
            next = Instant::now() + PAUSE;
        }
        if shown.left == 0 && !hooks.has_command() {
            hooks.stop(&mut report)?;
            break None;
        }
    };
    if shown.lost > 0 {
        let sentence = format!(
            "calls that were lost, because they came too fast: {}",
            shown.lost
        );
        report.note("lost", "trace", shown.lost, &sentence)?;
    }
    report.finish(status)
}

impl Shown {
    /// Shows some lines. Returns whether there were any.
    fn show(&mut self, plan: &Plan, instance: &mut Instance, report: &mut Report) -> Outcome<bool> {
        let lines = instance.take_lines()?;
        for line in &lines {
            if let Some(line) = self.line(plan, line) {
                if self.left > 0 {
                    self.left -= 1;
                    report.put(&line.record(), &line.text())?;
                }
            }
        }
        Ok(!lines.is_empty())
    }

    /// Understands a line, and counts the calls that it says were lost.
    fn line(&mut self, plan: &Plan, text: &str) -> Option<Line> {
        if let Some((probe, head, event)) = plan.own(text) {
            return Line::of_event(probe, head, event);
        }
        match event::Line::parse(text) {
            event::Line::Call(call) => return Some(Line::of_registers(call)),
            event::Line::Lost(count) if self.left > 0 => self.lost += count,
            _ => {}
        }
        None
    }
}
