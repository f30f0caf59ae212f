// SPDX-License-Identifier: GPL-2.0

//! Hooks kernel functions by direct calls of ftrace.
//!
//! What is made in which order is here; what each part does, in the part. Dependencies point one
//! way: `debugfs`, `load_time` → `registry` → `ranking` → `attachment` → `function`, `caller` →
//! `drain`, `external` → `slot` → `slot_data` → `function_counts`, `handlers`, `latency` → `ftrace`,
//! `line`; the command language, the index of functions and the formats know nothing of the kernel.

use kernel::{
    debugfs::Scope,
    prelude::*,
    sync::Arc,
    InPlaceModule,
    ThisModule, //
};

mod attachment;
mod bindings;
mod builtin;
mod caller;
mod command;
mod debugfs;
mod drain;
mod errno;
mod error_log;
mod external;
mod filter;
mod ftrace;
mod function;
mod function_counts;
mod function_index;
mod handlers;
mod histogram;
mod latency;
mod line;
mod load_time;
mod module_notifier;
mod parameters;
mod ranking;
mod refusal;
mod registry;
mod report;
mod slot;
mod slot_data;
mod slot_map;
mod sort;
mod tally;
mod word;

use caller::Workshop;
use drain::Drain;
use external::Callers;
use module_notifier::ModuleNotifier;
use registry::Registry;
use slot::Pool;

module! {
    type: RvDirect,
    name: "rvdirect",
    authors: ["The rvdirect maintainers"],
    description: "Hooks kernel functions by ftrace direct calls",
    license: "GPL",
}

/// The module. Its fields are dropped from the first to the last: there are no commands any more
/// when the last attachments end, and until then modules are watched that go.
#[pin_data]
struct RvDirect {
    #[pin]
    _files: Scope<debugfs::Interface>,
    _attachments: Attachments,
    #[pin]
    _notifier: ModuleNotifier<Registry>,
    registry: Arc<Registry>,
}

/// Ends all attachments when it is dropped.
struct Attachments(Arc<Registry>);

impl Drop for Attachments {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl InPlaceModule for RvDirect {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            // SAFETY: A module is initialised once.
            let workshop = unsafe {
                Workshop {
                    slots: Pool::new(),
                    drain: Drain::new()?,
                    callers: Callers::new(),
                }
            };
            let registry = Arc::pin_init(Registry::new(workshop), GFP_KERNEL)?;
            Ok(try_pin_init!(Self {
                _notifier <- ModuleNotifier::new(registry.clone()),
                _attachments: Attachments(registry.clone()),
                // Not before it, which some of that waits for.
                _: { load_time::attach(&registry)? },
                _files <- debugfs::files(registry.clone()),
                registry,
            })
            .pin_chain(|this| {
                load_time::enable(&this.registry);
                Ok(())
            }))
        })
    }
}
