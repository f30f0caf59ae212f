// SPDX-License-Identifier: GPL-2.0

//! The direct callers that commands can name, and the trampolines that run them.

pub(crate) mod drain;
pub(crate) mod external;
mod own;

use crate::{
    abstraction::{
        ftrace,
        lockdown::is_locked_down,
        parameters, //
    },
    bindings,
    caller::{
        drain::{
            Drain,
            Label,
            Returning, //
        },
        external::{
            Callers,
            External, //
        },
        own::Own,
    },
    language::{
        builtin::{
            self,
            Builtin, //
        },
        command::Binding,
        own_event::OwnEvent,
        refusal::{
            Reason,
            Refusal, //
        },
        session::SessionId, //
    },
    trampoline::{
        function_counts::FunctionCounts,
        gate::Gate,
        handlers::Handlers,
        latency::Latency,
        slot::{
            Pool,
            Slot, //
        },
        slot_data::{
            SlotData,
            Work, //
        },
    },
};
use kernel::{
    cpu,
    prelude::*,
    sync::Arc, //
};

/// What runs when a target is entered.
#[derive(Clone)]
pub(crate) enum Caller {
    /// One of this module, with its settings.
    Builtin(Builtin),
    /// One of this module, with an event of its own.
    Own(Arc<Own>),
    /// One of another module.
    External(Arc<External>),
}

/// Everything that trampolines are made from.
pub(crate) struct Workshop {
    pub(crate) slots: Pool,
    pub(crate) drain: Drain,
    pub(crate) callers: Callers,
}

/// The most functions that can have a histogram each.
const MAX_HISTOGRAMS: usize = 1024;

impl Workshop {
    /// Finds the caller that a command names, and the gate before it. `session` is the one that the
    /// command is of, if any.
    pub(crate) fn find(
        &self,
        binding: &Binding<'_>,
        session: Option<SessionId>,
    ) -> Result<(Caller, Arc<Gate>), Refusal> {
        let (caller, gate) = self.find_without_event(binding)?;
        Ok((self.with_event(caller, binding, session)?, gate))
    }

    #[inline(never)] // keeps its frame from that of its caller
    fn find_without_event(&self, binding: &Binding<'_>) -> Result<(Caller, Arc<Gate>), Refusal> {
        let blame = |reason: Reason| reason.at(binding.caller.column);
        let caller = match Builtin::parse(binding)? {
            Some(builtin) => Caller::Builtin(builtin),
            None => {
                let external = self.callers.find(binding.caller.text).map_err(blame)?;
                let external = Arc::new(external, GFP_KERNEL).map_err(|e| blame(e.into()))?;
                builtin::no_settings(binding)?;
                builtin::no_fields(binding)?;
                Caller::External(external)
            }
        };
        let hart = binding.filter.harts.and_then(|harts| harts.last());
        if hart.is_some_and(|hart| hart >= cpu::nr_cpu_ids() as usize) {
            return Err(binding.refuse("hart", Reason::NoHart));
        }
        if matches!(caller, Caller::Builtin(Builtin::Override(_))) {
            if !parameters::allow_override() {
                return Err(blame(Reason::NotAllowed));
            }
            // A file may have been opened before.
            if is_locked_down() {
                return Err(blame(Reason::LockedDown));
            }
        }
        let gate = Gate::new(&binding.filter).map_err(|reason| binding.refuse("cgroup", reason))?;
        Ok((caller, gate))
    }

    /// Gives a caller the event of its own that a command asks for, if it does.
    #[inline(never)] // keeps its frame from that of its caller
    fn with_event(
        &self,
        caller: Caller,
        binding: &Binding<'_>,
        session: Option<SessionId>,
    ) -> Result<Caller, Refusal> {
        let Caller::Builtin(builtin @ (Builtin::Trace { .. } | Builtin::Return { .. })) = caller
        else {
            return Ok(caller);
        };
        let returns = builtin.waits_for_return();
        Ok(match OwnEvent::parse(binding, returns)? {
            // A file may have been opened before.
            Some(event) if is_locked_down() => return Err(event.refuse(Reason::LockedDown)),
            Some(event) => Caller::Own(Own::new(builtin, &event, session, &self.drain)?),
            None => caller,
        })
    }

    /// Makes a trampoline that runs `caller` for the functions at `locations`, for the calls that
    /// `gate` lets pass. `target` and `session` are what `status` shows while it drains; the events
    /// carry `session` too.
    pub(crate) fn make(
        &self,
        caller: &Caller,
        gate: &Arc<Gate>,
        target: &str,
        locations: &[usize],
        session: Option<SessionId>,
    ) -> Result<Trampoline, Reason> {
        let each = match caller {
            Caller::Builtin(Builtin::Count | Builtin::Latency(_)) if locations.len() > 1 => {
                Some(FunctionCounts::new(locations)?)
            }
            _ => None,
        };
        let (work, external) = match caller {
            Caller::Builtin(Builtin::Nop) => return Ok(Trampoline::Nop),
            Caller::Builtin(Builtin::Count) => {
                let first = locations.first().copied().unwrap_or_default();
                (Work::Count(ftrace::resume_address(first)), None)
            }
            Caller::Builtin(Builtin::Trace { args }) => {
                (Work::Handlers(Handlers::trace(*args, session)), None)
            }
            Caller::Builtin(Builtin::Return { args, outcome }) => (
                Work::Handlers(Handlers::returns(*args, session, *outcome)),
                None,
            ),
            Caller::Builtin(Builtin::Latency(outcome)) => {
                if locations.len() > MAX_HISTOGRAMS {
                    return Err(Reason::TooManyHistograms);
                }
                let cells = each.as_ref().map_or(1, FunctionCounts::cells);
                let latency = Arc::new(Latency::new(cells)?, GFP_KERNEL)?;
                (Work::Latency(latency, *outcome), None)
            }
            Caller::Builtin(Builtin::Override(what)) => (Work::Override(*what), None),
            Caller::Own(own) => (Work::Handlers(own.handlers()), None),
            Caller::External(external) => match external.handlers() {
                Some(handlers) => (Work::Handlers(handlers.clone()), Some(external.clone())),
                None if gate.is_open() => return Ok(Trampoline::Raw(external.clone())),
                None => (Work::GoOn(external.trampoline()), Some(external.clone())),
            },
        };
        let label = if work.waits_for_return() {
            Some(Label::new(target, locations.len(), caller.name(), session)?)
        } else {
            None
        };
        let data = SlotData::new(work, gate.clone(), each)?;
        let slot = match self.slots.take(data.clone()) {
            Some(slot) => slot,
            None => {
                // Some may be about to be free.
                self.drain.settle();
                self.slots.take(data).ok_or(Reason::NoSlot)?
            }
        };
        Ok(match label {
            Some(label) => Trampoline::Return(self.drain.returning(slot, label, external)?),
            None => Trampoline::Entry {
                slot,
                _caller: external,
            },
        })
    }
}

impl Caller {
    /// Returns whether it waits for the return of its target.
    pub(crate) fn waits_for_return(&self) -> bool {
        match self {
            Caller::Builtin(builtin) => builtin.waits_for_return(),
            Caller::Own(own) => own.builtin().waits_for_return(),
            Caller::External(external) => external
                .handlers()
                .is_some_and(|handlers| handlers.exit().is_some()),
        }
    }

    /// Returns the word by which commands name it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Caller::Builtin(builtin) => builtin.name(),
            Caller::Own(own) => own.builtin().name(),
            Caller::External(external) => external.name().to_str().unwrap_or_default(),
        }
    }
}

/// Prints it as commands name it, with its settings.
impl core::fmt::Display for Caller {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Caller::Builtin(builtin) => builtin.fmt(f),
            Caller::Own(own) => own.fmt(f),
            Caller::External(_) => f.write_str(self.name()),
        }
    }
}

/// The trampoline of an attachment.
pub(crate) enum Trampoline {
    /// The trampoline that all idle attachments share.
    Nop,
    /// The trampoline of another module.
    Raw(Arc<External>),
    /// A slot that each call has left before the target runs.
    Entry {
        slot: Slot,
        _caller: Option<Arc<External>>,
    },
    /// A slot that the target returns to.
    Return(Returning),
}

impl Trampoline {
    /// Returns what its slot works with, if it has a slot.
    pub(crate) fn data(&self) -> Option<&Arc<SlotData>> {
        match self {
            Trampoline::Nop | Trampoline::Raw(_) => None,
            Trampoline::Entry { slot, .. } => Some(slot.data()),
            Trampoline::Return(returning) => Some(returning.slot().data()),
        }
    }

    /// Returns its histograms, if it keeps some.
    pub(crate) fn latency(&self) -> Option<&Latency> {
        match self.data()?.work() {
            Work::Latency(latency, _) => Some(latency),
            _ => None,
        }
    }
}

// SAFETY: `asm/trampoline.S` argues that its code keeps the register contract and may be entered at
// any time. It sleeps only in a target that it calls; then it is a `Returning`, which may be
// dropped while calls sleep there. A slot works with memory that lives as long as the slot, and
// with handlers whose `External` is kept beside it. `struct rvdirect_caller` demands the same of
// the trampoline of another module.
unsafe impl ftrace::Trampoline for Trampoline {
    type Drain = Drain;

    fn address(&self) -> usize {
        match self {
            Trampoline::Nop => Self::idle(),
            Trampoline::Raw(external) => external.trampoline(),
            Trampoline::Entry { slot, .. } => slot.address(),
            Trampoline::Return(returning) => returning.slot().address(),
        }
    }

    fn idle() -> usize {
        (&raw const bindings::rvdirect_nop).addr()
    }
}
