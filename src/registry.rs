// SPDX-License-Identifier: GPL-2.0

//! The attachments: the module's only state that changes, behind one lock.
//!
//! A command does all that it says or, refused, nothing.

use crate::{
    bindings,
    builtin,
    caller::{
        self,
        Caller,
        Trampoline,
        Workshop, //
    },
    command::{
        Binding,
        Exclusions,
        Selection,
        Target, //
    },
    drain::HeldModule,
    filter::Filter,
    ftrace::{
        self,
        DirectCalls, //
    },
    function::{
        self,
        Names, //
    },
    histogram::Histogram,
    module_notifier::{
        LeavingText,
        TextGoing, //
    },
    parameters,
    refusal::{
        Reason,
        Refusal, //
    },
    report::{
        BindingLine,
        CallerLine,
        Hits,
        Status, //
    },
    slot::SLOTS,
    slot_data::SlotData,
    tally::Tally, //
};
use core::{
    cmp::Reverse,
    fmt::Display as _, //
};
use kernel::{
    alloc::AllocError,
    fmt,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    }, //
};

/// A target bound to a caller.
struct Attachment {
    // The first to go: ends the calls before that which they use.
    calls: DirectCalls<Trampoline>,
    target: CString,
    exclusions: CString,
    strict: bool,
    caller: Caller,
    filter: Filter,
    /// Of its functions, sorted.
    locations: KVVec<usize>,
    /// How many functions of the target are not part of it, as somebody else has them.
    left_out: usize,
    past: Tally,
}

/// All attachments, in the order in which they were made.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    attachments: Mutex<KVec<Attachment>>,
    workshop: Workshop,
}

impl Registry {
    /// A registry without attachments, which gets its trampolines from `workshop`.
    pub(crate) fn new(workshop: Workshop) -> impl PinInit<Self> {
        pin_init!(Self {
            attachments <- new_mutex!(KVec::new(), "rvdirect::attachments"),
            workshop,
        })
    }

    /// Attaches a target that is not attached.
    pub(crate) fn attach(&self, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        let caller = self.workshop.find(binding)?;
        let mut attachments = self.attachments.lock();
        if find(&attachments, &target).is_some() {
            return Err(target.refuse(Reason::Attached));
        }
        // Each takes its time to go, so that there must be an end, for idle ones too.
        if attachments.len() >= SLOTS {
            return Err(target.refuse(Reason::Full));
        }
        let attachment = self.make_attachment(binding, caller, &attachments)?;
        attachments
            .push(attachment, GFP_KERNEL)
            .map_err(|_| target.refuse(Reason::NoMemory))
    }

    /// Gives an attachment another caller.
    pub(crate) fn modify(&self, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        let caller = self.workshop.find(binding)?;
        let mut attachments = self.attachments.lock();
        let attachment = find(&attachments, &target)
            .and_then(|index| attachments.get_mut(index))
            .ok_or(target.refuse(Reason::NotAttached))?;
        self.change(attachment, caller, binding.filter)
            .map_err(|reason| target.refuse(reason))
    }

    /// Ends what is selected. That nothing is attached is no error where all is to go.
    pub(crate) fn detach(&self, selection: &Selection<'_>) -> Result<(), Refusal> {
        match selection {
            Selection::All => {
                let count = self.attachments.lock().len();
                // Each waits for a grace period: others get their turn in between.
                for _ in 0..count {
                    let _ = self.attachments.lock().remove(0);
                }
                Ok(())
            }
            Selection::One(target) => {
                let mut attachments = self.attachments.lock();
                find(&attachments, target)
                    .and_then(|index| attachments.remove(index).ok())
                    .ok_or(target.refuse(Reason::NotAttached))
                    .map(drop)
            }
        }
    }

    /// Writes a line for each attachment, which makes it again when it is written to `attach`.
    pub(crate) fn write_bindings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attachment in self.attachments.lock().iter() {
            BindingLine {
                target: attachment.target(),
                exclusions: attachment.exclusions(),
                caller: &attachment.caller,
                filter: attachment.filter,
                strict: attachment.strict,
            }
            .fmt(f)?;
        }
        Ok(())
    }

    /// Writes how each attachment is.
    pub(crate) fn write_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Status::header(f)?;
        for attachment in self.attachments.lock().iter() {
            Status {
                target: attachment.target(),
                functions: attachment.locations.len(),
                caller: attachment.caller.name(),
                hits: attachment.hits(),
                missed: attachment.missed(),
                state: "active",
                left_out: attachment.left_out,
            }
            .fmt(f)?;
        }
        self.workshop.drain.write_status(f)
    }

    /// Writes the callers that commands can name.
    pub(crate) fn write_callers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CallerLine::HEADER.fmt(f)?;
        for (name, description) in builtin::LIST {
            CallerLine {
                name,
                owner: "rvdirect",
                description,
            }
            .fmt(f)?;
        }
        self.workshop.callers.write_list(f)
    }

    /// Writes a line for each function that was hit, as far as functions are told apart.
    pub(crate) fn write_hits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attachments = self.attachments.lock();
        let ranking = Ranking::new(&attachments, Attachment::hits_of).map_err(|_| fmt::Error)?;
        let mut names = Names::new().map_err(|_| fmt::Error)?;
        Hits::header(f)?;
        for (attachment, location, hits) in ranking.of(&attachments) {
            Hits {
                function: names.of(location),
                hits,
                target: attachment.target(),
            }
            .fmt(f)?;
        }
        Ok(())
    }

    /// Draws the histograms that attachments keep: of each function that has returned, or of all.
    pub(crate) fn write_histograms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attachments = self.attachments.lock();
        let count =
            |attachment: &Attachment, location| Some(attachment.histogram_of(location)?.count());
        let ranking = Ranking::new(&attachments, count).map_err(|_| fmt::Error)?;
        let mut names = Names::new().map_err(|_| fmt::Error)?;
        for (attachment, location, _) in ranking.of(&attachments) {
            let Some(histogram) = attachment.histogram_of(location) else {
                continue;
            };
            let is_alone = attachment.locations.len() == 1;
            let name = if is_alone {
                attachment.target()
            } else {
                names.of(location)
            };
            histogram.draw(f, name, |ticks| {
                // SAFETY: It only computes.
                unsafe { bindings::rvdirect_nanoseconds(ticks) }
            })?;
        }
        Ok(())
    }

    /// Lets all histograms begin anew.
    pub(crate) fn clear_histograms(&self) {
        for attachment in self.attachments.lock().iter() {
            if let Some(latency) = attachment.calls.trampoline().latency() {
                latency.clear();
            }
        }
    }

    fn make_attachment(
        &self,
        binding: &Binding<'_>,
        caller: Caller,
        others: &[Attachment],
    ) -> Result<Attachment, Refusal> {
        let target = binding.target;
        let mut locations = self.find_functions(binding, &caller)?;
        let found = locations.len();
        let blame = |reason: Reason| target.refuse(reason);
        let may_leave_out = target.is_pattern() && !binding.strict;
        let refuse_held = |reason| {
            if binding.strict {
                Reason::NotAll
            } else {
                reason
            }
        };

        locations.retain(|location| !others.iter().any(|other| other.hooks(*location)));
        if locations.is_empty() || !may_leave_out && locations.len() != found {
            return Err(blame(refuse_held(Reason::Overlaps)));
        }
        let calls = loop {
            let trampoline = self
                .workshop
                .make(&caller, &binding.filter, target.text(), &locations)
                .map_err(blame)?;
            match register(&mut locations, trampoline) {
                Err(Reason::Held) if may_leave_out => {
                    let is_any =
                        ftrace::take_out_held(&mut locations).map_err(|e| blame(e.into()))?;
                    // Those that held one may have let go meanwhile, but not again and again.
                    if !is_any || locations.is_empty() {
                        return Err(blame(Reason::Held));
                    }
                }
                Err(Reason::Held) => return Err(blame(refuse_held(Reason::Held))),
                result => break result.map_err(blame)?,
            }
        };
        let owned = |text: &str| CString::try_from_fmt(fmt!("{text}")).map_err(|e| blame(e.into()));
        Ok(Attachment {
            calls,
            target: owned(target.text())?,
            exclusions: owned(binding.exclusions.text())?,
            strict: binding.strict,
            left_out: found - locations.len(),
            locations,
            caller,
            filter: binding.filter,
            past: Tally::new(),
        })
    }

    /// The functions that a caller can be attached to, whoever has them.
    fn find_functions(
        &self,
        binding: &Binding<'_>,
        caller: &Caller,
    ) -> Result<KVVec<usize>, Refusal> {
        let target = binding.target;
        let mut locations = function::lookup(&target, &binding.exclusions)?;
        if caller.waits_for_return() {
            let mut names = Names::new().map_err(|e| target.refuse(e.into()))?;
            locations.retain(|location| !caller::never_returns(names.of(*location)));
            if locations.is_empty() {
                return Err(target.refuse(Reason::NeverReturns));
            }
        }
        let (functions, max) = (locations.len(), parameters::max_functions());
        if functions > max {
            return Err(target.refuse(Reason::TooMany { functions, max }));
        }
        Ok(locations)
    }

    fn change(
        &self,
        attachment: &mut Attachment,
        caller: Caller,
        filter: Filter,
    ) -> Result<(), Reason> {
        let locations = &attachment.locations;
        let waits = caller.waits_for_return();
        if waits && !attachment.caller.waits_for_return() {
            let mut names = Names::new()?;
            let mut locations = locations.iter();
            if locations.any(|location| caller::never_returns(names.of(*location))) {
                return Err(Reason::NeverReturns);
            }
        }
        attachment.past.make_room(locations)?;
        let trampoline = self
            .workshop
            .make(&caller, &filter, attachment.target(), locations)?;
        let data = attachment.data().cloned();
        attachment.calls.modify(trampoline)?;
        attachment.past.add(data);
        attachment.caller = caller;
        attachment.filter = filter;
        Ok(())
    }

    /// What is left of an attachment without the functions of a module, with the same hits.
    fn without(&self, attachment: Attachment, text: &LeavingText) -> Option<Attachment> {
        let Attachment {
            calls,
            target,
            exclusions,
            strict,
            caller,
            filter,
            mut locations,
            left_out,
            mut past,
        } = attachment;
        // What the old trampoline may have held is held by the new one, and in between as well.
        let _held = HeldModule::new();
        let data = calls.trampoline().data().cloned();
        drop(calls);
        let room = past.make_room(&locations);
        locations.retain(|location| !text.contains(*location));
        if locations.is_empty() {
            return None;
        }
        let calls = room
            .map_err(Reason::from)
            .and_then(|()| {
                past.add(data);
                past.forget(|location| text.contains(location));
                let target = target.to_str().unwrap_or_default();
                self.workshop.make(&caller, &filter, target, &locations)
            })
            .and_then(|trampoline| register(&mut locations, trampoline))
            .inspect_err(|reason| {
                let errno = reason.errno();
                pr_warn!("{target:?}: detached with a module that went, error {errno}\n");
            })
            .ok()?;
        Some(Attachment {
            calls,
            target,
            exclusions,
            strict,
            caller,
            filter,
            locations,
            left_out,
            past,
        })
    }
}

/// ftrace forgets the functions of text that goes, but not that they were to be called directly:
/// with a function of another module at such an address, detaching would shut ftrace down. So they
/// are detached before. What else the attachment hooks is hooked again, with the same hits.
impl TextGoing for Registry {
    fn text_going(&self, text: &LeavingText) {
        self.workshop.callers.remove_those_of(text);
        let mut attachments = self.attachments.lock();
        let mut index = 0;
        while let Some(attachment) = attachments.get(index) {
            let mut locations = attachment.locations.iter();
            if !locations.any(|location| text.contains(*location)) {
                index += 1;
                continue;
            }
            let Ok(attachment) = attachments.remove(index) else {
                return;
            };
            if let Some(rest) = self.without(attachment, text) {
                // Cannot fail: there was room for it before.
                let _ = attachments.insert_within_capacity(index, rest);
                index += 1;
            }
        }
    }
}

impl Attachment {
    fn hooks(&self, location: usize) -> bool {
        self.locations.binary_search(&location).is_ok()
    }

    /// What its trampoline works with, if it has something of its own.
    fn data(&self) -> Option<&Arc<SlotData>> {
        self.calls.trampoline().data()
    }

    /// Calls that were handled since the target was attached, by whichever caller.
    fn hits(&self) -> u64 {
        let now = self.data().map_or(0, |data| data.hits());
        self.past.hits().wrapping_add(now)
    }

    fn missed(&self) -> u64 {
        let now = self.data().map_or(0, |data| data.missed());
        self.past.missed().wrapping_add(now)
    }

    /// Calls of one of its functions, if they are told apart, and there were any.
    fn hits_of(&self, location: usize) -> Option<u64> {
        let is_alone = self.locations.len() == 1;
        let now = self.data().map_or(0, |data| match data.each() {
            Some(each) => each.of(location),
            None if is_alone => data.hits(),
            None => 0,
        });
        let past = if is_alone && !self.past.is_told_apart() {
            self.past.hits()
        } else {
            self.past.hits_of(location)
        };
        Some(now.wrapping_add(past)).filter(|hits| *hits > 0)
    }

    /// The histogram of one of its functions, if it keeps one; of a group, if it is not empty.
    fn histogram_of(&self, location: usize) -> Option<Histogram> {
        let each = self.data()?.each();
        let cell = each.map_or(0, |each| each.cell(location));
        let histogram = self.calls.trampoline().latency()?.sum(cell);
        (each.is_none() || histogram.count() > 0).then_some(histogram)
    }

    fn target(&self) -> &str {
        // Cannot fail: it was made from a `str`.
        self.target.to_str().unwrap_or_default()
    }

    fn exclusions(&self) -> Exclusions<'_> {
        Exclusions::again(self.exclusions.to_str().unwrap_or_default())
    }
}

/// Functions of all attachments, those with the greatest number first.
struct Ranking(KVVec<Ranked>);

struct Ranked {
    attachment: usize,
    location: usize,
    number: u64,
}

impl Ranking {
    /// Ranks those functions that have a number.
    fn new(
        attachments: &[Attachment],
        number: impl Fn(&Attachment, usize) -> Option<u64>,
    ) -> Result<Self> {
        let mut ranking = KVVec::new();
        for (index, attachment) in attachments.iter().enumerate() {
            for &location in &attachment.locations {
                if let Some(number) = number(attachment, location) {
                    let ranked = Ranked {
                        attachment: index,
                        location,
                        number,
                    };
                    ranking.push(ranked, GFP_KERNEL)?;
                }
            }
        }
        ranking.sort_unstable_by_key(|ranked: &Ranked| Reverse(ranked.number));
        Ok(Ranking(ranking))
    }

    /// Each of them: of which attachment it is, where, and its number.
    fn of<'a>(
        &'a self,
        attachments: &'a [Attachment],
    ) -> impl Iterator<Item = (&'a Attachment, usize, u64)> {
        self.0.iter().filter_map(|ranked| {
            let attachment = attachments.get(ranked.attachment)?;
            Some((attachment, ranked.location, ranked.number))
        })
    }
}

fn register(
    locations: &mut [usize],
    trampoline: Trampoline,
) -> Result<DirectCalls<Trampoline>, Reason> {
    DirectCalls::register(locations, trampoline).map_err(|error| match error {
        EBUSY => Reason::Held,
        error => error.into(),
    })
}

fn find(attachments: &[Attachment], target: &Target<'_>) -> Option<usize> {
    attachments
        .iter()
        .position(|attachment| attachment.target() == target.text())
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        match error {
            ENOMEM => Reason::NoMemory,
            error => Reason::Kernel(-error.to_errno()),
        }
    }
}

impl From<AllocError> for Reason {
    fn from(_: AllocError) -> Self {
        Reason::NoMemory
    }
}
