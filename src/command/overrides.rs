// SPDX-License-Identifier: GPL-2.0

//! `rvdirect override`: calls return a value, and the function does not run.

use crate::cli;
use crate::failure::Outcome;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::report::{Record, Report};

pub fn run(files: &Files, args: &cli::Override) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let mut caller = format!("override ret={}", args.ret);
    for (key, value) in [("every", args.every), ("times", args.times)] {
        if let Some(value) = value {
            caller += &format!(" {key}={value}");
        }
    }
    let mut hooks = Hooks::attach(files, &args.hooking, &caller, &mut report, None)?;
    hooks.start()?;
    let status = hooks.watch.wait_for_end()?;
    hooks.stop(&mut report)?;
    for attachment in hooks.session.status()? {
        let record = Record::new("override")
            .with("target", attachment.target.as_str())
            .with("calls", attachment.hits);
        let text = format!("{:>14}  {}", attachment.hits, attachment.target);
        report.put(&record, &text)?;
    }
    report.finish(status)
}
