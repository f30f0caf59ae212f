// SPDX-License-Identifier: GPL-2.0

//! Expressions of C over a function's arguments: `file->f_path.dentry->d_name.name`, `*how`,
//! `&file->f_path`, `pages[2]`, `(*page).flags`.

use crate::types::btf::{Id, Kind, Prototype, Types};
use crate::types::names::Names;
use crate::types::place::{self, Place};
use crate::types::value::{Fetches, Shower, Value};

/// The most operators and parentheses within one another.
pub const MOST_DEPTH: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Name(String),
    /// `.`, or `->` where the first is a pointer.
    Member(Box<Expression>, String, bool),
    Index(Box<Expression>, i64),
    /// What a pointer leads to.
    Behind(Box<Expression>),
    AddressOf(Box<Expression>),
}

/// Reads a text from its beginning.
pub struct Cursor<'a> {
    text: &'a str,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Cursor { text, depth: 0 }
    }

    pub fn rest(&mut self) -> &'a str {
        self.text = self.text.trim_start();
        self.text
    }

    /// Takes a word if it comes next.
    pub fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest().strip_prefix(word);
        if let Some(rest) = rest {
            self.text = rest;
        }
        rest.is_some()
    }

    /// Takes as long as the characters are such.
    pub fn take_while(&mut self, is_such: impl Fn(char) -> bool) -> &'a str {
        let end = self.text.find(|c| !is_such(c)).unwrap_or(self.text.len());
        let (taken, rest) = self.text.split_at(end);
        self.text = rest;
        taken
    }

    /// Takes a number of C, which may have a sign.
    pub fn number(&mut self) -> Option<i128> {
        let before = self.rest();
        let is_negative = self.takes("-");
        let digits = self.take_while(|c| c.is_ascii_alphanumeric());
        let value = match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse::<u64>(),
        };
        let Ok(value) = value else {
            self.text = before;
            return None;
        };
        let value = i128::from(value);
        Some(if is_negative { -value } else { value })
    }

    pub fn wrong(&mut self, what: &str) -> String {
        match self.rest() {
            "" => format!("{what} is missing at its end"),
            rest => format!("{what} is missing before '{rest}'"),
        }
    }

    /// Counts what is within one another: the stack has an end.
    fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("it is too deep".to_string());
        }
        let result = go(self);
        self.depth -= 1;
        result
    }

    fn name(&mut self) -> Result<String, String> {
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.wrong("a name"));
        }
        match self.take_while(|c| c.is_ascii_alphanumeric() || c == '_') {
            "" => Err(self.wrong("a name")),
            name => Ok(name.to_string()),
        }
    }

    pub fn expression(&mut self) -> Result<Expression, String> {
        if self.takes("*") {
            let of = self.deeper(Self::expression)?;
            return Ok(Expression::Behind(Box::new(of)));
        }
        if !self.rest().starts_with("&&") && self.takes("&") {
            let of = self.deeper(Self::expression)?;
            return Ok(Expression::AddressOf(Box::new(of)));
        }
        let mut left = if self.takes("(") {
            let inner = self.deeper(Self::expression)?;
            if !self.takes(")") {
                return Err(self.wrong("')'"));
            }
            inner
        } else {
            Expression::Name(self.name()?)
        };
        // Each makes the expression deeper, and so what goes through it.
        for _ in 0..MOST_DEPTH {
            let of = Box::new(left);
            left = if self.takes("->") {
                Expression::Member(of, self.name()?, true)
            } else if self.takes(".") {
                Expression::Member(of, self.name()?, false)
            } else if self.takes("[") {
                let number = self.number().and_then(|number| number.try_into().ok());
                let Some(number) = number else {
                    return Err(self.wrong("a number"));
                };
                if !self.takes("]") {
                    return Err(self.wrong("']'"));
                }
                Expression::Index(of, number)
            } else {
                return Ok(*of);
            };
        }
        Err("it is too long".to_string())
    }
}

/// Parses a text that is one expression.
pub fn parse(text: &str) -> Result<Expression, String> {
    let mut cursor = Cursor::new(text);
    let expression = cursor.expression()?;
    match cursor.rest() {
        "" => Ok(expression),
        rest => Err(format!("'{rest}' cannot follow")),
    }
}

/// Something that has a place and a type.
#[derive(Clone, Debug)]
struct Thing {
    place: Place,
    of: Id,
    bits: Option<u64>,
    names: Names,
}

/// A function as expressions see it: its arguments and its result, by name.
pub struct Scope<'a> {
    pub types: &'a Types,
    /// None for what cannot be fetched.
    arguments: Vec<(String, Option<Thing>)>,
    result: Option<Thing>,
}

/// Why there is no value.
const NO_PLACE: &str = "cannot be fetched";

impl<'a> Scope<'a> {
    /// The result has a name only if there is one yet.
    pub fn new(types: &'a Types, function: &str, prototype: &Prototype, returns: bool) -> Self {
        let places = place::arguments(types, prototype);
        let parameters = prototype.parameters.iter().zip(places).enumerate();
        let arguments = parameters.map(|(at, (parameter, place))| {
            let name = match parameter.name.as_str() {
                "" => format!("arg{}", at + 1),
                name => name.to_string(),
            };
            let thing = place.map(|place| Thing {
                place,
                of: parameter.of,
                bits: None,
                names: Names::of_parameter(function, &name),
            });
            (name, thing)
        });
        let result = returns.then(|| Thing {
            place: Place::word("$retval"),
            of: prototype.returns,
            bits: None,
            names: Names::None,
        });
        Scope {
            types,
            arguments: arguments.collect(),
            result,
        }
    }

    /// The arguments of a system call, whose wrapper has them in the memory that `regs` leads to.
    pub fn of_system_call(
        types: &'a Types,
        call: &str,
        arguments: &Prototype,
        wrapper: &Prototype,
        returns: bool,
    ) -> Option<Self> {
        let Kind::Pointer(regs) = types.kind(wrapper.parameters.first()?.of) else {
            return None;
        };
        let Kind::Structure(regs) = types.kind(regs) else {
            return None;
        };
        let mut scope = Scope::new(types, call, arguments, returns);
        // The first one's register has the result later.
        let registers = ["orig_a0", "a1", "a2", "a3", "a4", "a5"];
        for ((_, argument), register) in scope.arguments.iter_mut().zip(registers) {
            let member = types.member(&regs, register)?;
            let place = Place::word("$arg1").through()?;
            let place = place.behind(member.bit as i64)?;
            *argument = argument.take().map(|thing| Thing { place, ..thing });
        }
        Some(scope)
    }

    /// The names that an expression may begin with.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|(name, _)| name.as_str())
    }

    fn name(&self, name: &str) -> Result<Thing, String> {
        let argument = self.arguments.iter().find(|(known, _)| known == name);
        let thing = match argument {
            Some((_, thing)) => thing.as_ref(),
            None if name == "ret" => self.result.as_ref(),
            None => None,
        };
        match (thing, argument) {
            (Some(thing), _) => Ok(thing.clone()),
            (None, Some(_)) => Err(format!("{name} {NO_PLACE}")),
            (None, None) => Err(format!("there is no argument {name}")),
        }
    }

    /// What a pointer or an array leads to.
    fn behind(&self, of: &Expression) -> Result<Thing, String> {
        let thing = self.find(of)?;
        let (place, to) = match self.types.kind(thing.of) {
            Kind::Pointer(to) => (thing.place.through(), to),
            Kind::Array(element, _) => (Some(thing.place), element),
            _ => return Err(format!("{} is no pointer", text(of))),
        };
        Ok(Thing {
            place: place.ok_or_else(|| format!("{} {NO_PLACE}", text(of)))?,
            of: to,
            bits: None,
            names: Names::None,
        })
    }

    fn member(&self, of: &Expression, name: &str, is_arrow: bool) -> Result<Thing, String> {
        let thing = match is_arrow {
            true => self.behind(of)?,
            false => self.find(of)?,
        };
        let structure = match self.types.kind(thing.of) {
            Kind::Structure(structure) => structure,
            Kind::Pointer(_) if !is_arrow => return Err(format!("{} is a pointer", text(of))),
            _ => return Err(format!("{} is no structure", text(of))),
        };
        let Some(member) = self.types.member(&structure, name) else {
            return Err(format!("{} has no member {name}", text(of)));
        };
        let place = thing.place.behind(member.bit as i64);
        Ok(Thing {
            place: place.ok_or_else(|| format!("{name} {NO_PLACE}"))?,
            of: member.of,
            bits: member.bits,
            names: Names::of_member(&structure.name, name),
        })
    }

    fn element(&self, of: &Expression, number: i64) -> Result<Thing, String> {
        let first = self.behind(of)?;
        let bits = self.types.bytes(first.of).and_then(|bytes| {
            let bits = i64::try_from(bytes).ok()?.checked_mul(8)?;
            bits.checked_mul(number)
        });
        let place = bits.and_then(|bits| first.place.behind(bits));
        Ok(Thing {
            place: place.ok_or_else(|| format!("{}[{number}] {NO_PLACE}", text(of)))?,
            ..first
        })
    }

    fn find(&self, expression: &Expression) -> Result<Thing, String> {
        match expression {
            Expression::Name(name) => self.name(name),
            Expression::Member(of, name, is_arrow) => self.member(of, name, *is_arrow),
            Expression::Index(of, number) => self.element(of, *number),
            Expression::Behind(of) => self.behind(of),
            Expression::AddressOf(of) => Err(format!("{} can only be shown", text(of))),
        }
    }

    /// What to fetch and show for all arguments.
    pub fn all(&self, fetches: &mut Fetches) -> Vec<(String, Value)> {
        let argument = |(name, thing): &(String, Option<Thing>)| {
            let value = thing
                .as_ref()
                .map_or(Value::Hidden, |thing| self.show(thing, fetches));
            (name.clone(), value)
        };
        self.arguments.iter().map(argument).collect()
    }

    fn show(&self, thing: &Thing, fetches: &mut Fetches) -> Value {
        let mut shower = Shower {
            types: self.types,
            fetches,
        };
        shower.show(thing.of, &thing.place, thing.bits, thing.names)
    }

    /// What to fetch and show for an expression.
    pub fn value(&self, expression: &Expression, fetches: &mut Fetches) -> Result<Value, String> {
        if let Expression::AddressOf(of) = expression {
            let address = self.find(of)?.place.as_address();
            let (fetch, add) = address.ok_or_else(|| format!("{} has no address", text(of)))?;
            let field = fetches
                .add(Some(fetch))
                .ok_or("there are too many values")?;
            return Ok(Value::Address(field, add));
        }
        let thing = self.find(expression)?;
        match self.show(&thing, fetches) {
            Value::Hidden => Err(format!("{} {NO_PLACE}", text(expression))),
            value => Ok(value),
        }
    }

    /// The members by which an expression may go on.
    pub fn members(&self, expression: &Expression) -> Vec<String> {
        let structure = self
            .find(expression)
            .ok()
            .map(|thing| match self.types.kind(thing.of) {
                Kind::Pointer(pointer) => self.types.kind(pointer),
                kind => kind,
            });
        match structure {
            Some(Kind::Structure(structure)) => self.types.member_names(&structure),
            _ => Vec::new(),
        }
    }
}

/// An expression as it is written.
fn text(expression: &Expression) -> String {
    match expression {
        Expression::Name(name) => name.clone(),
        Expression::Member(of, name, is_arrow) => {
            let arrow = if *is_arrow { "->" } else { "." };
            format!("{}{arrow}{name}", text(of))
        }
        Expression::Index(of, number) => format!("{}[{number}]", text(of)),
        Expression::Behind(of) => format!("(*{})", text(of)),
        Expression::AddressOf(of) => format!("(&{})", text(of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::blob::example;

    /// What is fetched for an expression over the arguments of a function.
    fn fetch(function: &str, text: &str) -> Result<String, String> {
        let types = Types::of_test(&example()).unwrap();
        let prototype = types.function(function).unwrap();
        let scope = Scope::new(&types, function, &prototype, true);
        let mut fetches = Fetches::default();
        scope.value(&parse(text)?, &mut fetches)?;
        Ok(fetches.fields.join(" "))
    }

    #[test]
    fn expressions_become_fetches() {
        for (function, text, expected) in [
            ("vfs_read", "count", "$arg3:u64"),
            ("vfs_read", "file", "$arg1:x64"),
            ("vfs_read", "file->f_count", "+0($arg1):s32"),
            ("vfs_read", " ( * file ) . f_mode", "+4($arg1):u32"),
            ("vfs_read", "file->f_inner", "+12($arg1):s32"),
            ("vfs_read", "file->f_bits", "+24($arg1):b5@3/32"),
            ("vfs_read", "file->f_name->text", "+8(+16($arg1)):string"),
            ("vfs_read", "file->f_next.text", "+88($arg1):string"),
            ("vfs_read", "file->f_path", "+0(+32($arg1)):string"),
            ("vfs_read", "file->f_path[2]", "+2(+32($arg1)):u8"),
            ("vfs_read", "file->f_op", "+40($arg1):symbol"),
            ("vfs_read", "file->f_lines", "+48($arg1):s32[3]"),
            ("vfs_read", "file->f_lines[1]", "+52($arg1):s32"),
            ("vfs_read", "file->f_is_open", "+60($arg1):u8"),
            ("vfs_read", "file->f_wide", "+64($arg1):u64 +72($arg1):u64"),
            ("vfs_read", "&file->f_next", "$arg1:x64"),
            ("vfs_read", "*pos", "+0($arg4):s64"),
            ("vfs_read", "pos[-1]", "-8($arg4):s64"),
            (
                "vfs_read",
                "*file->f_name",
                "+0(+16($arg1)):s32 +8(+16($arg1)):string",
            ),
            ("vfs_read", "ret", "$retval:s64"),
            ("do_sys_openat2", "how", "+0($arg3):u64 +8($arg3):u64"),
            ("do_sys_openat2", "how->mode", "+8($arg3):u64"),
            ("many", "pair.two", "$arg4:s32"),
            ("many", "split.two", "$arg9:s32"),
            ("many", "packed", "$arg6:u16 $arg6:b32@16/64"),
            ("many", "large.c", "+16($arg5):s32"),
        ] {
            assert_eq!(fetch(function, text), Ok(expected.to_string()), "{text}");
        }
    }

    #[test]
    fn wrong_expressions_are_refused() {
        for (text, sentence) in [
            ("", "a name is missing at its end"),
            ("1", "a name is missing before '1'"),
            ("file->", "a name is missing at its end"),
            ("file f", "'f' cannot follow"),
            ("(file", "')' is missing at its end"),
            ("pos[x]", "a number is missing before 'x]'"),
            ("pos[1", "']' is missing at its end"),
            ("none", "there is no argument none"),
            ("file->none", "file has no member none"),
            ("file.f_mode", "file is a pointer"),
            ("count->x", "count is no pointer"),
            ("count.x", "count is no structure"),
            ("*count", "count is no pointer"),
            ("&count", "count has no address"),
            ("&&count", "a name is missing before '&&count'"),
            ("*file->f_op", "(*file->f_op) cannot be fetched"),
            (
                "pos[9223372036854775807]",
                "pos[9223372036854775807] cannot be fetched",
            ),
        ] {
            assert_eq!(fetch("vfs_read", text), Err(sentence.to_string()), "{text}");
        }
        let deep = "(".repeat(100_000);
        assert_eq!(fetch("vfs_read", &deep), Err("it is too deep".to_string()));
        let long = "file->f_name".to_string() + &"->x".repeat(100);
        assert_eq!(fetch("vfs_read", &long), Err("it is too long".to_string()));
    }
}
