// SPDX-License-Identifier: GPL-2.0

//! `rvdirect top`: how often each function is called a second, again and again.

use crate::cli;
use crate::count::Before;
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::report::{Record, Report};
use crate::session::Hits;
use crate::watch::Event;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::execute;
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use std::io::{self, Read};
use std::time::Instant;

/// What the table is sorted by.
#[derive(Clone, Copy)]
enum Order {
    Rate,
    Calls,
    Name,
}

enum Key {
    Sort(Order),
    Quit,
    None,
}

/// The terminal, as long as the table is on it.
struct Screen;

impl Screen {
    fn new() -> Outcome<Self> {
        terminal::enable_raw_mode()?;
        let screen = Screen;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Returns how many lines fit below a heading.
    fn clear(&self) -> Outcome<usize> {
        execute!(io::stdout(), Clear(ClearType::All), MoveTo(0, 0))?;
        let (_, height) = terminal::size()?;
        Ok(usize::from(height).saturating_sub(3))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

fn key() -> Outcome<Key> {
    let mut byte = [0];
    let count = io::stdin().read(&mut byte)?;
    const CTRL_C: u8 = 3;
    Ok(match byte[0] {
        _ if count == 0 => Key::Quit,
        b'q' | CTRL_C => Key::Quit,
        b'r' => Key::Sort(Order::Rate),
        b'c' => Key::Sort(Order::Calls),
        b'n' => Key::Sort(Order::Name),
        _ => Key::None,
    })
}

/// Sorts rows of calls since the last time, and the function with all its calls.
fn sort(rows: &mut [(u64, Hits)], order: Order) {
    rows.sort_by(|(a_since, a), (b_since, b)| {
        let by = match order {
            Order::Rate => b_since.cmp(a_since),
            Order::Calls => b.calls.cmp(&a.calls),
            Order::Name => a.function.cmp(&b.function),
        };
        by.then_with(|| (&a.function, &a.target).cmp(&(&b.function, &b.target)))
    });
}

pub fn run(files: &Files, args: &cli::Top) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let mut hooks = Hooks::attach(files, &args.hooking, "count", &mut report, None)?;
    let screen = match report.is_live() {
        true => Some(Screen::new()?),
        false => None,
    };
    hooks.start()?;
    let began = Instant::now();
    let mut order = Order::Rate;
    let mut before = Before::default();
    let mut shown = began;
    let mut rows = Vec::new();
    let status = loop {
        match hooks
            .watch
            .wait(Some(shown + args.interval), screen.is_some())?
        {
            Event::End(status) => break status,
            Event::Tick => rows = before.since(&hooks.session.hits()?),
            Event::Key => match key()? {
                Key::Quit => break None,
                Key::Sort(by) => order = by,
                Key::None => continue,
            },
        }
        let now = Instant::now();
        let seconds = (now - shown).max(args.interval).as_secs_f64();
        if now >= shown + args.interval {
            shown = now;
        }
        sort(&mut rows, order);
        let fits = match &screen {
            Some(screen) => screen.clear()?,
            None => usize::MAX,
        };
        // In raw mode, a newline does not return to the first column.
        let end = if screen.is_some() { "\r" } else { "" };
        report.text(&format!("{:>14} {:>14}  FUNCTION{end}", "CALLS/S", "CALLS"))?;
        for (since, hits) in rows.iter().take(args.lines.min(fits)) {
            let rate = *since as f64 / seconds;
            let record = Record::new("rate")
                .with("second", (now - began).as_secs_f64())
                .with("function", hits.function.as_str())
                .with("calls_per_second", rate)
                .with("calls", hits.calls)
                .with("target", hits.target.as_str());
            let text = format!("{rate:>14.0} {:>14}  {}{end}", hits.calls, hits.function);
            report.put(&record, &text)?;
        }
        report.text(end)?;
        report.flush()?;
    };
    drop(screen);
    hooks.stop(&mut report)?;
    report.finish(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        let row = |since, function: &str, calls| {
            let hits = Hits {
                function: function.to_string(),
                calls,
                target: "*".to_string(),
            };
            (since, hits)
        };
        let mut rows = vec![row(1, "b", 50), row(9, "c", 9), row(1, "a", 70)];
        for (order, names) in [
            (Order::Rate, "cab"),
            (Order::Calls, "abc"),
            (Order::Name, "abc"),
        ] {
            sort(&mut rows, order);
            let sorted: String = rows
                .iter()
                .map(|(_, hits)| hits.function.as_str())
                .collect();
            assert_eq!(sorted, names);
        }
    }
}
