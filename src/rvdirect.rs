// SPDX-License-Identifier: GPL-2.0

//! Hooks kernel functions by direct calls of ftrace.
//!
//! What is made in which order is here; what each part does, in the part. Dependencies point one
//! way: `debugfs` → `registry` → `caller`, `ftrace`, `function`, `slot`; the command language and
//! the formats know nothing of the kernel.

use kernel::{
    debugfs::Scope,
    prelude::*,
    sync::Arc,
    InPlaceModule,
    ThisModule, //
};

mod bindings;
mod caller;
mod command;
mod counter;
mod debugfs;
mod error_log;
mod ftrace;
mod function;
mod module_notifier;
mod refusal;
mod registry;
mod report;
mod slot;
mod slot_map;

use module_notifier::ModuleNotifier;
use registry::Registry;

module! {
    type: RvDirect,
    name: "rvdirect",
    authors: ["The rvdirect maintainers"],
    description: "Hooks kernel functions by ftrace direct calls",
    license: "GPL",
}

/// The module. Its fields are dropped from the first to the last: there are no commands any more
/// when the last attachments end.
#[pin_data]
struct RvDirect {
    #[pin]
    _files: Scope<debugfs::Interface>,
    #[pin]
    _notifier: ModuleNotifier<Registry>,
    _registry: Arc<Registry>,
}

impl InPlaceModule for RvDirect {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            // SAFETY: A module is initialised once.
            let slots = unsafe { slot::Pool::new() };
            let registry = Arc::pin_init(Registry::new(slots), GFP_KERNEL)?;
            Ok(try_pin_init!(Self {
                _notifier <- ModuleNotifier::new(registry.clone()),
                _files <- debugfs::files(registry.clone()),
                _registry: registry,
            }))
        })
    }
}
