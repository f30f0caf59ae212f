// SPDX-License-Identifier: GPL-2.0

//! Where values are, and how the module fetches them: its language is that of the kernel's
//! `Documentation/trace/kprobetrace.rst`. The module tells memory of a process by its address.

use crate::types::btf::{Id, Kind, Number, Prototype, Types};

/// The registers for arguments. Those that do not fit are on the stack.
const REGISTERS: usize = 8;

/// The most arguments that the module fetches, by words.
const MOST_WORDS: usize = 24;

/// The most reads through pointers in one fetch.
const MOST_READS: usize = 8;

/// Where a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// In words, each fetched by its name. The first may begin before the value.
    Words { words: Vec<String>, bit: u64 },
    /// In memory, from so many bits behind an address, which is fetched.
    Memory { address: String, bit: i64 },
}

impl Place {
    pub fn word(name: &str) -> Self {
        Place::Words {
            words: vec![name.to_string()],
            bit: 0,
        }
    }

    /// The same, so many bits further on.
    pub fn behind(&self, bits: i64) -> Option<Self> {
        let mut place = self.clone();
        match &mut place {
            Place::Words { bit, .. } => *bit = bit.checked_add_signed(bits)?,
            Place::Memory { bit, .. } => *bit = bit.checked_add(bits)?,
        }
        Some(place)
    }

    /// The place that a pointer in this place leads to.
    pub fn through(&self) -> Option<Self> {
        Some(Place::Memory {
            address: self.pointer()?,
            bit: 0,
        })
    }

    /// Fetches the word, or what is in memory, that has the first bit.
    fn fetch(&self) -> Option<String> {
        match self {
            Place::Words { words, bit } => words.get(usize::try_from(bit / 64).ok()?).cloned(),
            Place::Memory { address, bit } => {
                let offset = i32::try_from(bit.div_euclid(8)).ok()?;
                let fetch = match offset {
                    0.. => format!("+{offset}({address})"),
                    _ => format!("-{}({address})", offset.unsigned_abs()),
                };
                (fetch.matches('(').count() <= MOST_READS).then_some(fetch)
            }
        }
    }

    fn pointer(&self) -> Option<String> {
        match self {
            Place::Words { bit, .. } if bit % 64 != 0 => None,
            _ => self.fetch(),
        }
    }

    /// Fetches a number of so many bits. Bitfields are fetched without a sign.
    pub fn number(&self, number: Number, bits: Option<u64>) -> Option<String> {
        let bytes = number.bytes;
        if !matches!(bytes, 1 | 2 | 4 | 8) {
            return None;
        }
        let (place, at, container) = match self {
            Place::Words { bit, .. } => (self.clone(), bit % 64, 64),
            // The container is that of the field's type.
            Place::Memory { bit, .. } if bits.is_some() => {
                let at = bit.rem_euclid(bytes as i64 * 8);
                (self.behind(-at)?, at as u64, bytes * 8)
            }
            Place::Memory { .. } => (self.clone(), 0, bytes * 8),
        };
        let width = bits.unwrap_or(bytes * 8);
        if width == 0 || at + width > container {
            return None;
        }
        let kind = match bits {
            None if at == 0 => {
                let sign = if number.is_signed { 's' } else { 'u' };
                format!("{sign}{}", bytes * 8)
            }
            _ => format!("b{width}@{at}/{container}"),
        };
        Some(format!("{}:{kind}", place.fetch()?))
    }

    /// Fetches an address, or the name of the function there.
    pub fn address(&self, is_function: bool) -> Option<String> {
        let kind = if is_function { "symbol" } else { "x64" };
        Some(format!("{}:{kind}", self.pointer()?))
    }

    /// Fetches numbers that lie one behind the other.
    pub fn numbers(&self, number: Number, count: u64) -> Option<String> {
        match self {
            Place::Words { .. } => None,
            Place::Memory { .. } => Some(format!("{}[{count}]", self.number(number, None)?)),
        }
    }

    /// Fetches the string that a pointer in this place leads to.
    pub fn string_behind(&self) -> Option<String> {
        let place = self.through()?;
        Some(format!("{}:string", place.fetch()?))
    }

    /// Fetches the string in this memory.
    pub fn string(&self) -> Option<String> {
        match self {
            Place::Words { .. } => None,
            Place::Memory { .. } => Some(format!("{}:string", self.fetch()?)),
        }
    }

    /// The address of this memory: how to fetch one, and what to add to it.
    pub fn as_address(&self) -> Option<(String, i64)> {
        match self {
            Place::Memory { address, bit } if bit % 8 == 0 => {
                Some((format!("{address}:x64"), bit / 8))
            }
            _ => None,
        }
    }
}

/// Where a function's arguments are, by the psABI of RISC-V (lp64; the kernel passes no floats).
/// None for what has no place, or is too far away to be fetched.
pub fn arguments(types: &Types, prototype: &Prototype) -> Vec<Option<Place>> {
    // A result that does not fit in two registers is written to memory, whose address comes first.
    let mut next = match types.kind(prototype.returns) {
        Kind::Structure(structure) if structure.bytes > 16 => 1,
        _ => 0,
    };
    let parameters = prototype.parameters.iter();
    parameters
        .map(|parameter| argument(types, parameter.of, &mut next))
        .collect()
}

fn argument(types: &Types, of: Id, next: &mut usize) -> Option<Place> {
    let bytes = match types.kind(of) {
        // As a parameter, either is a pointer.
        Kind::Array(..) | Kind::Function(_) => 8,
        _ => types.bytes(of)?,
    };
    let words = match bytes {
        0 => 0,
        1..=8 => 1,
        9..=16 => 2,
        _ => 1,
    };
    // On the stack, wide values are aligned. In registers, only unnamed ones are.
    if words == 2 && *next >= REGISTERS && (*next - REGISTERS) % 2 != 0 && types.is_wide(of) {
        *next += 1;
    }
    let first = *next;
    *next += words;
    if *next > MOST_WORDS {
        return None;
    }
    let words: Vec<_> = (first..*next).map(|at| format!("$arg{}", at + 1)).collect();
    let place = Place::Words { words, bit: 0 };
    match bytes > 16 {
        true => place.through(),
        false => Some(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::blob::example;

    fn words(names: &[&str]) -> Option<Place> {
        Some(Place::Words {
            words: names.iter().map(|name| name.to_string()).collect(),
            bit: 0,
        })
    }

    #[test]
    fn arguments_are_where_the_psabi_has_them() {
        let types = Types::of_test(&example()).unwrap();
        let places = |name: &str| arguments(&types, &types.function(name).unwrap());
        assert_eq!(
            places("vfs_read"),
            ["$arg1", "$arg2", "$arg3", "$arg4"].map(|name| words(&[name]))
        );
        let large = words(&["$arg5"]).and_then(|place| place.through());
        assert_eq!(
            places("many"),
            [
                // The result is in memory, whose address comes first.
                words(&["$arg2"]),
                words(&["$arg3", "$arg4"]),
                large,
                words(&["$arg6"]),
                words(&["$arg7"]),
                // The second half is on the stack, and what follows as well.
                words(&["$arg8", "$arg9"]),
                // At a multiple of 16 bytes there.
                words(&["$arg11", "$arg12"]),
                words(&["$arg13"]),
            ]
        );
    }

    fn memory(bit: i64) -> Place {
        Place::word("$arg1").through().unwrap().behind(bit).unwrap()
    }

    #[test]
    fn numbers_have_fetches() {
        let number = |bytes, is_signed| Number {
            bytes,
            is_signed,
            is_bool: false,
        };
        let pair = words(&["$arg1", "$arg2"]).unwrap();
        for (place, number, bits, fetch) in [
            (
                Place::word("$arg1"),
                number(4, true),
                None,
                Some("$arg1:s32"),
            ),
            (
                pair.behind(64).unwrap(),
                number(8, false),
                None,
                Some("$arg2:u64"),
            ),
            (
                pair.behind(96).unwrap(),
                number(4, true),
                None,
                Some("$arg2:b32@32/64"),
            ),
            (
                pair.behind(100).unwrap(),
                number(4, true),
                Some(3),
                Some("$arg2:b3@36/64"),
            ),
            (pair.behind(128).unwrap(), number(4, true), None, None),
            (memory(64), number(2, false), None, Some("+8($arg1):u16")),
            (memory(-64), number(1, true), None, Some("-8($arg1):s8")),
            (
                memory(67),
                number(4, false),
                Some(5),
                Some("+8($arg1):b5@3/32"),
            ),
            (memory(70), number(1, false), Some(5), None),
            (memory(0), number(16, false), None, None),
        ] {
            assert_eq!(place.number(number, bits).as_deref(), fetch, "{place:?}");
        }
    }

    #[test]
    fn fetches_read_only_so_often() {
        let mut place = Place::word("$arg1");
        for _ in 0..MOST_READS {
            place = place.through().unwrap();
        }
        assert_eq!(
            place.address(false).unwrap().matches("+0(").count(),
            MOST_READS
        );
        assert_eq!(place.through().and_then(|place| place.address(false)), None);
        assert_eq!(place.string_behind(), None);
    }

    #[test]
    fn strings_and_addresses_have_fetches() {
        let place = Place::word("$arg2");
        assert_eq!(place.string_behind().unwrap(), "+0($arg2):string");
        assert_eq!(memory(64).string().unwrap(), "+8($arg1):string");
        assert_eq!(place.address(true).unwrap(), "$arg2:symbol");
        assert_eq!(memory(64).as_address(), Some(("$arg1:x64".to_string(), 8)));
        assert_eq!(place.string(), None);
        assert_eq!(place.as_address(), None);
    }
}
