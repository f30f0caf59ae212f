// SPDX-License-Identifier: GPL-2.0

//! Results, as text, JSON or comma-separated values.

use crate::cli::Output;
use crate::failure::{say, Failure, Outcome};
use crate::schema;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

/// The exit status of a command that saw less than it was asked for.
const INCOMPLETE: u8 = 3;

#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    Text,
    Json,
    Csv,
}

/// A result: values with names.
pub struct Record {
    kind: &'static str,
    fields: Vec<(&'static str, Value)>,
}

pub struct Report {
    to: BufWriter<Box<dyn Write>>,
    pub form: Form,
    pub to_stdout: bool,
    /// The kind of records that the last line of names is of.
    named: &'static str,
    is_complete: bool,
}

impl Record {
    pub fn new(kind: &'static str) -> Self {
        Record {
            kind,
            fields: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    fn json(&self) -> String {
        let mut text = format!("{{\"type\":{}", Value::from(self.kind));
        for (name, value) in &self.fields {
            text += &format!(",{}:{value}", Value::from(*name));
        }
        text + "}\n"
    }

    fn csv(&self) -> String {
        let cells: Vec<_> = self.fields.iter().map(|(_, value)| cell(value)).collect();
        cells.join(",") + "\n"
    }

    fn csv_names(&self) -> String {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| *name).collect();
        names.join(",") + "\n"
    }
}

/// Blanks are between the values of a list, colons in a list of lists. Values may have names.
fn flat(value: &Value, between: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|value| flat(value, ":")).collect();
            values.join(between)
        }
        Value::Object(values) => {
            let values = values.iter();
            let values: Vec<_> = values
                .map(|(name, value)| format!("{name}={}", flat(value, ":")))
                .collect();
            values.join(between)
        }
        other => other.to_string(),
    }
}

/// A value as RFC 4180 wants it.
fn cell(value: &Value) -> String {
    let text = flat(value, " ");
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

impl Report {
    pub fn new(output: &Output) -> Outcome<Self> {
        let to: Box<dyn Write> = match &output.output {
            Some(path) => Box::new(
                File::create(path)
                    .map_err(|error| Failure::from(error).about(&path.display().to_string()))?,
            ),
            None => Box::new(io::stdout()),
        };
        Ok(Report {
            to: BufWriter::new(to),
            form: match (output.json, output.csv) {
                (true, _) => Form::Json,
                (_, true) => Form::Csv,
                _ => Form::Text,
            },
            to_stdout: output.output.is_none(),
            named: "",
            is_complete: true,
        })
    }

    /// Whether it is read on a terminal, by a person.
    pub fn is_live(&self) -> bool {
        self.form == Form::Text && self.to_stdout && io::stdout().is_terminal()
    }

    /// Writes a line that is only for people.
    pub fn text(&mut self, line: &str) -> Outcome<()> {
        if self.form == Form::Text {
            writeln!(self.to, "{line}")?;
        }
        Ok(())
    }

    /// Writes a result. People get the text.
    pub fn put(&mut self, record: &Record, text: &str) -> Outcome<()> {
        debug_assert!(schema::has(
            record.kind,
            record.fields.iter().map(|field| field.0)
        ));
        match self.form {
            Form::Text => writeln!(self.to, "{text}")?,
            Form::Json => self.to.write_all(record.json().as_bytes())?,
            Form::Csv => {
                if self.named != record.kind {
                    self.named = record.kind;
                    self.to.write_all(record.csv_names().as_bytes())?;
                }
                self.to.write_all(record.csv().as_bytes())?;
            }
        }
        Ok(())
    }

    /// Says that something was not seen.
    pub fn note(&mut self, kind: &str, target: &str, count: u64, sentence: &str) -> Outcome<()> {
        self.is_complete = false;
        self.flush()?;
        say(&format!("{target}: {sentence}"));
        if self.form == Form::Json {
            let record = Record::new("note")
                .with("kind", kind)
                .with("target", target)
                .with("count", count)
                .with("text", sentence);
            self.put(&record, "")?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Outcome<()> {
        Ok(self.to.flush()?)
    }

    /// Writes what is left. The exit status is that of COMMAND, if there was one.
    pub fn finish(mut self, status: Option<u8>) -> Outcome<u8> {
        self.flush()?;
        Ok(match status {
            Some(status) => status,
            None if self.is_complete => 0,
            None => INCOMPLETE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record::new("stack")
            .with("function", "a\"b")
            .with("calls", 3)
            .with("frames", vec!["x", "y,z"])
    }

    #[test]
    fn records_are_json() {
        let line = record().json();
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["type"], "stack");
        assert_eq!(parsed["function"], "a\"b");
        assert_eq!(parsed["frames"][1], "y,z");
        assert!(
            line.starts_with("{\"type\":\"stack\",\"function\":"),
            "in order"
        );
        assert!(line.ends_with("}\n"));
    }

    #[test]
    fn records_are_csv() {
        assert_eq!(record().csv_names(), "function,calls,frames\n");
        assert_eq!(record().csv(), "\"a\"\"b\",3,\"x y,z\"\n");
        assert_eq!(cell(&Value::Null), "");
        assert_eq!(
            cell(&serde_json::json!([[0, 9, 1], [10, 19, 2]])),
            "0:9:1 10:19:2"
        );
        assert_eq!(
            cell(&serde_json::json!({"a": 1, "b": {"c": true, "d": null}})),
            "a=1 b=c=true:d="
        );
    }
}
