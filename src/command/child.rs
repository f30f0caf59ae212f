// SPDX-License-Identifier: GPL-2.0

//! COMMAND, and the cgroup by which its calls, and those of what it starts, are told from others.

use crate::cli::Enter;
use crate::failure::{Failure, Outcome};
use crate::files::Files;
use crate::watch;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// A cgroup, by its directory and by its name in the kernel.
pub struct Cgroup {
    pub directory: PathBuf,
    pub name: String,
}

fn mount(files: &Files) -> Outcome<PathBuf> {
    files.mounted("cgroup2").ok_or_else(|| {
        Failure::new(
            "there is no cgroup to tell COMMAND's calls by: \
             mount -t cgroup2 cgroup2 /sys/fs/cgroup, or see all calls by -a",
        )
    })
}

impl Cgroup {
    /// The cgroup for COMMAND, below that of this process. It does not exist yet.
    pub fn for_command(files: &Files) -> Outcome<Self> {
        let mount = mount(files)?;
        let own = files.text("proc/self/cgroup");
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let below =
            Path::new(own.unwrap_or_default()).join(format!("rvdirect-{}", std::process::id()));
        Ok(Cgroup {
            directory: mount.join(&below),
            name: format!("/{}", below.display()),
        })
    }

    /// A cgroup that is there, by its directory or its name.
    pub fn find(files: &Files, path: &Path) -> Outcome<Self> {
        let mount = mount(files)?;
        let below = path.strip_prefix(&mount).unwrap_or(path);
        let below = below.strip_prefix("/").unwrap_or(below);
        let directory = mount.join(below);
        if !directory.join("cgroup.procs").exists() && !below.as_os_str().is_empty() {
            return Err(Failure::new(format!(
                "there is no cgroup {}",
                path.display()
            )));
        }
        Ok(Cgroup {
            directory,
            name: format!("/{}", below.display()),
        })
    }
}

/// Starts COMMAND, in the cgroup if there is one.
pub fn spawn(command: &[OsString], cgroup: Option<&Cgroup>) -> Outcome<Child> {
    let mut enter = Command::new("/proc/self/exe");
    enter.arg("enter");
    if let Some(cgroup) = cgroup {
        enter.arg("--cgroup").arg(&cgroup.directory);
    }
    Ok(enter.arg("--").args(command).spawn()?)
}

/// Enters the cgroup and becomes COMMAND, so that no call of this command is taken for COMMAND's.
pub fn enter(args: &Enter) -> Outcome<u8> {
    if let Some(cgroup) = &args.cgroup {
        fs::write(cgroup.join("cgroup.procs"), "0")?;
    }
    let Some((program, rest)) = args.command.split_first() else {
        return Err(Failure::misused("no command behind --"));
    };
    watch::signals().thread_unblock()?;
    let error = Command::new(program).args(rest).exec();
    let status = match error.kind() {
        io::ErrorKind::NotFound => 127,
        _ => 126,
    };
    let mut failure = Failure::from(error).about(&program.to_string_lossy());
    failure.status = status;
    Err(failure)
}
