// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/debug/rvdirect/`, and what each of them does.

use crate::{
    abstraction::{
        background::Background,
        file::{
            Directory,
            TextFile,
            Written, //
        },
    },
    files::{
        log::Log,
        session::Session, //
    },
    language::{
        command::Verb,
        session::Subject, //
    },
    registry::{
        Client,
        Registry, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What all files share.
pub(crate) struct Interface {
    pub(crate) registry: Arc<Background<Registry>>,
    pub(crate) log: Arc<Log>,
}

static FILES: [TextFile<Interface>; 11] = [
    TextFile {
        name: c"attach",
        show: Some(|interface, text| interface.everybody().show_bindings(text)),
        write: Some(|interface, written| interface.carry_out(Verb::Attach, written)),
    },
    TextFile {
        name: c"modify",
        show: None,
        write: Some(|interface, written| interface.carry_out(Verb::Modify, written)),
    },
    TextFile {
        name: c"detach",
        show: None,
        write: Some(|interface, written| interface.carry_out(Verb::Detach, written)),
    },
    TextFile {
        name: c"enable",
        show: None,
        write: Some(|interface, written| interface.carry_out(Verb::Enable, written)),
    },
    TextFile {
        name: c"disable",
        show: None,
        write: Some(|interface, written| interface.carry_out(Verb::Disable, written)),
    },
    TextFile {
        name: c"callers",
        show: Some(|interface, text| interface.everybody().show_callers(text)),
        write: None,
    },
    TextFile {
        name: c"status",
        show: Some(|interface, text| interface.everybody().show(Subject::Status, text)),
        write: None,
    },
    TextFile {
        name: c"hits",
        show: Some(|interface, text| interface.everybody().show(Subject::Hits, text)),
        write: None,
    },
    TextFile {
        name: c"hist",
        show: Some(|interface, text| interface.everybody().show(Subject::Hist, text)),
        write: Some(|interface, _| {
            interface.everybody().clear_histograms();
            Ok(())
        }),
    },
    TextFile {
        name: c"draining",
        show: Some(|interface, text| interface.everybody().show(Subject::Draining, text)),
        write: None,
    },
    TextFile {
        name: c"error_log",
        show: Some(|interface, text| interface.log.show(text)),
        write: Some(|interface, _| {
            interface.log.clear();
            Ok(())
        }),
    },
];

/// Creates the files. Dropping the returned directory removes them.
#[inline(never)] // keeps its frame from that of its caller
pub(crate) fn files(registry: Arc<Background<Registry>>) -> Result<Directory<Interface>> {
    let log = Log::new(None)?;
    let interface = Arc::new(Interface { registry, log }, GFP_KERNEL)?;
    Directory::new::<Session>(c"rvdirect", &FILES, c"session", interface)
        .inspect_err(|_| pr_err!("cannot make the files in debugfs\n"))
}

impl Interface {
    fn everybody(&self) -> Client<'_> {
        self.registry.target().client(None)
    }

    fn carry_out(&self, verb: Verb, written: Written<'_>) -> Result {
        let client = self.everybody();
        let result = self.log.for_each_line(verb.name(), written, &mut |line| {
            client.carry_out(verb, line)
        });
        client.settle();
        result
    }
}
