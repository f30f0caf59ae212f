// SPDX-License-Identifier: GPL-2.0

//! Carries out what is written to the files, line by line, and logs the lines that are refused.

use crate::{
    abstraction::file::{
        Text,
        Written, //
    },
    bindings,
    language::{
        command,
        error_log::{
            Entry,
            ErrorLog,
            ENTRIES, //
        },
        refusal::{
            Reason,
            Refusal, //
        },
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

// As the sentence of `Reason::LongWrite` has it.
const _: () = assert!(bindings::RVDIRECT_MAX_WRITE == 65536);

type Errors = ErrorLog<KVec<Option<Entry>>>;

/// The last commands that were refused.
pub(crate) struct Log {
    errors: Pin<KBox<Mutex<Errors>>>,
    /// Another log that gets the same entries.
    parent: Option<Arc<Log>>,
}

impl Log {
    /// Creates an empty log.
    pub(crate) fn new(parent: Option<Arc<Log>>) -> Result<Arc<Self>> {
        let entries = KVec::from_elem(None, ENTRIES, GFP_KERNEL)?;
        let errors = new_mutex!(ErrorLog::new(entries), "rvdirect::errors");
        let errors = KBox::pin_init(errors, GFP_KERNEL)?;
        Ok(Arc::new(Log { errors, parent }, GFP_KERNEL)?)
    }

    /// Shows its entries.
    pub(crate) fn show(&self, text: &mut Text) -> Result {
        text.add(&*self.errors.lock())
    }

    /// Removes its entries.
    pub(crate) fn clear(&self) {
        self.errors.lock().clear();
    }

    /// Carries out what was written to the file of that name, line by line. Logs the first line
    /// that is refused, and stops there.
    pub(crate) fn for_each_line(
        &self,
        file: &'static str,
        written: Written<'_>,
        carry_out: &mut dyn FnMut(&str) -> Result<(), Refusal>,
    ) -> Result {
        let bytes = written.map_err(|error| match error {
            E2BIG => self.add(file, 1, "", Reason::LongWrite.at(0)),
            ENOMEM => self.add(file, 1, "", Reason::NoMemory.at(0)),
            error => error,
        })?;
        for (number, line) in command::lines(bytes) {
            let line = line.map_err(|bad| {
                self.add(file, number, bad.before, bad.reason.at(bad.before.len()))
            })?;
            carry_out(line).map_err(|refusal| self.add(file, number, line, refusal))?;
        }
        Ok(())
    }

    /// Logs a refused line; returns the error that the writer gets.
    fn add(&self, file: &'static str, number: usize, line: &str, refusal: Refusal) -> Error {
        // SAFETY: The function only reads a clock.
        let time = unsafe { bindings::rvdirect_log_clock() };
        let logs = core::iter::successors(Some(self), |log| log.parent.as_deref());
        for log in logs {
            log.errors.lock().record(time, file, number, line, refusal);
        }
        Error::from_errno(-refusal.reason.errno())
    }
}
