// SPDX-License-Identifier: GPL-2.0

//! The attachments: the module's only state that changes, behind one lock.
//!
//! A command does all that it says or, refused, nothing.

use crate::{
    bindings,
    builtin,
    caller::{
        Caller,
        Trampoline,
        Workshop, //
    },
    command::{
        Binding,
        Selection,
        Target, //
    },
    drain::HeldModule,
    ftrace::DirectCalls,
    function,
    module_notifier::{
        LeavingText,
        TextGoing, //
    },
    refusal::{
        Reason,
        Refusal, //
    },
    report::{
        BindingLine,
        CallerLine,
        Status, //
    },
    slot::SLOTS,
    slot_data::SlotData,
    tally::Tally, //
};
use core::fmt::Display as _;
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
    locations: KVec<usize>,
    caller: Caller,
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
        let attachment = self
            .make_attachment(&target, caller, &attachments)
            .map_err(|reason| target.refuse(reason))?;
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
        self.change(attachment, caller)
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
                caller: &attachment.caller,
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

    /// Draws the histogram of each attachment that keeps one.
    pub(crate) fn write_histograms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attachment in self.attachments.lock().iter() {
            if let Some(latency) = attachment.calls.trampoline().latency() {
                latency.sum().draw(f, attachment.target(), |ticks| {
                    // SAFETY: It only computes.
                    unsafe { bindings::rvdirect_nanoseconds(ticks) }
                })?;
            }
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
        target: &Target<'_>,
        caller: Caller,
        others: &[Attachment],
    ) -> Result<Attachment, Reason> {
        let mut locations = function::lookup(target)?;
        if others.iter().any(|other| other.hooks_any(&locations)) {
            return Err(Reason::Overlaps);
        }
        let trampoline = self
            .workshop
            .make(&caller, target.text(), locations.len())?;
        Ok(Attachment {
            target: CString::try_from_fmt(fmt!("{}", target.text()))?,
            calls: register(&mut locations, trampoline)?,
            locations,
            caller,
            past: Tally::new(),
        })
    }

    fn change(&self, attachment: &mut Attachment, caller: Caller) -> Result<(), Reason> {
        attachment.past.make_room()?;
        let trampoline =
            self.workshop
                .make(&caller, attachment.target(), attachment.locations.len())?;
        let data = attachment.data().cloned();
        attachment.calls.modify(trampoline)?;
        attachment.past.add(data);
        attachment.caller = caller;
        Ok(())
    }

    /// What is left of an attachment without the functions of a module, with the same hits.
    fn without(&self, attachment: Attachment, text: &LeavingText) -> Option<Attachment> {
        let Attachment {
            calls,
            target,
            mut locations,
            caller,
            mut past,
        } = attachment;
        locations.retain(|location| !text.contains(*location));
        // What the old trampoline may have held is held by the new one, and in between as well.
        let _held = HeldModule::new();
        let data = calls.trampoline().data().cloned();
        drop(calls);
        if locations.is_empty() {
            return None;
        }
        let calls = past
            .make_room()
            .map_err(Reason::from)
            .and_then(|()| {
                past.add(data);
                let target = target.to_str().unwrap_or_default();
                self.workshop.make(&caller, target, locations.len())
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
            locations,
            caller,
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
    fn hooks_any(&self, locations: &[usize]) -> bool {
        locations
            .iter()
            .any(|location| self.locations.contains(location))
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

    fn target(&self) -> &str {
        // Cannot fail: it was made from a `str`.
        self.target.to_str().unwrap_or_default()
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
