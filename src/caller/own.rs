// SPDX-License-Identifier: GPL-2.0

//! `trace` and `return` with an event of their own, which comes and goes with the attachment.

use crate::{
    caller::drain::Drain,
    language::{
        builtin::Builtin,
        errno,
        own_event::OwnEvent,
        refusal::{
            Reason,
            Refusal, //
        },
        session::SessionId, //
    },
    trampoline::{
        handlers::Handlers,
        own_event::{
            Event,
            Fields, //
        },
    },
};
use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// A caller with an event of its own. When it is dropped, the event goes, or stays for as long as
/// somebody uses it.
pub(crate) struct Own {
    builtin: Builtin,
    event: Arc<Event>,
    /// The settings of the event, as a command has them, with a blank before each.
    settings: CString,
    drain: Drain,
}

impl Own {
    /// Makes the event.
    #[inline(never)] // keeps its frame from that of its caller
    pub(super) fn new(
        builtin: Builtin,
        event: &OwnEvent<'_>,
        session: Option<SessionId>,
        drain: &Drain,
    ) -> Result<Arc<Self>, Refusal> {
        let blame = |error: Error| {
            event.refuse(match -error.to_errno() {
                errno::EEXIST => Reason::EventExists,
                errno::EOPNOTSUPP => Reason::NoOwnEvents,
                errno::E2BIG => Reason::TooManyFields,
                _ => error.into(),
            })
        };
        let returns = builtin.waits_for_return();
        let fields = fields_of(event)?;
        let text = |text: core::fmt::Arguments<'_>| CString::try_from_fmt(fmt!("{text}"));
        let name = text(format_args!("{}", event.name())).map_err(blame)?;
        let settings = text(format_args!("{event}")).map_err(blame)?;
        let event = drain
            .events()
            .add(&name, returns, session, &fields)
            .map_err(blame)?;
        let own = Own {
            builtin,
            event,
            settings,
            drain: drain.clone(),
        };
        // If there is no memory, `own` is dropped, and the event goes.
        Arc::new(own, GFP_KERNEL).map_err(|error| blame(error.into()))
    }

    /// Returns the caller that it is, apart from its event.
    pub(super) fn builtin(&self) -> &Builtin {
        &self.builtin
    }

    /// Returns its handlers.
    pub(super) fn handlers(&self) -> Handlers {
        match self.builtin {
            Builtin::Return { outcome, .. } => Handlers::own_returns(self.event.clone(), outcome),
            _ => Handlers::own_trace(self.event.clone()),
        }
    }
}

#[inline(never)] // keeps its frame from that of its caller
fn fields_of(event: &OwnEvent<'_>) -> Result<Fields, Refusal> {
    let mut fields = Fields::new();
    for field in event.fields() {
        fields
            .push(&field?)
            .map_err(|error| event.refuse(error.into()))?;
    }
    Ok(fields)
}

/// Prints it as commands name it, with its settings.
impl core::fmt::Display for Own {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.builtin.name())?;
        f.write_str(self.settings.to_str().unwrap_or_default())?;
        match &self.builtin {
            Builtin::Return { outcome, .. } => outcome.fmt(f),
            _ => Ok(()),
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.drain.retire(&self.event);
    }
}
