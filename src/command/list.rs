// SPDX-License-Identifier: GPL-2.0

//! `rvdirect list` and `rvdirect detach`.

use crate::cli;
use crate::doctor;
use crate::failure::{plain, Failure, Outcome};
use crate::files::Files;
use crate::report::{Form, Record, Report};
use crate::session::{attachments, last_error};
use std::fs::{self, OpenOptions};
use std::io::Write;

pub fn list(files: &Files, args: &cli::List) -> Outcome<u8> {
    doctor::ready(files)?;
    let mut report = Report::new(&args.output)?;
    let status = fs::read_to_string(files.rvdirect("status"))?;
    if report.form == Form::Text {
        report.text(status.trim_end())?;
        return report.finish(None);
    }
    for attachment in attachments(&status) {
        let record = Record::new("attachment")
            .with("target", attachment.target)
            .with("functions", attachment.functions)
            .with("caller", attachment.caller)
            .with("hits", attachment.hits)
            .with("missed", attachment.missed)
            .with("session", attachment.session)
            .with("pid", attachment.pid)
            .with("state", attachment.state);
        report.put(&record, "")?;
    }
    report.finish(None)
}

/// Goes on after a refusal.
pub fn detach(files: &Files, args: &cli::Detach) -> Outcome<u8> {
    doctor::ready(files)?;
    let all = ["*".to_string()];
    let targets = match args.targets.as_slice() {
        [] => &all[..],
        targets => targets,
    };
    let mut status = 0;
    for target in targets {
        let mut file = OpenOptions::new()
            .write(true)
            .open(files.rvdirect("detach"))?;
        if let Err(error) = file.write_all(format!("{}\n", target.trim()).as_bytes()) {
            let log = files.text("sys/kernel/debug/rvdirect/error_log");
            Failure::new(last_error(&log).unwrap_or(plain(&error)))
                .about(target)
                .say();
            status = 1;
        }
    }
    Ok(status)
}
