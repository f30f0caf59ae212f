// SPDX-License-Identifier: GPL-2.0

//! The files of the system that the command reads and writes, below a root that tests replace.

use std::fs;
use std::path::{Path, PathBuf};

pub struct Files {
    root: PathBuf,
    pub is_root: bool,
}

impl Files {
    pub fn of_system() -> Self {
        Files {
            root: PathBuf::from("/"),
            is_root: nix::unistd::geteuid().is_root(),
        }
    }

    #[cfg(test)]
    pub fn of_test(root: &Path) -> Self {
        Files {
            root: root.to_path_buf(),
            is_root: true,
        }
    }

    /// A file by its path without the first slash.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    pub fn rvdirect(&self, name: &str) -> PathBuf {
        self.at("sys/kernel/debug/rvdirect").join(name)
    }

    pub fn tracing(&self, name: &str) -> PathBuf {
        self.at("sys/kernel/tracing").join(name)
    }

    /// The text of a file, or nothing if it cannot be read.
    pub fn text(&self, path: impl AsRef<Path>) -> String {
        let bytes = fs::read(self.at(path)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Where a file system of that type is mounted, with the first slash.
    pub fn mounted(&self, kind: &str) -> Option<PathBuf> {
        let mounts = self.text("proc/mounts");
        let mut points = mounts.lines().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        });
        points
            .find(|(_, found)| *found == kind)
            .map(|(point, _)| PathBuf::from(point))
    }
}
