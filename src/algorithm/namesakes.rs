// SPDX-License-Identifier: GPL-2.0

//! Numbers functions that share a name. A hash table finds them, as most names are not shared.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

use crate::algorithm::hash::hash;

/// Returns how many elements the hash table must have for so many functions.
pub(crate) fn table_size(functions: usize) -> usize {
    functions.next_power_of_two() + functions
}

/// Numbers each function whose name does not mean it alone: from 1, in their order, among those of
/// the same module. The other ones get 0.
///
/// `names` returns the name of a function by its index: `module:function`, or the function alone,
/// which then means those of all modules. `numbers` has an element for each function, and `table`
/// has [`table_size`]. All must be 0 at first.
pub(crate) fn number<'a>(
    names: impl Fn(usize) -> &'a [u8],
    numbers: &mut [u32],
    table: &mut [u32],
) {
    // An element of the table is the index of a function, plus 1. The first ones begin a chain each.
    // Then there is one for each function: the function that follows it in its chain.
    let chains = table.len() - numbers.len();
    for index in 0..numbers.len() {
        let name = names(index);
        let (start, hash) = start_and_hash(name);
        let (module, function) = name.split_at(start);
        let chain = hash as usize & (chains - 1);
        let (mut is_shared, mut before) = (false, 0);
        let mut at = chain;
        while let Some(other) = (table[at] as usize).checked_sub(1) {
            at = chains + other;
            let Some(other_module) = names(other).strip_suffix(function) else {
                continue;
            };
            if other_module == module {
                is_shared = true;
                before += 1;
                numbers[other] = numbers[other].max(1);
            } else if other_module.is_empty() {
                numbers[other] = numbers[other].max(1);
            } else if module.is_empty() && other_module.ends_with(b":") {
                is_shared = true;
            }
        }
        if is_shared {
            numbers[index] = before + 1;
        }
        table[chains + index] = core::mem::replace(&mut table[chain], index as u32 + 1);
    }
}

/// Returns where the function begins, behind the module and a colon, and the hash of its name.
fn start_and_hash(name: &[u8]) -> (usize, u32) {
    let colon = name.iter().rposition(|byte| *byte == b':');
    let start = colon.map_or(0, |colon| colon + 1);
    (start, hash(name.get(start..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn numbers_of(names: &[&str]) -> Vec<u32> {
        let count = names.len();
        let mut numbers = vec![0; count];
        let name = |index: usize| names[index].as_bytes();
        number(name, &mut numbers, &mut vec![0; table_size(count)]);
        numbers
    }

    #[test]
    fn only_what_is_shared_is_numbered() {
        assert_eq!(numbers_of(&[]), []);
        assert_eq!(numbers_of(&["a", "b", "a", "c", "a"]), [1, 0, 2, 0, 3]);
    }

    #[test]
    fn a_part_of_a_name_is_not_a_name() {
        // All names are in one chain.
        let numbers = |names: [&str; 2]| {
            let (mut numbers, mut table) = ([0; 2], [0; 3]);
            number(|index| names[index].as_bytes(), &mut numbers, &mut table);
            numbers
        };
        assert_eq!(numbers(["ab", "b"]), [0, 0]);
        assert_eq!(numbers(["m:ab", "b"]), [0, 0]);
        assert_eq!(numbers(["b", "m:ab"]), [0, 0]);
        assert_eq!(numbers(["m:b", "b"]), [0, 1]);
        assert_eq!(numbers(["b", "m:b"]), [1, 0]);
        assert_eq!(numbers(["b", "b"]), [1, 2]);
    }

    /// A name with a module means nothing elsewhere.
    #[test]
    fn each_module_counts_for_itself() {
        assert_eq!(numbers_of(&["m:a", "n:a", "m:a"]), [1, 0, 2]);
        assert_eq!(numbers_of(&["m:a", "a", "b", "m:c"]), [0, 1, 0, 0]);
    }

    #[test]
    fn a_hash_is_not_a_name() {
        assert_eq!(hash(b"costarring"), start_and_hash(b"m:liquid").1);
        assert_eq!(numbers_of(&["costarring", "liquid", "liquid"]), [0, 1, 2]);
    }

    #[test]
    fn agrees_with_a_model() {
        let mut random = Random::new(1);
        for count in [10, 100, 1000] {
            let mut name = || {
                let module = ["", "", "m:", "n:"][random.below(4)];
                format!("{module}f{}", random.below(count))
            };
            let names: Vec<_> = (0..count).map(|_| name()).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let number = |(index, name): (usize, &&str)| {
                let behind = format!(":{name}");
                let meant = |other: &&&str| *other == name || other.ends_with(&behind);
                let before = names[..index].iter().filter(|other| *other == name);
                match names.iter().filter(meant).count() {
                    1 => 0,
                    _ => 1 + before.count() as u32,
                }
            };
            let expected: Vec<_> = names.iter().enumerate().map(number).collect();
            assert_eq!(numbers_of(&names), expected);
        }
    }
}
