// SPDX-License-Identifier: GPL-2.0

//! The file `session`: attachments that are made through an open file belong to it, and end when it
//! is closed.

use crate::{
    abstraction::{
        background::Background,
        file::{
            Stream,
            Text,
            Written, //
        },
    },
    files::{
        debugfs::Interface,
        log::Log, //
    },
    language::{
        refusal::Reason,
        session::{
            SessionLine,
            Subject, //
        },
    },
    registry::{
        Client,
        Owner,
        Registry, //
    },
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The state of one open file `session`.
pub(crate) struct Session {
    registry: Arc<Background<Registry>>,
    owner: Arc<Owner>,
    log: Arc<Log>,
}

impl Session {
    fn client(&self) -> Client<'_> {
        self.registry.target().client(Some(&self.owner))
    }

    fn show(&self, subject: Subject, answer: &mut Text) -> Result {
        match subject {
            Subject::Errors => self.log.show(answer),
            subject => self.client().show(subject, answer),
        }
    }
}

impl Stream for Session {
    type Context = Interface;

    fn open(interface: &Interface) -> Result<KBox<Self>> {
        let session = Session {
            registry: interface.registry.clone(),
            owner: Arc::new(Owner::new(), GFP_KERNEL)?,
            log: Log::new(Some(interface.log.clone()))?,
        };
        Ok(KBox::new(session, GFP_KERNEL)?)
    }

    fn write(&self, written: Written<'_>, answer: &mut Text) -> Result {
        let client = self.client();
        let result = self.log.for_each_line("session", written, &mut |line| {
            match SessionLine::parse(line)? {
                SessionLine::Command(verb, rest) => client
                    .carry_out(verb, rest.text)
                    .map_err(|refusal| refusal.behind(rest.column)),
                SessionLine::Show(subject) => {
                    let complete = answer.length();
                    self.show(subject, answer).map_err(|error| {
                        // What is not whole is not read.
                        answer.truncate(complete);
                        Reason::from(error).at(0)
                    })
                }
            }
        });
        client.settle();
        result
    }
}

impl Drop for Session {
    /// Leaves detaching to the background: it may take long, and `close` must not.
    fn drop(&mut self) {
        self.owner.end();
        self.registry.queue(0);
    }
}
