// SPDX-License-Identifier: GPL-2.0

//! The command line. Help, manual page and completions are made from this definition.

use crate::schema;
use crate::suggest::functions;
use crate::units;
use clap::{Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Hook kernel functions for a while, and show what they do
///
/// Hooks the functions for so many seconds, while a command runs, or until Ctrl-C. However it ends,
/// nothing stays attached. If the module rvdirect is not loaded, it is loaded by modprobe(8). Only
/// root can use it.
///
/// A TARGET is the name of a function, or a pattern of names with "*", "?", "[a-f]" and "[!a-f]".
/// The name of a module and a colon may precede either. If several functions have the name, "name,2"
/// is the second of them. Exclusions may follow in the same argument, each with a "!":
/// 'vfs_* !vfs_read'.
#[derive(Parser)]
#[command(name = "rvdirect", version, disable_help_subcommand = true, after_long_help = schema::help())]
pub struct Cli {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand)]
pub enum Action {
    /// Show how often each function is called, most calls first
    Count(Count),
    /// Show, for each function, how long its calls take
    Latency(Latency),
    /// Show each call as it comes
    ///
    /// Arguments and results are shown by their names and types, which the kernel's BTF tells. What
    /// is shown can be chosen by expressions of C over the arguments, behind the TARGET in the same
    /// argument: 'vfs_read file->f_path.dentry->d_name.name count'. They have members, elements as in
    /// pages[2], "*" and "&"; "ret" is the result. "*" before a pointer to a structure shows its
    /// members. Where those are at most four numbers, they are shown anyway.
    ///
    /// A string is cut after 255 bytes. "(fault)" stands for memory that cannot be read, "..." for
    /// what cannot be shown. Of macros, BTF has no names: rvdirect itself knows AT_FDCWD and the O_
    /// of open(2), for arguments and members that are called dfd and the like.
    ///
    /// Registers are shown of functions whose types are not known, and of more than 32 functions.
    Trace(Trace),
    /// Show by which ways the functions are called
    ///
    /// Of a deep stack, only the nearest 20 functions or so are seen.
    Stack(Stack),
    /// Show how often each function is called a second, in a live table
    ///
    /// On a terminal, and without COMMAND, the table stays in its place; the keys "r", "c" and "n"
    /// sort it by rate, calls or name, and "q" ends it.
    Top(Top),
    /// Let calls return a value without running the function
    ///
    /// You have to know what the value means to who calls the function, and what the function would
    /// have done besides returning. The module's parameter allow_override must be 1.
    Override(Override),
    /// Show everything that is attached, whoever attached it
    List(List),
    /// End attachments that belong to no session
    Detach(Detach),
    /// Say what is wrong with this system, and what mends it
    Doctor(Doctor),
    #[command(hide = true)]
    Keep(Keep),
    #[command(hide = true)]
    Enter(Enter),
}

/// What to hook, whose calls, and for how long.
#[derive(Args)]
pub struct Hooking {
    /// What to hook: names or patterns of functions; and for how many seconds, if the last one is a
    /// number
    #[arg(required = true, value_name = "TARGET|SECONDS", add = ArgValueCompleter::new(functions))]
    pub targets: Vec<String>,

    /// A command to run meanwhile: only its calls, and those of what it starts, are seen
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,

    /// Also hook functions of modules that are loaded later: each TARGET names its module
    #[arg(long)]
    pub pending: bool,

    /// See all calls while COMMAND runs, not only its own
    #[arg(short, long, help_heading = "Whose calls")]
    pub all: bool,

    /// Only calls of this process, with all its threads
    #[arg(short, long, value_name = "PID", help_heading = "Whose calls")]
    pub process: Option<u32>,

    /// Only calls of this thread
    #[arg(short, long, value_name = "TID", help_heading = "Whose calls")]
    pub thread: Option<u32>,

    /// Only calls of tasks of this name, which may end with "*"
    #[arg(short, long, value_name = "NAME", help_heading = "Whose calls")]
    pub comm: Option<String>,

    /// Only calls of tasks in this cgroup (version 2), or below it
    #[arg(short = 'G', long, value_name = "PATH", help_heading = "Whose calls")]
    pub cgroup: Option<PathBuf>,

    /// Only calls on these harts, such as 0-3,5
    #[arg(short = 'H', long, value_name = "LIST", help_heading = "Whose calls")]
    pub harts: Option<String>,
}

/// Where results go, and how they look.
#[derive(Args)]
pub struct Output {
    /// Write the results to this file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Write JSON, an object a line
    #[arg(long, conflicts_with = "csv", help_heading = "Output")]
    pub json: bool,

    /// Write comma-separated values, below a line with their names
    #[arg(long, help_heading = "Output")]
    pub csv: bool,
}

#[derive(Args)]
pub struct Count {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// Show the counts of each such interval, then the totals
    #[arg(short, long, value_name = "SECONDS", value_parser = units::seconds)]
    pub interval: Option<Duration>,
    /// At most so many functions
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = above_zero)]
    pub lines: Option<usize>,
}

#[derive(Args)]
pub struct Latency {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// Only calls that take at least so long, such as 100us or 1ms
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub min: Option<Duration>,
    /// At most so many functions
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = above_zero)]
    pub lines: Option<usize>,
}

#[derive(Args)]
pub struct Trace {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// Show calls when they return, with result and duration
    #[arg(long)]
    pub ret: bool,
    /// Only calls that return an error
    #[arg(long)]
    pub failed: bool,
    /// Only calls that take at least so long, such as 100us or 1ms
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub min: Option<Duration>,
    /// Only calls for which this holds, such as 'count > 4096 && ret < 0'
    ///
    /// Compares expressions with numbers, enumerators, errors such as -ENOENT, NULL, and strings in
    /// quotes, which may be patterns behind "~". "ret" and "duration" (in nanoseconds) want --ret. The
    /// kernel itself looks at it.
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// How many registers to show, up to 8, of a function whose types are not known
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub args: u8,
    /// End after so many calls
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = above_zero)]
    pub lines: Option<usize>,
}

#[derive(Args)]
pub struct Stack {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// Also draw a flame graph, as SVG
    #[arg(long, value_name = "FILE")]
    pub flame: Option<PathBuf>,
    /// At most so many stacks
    #[arg(short = 'n', long, value_name = "NUMBER", value_parser = above_zero)]
    pub lines: Option<usize>,
}

#[derive(Args)]
pub struct Top {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// How often to show the table anew
    #[arg(short, long, value_name = "SECONDS", default_value = "2", value_parser = units::seconds)]
    pub interval: Duration,
    /// At most so many functions
    #[arg(short = 'n', long, value_name = "NUMBER", default_value = "20", value_parser = above_zero)]
    pub lines: usize,
}

#[derive(Args)]
pub struct Override {
    #[command(flatten)]
    pub hooking: Hooking,
    #[command(flatten)]
    pub output: Output,
    /// What calls return: a number, or an error such as -EIO
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub ret: String,
    /// Only every such call
    #[arg(long, value_name = "NUMBER")]
    pub every: Option<u64>,
    /// Only so many calls
    #[arg(long, value_name = "NUMBER")]
    pub times: Option<u64>,
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
pub struct Detach {
    /// What to detach, named as it was attached; without it, everything that belongs to no session
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
}

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    pub output: Output,
}

/// Waits until its standard input ends, and removes what the command cannot attach to a session.
#[derive(Args)]
pub struct Keep {
    #[arg(long)]
    pub instance: Option<PathBuf>,
    #[arg(long)]
    pub cgroup: Option<PathBuf>,
}

/// Becomes COMMAND, in a cgroup.
#[derive(Args)]
pub struct Enter {
    #[arg(long)]
    pub cgroup: Option<PathBuf>,
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

fn above_zero(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("not a number above 0".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Action, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.action)
    }

    #[test]
    fn options_may_stand_anywhere() {
        let line = "rvdirect count -c sh f --json 10 -p 7 -- ls -l -- x";
        let Ok(Action::Count(count)) = parse(line) else {
            panic!("{line}");
        };
        assert_eq!(count.hooking.targets, ["f", "10"]);
        assert_eq!(count.hooking.command, ["ls", "-l", "--", "x"]);
        assert_eq!(count.hooking.process, Some(7));
        assert!(count.output.json);
    }

    #[test]
    fn results_may_be_negative() {
        for line in [
            "rvdirect override f --ret=-EIO",
            "rvdirect override f --ret -5 10",
        ] {
            assert!(matches!(parse(line), Ok(Action::Override(_))), "{line}");
        }
    }

    #[test]
    fn wrong_lines_are_refused() {
        for line in [
            "rvdirect",
            "rvdirect no",
            "rvdirect count",
            "rvdirect count -x f",
            "rvdirect count f -p",
            "rvdirect count -n x f",
            "rvdirect count -n 0 f",
            "rvdirect count f --json --csv",
            "rvdirect override f",
            "rvdirect list f",
            "rvdirect trace f --args 9",
            "rvdirect latency f --min 3",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
