// SPDX-License-Identifier: GPL-2.0

//! The direct callers that commands can name.

use crate::{
    bindings,
    counter::Counter,
    ftrace,
    refusal::Reason,
    slot::{
        Pool,
        Slot, //
    },
};
use kernel::sync::Arc;

/// What runs when a target is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nothing.
    Nop,
    /// Counts.
    Count,
}

impl Caller {
    /// All of them, in the order in which they are listed.
    pub(crate) const ALL: [Caller; 2] = [Caller::Nop, Caller::Count];

    /// Finds a caller by its name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|caller| caller.name() == name)
    }

    /// The word by which commands name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Caller::Nop => "nop",
            Caller::Count => "count",
        }
    }

    /// What it does, in a few words.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Caller::Nop => "resumes at once: keeps the target attached, but idle",
            Caller::Count => "counts the calls, on each hart by itself",
        }
    }

    /// The trampoline by which it runs, for an attachment that counts in `counter`.
    pub(crate) fn trampoline(
        self,
        slots: Pool,
        counter: &Arc<Counter>,
    ) -> Result<Trampoline, Reason> {
        match self {
            Caller::Nop => Ok(Trampoline::Nop),
            Caller::Count => slots
                .take(counter.clone())
                .map(Trampoline::Count)
                .ok_or(Reason::NoSlot),
        }
    }
}

/// The trampoline of an attachment.
pub(crate) enum Trampoline {
    /// The one that all idle attachments share.
    Nop,
    /// One of its own.
    Count(Slot),
}

// SAFETY: `asm/trampoline.S` argues that its code keeps the register contract and may be entered at
// any time; it does not sleep. A slot counts in memory that lives as long as the slot.
unsafe impl ftrace::Trampoline for Trampoline {
    fn address(&self) -> usize {
        match self {
            Trampoline::Nop => (&raw const bindings::rvdirect_nop).addr(),
            Trampoline::Count(slot) => slot.address(),
        }
    }
}
