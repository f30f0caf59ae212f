// SPDX-License-Identifier: GPL-2.0

//! Hooks kernel functions by direct calls of ftrace.
//!
//! This file creates the parts in their order. The parts live in rooms. Each room uses only the
//! rooms below it:
//!
//! - `files`: the ways into the module;
//! - `registry`: the attachments;
//! - `caller`: what runs when a target is called;
//! - `trampoline`: the code that call sites jump to, and its memory;
//! - `abstraction`: what the kernel offers, in safe types;
//! - `language`: commands and formats, as text;
//! - `algorithm`: what works on numbers alone.

use kernel::{
    prelude::*,
    sync::Arc,
    ThisModule, //
};

mod abstraction;
mod algorithm;
mod bindings;
mod caller;
mod files;
mod language;
mod registry;
mod trampoline;

use abstraction::{
    background::Background,
    file::Directory,
    kernel_symbols::KernelSymbols,
    module_notifier::ModuleNotifier, //
};
use caller::{
    drain::Drain,
    external::Callers,
    Workshop, //
};
use files::{
    debugfs::{
        self,
        Interface, //
    },
    load_time, //
};
use registry::Registry;
use trampoline::slot::Pool;

module! {
    type: RvDirect,
    name: "rvdirect",
    authors: ["The rvdirect maintainers"],
    description: "Hooks kernel functions by ftrace direct calls",
    license: "GPL",
}

/// The module. Its fields are dropped from the first to the last: commands and background work stop
/// before the last attachments end, and the notifier watches for modules that go until after that.
struct RvDirect {
    _files: Directory<Interface>,
    _background: Arc<Background<Registry>>,
    _attachments: Attachments,
    _notifier: ModuleNotifier<Registry>,
}

/// Ends all attachments when it is dropped.
struct Attachments(Arc<Registry>);

impl Drop for Attachments {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Creates what makes trampolines, and the registry over it.
///
/// # Safety
///
/// Must be called only once.
#[inline(never)] // keeps its frame from that of its caller
unsafe fn registry() -> Result<Arc<Registry>> {
    // SAFETY: By the requirement of this function.
    let workshop = unsafe {
        Workshop {
            drain: Drain::new()?,
            slots: Pool::new(),
            callers: Callers::new(),
        }
    };
    let registry = Registry::new(workshop, KernelSymbols::new()?)?;
    Ok(Arc::new(registry, GFP_KERNEL)?)
}

impl kernel::Module for RvDirect {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: A module is initialised once.
        let registry = unsafe { registry()? };
        // If one of these fails, those before it are dropped from the last to the first.
        let notifier = ModuleNotifier::new(registry.clone())?;
        let attachments = Attachments(registry.clone());
        // After the notifier: pending attachments wait for its events.
        load_time::attach(&registry)?;
        let background = Arc::new(Background::new(registry.clone())?, GFP_KERNEL)?;
        let files = debugfs::files(background.clone())?;
        load_time::enable(&registry);
        Ok(RvDirect {
            _files: files,
            _background: background,
            _attachments: attachments,
            _notifier: notifier,
        })
    }
}
