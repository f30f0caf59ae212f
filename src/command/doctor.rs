// SPDX-License-Identifier: GPL-2.0

//! What the command needs of the system. Who misses something says so in the same words.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::files::Files;
use crate::report::{Record, Report};
use std::process::Command;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ok,
    /// Less can be seen.
    Note,
    /// Nothing can be seen.
    Bad,
}

/// A thing that was looked at.
struct Check {
    name: &'static str,
    state: State,
    text: String,
    /// The command that mends it.
    mend: &'static str,
}

type Look = fn(&Files) -> Check;

/// In this order: each can be looked at only if those before it are well.
const NEEDED: &[Look] = &[root, debugfs, lockdown, module, ftrace];
const USEFUL: &[Look] = &[tracefs, overriding, held, btf];

fn check(name: &'static str, state: State, text: impl Into<String>, mend: &'static str) -> Check {
    Check {
        name,
        state,
        text: text.into(),
        mend,
    }
}

fn well(name: &'static str, text: impl Into<String>) -> Check {
    check(name, State::Ok, text, "")
}

fn bad(name: &'static str, text: impl Into<String>, mend: &'static str) -> Check {
    check(name, State::Bad, text, mend)
}

fn note(name: &'static str, text: impl Into<String>, mend: &'static str) -> Check {
    check(name, State::Note, text, mend)
}

fn root(files: &Files) -> Check {
    if files.is_root {
        well("user", "this is root")
    } else {
        bad("user", "only root can use rvdirect", "sudo rvdirect")
    }
}

fn debugfs(files: &Files) -> Check {
    match files.mounted("debugfs") {
        Some(_) => well("debugfs", "debugfs is mounted"),
        None => bad(
            "debugfs",
            "debugfs is not mounted",
            "mount -t debugfs debugfs /sys/kernel/debug",
        ),
    }
}

fn lockdown(files: &Files) -> Check {
    let lockdown = files.text("sys/kernel/security/lockdown");
    if lockdown.is_empty() || lockdown.contains("[none]") {
        well("lockdown", "the kernel is not locked down")
    } else {
        bad(
            "lockdown",
            "the kernel is locked down, so debugfs is closed",
            "reboot without lockdown=, or with Secure Boot off",
        )
    }
}

fn is_loaded(files: &Files) -> bool {
    files.rvdirect("attach").exists()
}

fn module(files: &Files) -> Check {
    const NAME: &str = "module";
    if is_loaded(files) {
        return well(NAME, "the module is loaded");
    }
    if files.at("sys/module/rvdirect").exists() {
        return bad(
            NAME,
            "the module is loaded, but has no files in debugfs",
            "rmmod rvdirect; modprobe rvdirect",
        );
    }
    let said = match Command::new("modprobe").arg("rvdirect").output() {
        Ok(output) if output.status.success() && is_loaded(files) => {
            return well(NAME, "the module is loaded, as of now");
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_string(),
        Err(_) => {
            return bad(
                NAME,
                "the module is not loaded, and there is no modprobe",
                "insmod rvdirect.ko",
            )
        }
    };
    if said.contains("not found") {
        let release = files.text("proc/sys/kernel/osrelease");
        return bad(
            NAME,
            format!(
                "there is no module rvdirect for this kernel, {}",
                release.trim()
            ),
            "make && make modules_install, or install its package",
        );
    }
    bad(
        NAME,
        format!("the module cannot be loaded: {}", said.replace('\n', "; ")),
        "dmesg | tail",
    )
}

fn ftrace(files: &Files) -> Check {
    match files.text("proc/sys/kernel/ftrace_enabled").trim() {
        "0" => bad(
            "ftrace",
            "ftrace is switched off",
            "echo 1 >/proc/sys/kernel/ftrace_enabled",
        ),
        _ => well("ftrace", "ftrace is on"),
    }
}

fn tracefs(files: &Files) -> Check {
    if files.tracing("instances").exists() {
        well("tracefs", "tracefs is mounted")
    } else {
        note(
            "tracefs",
            "tracefs is not mounted, so there is no trace and no stack",
            "mount -t tracefs tracefs /sys/kernel/tracing",
        )
    }
}

fn overriding(files: &Files) -> Check {
    const NAME: &str = "override";
    match files
        .text("sys/module/rvdirect/parameters/allow_override")
        .trim()
    {
        "Y" | "1" => well(NAME, "calls can be overridden"),
        _ => note(
            NAME,
            "the module may not allow to override calls",
            "echo 1 >/sys/module/rvdirect/parameters/allow_override",
        ),
    }
}

fn held(files: &Files) -> Check {
    let text = files.text("sys/kernel/tracing/enabled_functions");
    let functions = text.lines().filter(|line| !line.starts_with('\t'));
    let direct = text
        .lines()
        .filter(|line| line.starts_with("\tdirect") && !line.contains("[rvdirect]"));
    let modified = functions.filter(|line| line.split_ascii_whitespace().any(|word| word == "I"));
    match direct.count() + modified.count() {
        0 => well("functions", "nobody else holds functions"),
        count => note(
            "functions",
            format!("functions that others hold, and cannot be hooked: {count}"),
            "grep -e direct -e ' I ' /sys/kernel/tracing/enabled_functions",
        ),
    }
}

fn btf(files: &Files) -> Check {
    if files.at("sys/kernel/btf/vmlinux").exists() {
        well("BTF", "the kernel has BTF")
    } else {
        note(
            "BTF",
            "the kernel has no BTF, so trace shows registers, not arguments by their names",
            "build the kernel with CONFIG_DEBUG_INFO_BTF=y",
        )
    }
}

impl Check {
    fn failure(&self) -> Failure {
        Failure::new(format!("{}: {}", self.text, self.mend))
    }
}

/// Loads the module if need be, or says why that is not enough.
pub fn ready(files: &Files) -> Outcome<()> {
    needed(files, NEEDED)
}

/// Says why there are no events, if so.
pub fn ready_to_trace(files: &Files) -> Outcome<()> {
    let check = tracefs(files);
    match check.state {
        State::Ok => Ok(()),
        _ => Err(check.failure()),
    }
}

fn needed(files: &Files, looks: &[Look]) -> Outcome<()> {
    for look in looks {
        let check = look(files);
        if check.state == State::Bad {
            return Err(check.failure());
        }
    }
    Ok(())
}

pub fn run(files: &Files, args: &cli::Doctor) -> Outcome<u8> {
    let mut report = Report::new(&args.output)?;
    let mut status = 0;
    for look in NEEDED.iter().chain(USEFUL) {
        let check = look(files);
        let state = match check.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Bad => "bad",
        };
        let record = Record::new("check")
            .with("check", check.name)
            .with("state", state)
            .with("text", check.text.as_str())
            .with("mend", check.mend);
        let mend = match check.mend {
            "" => String::new(),
            mend => format!(": {mend}"),
        };
        report.put(&record, &format!("{state:<5} {}{mend}", check.text))?;
        if check.state == State::Bad {
            // What comes behind depends on it.
            status = 1;
            break;
        }
    }
    report.finish(Some(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    /// A system in which all is well.
    fn system(name: &str) -> (PathBuf, Files) {
        let root = std::env::temp_dir().join(format!("rvdirect-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (path, text) in [
            ("proc/mounts", "debugfs /sys/kernel/debug debugfs rw 0 0\n"),
            ("proc/sys/kernel/ftrace_enabled", "1\n"),
            (
                "sys/kernel/security/lockdown",
                "[none] integrity confidentiality\n",
            ),
            ("sys/kernel/debug/rvdirect/attach", ""),
            ("sys/kernel/tracing/instances/none", ""),
            (
                "sys/kernel/tracing/enabled_functions",
                "vfs_read (1)     D   \ttramp: x\n\tdirect-->rvdirect_slots+0x0/0x10 [rvdirect]\n",
            ),
            ("sys/kernel/btf/vmlinux", ""),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let files = Files::of_test(&root);
        (root, files)
    }

    fn refusal(files: &Files) -> String {
        ready(files).unwrap_err().sentence().to_string()
    }

    #[test]
    fn all_is_well() {
        let (root, files) = system("well");
        assert!(ready(&files).is_ok() && ready_to_trace(&files).is_ok());
        assert!(held(&files).state == State::Ok && btf(&files).state == State::Ok);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn each_cause_has_its_sentence() {
        let (root, mut files) = system("causes");
        fs::write(root.join("proc/sys/kernel/ftrace_enabled"), "0\n").unwrap();
        assert!(refusal(&files).starts_with("ftrace is switched off: echo 1"));
        fs::create_dir_all(root.join("sys/module/rvdirect")).unwrap();
        fs::remove_dir_all(root.join("sys/kernel/debug/rvdirect")).unwrap();
        assert!(refusal(&files).contains("has no files in debugfs"));
        let lockdown = root.join("sys/kernel/security/lockdown");
        fs::write(lockdown, "none [integrity] confidentiality\n").unwrap();
        assert!(refusal(&files).contains("locked down"));
        fs::write(root.join("proc/mounts"), "proc /proc proc rw 0 0\n").unwrap();
        assert!(refusal(&files).starts_with("debugfs is not mounted: mount -t debugfs"));
        files.is_root = false;
        assert!(refusal(&files).starts_with("only root"));
        fs::remove_dir_all(root.join("sys/kernel/tracing")).unwrap();
        let failure = ready_to_trace(&files).unwrap_err();
        assert!(failure.sentence().contains("mount -t tracefs"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_others_hold_is_noted() {
        let (root, files) = system("held");
        let text = "f (1)     D   \ttramp: x\n\tdirect-->bpf_trampoline_1+0x0/0x10\n\
                    g (1)   I     \ttramp: x\n";
        fs::write(root.join("sys/kernel/tracing/enabled_functions"), text).unwrap();
        assert!(held(&files).text.ends_with(": 2"));
        fs::remove_dir_all(root).unwrap();
    }
}
