// SPDX-License-Identifier: GPL-2.0

//! What happens to attachments when modules come and go.

use crate::{
    abstraction::{
        module::Module,
        module_notifier::{
            LeavingText,
            ModuleEvents, //
        },
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
    fn module_coming(&self, module: &Module) {
        self.hook_pending(module, true);
    }

    /// Since `module_coming`, an `attach` may have added an attachment that is still pending.
    fn module_live(&self, module: &Module) {
        self.hook_pending(module, false);
    }

    /// Detaches the functions of text that goes, and hooks the other functions again. ftrace
    /// forgets the functions of such text, but not their direct calls: if another module had a
    /// function at one of the addresses later, detaching would shut ftrace down.
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
    /// Hooks the attachments that wait for a module, which is still coming or live.
    fn hook_pending(&self, module: &Module, is_coming: bool) {
        // While this module is being unloaded, a call in its target could not hold it any more.
        let Some(_held) = HeldModule::try_new() else {
            return;
        };
        let mut attachments = self.attachments.lock();
        for index in 0..attachments.len() {
            let Some(attachment) = attachments.get(index) else {
                return;
            };
            let waits = attachment.hook.is_none() && !attachment.is_over();
            if !waits || !attachment.target().is_of_module(module.name()) {
                continue;
            }
            match self.hook(&Plan::of(attachment), &attachments, Some(module)) {
                Ok(hook) => {
                    if let Some(attachment) = attachments.get_mut(index) {
                        attachment.hook = Some(hook);
                    }
                }
                // The reason was logged when the module came.
                Err(_) if !is_coming => {}
                Err(refusal) => {
                    let target = attachment.name();
                    let sentence = refusal.sentence(target);
                    pr_warn!("{target}: still pending: {}\n", format_args!("{sentence}"));
                }
            }
        }
    }

    /// Hooks an attachment again without the functions of text that goes, and keeps its hits.
    /// Returns whether the attachment stays.
    #[inline(never)] // keeps its frame from that of the notifier
    fn hook_without(&self, attachment: &mut Attachment, text: &LeavingText) -> bool {
        // Holds this module from the drop of the old trampoline until the new one may hold it.
        let _held = HeldModule::new();
        let data = attachment.data().cloned();
        let Some(hook) = attachment.hook.take() else {
            return true;
        };
        let Hook {
            calls,
            mut functions,
            left_out,
        } = KBox::into_inner(hook);
        drop(calls);
        let room = attachment.past.make_room(functions.locations());
        attachment.past.add(data, functions.locations());
        // Hits of a function are kept by its address, which another function may get.
        attachment.past.forget(|location| text.contains(location));
        functions.retain(&mut |location, _| !text.contains(location));
        if functions.locations().is_empty() {
            return attachment.flags().pending;
        }
        let plan = Plan::of(attachment);
        match room
            .map_err(Reason::from)
            .and_then(|()| self.hook_free(&plan, functions, left_out))
        {
            Ok(hook) => {
                attachment.hook = Some(hook);
                true
            }
            Err(reason) => {
                // Its functions may go unnoticed from now on.
                attachment.past.forget(|_| true);
                let name = attachment.name();
                pr_warn!(
                    "{name}: detached with a module that went: {}\n",
                    format_args!("{reason}")
                );
                attachment.flags().pending
            }
        }
    }
}
