// SPDX-License-Identifier: GPL-2.0

//! Names of numbers that the kernel's types do not tell: those of macros. They are few, and only
//! where the source says what the number is by the name of an argument or a member.

use nix::libc;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Names {
    None,
    /// A file descriptor of a directory.
    Directory,
    /// How to open a file.
    Open,
}

/// The bits of `open(2)` that are above the access mode, those of several bits first.
const OPEN: [(i32, &str); 15] = [
    (libc::O_TMPFILE, "O_TMPFILE"),
    (libc::O_SYNC, "O_SYNC"),
    (libc::O_CREAT, "O_CREAT"),
    (libc::O_EXCL, "O_EXCL"),
    (libc::O_NOCTTY, "O_NOCTTY"),
    (libc::O_TRUNC, "O_TRUNC"),
    (libc::O_APPEND, "O_APPEND"),
    (libc::O_NONBLOCK, "O_NONBLOCK"),
    (libc::O_DSYNC, "O_DSYNC"),
    (libc::O_DIRECT, "O_DIRECT"),
    (libc::O_DIRECTORY, "O_DIRECTORY"),
    (libc::O_NOFOLLOW, "O_NOFOLLOW"),
    (libc::O_NOATIME, "O_NOATIME"),
    (libc::O_CLOEXEC, "O_CLOEXEC"),
    (libc::O_PATH, "O_PATH"),
];

/// What the kernel adds for a process of 64 bits; the C library has 0 for it.
const O_LARGEFILE: (i32, &str) = (0o100000, "O_LARGEFILE");

impl Names {
    pub fn of_parameter(function: &str, parameter: &str) -> Self {
        match parameter {
            "dfd" | "dirfd" | "olddfd" | "newdfd" => Names::Directory,
            "flags" if ["do_sys_open", "open", "openat"].contains(&function) => Names::Open,
            _ => Names::None,
        }
    }

    pub fn of_member(structure: &str, member: &str) -> Self {
        match (structure, member) {
            ("open_how", "flags") | ("file", "f_flags") => Names::Open,
            _ => Names::None,
        }
    }

    /// The name of a number, if it has one.
    pub fn of(&self, value: i128) -> Option<String> {
        match self {
            Names::None => None,
            Names::Directory => (value == libc::AT_FDCWD.into()).then(|| "AT_FDCWD".to_string()),
            Names::Open => {
                let mode = match value as i32 & libc::O_ACCMODE {
                    libc::O_RDONLY => "O_RDONLY",
                    libc::O_WRONLY => "O_WRONLY",
                    libc::O_RDWR => "O_RDWR",
                    _ => return None,
                };
                let rest = value & !i128::from(libc::O_ACCMODE);
                let bits = OPEN.into_iter().chain([O_LARGEFILE]);
                match rest {
                    0 => Some(mode.to_string()),
                    rest => Some(format!(
                        "{mode}|{}",
                        join(rest, bits.map(|(bits, name)| (bits.into(), name)))
                    )),
                }
            }
        }
    }
}

/// The names of all bits in a value, and the rest as a number.
pub fn join<'a>(value: i128, names: impl Iterator<Item = (i128, &'a str)>) -> String {
    let mut left = value;
    let mut found = Vec::new();
    for (bits, name) in names {
        if bits != 0 && left & bits == bits {
            left &= !bits;
            found.push(name.to_string());
        }
    }
    if left != 0 {
        found.push(format!("{left:#x}"));
    }
    found.join("|")
}
