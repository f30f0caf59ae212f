// SPDX-License-Identifier: GPL-2.0

//! Hashes names.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

/// Returns the hash of a name by Fowler, Noll and Vo's FNV-1a.
pub(crate) fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// The values are those of the algorithm's authors.
    #[test]
    fn is_fnv_1a() {
        assert_eq!(hash(b""), 0x811c_9dc5);
        assert_eq!(hash(b"a"), 0xe40c_292c);
        assert_eq!(hash(b"foobar"), 0xbf9c_f968);
    }
}
