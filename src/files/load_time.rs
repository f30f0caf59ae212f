// SPDX-License-Identifier: GPL-2.0

//! What the parameter `attach` says: commands as the file takes them, with `;` between them.
//!
//! All of it is attached when the module is loaded, or the module is not loaded. Once a call has
//! reached a trampoline there is no way back from loading, as it may stay in its target for as long
//! as it likes. So nothing is enabled before everything else has succeeded.

use crate::{
    abstraction::parameters,
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

/// Attaches everything, disabled. A line that is refused is in the kernel's log.
pub(crate) fn attach(registry: &Registry) -> Result {
    for line in lines()? {
        attach_line(registry, line).map_err(|refusal| log(line, refusal.reason))?;
    }
    Ok(())
}

fn attach_line(registry: &Registry, line: &str) -> Result<(), Refusal> {
    let mut binding = Binding::parse(line)?;
    binding.flags.disabled = true;
    registry.client(None).attach(&binding)
}

/// Enables what is not to be disabled.
pub(crate) fn enable(registry: &Registry) {
    for line in lines().into_iter().flatten() {
        // It was parsed before.
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

/// The lines that say something.
fn lines() -> Result<impl Iterator<Item = &'static str>> {
    let text = parameters::attach()
        .to_str()
        .map_err(|_| log("attach=", Reason::NotUtf8))?;
    Ok(text
        .split([';', '\n'])
        .map(str::trim_ascii)
        .filter(|line| !line.is_empty()))
}

/// Logs a refused line; returns the error that the loader gets.
fn log(line: &str, reason: Reason) -> Error {
    pr_err!("{line}: {}\n", format_args!("{reason}"));
    Error::from_errno(-reason.errno())
}
