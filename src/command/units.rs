// SPDX-License-Identifier: GPL-2.0

//! Durations and numbers of calls, as people write and read them.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
];

/// Parses a duration with its unit, such as `100us`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = UNITS
        .iter()
        .find(|(name, _)| *name == &text[digits.len()..]);
    let nanoseconds = digits
        .parse::<f64>()
        .ok()
        .zip(unit)
        .map(|(n, unit)| n * unit.1 as f64);
    match nanoseconds {
        Some(n) if (0.0..1e18).contains(&n) => Ok(Duration::from_nanos(n as u64)),
        _ => Err("not a duration, such as 100us, 1.5ms or 2s".to_string()),
    }
}

/// Parses a number of seconds that is above 0.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = Some(text).filter(|text| is_number(text));
    let seconds = number.and_then(|text| text.parse::<f64>().ok());
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "not a number of seconds".to_string())
}

/// Whether the text is meant as a number of seconds. No function begins with a digit.
pub fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Shows a number of calls.
pub fn calls(number: u64) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} call{plural}")
}

/// Shows nanoseconds with three digits or so.
pub fn show(nanoseconds: u64) -> String {
    let unit = UNITS.iter().rev().find(|(_, size)| nanoseconds >= *size);
    let (name, size) = unit.unwrap_or(&UNITS[0]);
    let value = nanoseconds as f64 / *size as f64;
    let digits = if *size == 1 || value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("100us"), Ok(Duration::from_micros(100)));
        assert_eq!(duration("1.5ms"), Ok(Duration::from_micros(1500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        for text in ["", "3", "ms", "-1ms", "1m", "1e300s", "naNs"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_have_none() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds(".5"), Ok(Duration::from_millis(500)));
        for text in ["", ".", "1.2.3", "0", "-1", "inf", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn people_read_three_digits() {
        for (nanoseconds, shown) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 us"),
            (12_345, "12.3 us"),
            (123_456_789, "123 ms"),
            (5_000_000_000, "5.00 s"),
        ] {
            assert_eq!(show(nanoseconds), shown);
        }
    }
}
