// SPDX-License-Identifier: GPL-2.0

//! The commands of a client of the registry. A command is carried out as a whole, or is refused and
//! changes nothing.

use crate::{
    abstraction::function,
    language::{
        command::{
            Binding,
            Selection,
            Target,
            Verb, //
        },
        refusal::{
            Reason,
            Refusal, //
        },
        session::SessionId, //
    },
    registry::{
        attachment::Attachment,
        owner::Owner,
        plan::Plan,
        Registry, //
    },
    trampoline::slot::SLOTS,
};
use core::cell::Cell;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The registry as a session uses it or, without an owner, as everybody does. Commands act only on
/// attachments of the same owner.
pub(crate) struct Client<'a> {
    pub(super) registry: &'a Registry,
    owner: Option<&'a Arc<Owner>>,
    /// Whether a command took something away.
    takes_away: Cell<bool>,
}

impl<'a> Client<'a> {
    /// Creates a client for that owner.
    pub(super) fn new(registry: &'a Registry, owner: Option<&'a Arc<Owner>>) -> Self {
        Client {
            registry,
            owner,
            takes_away: Cell::new(false),
        }
    }

    /// Carries out a command: its verb, and the line that follows it. [`Client::settle`] comes after
    /// the last one.
    pub(crate) fn carry_out(&self, verb: Verb, line: &str) -> Result<(), Refusal> {
        if verb.takes_away() {
            self.takes_away.set(true);
        }
        match verb {
            Verb::Attach => self.attach(&*parse(line, Binding::parse)?),
            Verb::Modify => self.modify(&*parse(line, Binding::parse_modify)?),
            Verb::Detach => self.detach(&Selection::parse(line)?),
            Verb::Enable => self.set_enabled(&Selection::parse(line)?, true),
            Verb::Disable => self.set_enabled(&Selection::parse(line)?, false),
        }
    }

    /// If commands took something away, waits until no call is on its way through that, or until
    /// the current task is killed. What is left then are calls that sleep in their targets.
    pub(crate) fn settle(&self) {
        if self.takes_away.take() {
            self.registry.workshop.drain.settle();
        }
    }

    /// Attaches a target that is not attached.
    pub(crate) fn attach(&self, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        // Frees the functions that a closed session held, and the names of its events.
        self.registry.end_what_is_over();
        if self
            .find(&self.registry.attachments.lock(), &target)
            .is_some()
        {
            return Err(target.refuse(Reason::Attached));
        }
        self.add(self.prepare(binding)?, binding)
    }

    /// Adds an attachment, with its hook.
    #[inline(never)] // keeps its frame from that of `prepare`
    fn add(&self, mut attachment: KBox<Attachment>, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        let mut attachments = self.registry.attachments.lock();
        // Another command may have been faster.
        if self.find(&attachments, &target).is_some() {
            return Err(target.refuse(Reason::Attached));
        }
        // Idle ones take no slot, but count as well: detaching all of them takes time.
        if attachments.len() >= SLOTS {
            return Err(target.refuse(Reason::Full));
        }
        // So that nothing can fail once it is hooked.
        attachments
            .reserve(1, GFP_KERNEL)
            .map_err(|error| target.refuse(error.into()))?;
        let mut plan = Plan::of(&attachment);
        // A refusal blames a word of the line.
        plan.target = target;
        plan.exclusions = binding.exclusions;
        attachment.hook = match self.registry.hook(&plan, &attachments, None) {
            Err(refusal) if binding.flags.pending && refusal.reason.is_no_function() => {
                match function::is_loaded(&target) {
                    Err(error) => return Err(target.refuse(error.into())),
                    Ok(true) => return Err(refusal),
                    Ok(false) => None,
                }
            }
            result => Some(result?),
        };
        // Cannot fail: the room was reserved above.
        let _ = attachments.push_within_capacity(attachment);
        Ok(())
    }

    /// Makes an attachment that hooks nothing yet.
    #[inline(never)] // keeps its frame from that of its caller
    fn prepare(&self, binding: &Binding<'_>) -> Result<KBox<Attachment>, Refusal> {
        let blame = |error: Error| binding.target.refuse(error.into());
        let caller = self.registry.workshop.find(binding, self.session())?;
        if binding.target.module().is_none() {
            // Reading them takes long, so nobody has to wait for it with the lock held.
            self.registry.kernel.get().map_err(blame)?;
        }
        Attachment::new(binding, caller, self.owner.cloned()).map_err(blame)
    }

    /// Gives an attachment another caller.
    #[inline(never)] // keeps its frame from those of the others
    fn modify(&self, binding: &Binding<'_>) -> Result<(), Refusal> {
        let target = binding.target;
        self.registry.end_what_is_over();
        let (caller, gate) = self.registry.workshop.find(binding, self.session())?;
        let mut attachments = self.registry.attachments.lock();
        let attachment = self.find_mut(&mut attachments, &target)?;
        self.registry
            .change(attachment, caller, gate)
            .map_err(|reason| target.refuse(reason))
    }

    /// Ends the selected attachments. For `*`, it is no error if there are none.
    #[inline(never)]
    fn detach(&self, selection: &Selection<'_>) -> Result<(), Refusal> {
        match selection {
            Selection::All => {
                // What a closed session leaves is nobody's.
                self.registry
                    .remove_all(|attachment| self.owns(attachment) || attachment.is_over());
                Ok(())
            }
            Selection::One(target) => {
                let mut attachments = self.registry.attachments.lock();
                self.find(&attachments, target)
                    .and_then(|index| attachments.remove(index).ok())
                    .map(drop)
                    .ok_or_else(|| self.not_found(&attachments, target))
            }
        }
    }

    /// Enables or disables the selected attachments. They stay attached.
    #[inline(never)]
    pub(crate) fn set_enabled(
        &self,
        selection: &Selection<'_>,
        is_enabled: bool,
    ) -> Result<(), Refusal> {
        let mut attachments = self.registry.attachments.lock();
        match selection {
            Selection::All => self
                .set_all_enabled(&mut attachments, is_enabled)
                .map_err(|reason| reason.at(0)),
            Selection::One(target) => self
                .find_mut(&mut attachments, target)?
                .set_enabled(is_enabled)
                .map_err(|error| target.refuse(error.into())),
        }
    }

    fn set_all_enabled(
        &self,
        attachments: &mut [KBox<Attachment>],
        is_enabled: bool,
    ) -> Result<(), Reason> {
        let mut changed: KVec<usize> = KVec::with_capacity(attachments.len(), GFP_KERNEL)?;
        for (index, attachment) in attachments.iter_mut().enumerate() {
            if !self.owns(attachment) || attachment.flags().disabled != is_enabled {
                continue;
            }
            if let Err(error) = attachment.set_enabled(is_enabled) {
                for index in changed {
                    if let Some(attachment) = attachments.get_mut(index) {
                        let _ = attachment.set_enabled(!is_enabled);
                    }
                }
                return Err(error.into());
            }
            // Cannot fail: it was made with room for all.
            let _ = changed.push_within_capacity(index);
        }
        Ok(())
    }

    /// Clears the histograms of its own attachments.
    pub(crate) fn clear_histograms(&self) {
        for attachment in self.registry.attachments.lock().iter() {
            if let Some(latency) = attachment.latency().filter(|_| self.owns(attachment)) {
                latency.clear();
            }
        }
    }

    /// Returns whether an attachment belongs to this client.
    pub(super) fn owns(&self, attachment: &Attachment) -> bool {
        attachment.session() == self.session()
    }

    /// Returns whether this client may see attachments of `session`, or of no session.
    pub(super) fn may_see(&self, session: Option<SessionId>) -> bool {
        self.owner.is_none() || session == self.session()
    }

    fn session(&self) -> Option<SessionId> {
        self.owner.map(|owner| owner.id())
    }

    /// Returns the index of its own attachment with that target.
    fn find(&self, attachments: &[KBox<Attachment>], target: &Target<'_>) -> Option<usize> {
        attachments
            .iter()
            .position(|attachment| self.owns(attachment) && attachment.name() == target.text())
    }

    fn find_mut<'b>(
        &self,
        attachments: &'b mut [KBox<Attachment>],
        target: &Target<'_>,
    ) -> Result<&'b mut Attachment, Refusal> {
        match self.find(attachments, target) {
            // Cannot panic: `find` returned the index.
            Some(index) => Ok(&mut attachments[index]),
            None => Err(self.not_found(attachments, target)),
        }
    }

    /// Returns why it has no such target: another may have it.
    fn not_found(&self, attachments: &[KBox<Attachment>], target: &Target<'_>) -> Refusal {
        let other = attachments
            .iter()
            .find(|attachment| attachment.name() == target.text());
        target.refuse(match other.map(|other| other.session()) {
            None => Reason::NotAttached,
            Some(None) => Reason::OfNobody,
            Some(Some(session)) => Reason::OfSession(session),
        })
    }
}

/// Parses a line. The result is boxed, as it would be on the kernel's stack for long.
#[inline(never)]
fn parse<'a>(
    line: &'a str,
    parse: fn(&'a str) -> Result<Binding<'a>, Refusal>,
) -> Result<KBox<Binding<'a>>, Refusal> {
    KBox::new(parse(line)?, GFP_KERNEL).map_err(|_| Reason::NoMemory.at(0))
}
