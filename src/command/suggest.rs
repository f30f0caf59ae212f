// SPDX-License-Identifier: GPL-2.0

//! Names of functions: for the shell to complete, and the nearest to one that is not there.

use crate::files::Files;
use crate::types::complete;
use clap_complete::CompletionCandidate;
use std::ffi::OsStr;

/// The most names that a shell gets. It would take long to sort more, and nobody reads them.
const CANDIDATES: usize = 200;

/// The functions that ftrace can patch, those of modules behind their module's name.
fn names(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(|line| match line.split_once(" [") {
        Some((name, module)) => format!("{}:{name}", module.trim_end_matches(']')),
        None => line.to_string(),
    })
}

pub fn traceable(files: &Files) -> String {
    files.text("sys/kernel/tracing/available_filter_functions")
}

/// Completes the name of a function, or behind it an expression over its arguments.
pub fn functions(begun: &OsStr) -> Vec<CompletionCandidate> {
    let files = Files::of_system();
    let begun = begun.to_string_lossy();
    let traceable = traceable(&files);
    let names: Vec<_> = match begun.contains(' ') {
        true => complete::expressions(&files, &traceable, &begun),
        false => names(&traceable)
            .filter(|name| name.starts_with(&*begun))
            .take(CANDIDATES)
            .collect(),
    };
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Returns what to say of a name that is not there: nothing, or the nearest three that are.
pub fn instead_of(files: &Files, name: &str) -> String {
    let near = nearest(&traceable(files), name);
    match near.is_empty() {
        true => String::new(),
        false => format!("; the nearest are {}", near.join(", ")),
    }
}

fn nearest(text: &str, name: &str) -> Vec<String> {
    // More changes than these make another name.
    let most = (name.len() / 5).max(2);
    // Without the name of a module, the functions of all modules are meant.
    let bare = |known: &str| match known.split_once(':') {
        Some((_, function)) if !name.contains(':') => function.to_string(),
        _ => known.to_string(),
    };
    let mut near: Vec<_> = names(text)
        .filter(|known| bare(known).len().abs_diff(name.len()) <= most)
        .map(|known| (strsim::damerau_levenshtein(&bare(&known), name), known))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort();
    near.dedup();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    near.retain(|(distance, _)| *distance <= best + 1);
    near.truncate(3);
    near.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "vfs_read\nvfs_readv\nvfs_write\nvfs_statx\next4_read [ext4]\n";

    #[test]
    fn the_nearest_come_first() {
        assert_eq!(nearest(TEXT, "vfs_raed"), ["vfs_read", "vfs_readv"]);
        assert_eq!(nearest(TEXT, "ext4:ext4_reed"), ["ext4:ext4_read"]);
        assert_eq!(nearest(TEXT, "ext4_reed"), ["ext4:ext4_read"]);
        assert!(nearest(TEXT, "completely_different").is_empty());
    }
}
