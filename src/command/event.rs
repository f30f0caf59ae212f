// SPDX-License-Identifier: GPL-2.0

//! The lines by which the kernel shows events.

/// What a line of `trace_pipe` says.
#[derive(Debug, PartialEq)]
pub enum Line {
    Call(Call),
    /// The buffer of a hart was full, so that many events are lost.
    Lost(u64),
    /// The stack of the last event of this task on this hart that has none yet. Events of other
    /// harts, and of interrupts with their stacks, may be between.
    Stack {
        tid: u32,
        hart: u32,
    },
    /// A frame of the stack.
    Frame(String),
    Other,
}

/// An event `rvdirect:call` or `rvdirect:return`.
#[derive(Debug, Default, PartialEq)]
pub struct Call {
    pub task: String,
    pub tid: u32,
    pub hart: u32,
    pub time: f64,
    pub function: String,
    pub caller: String,
    pub args: Vec<String>,
    pub returned: Option<Returned>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Returned {
    pub ret: i64,
    /// The name of the error, if it is one.
    pub error: Option<String>,
    pub duration: u64,
}

impl Line {
    pub fn parse(line: &str) -> Self {
        if let Some(frame) = line.strip_prefix(" => ") {
            return Line::Frame(frame.to_string());
        }
        if let Some((_, rest)) = line.split_once(" [LOST ") {
            let count = rest.split(' ').next().and_then(|count| count.parse().ok());
            return Line::Lost(count.unwrap_or_default());
        }
        let stack = line.strip_suffix(": <stack trace>");
        if let Some(Call { tid, hart, .. }) = stack.and_then(Call::begin) {
            return Line::Stack { tid, hart };
        }
        Call::parse(line).map_or(Line::Other, Line::Call)
    }
}

impl Call {
    /// Parses `TASK-TID [HART] FLAGS TIME: call: FUNCTION <- CALLER args={…}`, or
    /// `… return: FUNCTION -> CALLER ret=NUMBER [ERROR] duration=NUMBER ns args={…}`. A task's name
    /// may have anything in it.
    fn parse(line: &str) -> Option<Self> {
        let (head, event) = match line.split_once(": call: ") {
            Some(parts) => parts,
            None => line.split_once(": return: ")?,
        };
        let (functions, args) = event.rsplit_once(" args={")?;
        let mut call = Call::between(head, functions)?;
        let args = args.trim_end_matches('}');
        call.args = args
            .split(',')
            .filter(|arg| !arg.is_empty())
            .map(String::from)
            .collect();
        Some(call)
    }

    /// Parses what is before the event's name.
    fn begin(head: &str) -> Option<Self> {
        let (task, rest) = head.rsplit_once(" [")?;
        let (task, tid) = task.trim().rsplit_once('-')?;
        let (hart, rest) = rest.split_once(']')?;
        Some(Call {
            task: task.to_string(),
            tid: tid.trim().parse().ok()?,
            hart: hart.parse().ok()?,
            time: rest.split_ascii_whitespace().last()?.parse().ok()?,
            ..Call::default()
        })
    }

    /// Parses what is before the event's name, and between that and the arguments.
    pub fn between(head: &str, functions: &str) -> Option<Self> {
        let mut call = Self::begin(head)?;
        let (function, caller) = match functions.split_once(" <- ") {
            Some(parts) => parts,
            None => {
                let (function, rest) = functions.split_once(" -> ")?;
                let (caller, rest) = rest.split_once(" ret=")?;
                let (ret, duration) = rest.split_once(" duration=")?;
                let mut ret = ret.split(' ');
                call.returned = Some(Returned {
                    ret: ret.next()?.parse().ok()?,
                    error: ret.next().map(String::from),
                    duration: duration.split(' ').next()?.parse().ok()?,
                });
                (function, caller)
            }
        };
        call.function = self::function(function);
        call.caller = self::function(caller);
        Some(call)
    }
}

/// Splits the line of an event whose name ends with `_MARK_NUMBER`: what is before its name, the
/// number, and what the event has.
pub fn own<'a>(line: &'a str, mark: &str) -> Option<(&'a str, usize, &'a str)> {
    let mark = format!("_{mark}_");
    let (begin, rest) = line.split_once(&mark)?;
    let (head, _) = begin.rsplit_once(": ")?;
    let (number, event) = rest.split_once(": ")?;
    Some((head, number.parse().ok()?, event))
}

/// Turns `NAME+0x1/0x2 [MODULE]` into `MODULE:NAME`, as rvdirect names functions.
pub fn function(symbol: &str) -> String {
    let (symbol, module) = match symbol.split_once(" [") {
        Some((symbol, module)) => (symbol, Some(module.trim_end_matches(']'))),
        None => (symbol, None),
    };
    let name = symbol.split('+').next().unwrap_or_default();
    match module {
        Some(module) => format!("{module}:{name}"),
        None => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Call {
        match Line::parse(line) {
            Line::Call(call) => call,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn calls_are_understood() {
        let call = call(
            "     a [b] c-d-93      [001] d..1.   123.456789: call: f [m] <- g+0x6c/0x100 [n] args={0x3,0xff}",
        );
        assert_eq!(
            (call.task.as_str(), call.tid, call.hart),
            ("a [b] c-d", 93, 1)
        );
        assert_eq!(call.time, 123.456789);
        assert_eq!(
            (call.function.as_str(), call.caller.as_str()),
            ("m:f", "n:g")
        );
        assert_eq!(call.args, ["0x3", "0xff"]);
        assert_eq!(call.returned, None);
    }

    #[test]
    fn returns_are_understood() {
        for (shown, ret, error) in [
            ("-2 ENOENT", -2, Some("ENOENT")),
            ("-5000", -5000, None),
            ("0", 0, None),
        ] {
            let call = call(&format!(
                "  <...>-7  [000] .....  1.000001: return: f -> g+0x1/0x2 ret={shown} duration=1200 ns args={{}}"
            ));
            let returned = call.returned.unwrap();
            assert_eq!((returned.ret, returned.duration), (ret, 1200));
            assert_eq!(returned.error.as_deref(), error);
            assert!(call.args.is_empty());
        }
    }

    #[test]
    fn events_of_functions_are_told_by_their_mark() {
        let line = "a: b-7 [000] ..... 1.000001: f_8a2b_12: f <- g+0x1/0x2 x=\"y: f_8a2b_3: z\"";
        let (head, number, event) = own(line, "8a2b").unwrap();
        assert_eq!((head, number), ("a: b-7 [000] ..... 1.000001", 12));
        assert_eq!(event, "f <- g+0x1/0x2 x=\"y: f_8a2b_3: z\"");
        for line in [
            "",
            ": f_8a2b_",
            ": f_8a2b_x: ",
            "f_8a2b_1: ",
            ": f_ffff_1: ",
        ] {
            assert_eq!(own(line, "8a2b"), None, "{line}");
        }
    }

    #[test]
    fn other_lines_are_told_apart() {
        assert_eq!(Line::parse("CPU:2 [LOST 123 EVENTS]"), Line::Lost(123));
        assert_eq!(
            Line::parse(" => vfs_read"),
            Line::Frame("vfs_read".to_string())
        );
        assert_eq!(
            Line::parse("  a: b-77 [003] d.h1. 12.5: <stack trace>"),
            Line::Stack { tid: 77, hart: 3 }
        );
        assert_eq!(Line::parse("# tracer: nop"), Line::Other);
        assert_eq!(Line::parse(""), Line::Other);
    }
}
