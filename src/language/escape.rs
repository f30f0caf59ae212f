// SPDX-License-Identifier: GPL-2.0

//! Any bytes as part of a word: `\xHH` stands for the byte of that number.
//!
//! Does not use the kernel, so it is tested on the host as well.

/// Returns the bytes that a text stands for. `None` is where it is wrong: a backslash without its
/// number.
pub(crate) fn unescape(text: &str) -> impl Iterator<Item = Option<u8>> + Clone + '_ {
    let mut rest = text.as_bytes();
    core::iter::repeat_with(move || {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        if *first != b'\\' {
            return Some(Some(*first));
        }
        let escaped = escaped(behind);
        rest = escaped.map_or(behind, |(_, behind)| behind);
        Some(escaped.map(|(byte, _)| byte))
    })
    .map_while(|byte| byte)
}

/// Returns the byte whose number is behind a backslash, and what follows.
fn escaped(behind: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = behind.strip_prefix(b"x")?.split_at_checked(2)?;
    let number = digits.iter().try_fold(0, |number, digit| {
        Some((number << 4) | char::from(*digit).to_digit(16)?)
    });
    // Cannot fail: two digits are a byte.
    Some((u8::try_from(number?).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("a/b*", Some(b"a/b*")),
            (r"\x20\x5Cx\xff", Some(b" \\x\xff")),
            ("\u{e9}", Some(&[0xc3, 0xa9])),
            (r"\", None),
            (r"a\x1", None),
            (r"a\x1g", None),
            (r"\x+1", None),
            (r"\n", None),
            (r"\X20", None),
        ] {
            let all: Option<Vec<u8>> = unescape(text).collect();
            assert_eq!(all.as_deref(), bytes, "{text}");
        }
    }
}
