// SPDX-License-Identifier: GPL-2.0

//! The parameter `attach`: commands as the file `attach` takes them, separated by `;`.
//!
//! Loading the module attaches all of them, or fails. A call that has reached a trampoline may stay
//! in its target for any time, and loading cannot be undone until it returns. So nothing is enabled
//! before everything else has succeeded.

use crate::{
    abstraction::{
        lockdown::is_locked_down,
        parameters, //
    },
    language::{
        command::{
            Binding,
            Selection, //
        },
        refusal::{
            Reason,
            Refusal, //
        },
    },
    registry::Registry, //
};
use kernel::prelude::*;

/// Attaches everything, disabled. Writes a refused line to the kernel's log.
pub(crate) fn attach(registry: &Registry) -> Result {
    for line in lines()? {
        attach_line(registry, line).map_err(|refusal| log(line, refusal))?;
    }
    Ok(())
}

fn attach_line(registry: &Registry, line: &str) -> Result<(), Refusal> {
    let mut binding = Binding::parse(line)?;
    if is_locked_down() {
        return Err(binding.target.refuse(Reason::LockedDown));
    }
    binding.flags.disabled = true;
    registry.client(None).attach(&binding)
}

/// Enables the attachments whose lines do not say `disabled`.
#[inline(never)] // keeps its frame from that of its caller
pub(crate) fn enable(registry: &Registry) {
    for line in lines().into_iter().flatten() {
        // Cannot fail: `attach` has parsed the line.
        let Ok(binding) = Binding::parse(line) else {
            continue;
        };
        if binding.flags.disabled {
            continue;
        }
        let selection = Selection::One(binding.target);
        if let Err(refusal) = registry.client(None).set_enabled(&selection, true) {
            let reason = refusal.reason;
            pr_warn!("{line}: stays disabled: {}\n", format_args!("{reason}"));
        }
    }
}

/// Returns the lines that are not blank.
fn lines() -> Result<impl Iterator<Item = &'static str>> {
    let text = parameters::attach()
        .to_str()
        .map_err(|_| log("attach=", Reason::NotUtf8.at(0)))?;
    Ok(text
        .split([';', '\n'])
        .map(str::trim_ascii)
        .filter(|line| !line.is_empty()))
}

/// Logs a refused line; returns the error that the loader gets.
fn log(line: &str, refusal: Refusal) -> Error {
    let sentence = refusal.sentence(line);
    pr_err!("{line}: {}\n", format_args!("{sentence}"));
    Error::from_errno(-refusal.reason.errno())
}
