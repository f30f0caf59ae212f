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
        LeavingModule,
        ModuleGoing, //
    },
    refusal::{
        Reason,
        Refusal, //
    },
    report::{
        BindingLine,
        Status, //
    },
    slot::Pool, //
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
        let attachment = self
            .make_attachment(&target, caller)
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

    fn make_attachment(&self, target: &Target<'_>, caller: Caller) -> Result<Attachment, Reason> {
        let mut locations = function::lookup(target)?;
        let counter = Arc::new(Counter::new()?, GFP_KERNEL)?;
        let trampoline = caller.trampoline(self.slots, &counter)?;
        Ok(Attachment {
            target: CString::try_from_fmt(fmt!("{}", target.text()))?,
            calls: DirectCalls::register(&mut locations, trampoline)?,
            locations,
            caller,
            counter,
        })
    }

    /// What is left of an attachment without the functions of a module: the same counter, and a
    /// trampoline of its own.
    fn without(&self, attachment: Attachment, module: &LeavingModule) -> Option<Attachment> {
        let Attachment {
            calls,
            target,
            mut locations,
            caller,
            counter,
        } = attachment;
        drop(calls);
        locations.retain(|location| !module.contains(*location));
        if locations.is_empty() {
            return None;
        }
        let calls = caller
            .trampoline(self.slots, &counter)
            .and_then(|trampoline| Ok(DirectCalls::register(&mut locations, trampoline)?))
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

/// ftrace forgets the functions of a module that goes, but would take those of another module, at
/// the same addresses later, for them. So they are detached before; what else the attachment hooks
/// stays hooked.
impl ModuleGoing for Registry {
    fn module_going(&self, module: &LeavingModule) {
        let mut attachments = self.attachments.lock();
        let mut index = 0;
        while let Some(attachment) = attachments.get(index) {
            let mut locations = attachment.locations.iter();
            if !locations.any(|location| module.contains(*location)) {
                index += 1;
                continue;
            }
            let Ok(attachment) = attachments.remove(index) else {
                return;
            };
            if let Some(rest) = self.without(attachment, module) {
                // Cannot fail: there was room for it before.
                let _ = attachments.insert_within_capacity(index, rest);
                index += 1;
            }
        }
    }
}

impl Attachment {
    fn target(&self) -> &str {
        // Cannot fail: it was made from a `str`.
        self.target.to_str().unwrap_or_default()
    }
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
            EBUSY => Reason::Held,
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
