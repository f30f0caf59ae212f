// SPDX-License-Identifier: GPL-2.0

//! The manual page, made from the definition of the command line. A test holds it against
//! `Documentation/rvdirect.8`; with `RVDIRECT_MAN=write`, it writes that file.

use crate::cli::Cli;
use crate::schema;
use clap::{Arg, CommandFactory};
use clap_mangen::roff::{bold, italic, roman, Roff};
use clap_mangen::Man;
use std::fs;
use std::path::Path;

const STATUSES: &[(&str, &str)] = &[
    ("0", "all is well, also if Ctrl-C ended the waiting"),
    (
        "1",
        "the request was refused, or the results could not be written",
    ),
    ("2", "the command line is wrong"),
    (
        "3",
        "less was seen than was asked for: functions were left out, or calls missed or lost",
    ),
    ("126, 127", "COMMAND cannot be run, or is not there"),
    ("129, 143", "SIGHUP or SIGTERM ended the waiting"),
    ("141", "nobody reads the output any more"),
];

const EXAMPLES: &[(&str, &str)] = &[
    (
        "Which file system functions a command calls:",
        "rvdirect count 'vfs_* !vfs_read' -- ls -lR /usr",
    ),
    (
        "How long sshd takes to open files, for ten seconds:",
        "rvdirect latency -c sshd do_sys_openat2 10",
    ),
    (
        "Which system calls of a process fail:",
        "rvdirect trace -p 77 '__riscv_sys_*' --failed",
    ),
    (
        "Who frees memory, as a picture:",
        "rvdirect stack kfree --flame out.svg 10",
    ),
    ("Which functions are called most:", "rvdirect top 'ext4_*'"),
    (
        "What make does when ls fails:",
        "rvdirect override vfs_statx --ret=-EIO -c ls -- make check",
    ),
];

const FILES: &[(&str, &str)] = &[
    ("/sys/kernel/debug/rvdirect/", "the files of the module"),
    (
        "/sys/module/rvdirect/parameters/max_functions",
        "how many functions a target may have",
    ),
];

fn list(page: &mut Roff, entries: &[(&str, &str)]) {
    for (name, about) in entries {
        page.control("TP", [])
            .text([bold(*name)])
            .text([roman(*about)]);
    }
}

fn page() -> String {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    let man = Man::new(command.clone())
        .section("8")
        .date("2026-11-28")
        .source("rvdirect");
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    let is_shared = |arg: &Arg| arg.get_help_heading().is_some();
    for subcommand in command.get_subcommands() {
        if subcommand.is_hide_set() {
            continue;
        }
        let mut title = Roff::new();
        let name = format!("rvdirect {}", subcommand.get_name());
        title.control("SH", [name.to_uppercase().as_str()]);
        let about = subcommand.get_long_about().or(subcommand.get_about());
        for paragraph in about.unwrap().to_string().split("\n\n") {
            title.control("PP", []).text([roman(paragraph)]);
        }
        title.to_writer(&mut text).unwrap();
        let own = subcommand.clone().mut_args(|arg| {
            let is_shared = is_shared(&arg);
            arg.hide(is_shared)
        });
        let man = Man::new(own);
        // Sections of a page of its own become parts of this section.
        let mut parts = Vec::new();
        man.render_synopsis_section(&mut parts).unwrap();
        man.render_options_section(&mut parts).unwrap();
        let parts = String::from_utf8(parts).unwrap().replace(".SH ", ".SS ");
        text.extend(parts.bytes());
    }
    let count = command.find_subcommand("count").unwrap();
    let shared = count.clone().mut_args(|arg| {
        let is_shared = is_shared(&arg);
        arg.hide(!is_shared)
    });
    Man::new(shared).render_options_section(&mut text).unwrap();

    let mut rest = Roff::new();
    rest.control("SH", ["OUTPUT FOR PROGRAMS"]).text([roman(
        "JSON has an object a line, whose \"type\" says which values it has. Comma-separated values \
         are below a line with their names; lists in them have blanks between their values, and \
         colons in a value. These are the types:",
    )]);
    for kind in schema::KINDS {
        rest.control("TP", []).text([bold(kind.name)]).text([
            italic(kind.fields.join(", ")),
            roman(format!(" - {}", kind.about)),
        ]);
    }
    rest.control("SH", ["EXIT STATUS"])
        .text([roman("That of COMMAND, if there is one. Otherwise:")]);
    list(&mut rest, STATUSES);
    rest.control("SH", ["FILES"]);
    list(&mut rest, FILES);
    rest.control("SH", ["EXAMPLES"]);
    list(&mut rest, EXAMPLES);
    rest.control("SH", ["SEE ALSO"]).text([
        bold("modprobe"),
        roman("(8), "),
        bold("trace-cmd"),
        roman("(1)"),
    ]);
    rest.to_writer(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    format!(".\\\" SPDX-License-Identifier: GPL-2.0\n{text}")
}

#[test]
fn the_manual_page_is_that_of_the_definition() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Documentation/rvdirect.8");
    if std::env::var_os("RVDIRECT_MAN").is_some_and(|how| how == "write") {
        fs::write(&path, page()).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == page(),
        "make it anew: RVDIRECT_MAN=write cargo test -p rvdirect-command manual"
    );
}
