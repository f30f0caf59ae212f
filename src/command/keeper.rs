// SPDX-License-Identifier: GPL-2.0

//! What no session takes away: an instance of the kernel's tracing, and a cgroup. A process of its
//! own removes them when the command is gone, even if that was killed.

use crate::cli::Keep;
use crate::failure::Outcome;
use nix::sys::signal::SigSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How often to try to remove something that is still in use, and how long to wait in between.
const TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// Ends, and has removed everything, when this is dropped.
pub struct Keeper(Child);

impl Keeper {
    /// Starts the process. What it removes need not exist yet.
    pub fn new(instance: Option<&Path>, cgroup: Option<&Path>) -> Outcome<Self> {
        let mut keeper = Command::new("/proc/self/exe");
        keeper.arg("keep");
        if let Some(path) = instance {
            keeper.arg("--instance").arg(path);
        }
        if let Some(path) = cgroup {
            keeper.arg("--cgroup").arg(path);
        }
        // A reader of the command's output must not wait for this process.
        keeper.stdin(Stdio::piped());
        keeper.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Keeper(keeper.spawn()?))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It has nothing to tell.
        let _ = self.0.wait();
    }
}

/// The process itself. No signal to the command's group or from its terminal may end it.
pub fn keep(args: &Keep) -> Outcome<u8> {
    SigSet::all().thread_block()?;
    nix::unistd::setsid()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    if let Some(path) = &args.instance {
        remove(path);
    }
    if let Some(path) = &args.cgroup {
        empty(path);
        remove(path);
    }
    Ok(0)
}

fn remove(path: &Path) {
    for _ in 0..TRIES {
        if fs::remove_dir(path).is_ok() || !path.exists() {
            return;
        }
        sleep(PAUSE);
    }
}

/// What COMMAND left running goes on in the cgroup above.
fn empty(cgroup: &Path) {
    let Some(above) = cgroup.parent() else { return };
    let tasks = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    for task in tasks.lines() {
        // It may have ended just now.
        let _ = fs::write(above.join("cgroup.procs"), task);
    }
}
