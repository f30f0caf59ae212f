// SPDX-License-Identifier: GPL-2.0

//! A target bound to a caller.

use crate::{
    abstraction::{
        ftrace::DirectCalls,
        functions::Functions, //
    },
    caller::{
        Caller,
        Trampoline, //
    },
    language::{
        command::{
            Binding,
            Exclusions,
            Flags,
            Target, //
        },
        histogram::Histogram,
        report::{
            BindingLine,
            State,
            Status, //
        },
        session::SessionId, //
    },
    registry::{
        owner::Owner,
        tally::Tally, //
    },
    trampoline::{
        gate::Gate,
        latency::Latency,
        slot_data::SlotData, //
    },
};
use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// A target bound to a caller, with its hook and its counts.
pub(crate) struct Attachment {
    /// The functions that it hooks; `None` while it waits for a module. The first field, so that it
    /// is dropped first and ends the calls.
    pub(crate) hook: Option<KBox<Hook>>,
    target: CString,
    exclusions: CString,
    flags: Flags,
    /// What runs, for the calls that `gate` lets pass.
    pub(crate) caller: Caller,
    pub(crate) gate: Arc<Gate>,
    /// The counts of its earlier trampolines.
    pub(crate) past: Tally,
    owner: Option<Arc<Owner>>,
}

/// Functions whose calls lead to a trampoline. Boxed, as it is too large to be moved on the kernel's
/// stack.
pub(crate) struct Hook {
    pub(crate) calls: DirectCalls<Trampoline>,
    pub(crate) functions: KBox<Functions>,
    /// How many functions of the target are left out, because others hold them.
    pub(crate) left_out: usize,
}

impl Attachment {
    /// Creates an attachment that hooks nothing yet and has counted nothing. It is boxed, as it is
    /// too large to be moved on the kernel's stack.
    #[inline(never)]
    pub(crate) fn new(
        binding: &Binding<'_>,
        (caller, gate): (Caller, Arc<Gate>),
        owner: Option<Arc<Owner>>,
    ) -> Result<KBox<Self>> {
        let attachment = Attachment {
            hook: None,
            target: CString::try_from_fmt(fmt!("{}", binding.target.text()))?,
            exclusions: CString::try_from_fmt(fmt!("{}", binding.exclusions.text()))?,
            flags: binding.flags,
            caller,
            gate,
            past: Tally::new(),
            owner,
        };
        Ok(KBox::new(attachment, GFP_KERNEL)?)
    }

    /// Returns the session that it belongs to, if there is one.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.owner.as_ref().map(|owner| owner.id())
    }

    /// Returns whether its session is over, so that it must end.
    pub(crate) fn is_over(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.is_over())
    }

    /// Returns its target.
    pub(crate) fn target(&self) -> Target<'_> {
        Target::again(self.name())
    }

    /// Returns the targets that are excluded from its own.
    pub(crate) fn exclusions(&self) -> Exclusions<'_> {
        // Cannot fail: the text was made from a `str`.
        Exclusions::again(self.exclusions.to_str().unwrap_or_default())
    }

    /// Returns the flags that it was attached with, except that `disabled` is its present state.
    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    /// Returns its target as it was written.
    pub(crate) fn name(&self) -> &str {
        // Cannot fail: the text was made from a `str`.
        self.target.to_str().unwrap_or_default()
    }

    /// Returns the locations of its functions, sorted.
    pub(crate) fn locations(&self) -> &[usize] {
        self.hook
            .as_ref()
            .map_or(&[], |hook| hook.functions.locations())
    }

    /// Returns the name of one of its functions, by its index among them.
    pub(crate) fn function_name(&self, index: usize) -> &str {
        self.hook
            .as_ref()
            .map_or("", |hook| hook.functions.name(index))
    }

    /// Returns whether it hooks the function at `location`.
    pub(crate) fn hooks(&self, location: usize) -> bool {
        self.locations().binary_search(&location).is_ok()
    }

    /// Enables it, so that calls reach the caller, or disables it. If it waits for a module, this
    /// takes effect when the module has come. On an error, nothing is changed.
    pub(crate) fn set_enabled(&mut self, is_enabled: bool) -> Result {
        if let Some(hook) = &mut self.hook {
            hook.calls.set_enabled(is_enabled)?;
        }
        self.flags.disabled = !is_enabled;
        Ok(())
    }

    fn trampoline(&self) -> Option<&Trampoline> {
        Some(self.hook.as_ref()?.calls.trampoline())
    }

    /// Returns what its trampoline's slot works with, if it has a slot.
    pub(crate) fn data(&self) -> Option<&Arc<SlotData>> {
        self.trampoline()?.data()
    }

    /// Returns the histograms that its trampoline keeps, if it keeps some.
    pub(crate) fn latency(&self) -> Option<&Latency> {
        self.trampoline()?.latency()
    }

    /// Returns a function that, by its location, returns the hits of one of its functions, if
    /// functions are told apart and it was hit.
    pub(crate) fn hits(&self) -> impl Fn(usize) -> Option<u64> + '_ {
        let data = self.data();
        let each = data.and_then(|data| data.each());
        let alone = data.filter(|_| each.is_none() && self.locations().len() == 1);
        let alone = alone.map_or(0, |data| data.hits());
        let has_past = !self.past.is_empty();
        move |location| {
            let mut hits = each.map_or(alone, |each| each.of(location));
            if has_past {
                hits = hits.wrapping_add(self.past.hits_of(location));
            }
            (hits > 0).then_some(hits)
        }
    }

    /// Returns how many calls the histogram of one of its functions has, if it keeps histograms. In
    /// a group, an empty one is left out.
    pub(crate) fn timed(&self, location: usize) -> Option<u64> {
        let count = self.latency()?.count(self.cell(location));
        (count > 0 || self.data()?.each().is_none()).then_some(count)
    }

    /// Adds the histogram of one of its functions, if it keeps histograms.
    pub(crate) fn add_histogram(&self, location: usize, sum: &mut Histogram) {
        if let Some(latency) = self.latency() {
            latency.add_to(sum, self.cell(location));
        }
    }

    /// Returns the cell of one of its functions.
    fn cell(&self, location: usize) -> usize {
        let each = self.data().and_then(|data| data.each());
        each.map_or(0, |each| each.cell(location))
    }

    /// Returns the line of `attach` that makes it again.
    pub(crate) fn binding(&self) -> BindingLine<'_> {
        BindingLine {
            target: self.name(),
            exclusions: self.exclusions(),
            caller: &self.caller,
            filter: self.gate.filter(),
            flags: self.flags,
        }
    }

    /// Returns its line of `status`. The hits are those of all callers that it has had.
    pub(crate) fn status(&self) -> Status<'_> {
        let (hits, missed) = self
            .data()
            .map_or((0, 0), |data| (data.hits(), data.missed()));
        Status {
            target: self.name(),
            functions: self.locations().len(),
            caller: self.caller.name(),
            hits: self.past.hits().wrapping_add(hits),
            missed: self.past.missed().wrapping_add(missed),
            session: self.session(),
            state: match &self.hook {
                _ if self.is_over() => State::Ending,
                None => State::Pending,
                Some(hook) if hook.calls.is_enabled() => State::Active,
                Some(_) => State::Disabled,
            },
            left_out: self.hook.as_ref().map_or(0, |hook| hook.left_out),
        }
    }
}
