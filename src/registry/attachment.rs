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
        filter::Filter,
        histogram::Histogram,
        report::{
            BindingLine,
            Status, //
        },
        session::SessionId, //
    },
    registry::{
        owner::Owner,
        tally::Tally, //
    },
    trampoline::{
        latency::Latency,
        slot_data::SlotData, //
    },
};
use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// A target bound to a caller, and what came of it.
pub(crate) struct Attachment {
    /// The functions that it hooks; none, while it waits for a module. The first field to go, as it
    /// ends the calls.
    pub(crate) hook: Option<Hook>,
    target: CString,
    exclusions: CString,
    flags: Flags,
    /// What runs; and which calls it sees.
    pub(crate) caller: Caller,
    pub(crate) filter: Filter,
    /// What it counted before.
    pub(crate) past: Tally,
    owner: Option<Arc<Owner>>,
}

/// Functions whose calls lead to a trampoline.
pub(crate) struct Hook {
    pub(crate) calls: DirectCalls<Trampoline>,
    pub(crate) functions: Functions,
    /// How many functions of the target are not part of it, as somebody else has them.
    pub(crate) left_out: usize,
}

impl Attachment {
    /// One that has counted nothing yet.
    pub(crate) fn new(
        binding: &Binding<'_>,
        caller: Caller,
        owner: Option<Arc<Owner>>,
    ) -> Result<Self> {
        Ok(Attachment {
            hook: None,
            target: CString::try_from_fmt(fmt!("{}", binding.target.text()))?,
            exclusions: CString::try_from_fmt(fmt!("{}", binding.exclusions.text()))?,
            flags: binding.flags,
            caller,
            filter: binding.filter,
            past: Tally::new(),
            owner,
        })
    }

    /// The session that it belongs to, if it is not nobody's.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.owner.as_ref().map(|owner| owner.id())
    }

    /// Whether it is to go, as its session is over.
    pub(crate) fn is_over(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.is_over())
    }

    /// Its target.
    pub(crate) fn target(&self) -> Target<'_> {
        Target::again(self.name())
    }

    /// What is not part of its target.
    pub(crate) fn exclusions(&self) -> Exclusions<'_> {
        // Cannot fail: it was made from a `str`.
        Exclusions::again(self.exclusions.to_str().unwrap_or_default())
    }

    /// How it was attached, but for whether it is disabled, which is as it is now.
    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    /// Its target, as it was written.
    pub(crate) fn name(&self) -> &str {
        // Cannot fail: it was made from a `str`.
        self.target.to_str().unwrap_or_default()
    }

    /// Its functions, sorted.
    pub(crate) fn locations(&self) -> &[usize] {
        self.hook
            .as_ref()
            .map_or(&[], |hook| hook.functions.locations())
    }

    /// The name of one of its functions, by its place among them.
    pub(crate) fn function_name(&self, index: usize) -> &str {
        self.hook
            .as_ref()
            .map_or("", |hook| hook.functions.name(index))
    }

    /// Whether the function there is one of its.
    pub(crate) fn hooks(&self, location: usize) -> bool {
        self.locations().binary_search(&location).is_ok()
    }

    /// Lets calls reach the caller, or not; of an attachment that waits for a module, once it has
    /// come. On an error, nothing is changed.
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

    /// What its trampoline works with, if it has something of its own.
    pub(crate) fn data(&self) -> Option<&Arc<SlotData>> {
        self.trampoline()?.data()
    }

    /// The histograms that its trampoline keeps, if it does.
    pub(crate) fn latency(&self) -> Option<&Latency> {
        self.trampoline()?.latency()
    }

    /// Returns what tells the calls of one of its functions, if they are told apart, and there were
    /// any.
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

    /// The histogram of one of its functions, if it keeps one; of a group, if it is not empty.
    pub(crate) fn histogram_of(&self, location: usize) -> Option<Histogram> {
        let each = self.data()?.each();
        let cell = each.map_or(0, |each| each.cell(location));
        let histogram = self.latency()?.sum(cell);
        (each.is_none() || histogram.count() > 0).then_some(histogram)
    }

    /// The line that makes it again.
    pub(crate) fn binding(&self) -> BindingLine<'_> {
        BindingLine {
            target: self.name(),
            exclusions: self.exclusions(),
            caller: &self.caller,
            filter: self.filter,
            flags: self.flags,
        }
    }

    /// How it is. Hits are calls that were handled since it was attached, by whichever caller.
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
                _ if self.is_over() => "ending",
                None => "pending",
                Some(hook) if hook.calls.is_enabled() => "active",
                Some(_) => "disabled",
            },
            left_out: self.hook.as_ref().map_or(0, |hook| hook.left_out),
        }
    }
}
