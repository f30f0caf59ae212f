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
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{execute, queue};
use std::io::{self, IsTerminal, Read, Write};
use std::time::{Duration, Instant};

/// What the table is sorted by.
#[derive(Clone, Copy)]
enum Order {
    Rate,
    Calls,
    Name,
}

/// A function that was called since the last time.
struct Row {
    /// Calls a second.
    rate: f64,
    hits: Hits,
}

fn heading() -> String {
    format!("{:>14} {:>14}  FUNCTION", "CALLS/S", "CALLS")
}

impl Row {
    fn text(&self) -> String {
        let Hits {
            function, calls, ..
        } = &self.hits;
        format!("{:>14.0} {calls:>14}  {function}", self.rate)
    }
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
        screen.show(&[])?;
        Ok(screen)
    }

    fn show(&self, rows: &[Row]) -> Outcome<()> {
        let mut bytes = Vec::new();
        // A serial console often does not know its size.
        let size = match terminal::size() {
            Ok((width, height)) if width > 0 && height > 0 => (width, height),
            _ => (80, 24),
        };
        draw(&mut bytes, rows, size)?;
        let mut terminal = io::stdout();
        terminal.write_all(&bytes)?;
        Ok(terminal.flush()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// Draws over the table of before, as much as fits, so that nothing flickers.
fn draw(to: &mut Vec<u8>, rows: &[Row], (width, height): (u16, u16)) -> io::Result<()> {
    let lines = std::iter::once(heading()).chain(rows.iter().map(Row::text));
    let (width, height) = (usize::from(width), usize::from(height));
    queue!(to, MoveTo(0, 0))?;
    // The last line stays free: a newline there would move all others.
    for line in lines.take(height.saturating_sub(1)) {
        let line: String = line.chars().take(width).collect();
        // Before the text: behind a full line, it would take the last character.
        queue!(to, Clear(ClearType::CurrentLine))?;
        // In raw mode, a newline does not return to the first column.
        write!(to, "{line}\r\n")?;
    }
    queue!(to, Clear(ClearType::FromCursorDown))
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

fn sort(rows: &mut [Row], order: Order) {
    rows.sort_by(|a, b| {
        let by = match order {
            Order::Rate => b.rate.total_cmp(&a.rate),
            Order::Calls => b.hits.calls.cmp(&a.hits.calls),
            Order::Name => a.hits.function.cmp(&b.hits.function),
        };
        let name = |row: &Row| (row.hits.function.clone(), row.hits.target.clone());
        by.then_with(|| name(a).cmp(&name(b)))
    });
}

pub fn run(files: &Files, args: &cli::Top) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let mut hooks = Hooks::attach(files, &args.hooking, "count", &mut report, None)?;
    // COMMAND has the terminal for itself. A screen wants keys: Ctrl-C is one of them.
    let screen = match report.is_live() && io::stdin().is_terminal() && !hooks.has_command() {
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
            Event::Tick => {
                let seconds = shown.elapsed().as_secs_f64();
                shown = Instant::now();
                let row = |(calls, hits)| Row {
                    rate: calls as f64 / seconds,
                    hits,
                };
                rows = before
                    .since(&hooks.session.hits()?)
                    .into_iter()
                    .map(row)
                    .collect();
            }
            Event::Key => match key()? {
                Key::Quit => break None,
                Key::Sort(by) => order = by,
                Key::None => continue,
            },
        }
        sort(&mut rows, order);
        let rows = &rows[..rows.len().min(args.lines)];
        match &screen {
            Some(screen) => screen.show(rows)?,
            None => list(rows, shown - began, &mut report)?,
        }
    };
    drop(screen);
    hooks.stop(&mut report)?;
    report.finish(status)
}

/// Shows the table where no terminal does.
fn list(rows: &[Row], since: Duration, report: &mut Report) -> Outcome<()> {
    report.text(&heading())?;
    for row in rows {
        let record = Record::new("rate")
            .with("second", since.as_secs_f64())
            .with("function", row.hits.function.as_str())
            .with("calls_per_second", row.rate)
            .with("calls", row.hits.calls)
            .with("target", row.hits.target.as_str());
        report.put(&record, &row.text())?;
    }
    report.text("")?;
    report.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rate: f64, function: &str, calls: u64) -> Row {
        let hits = Hits {
            function: function.to_string(),
            calls,
            target: "*".to_string(),
        };
        Row { rate, hits }
    }

    #[test]
    fn tables_are_sorted() {
        let mut rows = [row(1.0, "b", 50), row(9.0, "c", 9), row(1.0, "a", 70)];
        for (order, names) in [
            (Order::Rate, "cab"),
            (Order::Calls, "abc"),
            (Order::Name, "abc"),
        ] {
            sort(&mut rows, order);
            let sorted: String = rows.iter().map(|row| row.hits.function.as_str()).collect();
            assert_eq!(sorted, names);
        }
    }

    #[test]
    fn a_screen_has_what_fits() {
        let rows = [
            row(2.0, "a_long_name", 5),
            row(1.0, "b", 3),
            row(1.0, "c", 3),
        ];
        let mut bytes = Vec::new();
        draw(&mut bytes, &rows, (36, 4)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<_> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("\x1b[1;1H\x1b[2K       CALLS/S"));
        assert_eq!(lines[1], "\x1b[2K             2              5  a_lon");
        assert!(lines[2].ends_with("  b"));
        assert_eq!(lines[3..], ["\x1b[J"]);
    }
}
