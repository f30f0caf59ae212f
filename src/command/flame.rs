// SPDX-License-Identifier: GPL-2.0

//! A flame graph: a box for each function, as wide as its calls, on the box of who called it.
//!
//! The one library for this has a licence, the CDDL, which does not go with that of the kernel's
//! sources here, so this draws it. A box tells its name and its calls when a pointer is over it.

use crate::stack::Stack;
use crate::units;
use std::collections::BTreeMap;
use std::io::{self, Write};

const WIDTH: f64 = 1200.0;
const HEIGHT: usize = 17;
/// The width of a character, and the least width of a box that is drawn.
const CHARACTER: f64 = 7.0;
const LEAST: f64 = 0.3;

/// A function, in calls by the same way.
#[derive(Default)]
struct Frame {
    calls: u64,
    /// What it called, in the order of the names.
    callees: BTreeMap<String, Frame>,
}

impl Frame {
    fn of(stacks: &[Stack]) -> Self {
        let mut all = Frame::default();
        for stack in stacks {
            all.calls += stack.calls;
            let mut frame = &mut all;
            for name in stack.frames.iter().rev().chain([&stack.function]) {
                frame = frame.callees.entry(name.clone()).or_default();
                frame.calls += stack.calls;
            }
        }
        all
    }

    fn depth(&self) -> usize {
        1 + self.callees.values().map(Frame::depth).max().unwrap_or(0)
    }

    fn draw(
        &self,
        name: &str,
        x: f64,
        y: usize,
        per_call: f64,
        to: &mut impl Write,
    ) -> io::Result<()> {
        let width = self.calls as f64 * per_call;
        if width < LEAST {
            return Ok(());
        }
        let shown: String = name.chars().take((width / CHARACTER) as usize).collect();
        writeln!(
            to,
            "<g><title>{name}: {}</title><rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" \
             height=\"{}\" fill=\"{}\"/><text x=\"{:.1}\" y=\"{}\">{}</text></g>",
            units::calls(self.calls),
            HEIGHT - 1,
            colour(name),
            x + 2.0,
            y + 12,
            escaped(&shown),
            name = escaped(name),
        )?;
        let mut x = x;
        for (name, callee) in &self.callees {
            callee.draw(name, x, y.saturating_sub(HEIGHT), per_call, to)?;
            x += callee.calls as f64 * per_call;
        }
        Ok(())
    }
}

/// A warm colour, always the same for a name.
fn colour(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ byte as u32);
    format!("hsl({},85%,{}%)", hash % 50, 60 + hash / 50 % 15)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Draws the stacks as SVG.
pub fn draw(stacks: &[Stack], to: &mut impl Write) -> io::Result<()> {
    let all = Frame::of(stacks);
    let height = all.depth() * HEIGHT;
    writeln!(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"monospace\" font-size=\"11\">"
    )?;
    let per_call = WIDTH / all.calls.max(1) as f64;
    all.draw("all", 0.0, height - HEIGHT, per_call, to)?;
    writeln!(to, "</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(function: &str, frames: &[&str], calls: u64) -> Stack {
        Stack {
            function: function.to_string(),
            frames: frames.iter().map(|frame| frame.to_string()).collect(),
            calls,
        }
    }

    #[test]
    fn boxes_are_as_wide_as_their_calls() {
        let stacks = [
            stack("f", &["a", "root"], 3),
            stack("f", &["<b>", "root"], 1),
        ];
        let mut svg = Vec::new();
        draw(&stacks, &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        let drawn = |name: &str, calls: &str, width: &str| {
            let title = format!("<title>{name}: {calls}</title>");
            let line = svg.lines().find(|line| line.contains(&title));
            let line = line.unwrap_or_else(|| panic!("{title}: {svg}"));
            assert!(line.contains(&format!("width=\"{width}\"")), "{line}");
        };
        drawn("all", "4 calls", "1200.0");
        drawn("root", "4 calls", "1200.0");
        drawn("a", "3 calls", "900.0");
        drawn("&lt;b&gt;", "1 call", "300.0");
        drawn("f", "3 calls", "900.0");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut svg = Vec::new();
        draw(&[], &mut svg).unwrap();
        assert_eq!(String::from_utf8(svg).unwrap().lines().count(), 2);
    }
}
