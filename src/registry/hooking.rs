// SPDX-License-Identifier: GPL-2.0

//! Hooks functions by trampolines and direct calls, and gives them other trampolines.

use crate::{
    abstraction::{
        ftrace::{
            self,
            DirectCalls, //
        },
        function::Places,
        functions::Functions,
        module::Module, //
    },
    caller::{
        Caller,
        Trampoline, //
    },
    language::{
        never_returns::never_returns,
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
    trampoline::gate::Gate,
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

impl Registry {
    /// Hooks the planned functions. Leaves out those that `others` or other direct callers hold, or
    /// refuses the plan if that is not allowed. `coming` is the module whose notifier asks, if any.
    pub(super) fn hook(
        &self,
        plan: &Plan<'_>,
        others: &[KBox<Attachment>],
        coming: Option<&Module>,
    ) -> Result<KBox<Hook>, Refusal> {
        let (functions, held) = self.not_held(plan, others, coming)?;
        self.hook_free(plan, functions, held)
            .map_err(|reason| match reason {
                Reason::Held => plan.target.refuse(plan.refuse_held(reason)),
                reason => plan.target.refuse(reason),
            })
    }

    /// Returns the planned functions that `others` do not hold, and how many they hold.
    #[inline(never)] // keeps its frame from that of its caller
    fn not_held(
        &self,
        plan: &Plan<'_>,
        others: &[KBox<Attachment>],
        coming: Option<&Module>,
    ) -> Result<(KBox<Functions>, usize), Refusal> {
        let kernel = &self.kernel;
        let mut functions = plan.functions(Places { kernel, coming })?;
        let found = functions.locations().len();
        let mut holder = None;
        functions.retain(&mut |location, _| {
            let other = others.iter().find(|other| other.hooks(location));
            holder = holder.or(other);
            other.is_none()
        });
        let is_refused = functions.locations().is_empty() || !plan.may_leave_out();
        if let Some(holder) = holder.filter(|_| is_refused) {
            let reason = plan.refuse_held(plan.held_by(holder));
            return Err(plan.target.refuse(reason));
        }
        let held = found - functions.locations().len();
        Ok((functions, held))
    }

    /// Hooks functions, but for those that others hold or modify, if that is allowed. `left_out` are
    /// left out already.
    #[inline(never)] // keeps its frame from that of its caller
    pub(super) fn hook_free(
        &self,
        plan: &Plan<'_>,
        mut functions: KBox<Functions>,
        left_out: usize,
    ) -> Result<KBox<Hook>, Reason> {
        let found = functions.locations().len();
        let calls = self.register_free(plan, &mut functions)?;
        let hook = Hook {
            calls,
            left_out: left_out + found - functions.locations().len(),
            functions,
        };
        // If there is no memory, `hook` is dropped, and the calls end.
        Ok(KBox::new(hook, GFP_KERNEL)?)
    }

    /// Registers the functions. Takes out those that others hold or modify, if that is allowed.
    fn register_free(
        &self,
        plan: &Plan<'_>,
        functions: &mut Functions,
    ) -> Result<DirectCalls<Trampoline>, Reason> {
        loop {
            let reason = match self.register(plan, functions.locations()) {
                Err(reason) if plan.may_leave_out() => reason,
                result => return result,
            };
            let before = functions.locations().len();
            match reason {
                Reason::Held => {
                    let held = ftrace::held_of(functions.locations())?;
                    functions.retain(&mut |location, _| held.binary_search(&location).is_err());
                }
                // ftrace does not tell which one.
                Reason::Modified(0) => {
                    let modified = ftrace::modified_of(functions.locations())?;
                    functions.retain(&mut |location, _| modified.binary_search(&location).is_err());
                }
                Reason::Modified(modified) => {
                    functions.retain(&mut |location, _| location != modified)
                }
                _ => {}
            }
            // If none is held any more, the holder has just let go. That is not retried, so that the
            // loop ends.
            let left = functions.locations().len();
            if left == 0 || left == before {
                return Err(reason);
            }
        }
    }

    fn register(
        &self,
        plan: &Plan<'_>,
        locations: &[usize],
    ) -> Result<DirectCalls<Trampoline>, Reason> {
        let target = plan.target.text();
        let trampoline =
            self.workshop
                .make(plan.caller, plan.gate, target, locations, plan.session)?;
        let drain = self.workshop.drain.clone();
        DirectCalls::register(locations, trampoline, !plan.flags.disabled, drain)
    }

    /// Gives an attachment another caller, and keeps its hits.
    pub(super) fn change(
        &self,
        attachment: &mut Attachment,
        caller: Caller,
        gate: Arc<Gate>,
    ) -> Result<(), Reason> {
        if caller.waits_for_return() && !attachment.caller.waits_for_return() {
            let mut functions = 0..attachment.locations().len();
            if functions.any(|function| never_returns(attachment.function_name(function))) {
                return Err(Reason::NeverReturns);
            }
        }
        let data = attachment.data().cloned();
        if let Some(hook) = &attachment.hook {
            attachment.past.make_room(hook.functions.locations())?;
            let trampoline = self.workshop.make(
                &caller,
                &gate,
                attachment.name(),
                hook.functions.locations(),
                attachment.session(),
            )?;
            if let Some(hook) = &mut attachment.hook {
                hook.calls.modify(trampoline)?;
            }
            if let Some(hook) = &attachment.hook {
                attachment.past.add(data, hook.functions.locations());
            }
        }
        attachment.caller = caller;
        attachment.gate = gate;
        Ok(())
    }
}
