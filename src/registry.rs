// SPDX-License-Identifier: GPL-2.0

//! The attachments, behind one lock. Uses `caller` and the rooms below it.
//!
//! `client` has the commands of a client of the registry, `show` what it can read. `plan` finds the
//! functions that a target means, and `hooking` hooks them. `module_events` follows modules that
//! come and go.

mod attachment;
mod client;
mod hooking;
mod module_events;
mod owner;
mod plan;
mod ranking;
mod show;
mod tally;

pub(crate) use self::{
    client::Client,
    owner::Owner, //
};

use self::attachment::Attachment;
use crate::{
    abstraction::{
        background::InBackground,
        ftrace::DirectCalls,
        kernel_symbols::KernelSymbols, //
    },
    caller::Workshop,
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

/// All attachments, in the order in which they were made.
pub(crate) struct Registry {
    attachments: Pin<KBox<Mutex<KVVec<KBox<Attachment>>>>>,
    workshop: Workshop,
    /// Where functions of the kernel are looked up.
    kernel: KernelSymbols,
}

impl Registry {
    /// Creates a registry without attachments. `workshop` makes its trampolines.
    pub(crate) fn new(workshop: Workshop, kernel: KernelSymbols) -> Result<Self> {
        let attachments = new_mutex!(KVVec::new(), "rvdirect::attachments");
        Ok(Registry {
            attachments: KBox::pin_init(attachments, GFP_KERNEL)?,
            workshop,
            kernel,
        })
    }

    /// Returns the registry for a session or, without an owner, for everybody.
    pub(crate) fn client<'a>(&'a self, owner: Option<&'a Arc<Owner>>) -> Client<'a> {
        Client::new(self, owner)
    }

    /// Ends all attachments. No more commands may come.
    pub(crate) fn end(&self) {
        self.remove_all(|_| true);
        self.workshop.drain.finish();
    }

    /// Ends the attachments of sessions that are over.
    fn end_what_is_over(&self) {
        self.remove_all(Attachment::is_over);
    }

    /// Ends the present attachments that are meant. Each of them takes time, so the lock is released
    /// in between.
    fn remove_all(&self, is_meant: impl Fn(&Attachment) -> bool) {
        let mut attachments = self.attachments.lock();
        let mut count = 0;
        let meant = attachments.iter_mut().filter(|attachment| {
            let is_meant = is_meant(attachment);
            count += usize::from(is_meant);
            is_meant
        });
        DirectCalls::hide(
            meant.filter_map(|attachment| Some(&mut attachment.hook.as_mut()?.calls)),
        );
        drop(attachments);
        // Others may end meanwhile.
        for _ in 0..count {
            self.remove_first(&is_meant);
        }
    }

    /// Ends the first attachment that is meant.
    fn remove_first(&self, is_meant: &dyn Fn(&Attachment) -> bool) {
        let mut attachments = self.attachments.lock();
        let first = attachments
            .iter()
            .position(|attachment| is_meant(attachment));
        // Dropped under the lock: its functions are free before another command can run.
        if let Some(index) = first {
            let _ended = attachments.remove(index);
        }
    }
}

impl InBackground for Registry {
    const THREAD: &'static CStr = c"rvdirect";

    fn run(&self) -> Option<u32> {
        self.end_what_is_over();
        None
    }
}
