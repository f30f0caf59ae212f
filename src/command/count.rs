// SPDX-License-Identifier: GPL-2.0

//! `rvdirect count`: how often each function is called.

use crate::cli;
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::report::{Record, Report};
use crate::session::{Attachment, Hits};
use crate::watch::Event;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The counts of a while ago, by function and target.
#[derive(Default)]
pub struct Before(HashMap<(String, String), u64>);

impl Before {
    /// Returns what was called since then, most calls first, each with its total; and keeps what is
    /// now.
    pub fn since(&mut self, now: &[Hits]) -> Vec<(u64, Hits)> {
        let mut since: Vec<_> = now
            .iter()
            .map(|hits| {
                let key = (hits.function.clone(), hits.target.clone());
                let before = self.0.insert(key, hits.calls).unwrap_or_default();
                (hits.calls.saturating_sub(before), hits.clone())
            })
            .filter(|(calls, _)| *calls > 0)
            .collect();
        since.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.function.cmp(&b.1.function)));
        since
    }
}

/// Adds the calls of functions that are no longer there, such as those that initialise a module.
/// Only the totals have them.
fn with_freed(mut hits: Vec<Hits>, totals: &[Attachment]) -> Vec<Hits> {
    for Attachment {
        target,
        hits: total,
        ..
    } in totals
    {
        let shown = hits.iter().filter(|hits| hits.target == *target);
        let calls = total.saturating_sub(shown.map(|hits| hits.calls).sum());
        if calls > 0 {
            hits.push(Hits {
                function: FREED.to_string(),
                calls,
                target: target.clone(),
            });
        }
    }
    hits.sort_by_key(|hits| Reverse(hits.calls));
    hits
}

/// What stands in place of their names.
const FREED: &str = "[freed]";

const HEADING: &str = "         CALLS  FUNCTION";

fn line(calls: u64, function: &str) -> String {
    format!("{calls:>14}  {function}")
}

pub fn run(files: &Files, args: &cli::Count) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let mut hooks = Hooks::attach(files, &args.hooking, "count", &mut report, None)?;
    hooks.start()?;
    let lines = args.lines.unwrap_or(usize::MAX);
    let began = Instant::now();
    let mut before = Before::default();
    let mut next = args.interval.map(|interval| began + interval);
    let status = loop {
        let event = hooks.watch.wait(next, false)?;
        if let Event::End(status) = event {
            break status;
        }
        show_interval(&mut before, &mut hooks, began.elapsed(), lines, &mut report)?;
        next = next
            .zip(args.interval)
            .map(|(next, interval)| next + interval);
    };
    hooks.stop(&mut report)?;
    if args.interval.is_some() {
        // The last one, which is shorter.
        show_interval(&mut before, &mut hooks, began.elapsed(), lines, &mut report)?;
    }
    report.text(HEADING)?;
    let totals = hooks.session.status()?;
    let hits = with_freed(hooks.session.hits()?, &totals);
    for hits in hits.iter().take(lines) {
        let record = Record::new("count")
            .with("function", hits.function.as_str())
            .with("calls", hits.calls)
            .with("target", hits.target.as_str());
        report.put(&record, &line(hits.calls, &hits.function))?;
    }
    report.finish(status)
}

fn show_interval(
    before: &mut Before,
    hooks: &mut Hooks,
    since: Duration,
    lines: usize,
    report: &mut Report,
) -> Outcome<()> {
    let second = since.as_secs_f64();
    report.text(&format!("{HEADING} (at {second:.1} s)"))?;
    for (calls, hits) in before.since(&hooks.session.hits()?).iter().take(lines) {
        let record = Record::new("interval")
            .with("second", second)
            .with("function", hits.function.as_str())
            .with("calls", *calls)
            .with("target", hits.target.as_str());
        report.put(&record, &line(*calls, &hits.function))?;
    }
    report.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::attachments;

    fn hits(function: &str, calls: u64) -> Hits {
        Hits {
            function: function.to_string(),
            calls,
            target: "*".to_string(),
        }
    }

    #[test]
    fn what_was_freed_is_counted() {
        let status = "TARGET FUNCTIONS CALLER HITS MISSED SESSION PID STATE\n\
                      * 2 count 10 0 1 1 active\n";
        let hits = with_freed(vec![hits("f", 5), hits("g", 2)], &attachments(status));
        let shown: Vec<_> = hits
            .iter()
            .map(|h| (h.calls, h.function.as_str()))
            .collect();
        assert_eq!(shown, [(5, "f"), (3, "[freed]"), (2, "g")]);
        assert_eq!(with_freed(hits.clone(), &attachments(status)), hits);
    }

    /// Functions that share a name are told apart, and only what was called is shown.
    #[test]
    fn only_what_was_called_since_is_shown() {
        let mut before = Before::default();
        assert_eq!(before.since(&[hits("f", 5), hits("f,2", 3)]).len(), 2);
        let since = before.since(&[hits("f", 5), hits("f,2", 4), hits("g", 9)]);
        let shown: Vec<_> = since
            .iter()
            .map(|(n, h)| (*n, h.function.as_str()))
            .collect();
        assert_eq!(shown, [(9, "g"), (1, "f,2")]);
    }
}
