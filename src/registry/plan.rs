// SPDX-License-Identifier: GPL-2.0

//! What an attachment hooks and runs, and the functions that this means.

use crate::{
    abstraction::{
        ftrace,
        function::Places,
        functions::Functions,
        parameters, //
    },
    caller::Caller,
    language::{
        command::{
            Exclusions,
            Flags,
            Target, //
        },
        never_returns::never_returns,
        refusal::{
            Reason,
            Refusal, //
        },
        session::SessionId, //
    },
    registry::attachment::Attachment,
    trampoline::gate::Gate,
};
use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

/// What an attachment hooks, and what it runs.
pub(super) struct Plan<'a> {
    pub(super) target: Target<'a>,
    pub(super) exclusions: Exclusions<'a>,
    pub(super) flags: Flags,
    pub(super) caller: &'a Caller,
    pub(super) gate: &'a Arc<Gate>,
    /// The session that the attachment belongs to, if any.
    pub(super) session: Option<SessionId>,
}

impl<'a> Plan<'a> {
    /// Returns the plan of an attachment.
    pub(super) fn of(attachment: &'a Attachment) -> Self {
        Plan {
            target: attachment.target(),
            exclusions: attachment.exclusions(),
            flags: attachment.flags(),
            caller: &attachment.caller,
            gate: &attachment.gate,
            session: attachment.session(),
        }
    }

    /// Returns whether functions that others hold may be left out.
    pub(super) fn may_leave_out(&self) -> bool {
        self.target.is_pattern() && !self.flags.strict
    }

    /// Returns why the plan is refused, if `reason` is that functions are held.
    pub(super) fn refuse_held(&self, reason: Reason) -> Reason {
        if self.flags.strict {
            Reason::NotAll
        } else {
            reason
        }
    }

    /// Returns why it cannot have a function that the attachment `holder` has.
    pub(super) fn held_by(&self, holder: &Attachment) -> Reason {
        match holder.session() {
            session if session == self.session => Reason::Overlaps,
            Some(session) => Reason::HeldBySession(session),
            None => Reason::HeldByNobody,
        }
    }

    /// Returns the functions that the target means, sorted, including those that others hold.
    pub(super) fn functions(&self, places: Places<'_>) -> Result<KBox<Functions>, Refusal> {
        let mut functions = places.lookup(&self.target, &self.exclusions)?;
        self.keep_hookable(&mut functions)?;
        Ok(functions)
    }

    /// Takes out what the caller or ftrace cannot hook. Something must be left.
    #[inline(never)] // keeps its frame from that of its caller
    fn keep_hookable(&self, functions: &mut Functions) -> Result<(), Refusal> {
        let target = self.target;
        if self.caller.waits_for_return() {
            functions.retain(&mut |_, name| !never_returns(name));
            if functions.locations().is_empty() {
                return Err(target.refuse(Reason::NeverReturns));
            }
        }
        let (count, max) = (functions.locations().len(), parameters::max_functions());
        if count > max {
            let functions = count;
            return Err(target.refuse(Reason::TooMany { functions, max }));
        }
        let unknown = ftrace::unknown_of(functions.locations())
            .map_err(|error| target.refuse(error.into()))?;
        functions.retain(&mut |location, _| unknown.binary_search(&location).is_err());
        if functions.locations().is_empty() {
            return Err(target.refuse(Reason::NotTraceable));
        }
        Ok(())
    }
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
