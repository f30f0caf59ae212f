// SPDX-License-Identifier: GPL-2.0

//! Hooks functions, by trampolines and direct calls, and hooks them anew.

use crate::{
    abstraction::{
        ftrace::{
            self,
            DirectCalls, //
        },
        function::Names, //
    },
    caller::{
        self,
        Caller,
        Trampoline, //
    },
    language::{
        filter::Filter,
        refusal::{
            Reason,
            Refusal, //
        },
    },
    registry::{
        attachment::{
            Attachment,
            Hook, //
        },
        plan::Plan,
        Registry, //
    },
};
use kernel::prelude::*;

impl Registry {
    /// Hooks what is planned, but for what the others have, or somebody else; `coming` is the
    /// module that is loaded just now, if one is.
    pub(super) fn hook(
        &self,
        plan: &Plan<'_>,
        others: &[Attachment],
        coming: Option<&str>,
    ) -> Result<Hook, Refusal> {
        let target = plan.target;
        let blame = |reason: Reason| target.refuse(reason);
        let is_strict = plan.flags.strict;
        let refuse_held = |reason| if is_strict { Reason::NotAll } else { reason };

        let mut locations = plan.functions(coming)?;
        let found = locations.len();
        let mut holder = None;
        locations.retain(|location| {
            let other = others.iter().find(|other| other.hooks(*location));
            holder = holder.or(other);
            other.is_none()
        });
        if let Some(holder) = holder.filter(|_| locations.is_empty() || !plan.may_leave_out()) {
            return Err(blame(refuse_held(plan.held_by(holder))));
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
    pub(super) fn register_free(
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
        let trampoline =
            self.workshop
                .make(plan.caller, plan.filter, target, locations, plan.session)?;
        DirectCalls::register(locations, trampoline, !plan.flags.disabled).map_err(|error| {
            match error {
                EBUSY => Reason::Held,
                error => error.into(),
            }
        })
    }

    /// Gives an attachment another caller, with the hits that it has.
    pub(super) fn change(
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
            let trampoline = self.workshop.make(
                &caller,
                &filter,
                attachment.name(),
                &hook.locations,
                attachment.session(),
            )?;
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
}
