// SPDX-License-Identifier: GPL-2.0

//! Completes expressions, for the shell.

use crate::files::Files;
use crate::targets::Words;
use crate::types::btf::Kernel;
use crate::types::expression::parse;
use crate::types::probe::scope;

/// What a text may go on with, behind a target and a blank: arguments, or members.
pub fn expressions(files: &Files, traceable: &str, begun: &str) -> Vec<String> {
    possible(files, traceable, begun).unwrap_or_default()
}

fn possible(files: &Files, traceable: &str, begun: &str) -> Option<Vec<String>> {
    let (target, expression) = begun.rsplit_once(' ')?;
    let functions = Words::of(target).functions(traceable);
    let function = functions.first()?;
    let kernel = Kernel::open(files).ok()?;
    let types = kernel.types(function.module.as_deref())?;
    let name = function.source_name();
    let prototype = types.function(name)?;
    let scope = scope(files, &types, name, &prototype, true);
    let of = expression.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let member = expression.strip_prefix(of)?;
    let structure = of.strip_suffix("->").or(of.strip_suffix('.'));
    let names = match structure {
        // What stands before it is about the member.
        Some(structure) => scope.members(&parse(structure.trim_start_matches(['*', '&'])).ok()?),
        None => scope.names().map(String::from).collect(),
    };
    let kept = begun.strip_suffix(member)?;
    let names = names.iter().filter(|name| name.starts_with(member));
    Some(names.map(|name| format!("{kept}{name}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::blob::example;
    use std::fs;

    #[test]
    fn arguments_and_members_are_completed() {
        let root = std::env::temp_dir().join(format!("rvdirect-{}-complete", std::process::id()));
        fs::create_dir_all(root.join("sys/kernel/btf")).unwrap();
        fs::write(root.join("sys/kernel/btf/vmlinux"), example()).unwrap();
        let files = Files::of_test(&root);
        for (begun, expected) in [
            (
                "vfs_read ",
                "vfs_read file|vfs_read buf|vfs_read count|vfs_read pos",
            ),
            ("vfs_read count *f", "vfs_read count *file"),
            (
                "vfs_read file->f_i",
                "vfs_read file->f_inner|vfs_read file->f_is_open",
            ),
            ("vfs_read file->f_next.t", "vfs_read file->f_next.text"),
            (
                "vfs_read *file->f_name->le",
                "vfs_read *file->f_name->length",
            ),
            ("vfs_read count->", ""),
            ("vfs_read file->f_next->x", ""),
            (
                "vfs_read (",
                "vfs_read (file|vfs_read (buf|vfs_read (count|vfs_read (pos",
            ),
            ("unknown f", ""),
            ("vfs_read", ""),
        ] {
            let found = expressions(&files, "vfs_read\nmany\n", begun);
            assert_eq!(found.join("|"), expected, "{begun}");
        }
        fs::remove_dir_all(root).unwrap();
    }
}
