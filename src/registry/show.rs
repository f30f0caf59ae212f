// SPDX-License-Identifier: GPL-2.0

//! What a client of the registry can read: a session sees its own attachments, everybody else all.

use crate::{
    abstraction::{
        file::Text,
        function::Names, //
    },
    bindings,
    language::{
        builtin,
        histogram::{
            Drawing,
            Histogram, //
        },
        report::{
            CallerLine,
            DrainingLine,
            Hits,
            HitsHeader,
            StatusHeader, //
        },
        session::Subject, //
    },
    registry::{
        attachment::Attachment,
        client::Client,
        ranking::Ranking,
        Registry, //
    },
};
use kernel::prelude::*;

impl Client<'_> {
    /// Shows a line for each of its own attachments. Written to `attach`, the line makes it again.
    pub(crate) fn show_bindings(&self, text: &mut Text) -> Result {
        for attachment in self.registry.attachments.lock().iter() {
            if self.owns(attachment) {
                text.add(&attachment.binding())?;
            }
        }
        Ok(())
    }

    /// Shows a subject. Shows nothing for errors: they are not in the registry.
    pub(crate) fn show(&self, subject: Subject, text: &mut Text) -> Result {
        match subject {
            Subject::Status => self.show_status(text),
            Subject::Hits => self.show_hits(text),
            Subject::Hist => self.show_histograms(text),
            Subject::Draining => self.show_draining(text),
            Subject::Errors => Ok(()),
        }
    }

    /// Shows the state of each attachment, and of those that drain.
    #[inline(never)] // keeps its frame from those of the others
    fn show_status(&self, text: &mut Text) -> Result {
        text.add(&StatusHeader)?;
        // Until the end, so that nothing is shown twice that begins to drain meanwhile.
        let attachments = self.registry.attachments.lock();
        for attachment in attachments.iter() {
            if self.may_see(attachment.session()) {
                text.add(&attachment.status())?;
            }
        }
        let drain = &self.registry.workshop.drain;
        drain.add_status(text, &|session| self.may_see(session))
    }

    /// Shows the calls that are still in flight in what was detached.
    #[inline(never)]
    fn show_draining(&self, text: &mut Text) -> Result {
        text.add(&DrainingLine::HEADER)?;
        let Registry {
            workshop, kernel, ..
        } = self.registry;
        if !workshop.drain.is_empty() {
            // Reading them takes long, so nobody has to wait for it below.
            kernel.get()?;
        }
        let mut names = Names::new(kernel)?;
        let shows = |session| self.may_see(session);
        workshop.drain.add_calls(text, &shows, &mut names)
    }

    /// Shows the callers that commands can name.
    pub(crate) fn show_callers(&self, text: &mut Text) -> Result {
        text.add(&CallerLine::HEADER)?;
        for (name, description) in builtin::LIST {
            text.add(&CallerLine {
                name,
                owner: "rvdirect",
                description,
            })?;
        }
        self.registry.workshop.callers.add_list(text)
    }

    /// Shows a line for each function that was hit, where functions are told apart.
    #[inline(never)]
    fn show_hits(&self, text: &mut Text) -> Result {
        let attachments = self.registry.attachments.lock();
        let may_see = |attachment: &Attachment| self.may_see(attachment.session());
        let ranking = Ranking::new(&attachments, may_see, Attachment::hits)?;
        text.add(&HitsHeader)?;
        for (attachment, function, hits) in ranking.of(&attachments) {
            text.add(&Hits {
                function: attachment.function_name(function),
                hits,
                target: attachment.name(),
            })?;
        }
        Ok(())
    }

    /// Shows the histograms of attachments. In a group, each function that has returned has one.
    #[inline(never)]
    fn show_histograms(&self, text: &mut Text) -> Result {
        let attachments = self.registry.attachments.lock();
        let may_see = |attachment: &Attachment| self.may_see(attachment.session());
        let ranking = Ranking::new(&attachments, may_see, |attachment| {
            move |location| attachment.timed(location)
        })?;
        for (attachment, function, _) in ranking.of(&attachments) {
            let locations = attachment.locations();
            let location = locations.get(function).copied().unwrap_or_default();
            let mut histogram = Histogram::new();
            attachment.add_histogram(location, &mut histogram);
            text.add(&Drawing {
                histogram: &histogram,
                name: if locations.len() == 1 {
                    attachment.name()
                } else {
                    attachment.function_name(function)
                },
                nanoseconds: |ticks| {
                    // SAFETY: The function only computes.
                    unsafe { bindings::rvdirect_nanoseconds(ticks) }
                },
            })?;
        }
        Ok(())
    }
}
