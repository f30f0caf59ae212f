// SPDX-License-Identifier: GPL-2.0

//! `rvdirect latency`: how long the calls of each function take.

use crate::cli;
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::report::{Record, Report};
use crate::units;
use serde_json::json;

/// The length of the longest bar, in characters.
const BAR: u64 = 40;

/// How many calls in a thousand a percentile has at or below it.
const PERCENTILES: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// The durations of a function's calls, in nanoseconds, as `hist` shows them.
#[derive(Debug, Default, PartialEq)]
struct Histogram {
    function: String,
    calls: u64,
    min: u64,
    mean: u64,
    max: u64,
    /// The first and last nanosecond, and the calls.
    buckets: Vec<[u64; 3]>,
}

impl Histogram {
    /// The upper bound of the bucket that has the percentile. No call took longer than `max`.
    fn percentile(&self, per_thousand: u64) -> u64 {
        let wanted = (self.calls as u128 * per_thousand as u128).div_ceil(1000) as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().find(|[_, _, calls]| {
            seen += calls;
            seen >= wanted
        });
        bucket.map_or(self.max, |[_, to, _]| (*to).min(self.max))
    }

    fn record(&self) -> Record {
        let [p50, p90, p99, p99_9] = PERCENTILES.map(|(_, part)| self.percentile(part));
        Record::new("latency")
            .with("function", self.function.as_str())
            .with("calls", self.calls)
            .with("min_ns", self.min)
            .with("mean_ns", self.mean)
            .with("max_ns", self.max)
            .with("p50_ns", p50)
            .with("p90_ns", p90)
            .with("p99_ns", p99)
            .with("p99_9_ns", p99_9)
            .with("buckets", json!(self.buckets))
    }

    fn text(&self) -> String {
        let show = units::show;
        let mut text = format!(
            "{}: {}, min {}, mean {}, max {}\n ",
            self.function,
            units::calls(self.calls),
            show(self.min),
            show(self.mean),
            show(self.max),
        );
        for (name, part) in PERCENTILES {
            text += &format!("  {name} <= {}", show(self.percentile(part)));
        }
        text.push('\n');
        let most = self
            .buckets
            .iter()
            .map(|bucket| bucket[2])
            .max()
            .unwrap_or(0)
            .max(1);
        for [from, to, calls] in &self.buckets {
            let length = (*calls as u128 * BAR as u128).div_ceil(most as u128) as usize;
            // The next bucket begins one nanosecond behind the last one of this.
            text += &format!(
                "{:>9} .. {:<9} {calls:>12} |{:<40}|\n",
                show(*from),
                show(to.saturating_add(1)),
                "#".repeat(length)
            );
        }
        text
    }
}

/// Parses `hist`.
fn histograms(text: &str) -> Vec<Histogram> {
    let mut histograms: Vec<Histogram> = Vec::new();
    for line in text.lines() {
        if let Some((function, figures)) = line.split_once(": count ") {
            let mut numbers = figures
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|word| word.parse().ok());
            let mut next = || numbers.next().unwrap_or_default();
            histograms.push(Histogram {
                function: function.to_string(),
                calls: next(),
                min: next(),
                mean: next(),
                max: next(),
                buckets: Vec::new(),
            });
            continue;
        }
        let mut numbers = line
            .split_ascii_whitespace()
            .map_while(|word| word.parse().ok());
        let bucket = (numbers.next(), numbers.next(), numbers.next());
        if let ((Some(from), Some(to), Some(calls)), Some(last)) = (bucket, histograms.last_mut()) {
            last.buckets.push([from, to, calls]);
        }
    }
    histograms
}

pub fn run(files: &Files, args: &cli::Latency) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let caller = match args.min {
        Some(min) => format!("latency min={}ns", min.as_nanos()),
        None => "latency".to_string(),
    };
    let mut hooks = Hooks::attach(files, &args.hooking, &caller, &mut report, None)?;
    hooks.start()?;
    let status = hooks.watch.wait_for_end()?;
    hooks.stop(&mut report)?;
    let histograms = histograms(&hooks.session.histograms()?);
    let called = histograms.iter().filter(|histogram| histogram.calls > 0);
    for histogram in called.take(args.lines.unwrap_or(usize::MAX)) {
        report.put(&histogram.record(), &histogram.text())?;
    }
    report.finish(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
m:f,2: count 1000, min 0 ns, mean 70 ns, max 7700 ns
       FROM_NS          TO_NS        CALLS
             0             99          370 |################        |
           100            199          620 |########################|
           200            399            0 |                        |
           400           8000           10 |#                       |
g: count 0
";

    #[test]
    fn histograms_are_understood() {
        let histograms = histograms(TEXT);
        assert_eq!(histograms.len(), 2);
        assert_eq!(histograms[0].function, "m:f,2");
        assert_eq!((histograms[0].calls, histograms[0].max), (1000, 7700));
        assert_eq!(histograms[0].buckets[1], [100, 199, 620]);
        assert_eq!((histograms[1].calls, histograms[1].buckets.len()), (0, 0));
    }

    #[test]
    fn percentiles_are_bounds_of_their_buckets() {
        let histogram = &histograms(TEXT)[0];
        let percentiles = PERCENTILES.map(|(_, part)| histogram.percentile(part));
        // No call took as long as the last bucket may.
        assert_eq!(percentiles, [199, 199, 199, 7700]);
    }

    #[test]
    fn people_see_bars() {
        let text = histograms(TEXT)[0].text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "m:f,2: 1000 calls, min 0 ns, mean 70 ns, max 7.70 us"
        );
        assert_eq!(
            lines[1],
            "   p50 <= 199 ns  p90 <= 199 ns  p99 <= 199 ns  p99.9 <= 7.70 us"
        );
        assert!(lines[3].contains("100 ns .. 200 ns "), "{}", lines[3]);
        assert!(lines[3].ends_with(&format!("|{}|", "#".repeat(40))));
        assert!(lines[5].contains("|#  "));
    }
}
