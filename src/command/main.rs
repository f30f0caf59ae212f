// SPDX-License-Identifier: GPL-2.0

//! The command `rvdirect`: hooks kernel functions for a while by the module of that name, and shows
//! what it saw. What it attaches belongs to its session, an open file, and so goes with it.

mod child;
mod cli;
mod count;
mod doctor;
mod event;
mod failure;
mod files;
mod flame;
mod hooks;
mod instance;
mod keeper;
mod latency;
mod list;
#[cfg(test)]
mod man;
mod overrides;
mod report;
mod schema;
mod session;
mod stack;
mod suggest;
mod targets;
mod top;
mod trace;
mod types;
mod units;
mod watch;

use clap::{CommandFactory, Parser};
use cli::{Action, Cli};
use std::process::ExitCode;

fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let files = files::Files::of_system();
    let result = match Cli::parse().action {
        Action::Count(args) => count::run(&files, &args),
        Action::Latency(args) => latency::run(&files, &args),
        Action::Trace(args) => trace::run(&files, &args),
        Action::Stack(args) => stack::run(&files, &args),
        Action::Top(args) => top::run(&files, &args),
        Action::Override(args) => overrides::run(&files, &args),
        Action::List(args) => list::list(&files, &args),
        Action::Detach(args) => list::detach(&files, &args),
        Action::Doctor(args) => doctor::run(&files, &args),
        Action::Keep(args) => keeper::keep(&args),
        Action::Enter(args) => child::enter(&args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            failure.say();
            ExitCode::from(failure.status)
        }
    }
}
