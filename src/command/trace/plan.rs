// SPDX-License-Identifier: GPL-2.0

//! What to attach for a trace: each function by itself, with an event that has its arguments, or a
//! target as a whole, with an event that has registers.

use crate::cli;
use crate::event;
use crate::failure::{say, Failure, Outcome};
use crate::files::Files;
use crate::hooks::Wanted;
use crate::suggest;
use crate::targets::Words;
use crate::types::btf::Kernel;
use crate::types::condition::{self, Field};
use crate::types::expression::Expression;
use crate::types::probe::{self, Probe, Request};

/// The most functions of a pattern that get events of their own: each is attached by itself.
const MOST_EVENTS: usize = 32;

/// The least result that is an error: `-MAX_ERRNO`.
const LEAST_ERROR: i32 = -4095;

/// What the events that have registers can be asked for.
const REGISTERS: [&str; 10] = [
    "arg0", "arg1", "arg2", "arg3", "arg4", "arg5", "arg6", "arg7", "ret", "duration",
];

pub struct Plan<'a> {
    files: &'a Files,
    args: &'a cli::Trace,
    /// Whether calls are shown when they return.
    returns: bool,
    /// None if the kernel does not tell its types.
    kernel: Option<Kernel<'a>>,
    mark: String,
    probes: Vec<Probe>,
    /// Whether some functions are shown by their registers.
    has_registers: bool,
}

impl<'a> Plan<'a> {
    pub fn new(files: &'a Files, args: &'a cli::Trace) -> Self {
        // Without these, an event cannot be removed, so the module makes none.
        let kernel = match files.tracing("kprobe_events").exists() {
            true => Kernel::open(files),
            false => Err(Failure::new("the kernel lacks CONFIG_KPROBE_EVENTS")),
        };
        if let Err(failure) = &kernel {
            let reason = failure.sentence();
            say(&format!(
                "registers are shown, as there are no types: {reason}"
            ));
        }
        Plan {
            files,
            args,
            returns: args.ret || args.failed || args.min.is_some(),
            kernel: kernel.ok(),
            mark: probe::mark(),
            probes: Vec::new(),
            has_registers: false,
        }
    }

    /// The module's caller.
    fn caller(&self) -> &'static str {
        match self.returns {
            true => "return",
            false => "trace",
        }
    }

    /// What to attach for a target: each function by itself if there are types, and not too many.
    pub fn wants(&mut self, text: &str) -> Outcome<Vec<Wanted>> {
        let words = Words::of(text);
        let Some(kernel) = &self.kernel else {
            return self.registers(&words, "the kernel does not tell its types");
        };
        let functions = match words.function().filter(|function| kernel.knows(function)) {
            // There are many names to look through.
            Some(function) => vec![function],
            None => words.functions(&suggest::traceable(self.files)),
        };
        if functions.is_empty() {
            // The module says what is wrong with the target.
            return self.registers(&words, "there is no such function");
        }
        if functions.len() > MOST_EVENTS {
            let count = functions.len();
            let reason = format!("these are {count} functions, more than {MOST_EVENTS}");
            say(&format!(
                "{}: registers are shown, as {reason}",
                words.target
            ));
            return self.registers(&words, &reason);
        }
        let request = Request {
            expressions: &words.expressions,
            condition: self.args.condition.as_deref(),
            returns: self.returns,
        };
        let mut wanted = Vec::new();
        let mut refused = Vec::new();
        for function in functions {
            let target = words.target_of(&function);
            let number = (self.mark.as_str(), self.probes.len());
            match Probe::new(self.files, kernel, &function, &request, number) {
                Ok(Some(probe)) => {
                    if function.is_clone() {
                        say(&format!(
                            "{target}: the compiler has changed this function, so its arguments \
                             may be others than the source's"
                        ));
                    }
                    wanted.push(Wanted {
                        target,
                        caller: format!("{} {}", self.caller(), probe.words()),
                    });
                    self.probes.push(probe);
                }
                Ok(None) if words.expressions.is_empty() && self.args.condition.is_none() => {
                    say(&format!(
                        "{target}: registers are shown, as its types are not known"
                    ));
                    wanted.push(self.by_registers(target));
                    self.has_registers = true;
                }
                Ok(None) => refused.push((target, "its types are not known".to_string())),
                Err(error) => refused.push((target, error)),
            }
        }
        for (target, error) in refused {
            if wanted.is_empty() {
                return Err(Failure::misused(error).about(&target));
            }
            say(&format!("{target} is left out: {error}"));
        }
        Ok(wanted)
    }

    /// The target as a whole, if no types are needed.
    fn registers(&mut self, words: &Words, reason: &str) -> Outcome<Vec<Wanted>> {
        if let Some(expression) = words.expressions.first() {
            let sentence = format!("{expression} cannot be shown, as {reason}");
            return Err(Failure::new(sentence).about(&words.target));
        }
        self.has_registers = true;
        Ok(vec![self.by_registers(words.target.clone())])
    }

    fn by_registers(&self, target: String) -> Wanted {
        Wanted {
            target,
            caller: format!("{} args={}", self.caller(), self.args.args),
        }
    }

    /// The events to see, with their filters. All is attached, so the types, which take much memory,
    /// are not needed any more.
    pub fn events(&mut self, session: u64) -> Outcome<Vec<(String, String)>> {
        self.kernel = None;
        let filter = filter(self.args);
        let mut events = Vec::new();
        if self.has_registers {
            let event = if self.returns { "return" } else { "call" };
            let mut filter = format!("session == {session} && {filter}");
            if let Some(condition) = &self.args.condition {
                let condition = condition::compile(condition, &mut register)
                    .map_err(|error| Failure::misused(error).about("--where"))?;
                filter += &format!(" && ({condition})");
            }
            events.push((event.to_string(), filter));
        }
        for probe in &self.probes {
            let condition = probe.filter.iter().map(|filter| format!(" && ({filter})"));
            let filter = filter.clone() + &condition.collect::<String>();
            events.push((probe.event.clone(), filter));
        }
        Ok(events)
    }

    /// An event of one of the probes, by the text of its line.
    pub fn own<'b>(&self, line: &'b str) -> Option<(&Probe, &'b str, &'b str)> {
        let (head, number, text) = event::own(line, &self.mark)?;
        Some((self.probes.get(number)?, head, text))
    }
}

/// A field of the events that have registers.
fn register(expression: &Expression) -> Result<Field, String> {
    match expression {
        Expression::Name(name) if REGISTERS.contains(&name.as_str()) => {
            Ok(Field::number(name, Vec::new()))
        }
        _ => Err("only arg0 to arg7, ret and duration are known".to_string()),
    }
}

/// Which events: not the calls of this command itself.
fn filter(args: &cli::Trace) -> String {
    let mut filter = format!("common_pid != {}", std::process::id());
    if args.failed {
        filter += &format!(" && ret < 0 && ret >= {LEAST_ERROR}");
    }
    if let Some(min) = args.min {
        filter += &format!(" && duration >= {}", min.as_nanos());
    }
    filter
}
