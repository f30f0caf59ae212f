// SPDX-License-Identifier: GPL-2.0

//! The attachments: the module's only state that changes, behind one lock.
//!
//! A command does all that it says or, refused, nothing.

mod attachment;
mod ranking;
mod tally;

use crate::{
    abstraction::{
        ftrace::{
            self,
            DirectCalls, //
        },
        function::{
            self,
            Names, //
        },
        module_notifier::{
            LeavingText,
            ModuleEvents, //
        },
        parameters, //
    },
    bindings,
    caller::{
        self,
        drain::HeldModule,
        Caller,
        Trampoline,
        Workshop, //
    },
    language::{
        builtin,
        command::{
            Binding,
            Exclusions,
            Flags,
            Selection,
            Target, //
        },
        filter::Filter,
        refusal::{
            Reason,
            Refusal, //
        },
        report::{
            CallerLine,
            Hits,
            Status, //
        },
    },
    registry::{
        attachment::{
            Attachment,
            Hook, //
        },
        ranking::Ranking, //
    },
    trampoline::slot::SLOTS, //
};
use core::fmt::Display as _;
use kernel::{
    alloc::AllocError,
    fmt,
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

/// All attachments, in the order in which they were made.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    attachments: Mutex<KVec<Attachment>>,
    workshop: Workshop,
}

/// What is to be hooked, and what is to run.
struct Plan<'a> {
    target: Target<'a>,
    exclusions: Exclusions<'a>,
    flags: Flags,
    caller: &'a Caller,
    filter: &'a Filter,
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
        let blame = |error: Error| target.refuse(error.into());
        // All that can fail for want of memory comes before anything is hooked.
        attachments
            .reserve(1, GFP_KERNEL)
            .map_err(|error| target.refuse(error.into()))?;
        let mut attachment = Attachment::new(
            &target,
            &binding.exclusions,
            binding.flags,
            caller,
            binding.filter,
        )
        .map_err(blame)?;
        let plan = Plan {
            target,
            exclusions: binding.exclusions,
            ..Plan::of(&attachment)
        };
        attachment.hook = match self.hook(&plan, &attachments, None) {
            Err(refusal) if binding.flags.pending && refusal.reason.is_no_function() => {
                if function::is_loaded(&target).map_err(blame)? {
                    return Err(refusal);
                }
                None
            }
            result => Some(result?),
        };
        // Cannot fail: there is room for it.
        let _ = attachments.push_within_capacity(attachment);
        Ok(())
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

    /// Ends everything, when no more commands come.
    pub(crate) fn end(&self) {
        // Cannot fail.
        let _ = self.detach(&Selection::All);
    }

    /// Lets calls reach the callers of what is selected, or not. Nothing is detached by that.
    pub(crate) fn set_enabled(
        &self,
        selection: &Selection<'_>,
        is_enabled: bool,
    ) -> Result<(), Refusal> {
        let mut attachments = self.attachments.lock();
        match selection {
            Selection::All => {
                let is_other = |attachment: &Attachment| attachment.flags().disabled == is_enabled;
                let mut changed: KVec<usize> = KVec::with_capacity(attachments.len(), GFP_KERNEL)
                    .map_err(|_| Reason::NoMemory.at(0))?;
                for (index, attachment) in attachments.iter_mut().enumerate() {
                    if !is_other(attachment) {
                        continue;
                    }
                    if let Err(error) = attachment.set_enabled(is_enabled) {
                        for index in changed {
                            if let Some(attachment) = attachments.get_mut(index) {
                                let _ = attachment.set_enabled(!is_enabled);
                            }
                        }
                        return Err(Reason::from(error).at(0));
                    }
                    // Cannot fail: there is room for all.
                    let _ = changed.push_within_capacity(index);
                }
                Ok(())
            }
            Selection::One(target) => find(&attachments, target)
                .and_then(|index| attachments.get_mut(index))
                .ok_or(target.refuse(Reason::NotAttached))?
                .set_enabled(is_enabled)
                .map_err(|error| target.refuse(error.into())),
        }
    }

    /// Writes a line for each attachment, which makes it again when it is written to `attach`.
    pub(crate) fn write_bindings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attachment in self.attachments.lock().iter() {
            attachment.binding().fmt(f)?;
        }
        Ok(())
    }

    /// Writes how each attachment is.
    pub(crate) fn write_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Status::header(f)?;
        for attachment in self.attachments.lock().iter() {
            attachment.status().fmt(f)?;
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
                target: attachment.name(),
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
            let is_alone = attachment.locations().len() == 1;
            let name = if is_alone {
                attachment.name()
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
            if let Some(latency) = attachment.latency() {
                latency.clear();
            }
        }
    }

    /// Hooks what is planned, but for what the others have, or somebody else; `coming` is the
    /// module that is loaded just now, if one is.
    fn hook(
        &self,
        plan: &Plan<'_>,
        others: &[Attachment],
        coming: Option<&str>,
    ) -> Result<Hook, Refusal> {
        let target = plan.target;
        let blame = |reason: Reason| target.refuse(reason);
        let is_strict = plan.flags.strict;
        let refuse_held = |reason| if is_strict { Reason::NotAll } else { reason };

        let mut locations = find_functions(plan, coming)?;
        let found = locations.len();
        locations.retain(|location| !others.iter().any(|other| other.hooks(*location)));
        if locations.is_empty() || !plan.may_leave_out() && locations.len() != found {
            return Err(blame(refuse_held(Reason::Overlaps)));
        }
        let calls = self
            .register_free(plan, &mut locations)
            .map_err(|reason| match reason {
                Reason::Held => blame(refuse_held(reason)),
                reason => blame(reason),
            })?;
        Ok(Hook {
            calls,
            left_out: found - locations.len(),
            locations,
        })
    }

    /// Registers those of the functions that are free, if some may be left out.
    fn register_free(
        &self,
        plan: &Plan<'_>,
        locations: &mut KVVec<usize>,
    ) -> Result<DirectCalls<Trampoline>, Reason> {
        loop {
            match self.register(plan, locations) {
                Err(Reason::Held) if plan.may_leave_out() => {
                    // Those that held one may have let go meanwhile, but not again and again.
                    if !ftrace::take_out_held(locations)? || locations.is_empty() {
                        return Err(Reason::Held);
                    }
                }
                result => return result,
            }
        }
    }

    fn register(
        &self,
        plan: &Plan<'_>,
        locations: &mut [usize],
    ) -> Result<DirectCalls<Trampoline>, Reason> {
        let target = plan.target.text();
        let trampoline = self
            .workshop
            .make(plan.caller, plan.filter, target, locations)?;
        DirectCalls::register(locations, trampoline, !plan.flags.disabled).map_err(|error| {
            match error {
                EBUSY => Reason::Held,
                error => error.into(),
            }
        })
    }

    fn change(
        &self,
        attachment: &mut Attachment,
        caller: Caller,
        filter: Filter,
    ) -> Result<(), Reason> {
        if caller.waits_for_return() && !attachment.caller.waits_for_return() {
            let mut names = Names::new()?;
            let mut locations = attachment.locations().iter();
            if locations.any(|location| caller::never_returns(names.of(*location))) {
                return Err(Reason::NeverReturns);
            }
        }
        let data = attachment.data().cloned();
        if let Some(hook) = &attachment.hook {
            attachment.past.make_room(&hook.locations)?;
            let trampoline =
                self.workshop
                    .make(&caller, &filter, attachment.name(), &hook.locations)?;
            if let Some(hook) = &mut attachment.hook {
                hook.calls.modify(trampoline)?;
            }
            if let Some(hook) = &attachment.hook {
                attachment.past.add(data, &hook.locations);
            }
        }
        attachment.caller = caller;
        attachment.filter = filter;
        Ok(())
    }

    /// Hooks what waits for the module of that name; `coming` is that name if it is loaded just now.
    fn hook_pending(&self, name: &str, coming: Option<&str>) {
        // A call that waits in its target could not hold this module any more.
        let Some(_held) = HeldModule::try_new() else {
            return;
        };
        let mut attachments = self.attachments.lock();
        for index in 0..attachments.len() {
            let Some(attachment) = attachments.get(index) else {
                return;
            };
            if attachment.hook.is_some() || !attachment.target().is_of_module(name) {
                continue;
            }
            match self.hook(&Plan::of(attachment), &attachments, coming) {
                Ok(hook) => {
                    if let Some(attachment) = attachments.get_mut(index) {
                        attachment.hook = Some(hook);
                    }
                }
                // Why it is pending was said when the module came.
                Err(_) if coming.is_none() => {}
                Err(refusal) => {
                    let (target, reason) = (attachment.name(), refusal.reason);
                    let reason = format_args!("{reason}");
                    pr_warn!("{target}: still pending: {reason}\n");
                }
            }
        }
    }

    /// Hooks an attachment again without the functions of a module that goes, with the same hits.
    /// Returns whether anything is left of it.
    fn hook_without(&self, attachment: &mut Attachment, text: &LeavingText) -> bool {
        // What the old trampoline may have held is held by the new one, and in between as well.
        let _held = HeldModule::new();
        let data = attachment.data().cloned();
        let Some(hook) = attachment.hook.take() else {
            return true;
        };
        let Hook {
            calls,
            mut locations,
            left_out,
        } = hook;
        drop(calls);
        let room = attachment.past.make_room(&locations);
        if room.is_ok() {
            attachment.past.add(data, &locations);
        }
        // What has been told apart is known by where it was.
        attachment.past.forget(|location| text.contains(location));
        locations.retain(|location| !text.contains(*location));
        if locations.is_empty() {
            return attachment.flags().pending;
        }
        let rest = locations.len();
        let plan = Plan::of(attachment);
        match room
            .map_err(Reason::from)
            .and_then(|()| self.register_free(&plan, &mut locations))
        {
            Ok(calls) => {
                attachment.hook = Some(Hook {
                    calls,
                    left_out: left_out + rest - locations.len(),
                    locations,
                });
                true
            }
            Err(reason) => {
                let name = attachment.name();
                let reason = format_args!("{reason}");
                pr_warn!("{name}: detached with a module that went: {reason}\n");
                attachment.flags().pending
            }
        }
    }
}

impl<'a> Plan<'a> {
    /// Whether functions may be left out that somebody else has.
    fn may_leave_out(&self) -> bool {
        self.target.is_pattern() && !self.flags.strict
    }

    fn of(attachment: &'a Attachment) -> Self {
        Plan {
            target: attachment.target(),
            exclusions: attachment.exclusions(),
            flags: attachment.flags(),
            caller: &attachment.caller,
            filter: &attachment.filter,
        }
    }
}

/// The functions that are meant, whoever has them.
fn find_functions(plan: &Plan<'_>, coming: Option<&str>) -> Result<KVVec<usize>, Refusal> {
    let target = plan.target;
    let mut locations = function::lookup(&target, &plan.exclusions)?;
    function::keep_settled(&mut locations, coming).map_err(|e| target.refuse(e.into()))?;
    if locations.is_empty() {
        return Err(target.refuse(Reason::UnknownTarget));
    }
    if plan.caller.waits_for_return() {
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

impl ModuleEvents for Registry {
    fn module_coming(&self, name: &str) {
        self.hook_pending(name, Some(name));
    }

    /// Between the one and the other, it may have been attached to, but not hooked.
    fn module_live(&self, name: &str) {
        self.hook_pending(name, None);
    }

    /// ftrace forgets the functions of text that goes, but not that they were to be called
    /// directly: with a function of another module at such an address, detaching would shut ftrace
    /// down. So they are detached before. What else the attachment hooks is hooked again.
    fn text_going(&self, text: &LeavingText) {
        self.workshop.callers.remove_those_of(text);
        let mut attachments = self.attachments.lock();
        attachments.retain(|attachment| {
            let mut locations = attachment.locations().iter();
            !locations.any(|location| text.contains(*location))
                || self.hook_without(attachment, text)
        });
    }
}

fn find(attachments: &[Attachment], target: &Target<'_>) -> Option<usize> {
    attachments
        .iter()
        .position(|attachment| attachment.name() == target.text())
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
