// SPDX-License-Identifier: GPL-2.0

//! What becomes of attachments when modules come and go.

use crate::{
    abstraction::module_notifier::{
        LeavingText,
        ModuleEvents, //
    },
    caller::drain::HeldModule,
    language::refusal::Reason,
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

impl Registry {
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
            mut functions,
            left_out,
        } = hook;
        drop(calls);
        let room = attachment.past.make_room(functions.locations());
        if room.is_ok() {
            attachment.past.add(data, functions.locations());
        }
        // What has been told apart is known by where it was.
        attachment.past.forget(|location| text.contains(location));
        functions.retain(|location, _| !text.contains(location));
        let rest = functions.locations().len();
        if rest == 0 {
            return attachment.flags().pending;
        }
        let plan = Plan::of(attachment);
        match room
            .map_err(Reason::from)
            .and_then(|()| self.register_free(&plan, &mut functions))
        {
            Ok(calls) => {
                attachment.hook = Some(Hook {
                    calls,
                    left_out: left_out + rest - functions.locations().len(),
                    functions,
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
