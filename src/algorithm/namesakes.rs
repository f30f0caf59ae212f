// SPDX-License-Identifier: GPL-2.0

//! Numbers functions that share a name. Compares only names of the same hash: most names are not
//! shared.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

use crate::algorithm::sort::sort_by_key;

/// The module of a function, unless it is the kernel's own, and its name there.
type Name<'a> = (Option<&'a str>, &'a str);

/// Numbers each function whose name does not mean it alone: from 1, in their order, among those of
/// the same module. The other ones get 0.
///
/// A name without a module means the functions of all modules. `names` returns the name of a
/// function by its index. `numbers` and `order`, which is only for use here, must have an element
/// for each.
pub(crate) fn number<'a>(
    names: impl Fn(usize) -> Name<'a>,
    numbers: &mut [u32],
    order: &mut [u64],
) {
    // By hash, and then by index.
    for (index, key) in order.iter_mut().enumerate() {
        *key = u64::from(hash(names(index).1)) << 32 | index as u64;
    }
    sort_by_key(order, |key| *key);
    let name_of = |key: &u64| names(*key as u32 as usize);
    for alike in order.chunk_by(|a, b| a >> 32 == b >> 32) {
        for (place, key) in alike.iter().enumerate() {
            let (module, function) = name_of(key);
            let is_meant =
                |other: &Name<'a>| other.1 == function && (module.is_none() || other.0 == module);
            if alike.iter().map(name_of).filter(is_meant).count() == 1 {
                continue;
            }
            let before = alike.iter().take(place).map(name_of);
            let before = before.filter(|other| *other == (module, function)).count();
            if let Some(number) = numbers.get_mut(*key as u32 as usize) {
                *number = before as u32 + 1;
            }
        }
    }
}

/// Fowler, Noll and Vo's FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn numbers_of(names: &[Name<'_>]) -> Vec<u32> {
        let mut numbers = vec![0; names.len()];
        number(
            |index| names[index],
            &mut numbers,
            &mut vec![0; names.len()],
        );
        numbers
    }

    #[test]
    fn only_what_is_shared_is_numbered() {
        assert_eq!(numbers_of(&[]), []);
        let names = [
            (None, "a"),
            (None, "b"),
            (None, "a"),
            (None, "c"),
            (None, "a"),
        ];
        assert_eq!(numbers_of(&names), [1, 0, 2, 0, 3]);
    }

    /// A name with a module means nothing elsewhere.
    #[test]
    fn each_module_counts_for_itself() {
        let names = [(Some("m"), "a"), (Some("n"), "a"), (Some("m"), "a")];
        assert_eq!(numbers_of(&names), [1, 0, 2]);
        let names = [(Some("m"), "a"), (None, "a"), (None, "b"), (Some("m"), "c")];
        assert_eq!(numbers_of(&names), [0, 1, 0, 0]);
    }

    /// These two have the same hash.
    #[test]
    fn a_hash_is_not_a_name() {
        assert_eq!(hash("costarring"), hash("liquid"));
        let names = [(None, "costarring"), (None, "liquid"), (None, "liquid")];
        assert_eq!(numbers_of(&names), [0, 1, 2]);
    }

    #[test]
    fn agrees_with_a_model() {
        let mut random = Random::new(1);
        for count in [10, 100, 1000] {
            let texts: Vec<_> = (0..count)
                .map(|_| {
                    let module = [None, None, Some("m"), Some("n")][random.below(4)];
                    (module, format!("f{}", random.below(count)))
                })
                .collect();
            let names: Vec<Name<'_>> = texts.iter().map(|(m, f)| (*m, f.as_str())).collect();
            let expected: Vec<_> = (0..count)
                .map(|index| {
                    let name = names[index];
                    let meant = |other: &&Name<'_>| {
                        **other == name || name.0.is_none() && other.1 == name.1
                    };
                    match names.iter().filter(meant).count() {
                        1 => 0,
                        _ => 1 + names[..index].iter().filter(|n| **n == name).count() as u32,
                    }
                })
                .collect();
            assert_eq!(numbers_of(&names), expected);
        }
    }
}
