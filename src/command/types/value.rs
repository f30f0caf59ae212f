// SPDX-License-Identifier: GPL-2.0

//! Values as the source has them: what to fetch of a type, and how it looks.

use crate::types::btf::{Id, Kind, Number, Structure, Types};
use crate::types::names::Names;
use crate::types::place::Place;
use serde_json::{json, Map, Value as Json};
use std::fmt;

/// A structure behind a pointer is shown without being asked for if it has no more members, and
/// they are all numbers.
const FEW_MEMBERS: usize = 4;

/// The most numbers of an array that are shown: the module fetches no more.
const MOST_NUMBERS: u64 = 64;

/// The most values that an event has, and the most bytes of them, of which a string has few here.
pub const MOST_FETCHES: usize = 32;
const MOST_BYTES: u64 = 768;

/// What is fetched at a call: expressions of the module, each a field of the event.
#[derive(Debug, Default, PartialEq)]
pub struct Fetches {
    pub fields: Vec<String>,
    bytes: u64,
}

/// What is shown of a value, by the fields that it is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(usize, Number, Option<u64>, Names),
    Enumeration(usize, Number, Option<u64>, Vec<(i64, String)>),
    /// With what is to be added to the address.
    Address(usize, i64),
    Symbol(usize),
    Text(usize),
    /// Numbers or addresses, and whether there are more.
    List(usize, Number, bool),
    /// The lower and the upper half.
    Wide(usize, usize),
    Group(Vec<(String, Value)>),
    /// There is something, but it is not shown.
    Hidden,
}

/// A value that was fetched.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Number(i128),
    Wide(u128),
    Bool(bool),
    Name(String),
    Text(String),
    Address(u64),
    List(Vec<Seen>, bool),
    Group(Vec<(String, Seen)>),
    Fault,
    Hidden,
}

impl Fetches {
    /// Adds one, or finds it. None if there are too many, or it cannot be fetched.
    pub fn add(&mut self, fetch: Option<String>) -> Option<usize> {
        self.add_numbers(fetch, 1)
    }

    /// The same for an array of so many.
    fn add_numbers(&mut self, fetch: Option<String>, count: u64) -> Option<usize> {
        let fetch = fetch?;
        if let Some(at) = self.fields.iter().position(|known| *known == fetch) {
            return Some(at);
        }
        let bytes = self.bytes + count * 8;
        if self.fields.len() >= MOST_FETCHES || bytes > MOST_BYTES {
            return None;
        }
        self.bytes = bytes;
        self.fields.push(fetch);
        Some(self.fields.len() - 1)
    }
}

/// An address, as a number.
const ADDRESS: Number = Number {
    bytes: 8,
    is_signed: false,
    is_bool: false,
};

/// Decides what to show of a value of a type in a place, and what to fetch for it.
pub struct Shower<'a> {
    pub types: &'a Types,
    pub fetches: &'a mut Fetches,
}

impl Shower<'_> {
    /// An argument, or what an expression names.
    pub fn show(&mut self, of: Id, place: &Place, bits: Option<u64>, names: Names) -> Value {
        match self.types.kind(of) {
            Kind::Structure(structure) => self.members(&structure, place),
            Kind::Pointer(pointer) if bits.is_none() => {
                let few = match self.types.kind(pointer) {
                    Kind::Structure(structure) if self.is_small(&structure) => Some(structure),
                    _ => None,
                };
                match (few, place.through()) {
                    (Some(structure), Some(place)) => self.members(&structure, &place),
                    _ => self.flat(of, place, bits, names),
                }
            }
            _ => self.flat(of, place, bits, names),
        }
    }

    fn is_small(&self, structure: &Structure) -> bool {
        let is_number = |of| matches!(self.types.kind(of), Kind::Number(_) | Kind::Enumeration(..));
        (1..=FEW_MEMBERS).contains(&structure.members.len())
            && structure
                .members
                .iter()
                .all(|member| !member.name.is_empty() && is_number(member.of))
    }

    /// One level of a structure.
    fn members(&mut self, structure: &Structure, place: &Place) -> Value {
        let mut shown = Vec::new();
        for name in self.types.member_names(structure) {
            let member = self.types.member(structure, &name);
            let value = member.and_then(|member| {
                let place = place.behind(member.bit as i64)?;
                let names = Names::of_member(&structure.name, &name);
                Some(self.flat(member.of, &place, member.bits, names))
            });
            shown.push((name, value.unwrap_or(Value::Hidden)));
            if self.fetches.fields.len() >= MOST_FETCHES {
                break;
            }
        }
        Value::Group(shown)
    }

    /// A value that is no structure.
    fn flat(&mut self, of: Id, place: &Place, bits: Option<u64>, names: Names) -> Value {
        let types = self.types;
        let shown = match types.kind(of) {
            Kind::Number(number) if number.bytes == 16 => {
                let half = |place: Place| place.number(ADDRESS, None);
                let low = self.fetches.add(half(place.clone()));
                let high = self.fetches.add(place.behind(64).and_then(half));
                low.zip(high).map(|(low, high)| Value::Wide(low, high))
            }
            Kind::Number(number) => {
                let field = self.fetches.add(place.number(number, bits));
                field.map(|field| Value::Number(field, number, bits, names))
            }
            Kind::Enumeration(number, names) => {
                let field = self.fetches.add(place.number(number, bits));
                field.map(|field| Value::Enumeration(field, number, bits, names))
            }
            Kind::Pointer(pointer) if types.is_char(pointer) => {
                let fetch = place.string_behind();
                self.fetches.add(fetch).map(Value::Text)
            }
            Kind::Pointer(pointer) if matches!(types.kind(pointer), Kind::Function(_)) => {
                self.fetches.add(place.address(true)).map(Value::Symbol)
            }
            Kind::Pointer(_) => {
                let field = self.fetches.add(place.address(false));
                field.map(|field| Value::Address(field, 0))
            }
            Kind::Array(of, _) if types.is_char(of) => {
                self.fetches.add(place.string()).map(Value::Text)
            }
            Kind::Array(of, count) if count > 0 => {
                let number = match types.kind(of) {
                    Kind::Number(number) | Kind::Enumeration(number, _) => Some(number),
                    Kind::Pointer(_) => Some(ADDRESS),
                    _ => None,
                };
                let shown = count.min(MOST_NUMBERS);
                let fetch = number.and_then(|number| place.numbers(number, shown));
                let field = self.fetches.add_numbers(fetch, shown);
                field
                    .zip(number)
                    .map(|(field, number)| Value::List(field, number, count > shown))
            }
            _ => None,
        };
        shown.unwrap_or(Value::Hidden)
    }
}

impl Value {
    /// The field, if it is a single one, and whether it is a string.
    pub fn field(&self) -> Option<(usize, bool)> {
        match self {
            Value::Number(field, ..) | Value::Enumeration(field, ..) => Some((*field, false)),
            Value::Address(field, 0) => Some((*field, false)),
            Value::Text(field) => Some((*field, true)),
            _ => None,
        }
    }

    /// The value in an event, by the texts of its fields.
    pub fn seen(&self, fields: &[&str]) -> Seen {
        self.found(fields).unwrap_or(Seen::Hidden)
    }

    fn found(&self, fields: &[&str]) -> Option<Seen> {
        let text = |field: &usize| fields.get(*field).copied();
        let is_fault = |field: &usize| text(field) == Some("(fault)");
        let number = |field: &usize, number: &Number, bits: &Option<u64>| {
            let raw = parse(text(field)?)?;
            Some(extend(
                raw,
                bits.unwrap_or(number.bytes * 8),
                number.is_signed,
            ))
        };
        let seen = match self {
            Value::Number(field, ..)
            | Value::Enumeration(field, ..)
            | Value::Address(field, _)
            | Value::Symbol(field)
            | Value::Text(field)
            | Value::List(field, ..)
                if is_fault(field) =>
            {
                Seen::Fault
            }
            Value::Wide(low, high) if is_fault(low) || is_fault(high) => Seen::Fault,
            Value::Number(field, kind, bits, names) => {
                let value = number(field, kind, bits)?;
                match names.of(value) {
                    Some(name) => Seen::Name(name),
                    None if kind.is_bool => Seen::Bool(value != 0),
                    None => Seen::Number(value),
                }
            }
            Value::Enumeration(field, kind, bits, names) => {
                let value = number(field, kind, bits)?;
                enumerator(value, names).map_or(Seen::Number(value), Seen::Name)
            }
            Value::Address(field, add) => match parse(text(field)?)? {
                0 if *add == 0 => Seen::Address(0),
                address => Seen::Address((address as u64).wrapping_add_signed(*add)),
            },
            Value::Symbol(field) => Seen::Name(text(field)?.to_string()),
            Value::Text(field) => {
                let text = text(field)?.strip_prefix('"')?.strip_suffix('"')?;
                Seen::Text(unescape(text))
            }
            Value::List(field, kind, more) => {
                let list = text(field)?.strip_prefix('{')?.strip_suffix('}')?;
                let one = |text: &str| match parse(text)? {
                    value if *kind == ADDRESS => Some(Seen::Address(value as u64)),
                    value => Some(Seen::Number(extend(value, kind.bytes * 8, kind.is_signed))),
                };
                Seen::List(list.split(',').filter_map(one).collect(), *more)
            }
            Value::Wide(low, high) => {
                let half = |field| parse(text(field)?).map(|half| half as u64 as u128);
                Seen::Wide((half(high)? << 64) | half(low)?)
            }
            Value::Group(members) => Seen::Group(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.seen(fields)))
                    .collect(),
            ),
            Value::Hidden => Seen::Hidden,
        };
        Some(seen)
    }
}

/// A number as the kernel prints it: decimal, hexadecimal, or a character.
fn parse(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A string as it was before the module escaped what would end it or its line.
fn unescape(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        whole.push(match c {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('v') => '\x0b',
                Some('f') => '\x0c',
                Some('a') => '\x07',
                Some('e') => '\x1b',
                Some(itself) => itself,
                None => break,
            },
            c => c,
        });
    }
    whole
}

/// Only so many bits of it count, the last for the sign.
fn extend(raw: i128, bits: u64, is_signed: bool) -> i128 {
    if !(1..=64).contains(&bits) {
        return raw;
    }
    let value = raw & ((1 << bits) - 1);
    match is_signed && value >> (bits - 1) != 0 {
        true => value - (1 << bits),
        false => value,
    }
}

/// The name of a value, or of the bits in it where each name has one.
fn enumerator(value: i128, names: &[(i64, String)]) -> Option<String> {
    let exact = names.iter().find(|(known, _)| i128::from(*known) == value);
    if let Some((_, name)) = exact {
        return Some(name.clone());
    }
    let is_bit = |bits: i64| bits == 0 || (bits as u64).is_power_of_two();
    if value <= 0 || !names.iter().all(|(bits, _)| is_bit(*bits)) {
        return None;
    }
    let bits = names
        .iter()
        .map(|(bits, name)| (*bits as u64 as i128, name.as_str()));
    Some(crate::types::names::join(value, bits))
}

impl Seen {
    pub fn json(&self) -> Json {
        match self {
            Seen::Number(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => json!(value),
                (_, Ok(value)) => json!(value),
                _ => Json::Null,
            },
            Seen::Bool(value) => json!(value),
            Seen::Name(text) | Seen::Text(text) => json!(text),
            Seen::Wide(value) => json!(format!("{value:#x}")),
            Seen::Address(address) => json!(format!("{address:#x}")),
            Seen::List(list, _) => list.iter().map(Seen::json).collect(),
            Seen::Group(members) => {
                let members = members
                    .iter()
                    .map(|(name, seen)| (name.clone(), seen.json()));
                Json::Object(members.collect::<Map<_, _>>())
            }
            Seen::Fault | Seen::Hidden => Json::Null,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seen::Number(value) => write!(f, "{value}"),
            Seen::Wide(value) => write!(f, "{value:#x}"),
            Seen::Bool(value) => write!(f, "{value}"),
            Seen::Name(name) => f.write_str(name),
            // Escaped, so that a line stays a line.
            Seen::Text(text) => write!(f, "{text:?}"),
            Seen::Address(0) => f.write_str("NULL"),
            Seen::Address(address) => write!(f, "{address:#x}"),
            Seen::List(list, more) => {
                let list: Vec<_> = list.iter().map(Seen::to_string).collect();
                let more = if *more { ", ..." } else { "" };
                write!(f, "[{}{more}]", list.join(", "))
            }
            Seen::Group(members) => {
                let members = members.iter().map(|(name, seen)| format!("{name}={seen}"));
                write!(f, "{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            Seen::Fault => f.write_str("(fault)"),
            Seen::Hidden => f.write_str("..."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: Number = Number {
        bytes: 4,
        is_signed: true,
        is_bool: false,
    };

    fn shown(value: &Value, text: &str) -> (String, Json) {
        let seen = value.seen(&[text]);
        (seen.to_string(), seen.json())
    }

    #[test]
    fn values_look_as_in_the_source() {
        let truth = Number {
            is_bool: true,
            ..INT
        };
        let colours = ["RED", "GREEN", "BLUE"].map(String::from);
        let colours: Vec<_> = [1, 2, 4].into_iter().zip(colours).collect();
        let enumeration = Value::Enumeration(0, INT, None, colours);
        let number = |names| Value::Number(0, INT, None, names);
        let list = |number| Value::List(0, number, true);
        for (value, text, expected, json) in [
            (number(Names::None), "-100", "-100", json!(-100)),
            (
                number(Names::Directory),
                "-100",
                "AT_FDCWD",
                json!("AT_FDCWD"),
            ),
            (number(Names::Directory), "3", "3", json!(3)),
            (
                number(Names::Open),
                "524288",
                "O_RDONLY|O_CLOEXEC",
                json!("O_RDONLY|O_CLOEXEC"),
            ),
            (number(Names::Open), "1", "O_WRONLY", json!("O_WRONLY")),
            // A bitfield comes without its sign.
            (
                Value::Number(0, INT, Some(3), Names::None),
                "7",
                "-1",
                json!(-1),
            ),
            (
                Value::Number(0, ADDRESS, None, Names::None),
                "18446744073709551615",
                "18446744073709551615",
                json!(u64::MAX),
            ),
            (
                Value::Number(0, truth, None, Names::None),
                "1",
                "true",
                json!(true),
            ),
            (enumeration.clone(), "2", "GREEN", json!("GREEN")),
            (enumeration.clone(), "6", "GREEN|BLUE", json!("GREEN|BLUE")),
            (enumeration.clone(), "9", "RED|0x8", json!("RED|0x8")),
            (enumeration, "-1", "-1", json!(-1)),
            (Value::Address(0, 0), "0x0", "NULL", json!("0x0")),
            (Value::Address(0, 16), "0xff0", "0x1000", json!("0x1000")),
            (
                Value::Symbol(0),
                "f+0x0/0x8 [m]",
                "f+0x0/0x8 [m]",
                json!("f+0x0/0x8 [m]"),
            ),
            (
                Value::Text(0),
                "\"a\\\"b\\n\"",
                "\"a\\\"b\\n\"",
                json!("a\"b\n"),
            ),
            (
                Value::Text(0),
                "\"(fault)\"",
                "\"(fault)\"",
                json!("(fault)"),
            ),
            (Value::Text(0), "(fault)", "(fault)", Json::Null),
            (list(INT), "{1,-2}", "[1, -2, ...]", json!([1, -2])),
            (
                list(ADDRESS),
                "{0x0,0x10}",
                "[NULL, 0x10, ...]",
                json!(["0x0", "0x10"]),
            ),
            (
                Value::Wide(0, 0),
                "1",
                "0x10000000000000001",
                json!("0x10000000000000001"),
            ),
            (
                Value::Group(vec![("a".to_string(), number(Names::None))]),
                "1",
                "{a=1}",
                json!({"a": 1}),
            ),
            (number(Names::None), "what?", "...", Json::Null),
            (Value::Hidden, "", "...", Json::Null),
        ] {
            assert_eq!(shown(&value, text), (expected.to_string(), json), "{text}");
        }
    }

    #[test]
    fn strings_are_as_they_were() {
        for (escaped, text) in [
            ("a", "a"),
            ("\\na\\t\\e[\\\"\\\\", "\na\t\x1b[\"\\"),
            ("C:\\\\nx é", "C:\\nx é"),
            ("\\", ""),
        ] {
            assert_eq!(unescape(escaped), text);
        }
    }

    #[test]
    fn equal_fetches_are_one() {
        let mut fetches = Fetches::default();
        assert_eq!(fetches.add(Some("a".to_string())), Some(0));
        assert_eq!(fetches.add(Some("b".to_string())), Some(1));
        assert_eq!(fetches.add(Some("a".to_string())), Some(0));
        assert_eq!(fetches.add(None), None);
        for number in 0..MOST_FETCHES {
            fetches.add(Some(number.to_string()));
        }
        assert_eq!(fetches.fields.len(), MOST_FETCHES);
        assert_eq!(fetches.add(Some("new".to_string())), None);
    }
}
