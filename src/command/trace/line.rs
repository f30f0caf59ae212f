// SPDX-License-Identifier: GPL-2.0

//! A call as it is shown.

use crate::event::{self, Call};
use crate::report::Record;
use crate::types::probe::Probe;
use crate::types::value::Seen;
use crate::units;
use serde_json::{json, Value as Json};

pub struct Line {
    call: Call,
    /// None if only registers are known.
    typed: Option<Typed>,
}

/// Values by their types.
struct Typed {
    args: Vec<(String, Seen)>,
    /// None if there is none, or not yet.
    result: Option<Seen>,
    can_fail: bool,
}

impl Line {
    /// A call of which the registers are known.
    pub fn of_registers(call: Call) -> Self {
        Line { call, typed: None }
    }

    /// A call by the text of the probe's event, and what is before that in the line.
    pub fn of_event(probe: &Probe, head: &str, event: &str) -> Option<Self> {
        let (functions, fields) = probe.split(event)?;
        let call = Call::between(head, functions)?;
        let returned = call.returned.as_ref();
        let typed = Typed {
            args: probe.arguments(&fields),
            result: returned.and_then(|returned| probe.result(returned.ret)),
            can_fail: probe.can_fail(),
        };
        Some(Line {
            call,
            typed: Some(typed),
        })
    }

    pub fn record(&self) -> Record {
        let call = &self.call;
        let kind = if call.returned.is_some() {
            "return"
        } else {
            "call"
        };
        let args = match &self.typed {
            None => json!(call.args),
            Some(typed) => Seen::Group(typed.args.clone()).json(),
        };
        let record = Record::new(kind)
            .with("time", call.time)
            .with("task", call.task.as_str())
            .with("tid", call.tid)
            .with("hart", call.hart)
            .with("function", call.function.as_str())
            .with("caller", call.caller.as_str())
            .with("args", args);
        let Some(returned) = &call.returned else {
            return record;
        };
        let error = self.error(returned);
        let ret = match (&self.typed, error) {
            (Some(typed), None) => typed.result.as_ref().map_or(Json::Null, Seen::json),
            _ => json!(returned.ret),
        };
        record
            .with("ret", ret)
            .with("error", error)
            .with("duration_ns", returned.duration)
    }

    /// The name of the error, if the function can return one.
    fn error<'a>(&self, returned: &'a event::Returned) -> Option<&'a str> {
        let can_fail = self.typed.as_ref().is_none_or(|typed| typed.can_fail);
        returned.error.as_deref().filter(|_| can_fail)
    }

    pub fn text(&self) -> String {
        let call = &self.call;
        let result = match &call.returned {
            None => String::new(),
            Some(returned) => {
                let result = match (self.error(returned), &self.typed) {
                    (Some(name), _) => format!("-{name}"),
                    (None, Some(Typed { result, .. })) => match result {
                        Some(result) => result.to_string(),
                        None => "void".to_string(),
                    },
                    (None, None) if returned.ret < 0 => format!("{:#x}", returned.ret),
                    (None, None) => returned.ret.to_string(),
                };
                format!(" = {result} ({})", units::show(returned.duration))
            }
        };
        let args = match &self.typed {
            None => call.args.join(", "),
            Some(typed) => {
                let args = typed
                    .args
                    .iter()
                    .map(|(name, seen)| format!("{name}={seen}"));
                args.collect::<Vec<_>>().join(", ")
            }
        };
        format!(
            "{:>14.6} {:>16}-{:<7} [{}] {}({args}){result} <- {}",
            call.time, call.task, call.tid, call.hart, call.function, call.caller,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Returned;

    fn call(returned: Option<Returned>) -> Call {
        Call {
            task: "ls".to_string(),
            tid: 93,
            hart: 1,
            time: 1.5,
            function: "vfs_read".to_string(),
            caller: "ksys_read".to_string(),
            args: vec!["0x1".to_string(), "0x2".to_string()],
            returned,
        }
    }

    #[test]
    fn people_see_calls() {
        assert!(Line::of_registers(call(None))
            .text()
            .ends_with("ls-93      [1] vfs_read(0x1, 0x2) <- ksys_read"));
        for (ret, error, shown) in [
            (-2, Some("ENOENT".to_string()), "= -ENOENT (1.50 us)"),
            (7, None, "= 7 (1.50 us)"),
            (-0x8000_0000, None, "= 0xffffffff80000000 (1.50 us)"),
        ] {
            let returned = Returned {
                ret,
                error,
                duration: 1500,
            };
            let text = Line::of_registers(call(Some(returned))).text();
            assert!(text.contains(shown), "{text}");
        }
    }

    #[test]
    fn people_see_types() {
        let shown = |ret, error: Option<&str>, result, can_fail| {
            let returned = Returned {
                ret,
                error: error.map(String::from),
                duration: 1500,
            };
            let line = Line {
                call: call(Some(returned)),
                typed: Some(Typed {
                    args: vec![
                        ("count".to_string(), Seen::Number(7)),
                        ("pos".to_string(), Seen::Address(0)),
                    ],
                    result,
                    can_fail,
                }),
            };
            line.text()
        };
        for (ret, error, result, can_fail, expected) in [
            (1, None, Some(Seen::Bool(true)), false, "true"),
            (5, None, None, false, "void"),
            (-2, Some("ENOENT"), Some(Seen::Number(-2)), true, "-ENOENT"),
            (
                -2,
                Some("ENOENT"),
                Some(Seen::Number(0xffff_fffe)),
                false,
                "4294967294",
            ),
        ] {
            let expected =
                format!("vfs_read(count=7, pos=NULL) = {expected} (1.50 us) <- ksys_read");
            let text = shown(ret, error, result, can_fail);
            assert!(text.ends_with(&expected), "{text}");
        }
    }
}
