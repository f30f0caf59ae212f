// SPDX-License-Identifier: GPL-2.0

//! `--where`: a condition over arguments and result, which becomes the filter of the event.

use crate::types::expression::{Cursor, Expression, MOST_DEPTH};
use nix::errno::Errno;

/// A field of the event, and how what it is compared with may be named.
pub struct Field {
    pub name: String,
    pub is_text: bool,
    pub names: Vec<(i64, String)>,
}

impl Field {
    pub fn number(name: &str, names: Vec<(i64, String)>) -> Self {
        Field {
            name: name.to_string(),
            is_text: false,
            names,
        }
    }
}

/// Compiles a condition. `field` finds what an expression stands for.
pub fn compile(
    text: &str,
    field: &mut dyn FnMut(&Expression) -> Result<Field, String>,
) -> Result<String, String> {
    let mut parser = Parser {
        cursor: Cursor::new(text),
        depth: 0,
        field,
    };
    let filter = parser.any()?;
    match parser.cursor.rest() {
        "" => Ok(filter),
        rest => Err(format!("'{rest}' cannot follow")),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    field: &'a mut dyn FnMut(&Expression) -> Result<Field, String>,
}

/// Those that begin with another one come first.
const OPERATORS: [&str; 8] = ["==", "!=", "<=", ">=", "<", ">", "&", "~"];

impl Parser<'_> {
    fn any(&mut self) -> Result<String, String> {
        let mut filter = self.all()?;
        while self.cursor.takes("||") {
            filter = format!("{filter} || {}", self.all()?);
        }
        Ok(filter)
    }

    fn all(&mut self) -> Result<String, String> {
        let mut filter = self.one()?;
        while self.cursor.takes("&&") {
            filter = format!("{filter} && {}", self.one()?);
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<String, String> {
        let is_not = self.cursor.takes("!");
        if is_not || self.cursor.takes("(") {
            return self.nested(is_not);
        }
        self.comparison()
    }

    /// What is in parentheses, or behind a "!".
    fn nested(&mut self, is_not: bool) -> Result<String, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("it is too deep".to_string());
        }
        let filter = if is_not {
            format!("!({})", self.one()?)
        } else {
            let filter = self.any()?;
            if !self.cursor.takes(")") {
                return Err(self.cursor.wrong("')'"));
            }
            format!("({filter})")
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<String, String> {
        let left = self.cursor.expression()?;
        let field = (self.field)(&left)?;
        let operator = match self.cursor.rest() {
            rest if rest.starts_with("&&") => None,
            _ => OPERATORS.into_iter().find(|word| self.cursor.takes(word)),
        };
        let name = &field.name;
        match operator {
            None if field.is_text => Err(self.cursor.wrong("a comparison")),
            // As in C.
            None => Ok(format!("{name} != 0")),
            Some(operator) if field.is_text => {
                if !["==", "!=", "~"].contains(&operator) {
                    return Err(format!("a string cannot be compared by {operator}"));
                }
                Ok(format!("{name} {operator} {}", self.string()?))
            }
            Some("~") => Err("only a string can be compared by ~".to_string()),
            Some(operator) => Ok(format!("{name} {operator} {}", self.number(&field.names)?)),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        for quote in ["\"", "'"] {
            if self.cursor.takes(quote) {
                let text = self.cursor.take_while(|c| !quote.contains(c));
                if self.cursor.takes(quote) {
                    return Ok(format!("{quote}{text}{quote}"));
                }
            }
        }
        Err(self.cursor.wrong("a string in quotes"))
    }

    fn number(&mut self, names: &[(i64, String)]) -> Result<i128, String> {
        let rest = self.cursor.rest();
        if rest
            .trim_start_matches('-')
            .starts_with(|c: char| c.is_ascii_digit())
        {
            return self
                .cursor
                .number()
                .ok_or_else(|| self.cursor.wrong("a number"));
        }
        let is_negative = self.cursor.takes("-");
        let name = self
            .cursor
            .take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let known = names.iter().find(|(_, known)| known == name);
        let value = match (name, known) {
            (_, Some((value, _))) => Some((*value).into()),
            ("NULL" | "false", _) => Some(0),
            ("true", _) => Some(1),
            _ => error(name),
        };
        match value {
            Some(value) if is_negative => Ok(-value),
            Some(value) => Ok(value),
            None if name.is_empty() => Err(self.cursor.wrong("a number")),
            None => Err(format!("{name} is no number")),
        }
    }
}

/// The number of an error, by its name.
fn error(name: &str) -> Option<i128> {
    let numbers = 1..=Errno::EHWPOISON as i32;
    let mut known = numbers.filter(|number| format!("{:?}", Errno::from_raw(*number)) == name);
    known.next().map(i128::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Result<String, String> {
        let mut field = |expression: &Expression| match expression {
            Expression::Name(name) if name != "none" => Ok(Field {
                name: name.clone(),
                is_text: name == "path",
                names: vec![(2, "GREEN".to_string())],
            }),
            Expression::Member(..) => Ok(Field {
                name: "v1".to_string(),
                is_text: false,
                names: Vec::new(),
            }),
            _ => Err("unknown".to_string()),
        };
        compile(text, &mut field)
    }

    #[test]
    fn conditions_become_filters() {
        for (text, expected) in [
            ("count > 4096 && ret < 0", "count > 4096 && ret < 0"),
            ("a->b>3", "v1 > 3"),
            ("a==0x10||b!=-1", "a == 16 || b != -1"),
            ("!(a<=1||b>=2)&&c&4", "!((a <= 1 || b >= 2)) && c & 4"),
            ("a && b", "a != 0 && b != 0"),
            ("!a", "!(a != 0)"),
            ("ret == -ENOENT", "ret == -2"),
            ("colour == GREEN", "colour == 2"),
            ("p == NULL || t == true", "p == 0 || t == 1"),
            ("path ~ \"/etc/*\"", "path ~ \"/etc/*\""),
            ("path == ' a\" b'", "path == ' a\" b'"),
        ] {
            assert_eq!(filter(text), Ok(expected.to_string()), "{text}");
        }
    }

    #[test]
    fn wrong_conditions_are_refused() {
        for (text, sentence) in [
            ("", "a name is missing at its end"),
            ("none > 1", "unknown"),
            ("a >", "a number is missing at its end"),
            ("a > b", "b is no number"),
            ("a > 1x", "a number is missing before '1x'"),
            (
                "a > 99999999999999999999",
                "a number is missing before '99999999999999999999'",
            ),
            ("a > 1 b", "'b' cannot follow"),
            ("(a > 1", "')' is missing at its end"),
            ("path", "a comparison is missing at its end"),
            ("path < \"a\"", "a string cannot be compared by <"),
            ("path == a", "a string in quotes is missing before 'a'"),
            ("path == \"a", "a string in quotes is missing at its end"),
            ("a ~ \"b\"", "only a string can be compared by ~"),
        ] {
            assert_eq!(filter(text), Err(sentence.to_string()), "{text}");
        }
        assert_eq!(
            filter(&"!".repeat(100_000)),
            Err("it is too deep".to_string())
        );
    }
}
