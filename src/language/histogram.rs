// SPDX-License-Identifier: GPL-2.0

//! A log2 histogram of durations, and its drawing.
//!
//! Does not use the kernel, so it is tested on the host as well.

use core::fmt;

/// The number of buckets: one for each number of significant bits that a duration can have.
pub(crate) const BUCKETS: usize = 64;

/// The length of the longest bar, in characters.
const BAR: usize = 40;

/// Durations, in ticks of a timer.
pub(crate) struct Histogram {
    buckets: [u64; BUCKETS],
    /// `u64::MAX` if there are no durations.
    min: u64,
    max: u64,
    total: u64,
}

impl Histogram {
    /// Creates a histogram without durations.
    pub(crate) fn new() -> Self {
        Histogram {
            buckets: [0; BUCKETS],
            min: u64::MAX,
            max: 0,
            total: 0,
        }
    }

    /// Adds the durations of another histogram. `bucket` returns what it has in a bucket.
    pub(crate) fn add(&mut self, bucket: impl Fn(usize) -> u64, min: u64, max: u64, total: u64) {
        for (index, sum) in self.buckets.iter_mut().enumerate() {
            *sum = sum.wrapping_add(bucket(index));
        }
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        self.total = self.total.wrapping_add(total);
    }

    /// Returns how many durations there are.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().copied().fold(0, u64::wrapping_add)
    }
}

/// A histogram as it is shown: a line of figures, and a bar for each bucket from the first to the
/// last that is not empty.
pub(crate) struct Drawing<'a> {
    /// The durations.
    pub(crate) histogram: &'a Histogram,
    /// The target or function that they are of.
    pub(crate) name: &'a str,
    /// Converts ticks to nanoseconds.
    pub(crate) nanoseconds: fn(u64) -> u64,
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Drawing {
            histogram,
            name,
            nanoseconds,
        } = self;
        let count = histogram.count();
        if count == 0 {
            return writeln!(f, "{name}: count 0");
        }
        writeln!(
            f,
            "{name}: count {count}, min {} ns, mean {} ns, max {} ns",
            // `min` may exceed `max` if calls were added or cleared during the summing.
            nanoseconds(histogram.min.min(histogram.max)),
            // Converts before it divides: the mean may be less than a tick.
            nanoseconds(histogram.total) / count,
            nanoseconds(histogram.max),
        )?;
        writeln!(f, "{:>14} {:>14} {:>12}", "FROM_NS", "TO_NS", "CALLS")?;
        let is_used = |count: &u64| *count != 0;
        let first = histogram.buckets.iter().position(is_used).unwrap_or(0);
        let last = histogram.buckets.iter().rposition(is_used).unwrap_or(0);
        // Keeps the product below from overflowing. There are never so many calls.
        let most = u64::MAX / BAR as u64;
        let longest = histogram.buckets.iter().copied().max();
        let longest = longest.unwrap_or(0).min(most);
        for (bits, &calls) in histogram.buckets.iter().enumerate() {
            if !(first..=last).contains(&bits) {
                continue;
            }
            let from = if bits == 0 { 0 } else { 1 << (bits - 1) };
            // A bucket ends before the next one begins.
            let to = nanoseconds(1 << bits).saturating_sub(1);
            let bar = (calls.min(longest) * BAR as u64).div_ceil(longest) as usize;
            writeln!(
                f,
                "{:>14} {to:>14} {calls:>12} |{:#<bar$}{:bar_rest$}|",
                nanoseconds(from),
                "",
                "",
                bar_rest = BAR - bar,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(histogram: &Histogram) -> String {
        Drawing {
            histogram,
            name: "vfs_read",
            nanoseconds: |ticks| ticks.saturating_mul(100),
        }
        .to_string()
    }

    fn draw(durations: &[u64]) -> Vec<String> {
        let mut histogram = Histogram::new();
        // Counts them as two harts would.
        for hart in 0..2 {
            let mine = || durations.iter().skip(hart).step_by(2).copied();
            let mut buckets = [0; BUCKETS];
            for duration in mine() {
                buckets[(u64::BITS - duration.leading_zeros()) as usize] += 1;
            }
            histogram.add(
                |index| buckets[index],
                mine().min().unwrap_or(u64::MAX),
                mine().max().unwrap_or(0),
                mine().sum(),
            );
        }
        let lines = drawn(&histogram);
        lines.lines().map(str::to_string).collect()
    }

    #[test]
    fn an_empty_one_has_no_bars() {
        assert_eq!(draw(&[]), ["vfs_read: count 0"]);
    }

    #[test]
    fn shows_figures_and_bars() {
        let lines = draw(&[0, 1, 3, 2, 2, 9]);
        let bar = |length: usize| format!("|{:40}|", "#".repeat(length));
        assert_eq!(
            lines,
            [
                "vfs_read: count 6, min 0 ns, mean 283 ns, max 900 ns".to_string(),
                "       FROM_NS          TO_NS        CALLS".to_string(),
                format!("             0             99            1 {}", bar(14)),
                format!("           100            199            1 {}", bar(14)),
                format!("           200            399            3 {}", bar(40)),
                format!("           400            799            0 {}", bar(0)),
                format!("           800           1599            1 {}", bar(14)),
            ]
        );
    }

    /// The longest durations and the greatest counts do not break it.
    #[test]
    fn draws_extremes() {
        assert_eq!(draw(&[i64::MAX as u64]).len(), 3);
        let mut histogram = Histogram::new();
        histogram.add(|_| u64::MAX / 64, 0, i64::MAX as u64, u64::MAX);
        let drawn = drawn(&histogram);
        assert_eq!(drawn.lines().count(), 2 + BUCKETS);
        let full = format!("|{}|", "#".repeat(BAR));
        assert!(drawn.lines().skip(2).all(|line| line.ends_with(&full)));
    }

    /// One call among very many is still visible.
    #[test]
    fn no_call_is_without_a_bar() {
        let mut durations = vec![1; 100_000];
        durations.push(64);
        assert!(draw(&durations).last().unwrap().contains("|# "));
    }
}
