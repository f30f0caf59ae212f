// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/debug/rvdirect/`: parse what is written, call the registry, show what
//! it holds.

use crate::{
    bindings,
    language::{
        command::{
            self,
            Binding,
            Selection, //
        },
        error_log::ErrorLog,
        refusal::{
            Reason,
            Refusal, //
        },
    },
    registry::Registry, //
};
use core::fmt::Display as _;
use kernel::{
    debugfs::Scope,
    fmt,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    uaccess::UserSliceReader, //
};

/// How many files [`files`] makes.
const FILES: c_uint = 10;

/// What is behind the files.
#[pin_data]
pub(crate) struct Interface {
    registry: Arc<Registry>,
    #[pin]
    error_log: Mutex<ErrorLog>,
}

/// Makes the files; they go when what is returned is dropped.
pub(crate) fn files(registry: Arc<Registry>) -> impl PinInit<Scope<Interface>, Error> {
    let interface = try_pin_init!(Interface {
        registry,
        error_log <- new_mutex!(ErrorLog::new(), "rvdirect::error_log"),
    }? Error);
    Scope::dir(interface, c"rvdirect", |interface, dir| {
        dir.read_write_callback_file(
            c"attach",
            interface,
            &Interface::show_attach,
            &Interface::attach,
        );
        dir.write_only_callback_file(c"modify", interface, &Interface::modify);
        dir.write_only_callback_file(c"detach", interface, &Interface::detach);
        dir.write_only_callback_file(c"enable", interface, &Interface::enable);
        dir.write_only_callback_file(c"disable", interface, &Interface::disable);
        dir.read_callback_file(c"callers", interface, &Interface::show_callers);
        dir.read_callback_file(c"status", interface, &Interface::show_status);
        dir.read_callback_file(c"hits", interface, &Interface::show_hits);
        dir.read_write_callback_file(
            c"hist",
            interface,
            &Interface::show_histograms,
            &Interface::clear_histograms,
        );
        dir.read_write_callback_file(
            c"error_log",
            interface,
            &Interface::show_error_log,
            &Interface::clear_error_log,
        );
    })
    .pin_chain(|_| {
        // `Scope` does not tell whether it could make them.
        // SAFETY: It only reads a number.
        if unsafe { bindings::rvdirect_debugfs_files() } == FILES {
            return Ok(());
        }
        pr_err!("cannot make the files in debugfs\n");
        Err(ENODEV)
    })
}

impl Interface {
    fn attach(&self, reader: &mut UserSliceReader) -> Result {
        self.for_each_line("attach", reader, &|line| {
            self.registry.attach(&Binding::parse(line)?)
        })
    }

    fn modify(&self, reader: &mut UserSliceReader) -> Result {
        self.for_each_line("modify", reader, &|line| {
            self.registry.modify(&Binding::parse_modify(line)?)
        })
    }

    fn detach(&self, reader: &mut UserSliceReader) -> Result {
        self.for_each_selection("detach", reader, &|selection| {
            self.registry.detach(selection)
        })
    }

    fn enable(&self, reader: &mut UserSliceReader) -> Result {
        self.for_each_selection("enable", reader, &|selection| {
            self.registry.set_enabled(selection, true)
        })
    }

    fn disable(&self, reader: &mut UserSliceReader) -> Result {
        self.for_each_selection("disable", reader, &|selection| {
            self.registry.set_enabled(selection, false)
        })
    }

    fn clear_error_log(&self, _reader: &mut UserSliceReader) -> Result {
        self.error_log.lock().clear();
        Ok(())
    }

    fn show_attach(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.write_bindings(f)
    }

    fn show_callers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.write_callers(f)
    }

    fn show_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.write_status(f)
    }

    fn show_hits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.write_hits(f)
    }

    fn show_histograms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.write_histograms(f)
    }

    fn clear_histograms(&self, _reader: &mut UserSliceReader) -> Result {
        self.registry.clear_histograms();
        Ok(())
    }

    fn show_error_log(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error_log.lock().fmt(f)
    }

    /// Carries out what was written, line by line, up to the first line that is refused.
    fn for_each_line(
        &self,
        file: &'static str,
        reader: &mut UserSliceReader,
        carry_out: &dyn Fn(&str) -> Result<(), Refusal>,
    ) -> Result {
        if reader.len() > command::MAX_WRITE {
            return Err(self.log(file, 1, "", Reason::LongWrite.at(0)));
        }
        let mut bytes = KVVec::from_elem(0u8, reader.len(), GFP_KERNEL)
            .map_err(|_| self.log(file, 1, "", Reason::NoMemory.at(0)))?;
        reader.read_slice(&mut bytes)?;
        for (number, line) in command::lines(&bytes) {
            let line = line.map_err(|bad| {
                self.log(file, number, bad.before, bad.reason.at(bad.before.len()))
            })?;
            carry_out(line).map_err(|refusal| self.log(file, number, line, refusal))?;
        }
        Ok(())
    }

    /// The same for what names attachments.
    fn for_each_selection(
        &self,
        file: &'static str,
        reader: &mut UserSliceReader,
        carry_out: &dyn Fn(&Selection<'_>) -> Result<(), Refusal>,
    ) -> Result {
        self.for_each_line(file, reader, &|line| carry_out(&Selection::parse(line)?))
    }

    /// Logs a refused line; returns the error that the writer gets.
    fn log(&self, file: &'static str, number: usize, line: &str, refusal: Refusal) -> Error {
        // SAFETY: It only reads a clock.
        let time = unsafe { bindings::rvdirect_log_clock() };
        self.error_log
            .lock()
            .record(time, file, number, line, refusal);
        Error::from_errno(-refusal.reason.errno())
    }
}
