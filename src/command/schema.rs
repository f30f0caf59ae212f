// SPDX-License-Identifier: GPL-2.0

//! The names of the values in JSON and in comma-separated values. The manual page has this list.

/// A kind of records: its name, its values, and what it is.
pub struct Kind {
    pub name: &'static str,
    pub fields: &'static [&'static str],
    pub about: &'static str,
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "count",
        fields: &["function", "calls", "target"],
        about: "count: a function that was called, how often, and the target that it is part of; \
                or \"[freed]\", for all that are no longer there, such as those that initialise a \
                module",
    },
    Kind {
        name: "interval",
        fields: &["second", "function", "calls", "target"],
        about: "count --interval: the same for an interval, which ended at that second",
    },
    Kind {
        name: "latency",
        fields: &[
            "function", "calls", "min_ns", "mean_ns", "max_ns", "p50_ns", "p90_ns", "p99_ns",
            "p99_9_ns", "buckets",
        ],
        about:
            "latency: durations in nanoseconds; a percentile is the upper bound of its bucket; a \
                bucket has its first and last nanosecond, and its calls",
    },
    Kind {
        name: "call",
        fields: &["time", "task", "tid", "hart", "function", "caller", "args"],
        about: "trace: when, in seconds of the trace's clock; who called; and the arguments: by \
                name, where the types are known, or registers. Addresses are strings, what could \
                not be read is null",
    },
    Kind {
        name: "return",
        fields: &[
            "time",
            "task",
            "tid",
            "hart",
            "function",
            "caller",
            "args",
            "ret",
            "error",
            "duration_ns",
        ],
        about: "trace --ret: the same when it returned, with what it returned, by its type, the \
                error's name if it is one, and how long it took",
    },
    Kind {
        name: "stack",
        fields: &["function", "calls", "frames"],
        about: "stack: a function, how often it was called in this way, and the functions that \
                called, the nearest first",
    },
    Kind {
        name: "rate",
        fields: &["second", "function", "calls_per_second", "calls", "target"],
        about: "top: a function that was called since the last time, and all its calls so far",
    },
    Kind {
        name: "override",
        fields: &["target", "calls"],
        about: "override: how many calls did not run",
    },
    Kind {
        name: "attachment",
        fields: &[
            "target",
            "functions",
            "caller",
            "hits",
            "missed",
            "session",
            "pid",
            "state",
        ],
        about: "list: a line of the file status",
    },
    Kind {
        name: "check",
        fields: &["check", "state", "text", "mend"],
        about:
            "doctor: what was looked at; \"ok\", \"note\" or \"bad\"; what is so, and the command \
                that mends it",
    },
    Kind {
        name: "note",
        fields: &["kind", "target", "count", "text"],
        about: "any, in JSON alone: what was \"left_out\", \"missed\" or \"lost\"",
    },
];

/// What the long help says of them.
pub fn help() -> String {
    let mut help = String::from("What --json and --csv write, by type:\n");
    for Kind {
        name,
        fields,
        about,
    } in KINDS
    {
        help += &format!("\n  {name}: {}\n      {about}\n", fields.join(", "));
    }
    help
}

/// Whether there are records of that kind with these values.
pub fn has(kind: &str, fields: impl Iterator<Item = &'static str>) -> bool {
    let mut kinds = KINDS.iter();
    kinds
        .find(|known| known.name == kind)
        .is_some_and(|known| fields.eq(known.fields.iter().copied()))
}
