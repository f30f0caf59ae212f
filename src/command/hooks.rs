// SPDX-License-Identifier: GPL-2.0

//! Hooked functions, from the command line to the end of the session.

use crate::child::{self, Cgroup};
use crate::cli::Hooking;
use crate::failure::{Failure, Outcome};
use crate::files::Files;
use crate::keeper::Keeper;
use crate::report::Report;
use crate::session::Session;
use crate::suggest;
use crate::units;
use crate::watch::Watch;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

pub struct Hooks {
    pub session: Session,
    pub watch: Watch,
    command: Vec<OsString>,
    cgroup: Option<Cgroup>,
    // The last to go: the instance must not be in use any more.
    _keeper: Option<Keeper>,
}

/// An attachment to make: a target, and its caller with its options.
pub struct Wanted {
    pub target: String,
    pub caller: String,
}

/// What the positional arguments mean.
#[derive(Debug, PartialEq)]
struct Plan {
    targets: Vec<String>,
    duration: Option<Duration>,
}

impl Hooks {
    /// Attaches the targets, for the caller with its options. No call is seen before `start`.
    ///
    /// Until this returns, a signal ends the process at once, and that ends the session.
    pub fn attach(
        files: &Files,
        hooking: &Hooking,
        caller: &str,
        report: &mut Report,
        instance: Option<&Path>,
    ) -> Outcome<Self> {
        let mut as_it_is = |target: &str| {
            // What follows the first word can only leave out.
            let mut words = target.split_ascii_whitespace().skip(1);
            if !words.all(|word| word.starts_with('!')) {
                return Err(Failure::misused(format!("'{target}' is not a target")));
            }
            Ok(vec![Wanted {
                target: target.to_string(),
                caller: caller.to_string(),
            }])
        };
        Self::attach_each(files, hooking, &mut as_it_is, report, instance)
    }

    /// The same, with what `wants` makes of each of the arguments.
    pub fn attach_each(
        files: &Files,
        hooking: &Hooking,
        wants: &mut dyn FnMut(&str) -> Outcome<Vec<Wanted>>,
        report: &mut Report,
        instance: Option<&Path>,
    ) -> Outcome<Self> {
        let plan = Plan::of(hooking)?;
        tasks_exist(files, hooking)?;
        let mut wanted = Vec::new();
        for target in &plan.targets {
            wanted.push((target, wants(target)?));
        }
        let mut session = Session::open(files)?;
        let is_own = !hooking.command.is_empty() && !hooking.sees_others();
        let cgroup = match &hooking.cgroup {
            Some(path) => Some(Cgroup::find(files, path)?),
            None if is_own => Some(Cgroup::for_command(files)?),
            None => None,
        };
        let own = cgroup.as_ref().filter(|_| is_own);
        let keeper = match (instance, own) {
            (None, None) => None,
            (instance, own) => Some(Keeper::new(
                instance,
                own.map(|own| own.directory.as_path()),
            )?),
        };
        if let Some(own) = own {
            std::fs::create_dir(&own.directory).map_err(|error| {
                Failure::from(error).about(&own.directory.display().to_string())
            })?;
        }
        let filter = filter(hooking, cgroup.as_ref().map(|cgroup| cgroup.name.as_str()));
        let mut held = Vec::new();
        for (target, wanted) in &wanted {
            let count = attach_all(files, &mut session, wanted, &filter)?;
            held.push((*target, count));
        }
        let mut hooks = Hooks {
            session,
            watch: Watch::new(plan.duration, report.to_stdout)?,
            command: hooking.command.clone(),
            cgroup: cgroup.filter(|_| is_own),
            _keeper: keeper,
        };
        let status = hooks.session.status()?;
        let groups = status.iter().map(|one| (&one.target, one.left_out));
        for (target, count) in groups.chain(held) {
            if count > 0 {
                let sentence = format!("functions left out, because others hold them: {count}; see rvdirect list, rvdirect doctor");
                report.note("left_out", target, count, &sentence)?;
            }
        }
        Ok(hooks)
    }

    /// The number of the session, which its events carry.
    pub fn number(&mut self) -> Outcome<u64> {
        let status = self.session.status()?;
        let number = status.first().and_then(|attachment| attachment.session);
        number.ok_or_else(|| Failure::new("the session has no number"))
    }

    /// Lets calls be seen, and starts COMMAND.
    pub fn start(&mut self) -> Outcome<()> {
        self.session.say("enable *")?;
        if !self.command.is_empty() {
            let child = child::spawn(&self.command, self.cgroup.as_ref())?;
            self.watch.follow(child);
        }
        Ok(())
    }

    pub fn has_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// Lets no more calls be seen, and says what was missed.
    pub fn stop(&mut self, report: &mut Report) -> Outcome<()> {
        self.session.say("disable *")?;
        for attachment in self.session.status()? {
            let count = attachment.missed;
            if count > 0 {
                let sentence = format!("calls that were missed: {count}");
                report.note("missed", &attachment.target, count, &sentence)?;
            }
        }
        Ok(())
    }
}

impl Hooking {
    /// Whether it says whose calls to see, instead of COMMAND's.
    fn sees_others(&self) -> bool {
        self.all || self.process.is_some() || self.thread.is_some() || self.cgroup.is_some()
    }
}

impl Plan {
    fn of(hooking: &Hooking) -> Outcome<Self> {
        let mut targets: Vec<_> = hooking.targets.iter().map(|target| target.trim()).collect();
        let duration = match targets.last() {
            Some(last) if units::is_number(last) => {
                let seconds = units::seconds(last);
                Some(seconds.map_err(|error| Failure::misused(format!("{last}: {error}")))?)
            }
            _ => None,
        };
        if duration.is_some() {
            targets.pop();
        }
        let misused = |sentence: &str| Err(Failure::misused(sentence));
        if targets.is_empty() {
            return misused("what is it to hook?");
        }
        if targets.iter().any(|target| units::is_number(target)) {
            return misused("nothing may follow the seconds");
        }
        if duration.is_some() && !hooking.command.is_empty() {
            return misused("seconds or a command, not both");
        }
        if hooking.all && hooking.command.is_empty() {
            return misused("-a wants a command");
        }
        let is_target = |target: &&&str| !target.is_empty() && !target.contains('\n');
        if let Some(target) = targets.iter().find(|target| !is_target(target)) {
            return Err(Failure::misused(format!("'{target}' is not a target")));
        }
        Ok(Plan {
            targets: targets.into_iter().map(String::from).collect(),
            duration,
        })
    }
}

/// Makes attachments that stand for one target. If it is several, functions that others hold are left
/// out, as from a group. Returns how many those are.
fn attach_all(
    files: &Files,
    session: &mut Session,
    wanted: &[Wanted],
    filter: &str,
) -> Outcome<u64> {
    let mut held = Vec::new();
    for Wanted { target, caller } in wanted {
        let said = session.say(&format!("attach {target} {caller}{filter} disabled"));
        match said.map_err(|failure| explain(files, target, failure)) {
            Err(failure) if wanted.len() > 1 && is_held(&failure) => held.push(failure),
            result => result?,
        }
    }
    let count = held.len();
    match held.pop() {
        Some(failure) if count == wanted.len() => Err(failure),
        _ => Ok(count as u64),
    }
}

fn is_held(failure: &Failure) -> bool {
    ["another direct caller", "attached already"]
        .iter()
        .any(|words| failure.sentence().contains(words))
}

/// The conditions, as the module takes them, and whether to wait for a module, each with a blank
/// before it.
fn filter(hooking: &Hooking, cgroup: Option<&str>) -> String {
    let mut filter = String::new();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            filter += &format!(" {key}={value}");
        }
    };
    add("tgid", hooking.process.map(|pid| pid.to_string()));
    add("pid", hooking.thread.map(|tid| tid.to_string()));
    add("comm", hooking.comm.as_deref().map(word));
    add("hart", hooking.harts.clone());
    add("cgroup", cgroup.map(word));
    if hooking.pending {
        filter += " pending";
    }
    filter
}

/// Writes what would end a word, or mean something else in it, by its number.
fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\n' | '\\' | ';' => word += &format!("\\x{:02x}", c as u32),
            c => word.push(c),
        }
    }
    word
}

/// A task that is not there makes no calls, and nobody would know why.
fn tasks_exist(files: &Files, hooking: &Hooking) -> Outcome<()> {
    for (id, is_process) in [(hooking.process, true), (hooking.thread, false)] {
        let Some(id) = id else { continue };
        let status = files.text(format!("proc/{id}/status"));
        let process = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
        let sentence = match (process.map(str::trim), is_process) {
            (None, true) => format!("there is no process {id}"),
            (None, false) => format!("there is no thread {id}"),
            (Some(process), true) if process != id.to_string() => {
                format!("{id} is a thread of process {process}: -t {id}, or -p {process}")
            }
            _ => continue,
        };
        return Err(Failure::new(sentence));
    }
    Ok(())
}

/// Says what can be done about a refusal.
fn explain(files: &Files, target: &str, failure: Failure) -> Failure {
    let sentence = failure.sentence();
    let more = if sentence.contains("No function has that name") {
        let name = target.split_ascii_whitespace().next().unwrap_or_default();
        suggest::instead_of(files, name)
    } else if sentence.contains("outside of sessions") {
        "; rvdirect detach ends that".to_string()
    } else if sentence.contains("by session") {
        "; rvdirect list shows it".to_string()
    } else {
        String::new()
    };
    Failure::new(format!("{target}: {sentence}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Action, Cli};
    use clap::Parser;

    fn hooking(line: &str) -> Hooking {
        let words = line.split('|').map(str::to_string);
        let words = ["rvdirect".to_string(), "count".to_string()]
            .into_iter()
            .chain(words);
        match Cli::parse_from(words).action {
            Action::Count(count) => count.hooking,
            _ => panic!("{line}"),
        }
    }

    fn plan(line: &str) -> Result<Plan, String> {
        Plan::of(&hooking(line)).map_err(|failure| failure.sentence().to_string())
    }

    #[test]
    fn seconds_come_last() {
        let plan_of = |targets: &[&str], seconds| {
            Ok(Plan {
                targets: targets.iter().map(|target| target.to_string()).collect(),
                duration: seconds,
            })
        };
        assert_eq!(
            plan("f|vfs_* !vfs_read"),
            plan_of(&["f", "vfs_* !vfs_read"], None)
        );
        assert_eq!(
            plan(" f|10"),
            plan_of(&["f"], Some(Duration::from_secs(10)))
        );
        for (line, sentence) in [
            ("10", "what is it to hook?"),
            ("f|10|g", "nothing may follow the seconds"),
            ("f|0", "0: not a number of seconds"),
            ("f|10|--|true", "seconds or a command, not both"),
            ("-a|f", "-a wants a command"),
            ("f\nattach g", "'f\nattach g' is not a target"),
            (" ", "'' is not a target"),
        ] {
            assert_eq!(plan(line), Err(sentence.to_string()), "{line}");
        }
    }

    #[test]
    fn options_become_conditions() {
        let all = hooking("f|-p|1|-t|2|-c|a b*|-H|0-1");
        assert_eq!(
            filter(&all, Some("/x y")),
            " tgid=1 pid=2 comm=a\\x20b* hart=0-1 cgroup=/x\\x20y"
        );
        assert_eq!(filter(&hooking("f"), None), "");
    }

    #[test]
    fn a_command_is_told_apart_unless_others_are_named() {
        for (line, others) in [
            ("f|--|ls", false),
            ("f|-c|ls|--|make", false),
            ("f|-H|0|--|ls", false),
            ("f|-a|--|ls", true),
            ("f|-p|1|--|ls", true),
            ("f|-G|/|--|ls", true),
        ] {
            assert_eq!(hooking(line).sees_others(), others, "{line}");
        }
    }
}
