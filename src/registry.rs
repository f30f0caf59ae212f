// SPDX-License-Identifier: GPL-2.0

//! The attachments: the module's only state that changes, behind one lock.
//!
//! A command does all that it says or, refused, nothing.

use crate::{
    caller::{
        Caller,
        Trampoline, //
    },
    command::{
        Binding,
        Selection,
        Target, //
    },
    counter::Counter,
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
        Status, //
    },
    slot::{
        self,
        Pool, //
    },
};
use core::fmt::Display as _;
use kernel::{
    alloc::AllocError,
    fmt, new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    },
};

/// A target bound to a caller.
struct Attachment {
    // The first to go: ends the calls before that which they use.
    calls: DirectCalls<Trampoline>,
    target: CString,
    locations: KVec<usize>,
    caller: Caller,
    counter: Arc<Counter>,
}

/// All attachments, in the order in which they were made.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    attachments: Mutex<KVec<Attachment>>,
    slots: Pool,
}

impl Registry {
    /// A registry without attachments, which takes slots from `slots`.
    pub(crate) fn new(slots: Pool) -> impl PinInit<Self> {
        pin_init!(Self {
            attachments <- new_mutex!(KVec::new(), "rvdirect::attachments"),
            slots,
        })
    }

    /// Attaches a target that is not attached.
    pub(crate) fn attach(&self, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        let caller = find_caller(binding)?;
        let mut attachments = self.attachments.lock();
        if find(&attachments, &target).is_some() {
            return Err(target.refuse(Reason::Attached));
        }
        // Each takes its time to go, so that there must be an end, for idle ones too.
        if attachments.len() >= slot::SLOTS {
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
        let caller = find_caller(binding)?;
        let mut attachments = self.attachments.lock();
        let attachment = find(&attachments, &target)
            .and_then(|index| attachments.get_mut(index))
            .ok_or(target.refuse(Reason::NotAttached))?;
        caller
            .trampoline(self.slots, &attachment.counter)
            .and_then(|trampoline| Ok(attachment.calls.modify(trampoline)?))
            .map_err(|reason| target.refuse(reason))?;
        attachment.caller = caller;
        Ok(())
    }

    /// Ends what is selected. That nothing is attached is no error where all is to go.
    pub(crate) fn detach(&self, selection: &Selection<'_>) -> Result<(), Refusal> {
        let mut attachments = self.attachments.lock();
        match selection {
            Selection::All => attachments.clear(),
            Selection::One(target) => {
                find(&attachments, target)
                    .and_then(|index| attachments.remove(index).ok())
                    .ok_or(target.refuse(Reason::NotAttached))?;
            }
        }
        Ok(())
    }

    /// Writes a line for each attachment, which makes it again when it is written to `attach`.
    pub(crate) fn write_bindings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attachment in self.attachments.lock().iter() {
            BindingLine {
                target: attachment.target(),
                caller: attachment.caller.name(),
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
                hits: attachment.counter.sum(),
                missed: 0,
                state: "active",
            }
            .fmt(f)?;
        }
        Ok(())
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
        let counter = Arc::new(Counter::new()?, GFP_KERNEL)?;
        let trampoline = caller.trampoline(self.slots, &counter)?;
        Ok(Attachment {
            target: CString::try_from_fmt(fmt!("{}", target.text()))?,
            calls: register(&mut locations, trampoline)?,
            locations,
            caller,
            counter,
        })
    }

    /// What is left of an attachment without the functions of a module: the same counter, and a
    /// trampoline of its own.
    fn without(&self, attachment: Attachment, text: &LeavingText) -> Option<Attachment> {
        let Attachment {
            calls,
            target,
            mut locations,
            caller,
            counter,
        } = attachment;
        drop(calls);
        locations.retain(|location| !text.contains(*location));
        if locations.is_empty() {
            return None;
        }
        let calls = caller
            .trampoline(self.slots, &counter)
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
            counter,
        })
    }
}

/// ftrace forgets the functions of text that goes, but not that they were to be called directly:
/// with a function of another module at such an address, detaching would shut ftrace down. So they
/// are detached before. What else the attachment hooks is hooked again, with the same hits.
impl TextGoing for Registry {
    fn text_going(&self, text: &LeavingText) {
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

fn find_caller(binding: &Binding<'_>) -> Result<Caller, Refusal> {
    Caller::by_name(binding.caller.text).ok_or(Reason::UnknownCaller.at(binding.caller.column))
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
