// SPDX-License-Identifier: GPL-2.0

//! Tells when modules come, and when module text is about to be freed: a safe type over a
//! `notifier_block`.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use crate::{
    abstraction::module::Module,
    bindings, //
};
use kernel::{
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// Module text that is about to be freed: all text of a module that goes, or the initialisation
/// text of a module that has just been initialised.
///
/// # Invariants
///
/// `module` is valid as long as the value is borrowed.
pub(crate) struct LeavingText {
    module: *const bindings::module,
    all: bool,
}

impl LeavingText {
    /// Returns whether `address` is in this text.
    pub(crate) fn contains(&self, address: usize) -> bool {
        // SAFETY: The pointer is valid, by the type invariant.
        unsafe {
            if self.all {
                bindings::rvdirect_within_module(address, self.module)
            } else {
                bindings::rvdirect_within_module_init(address, self.module)
            }
        }
    }

    /// Returns whether this is all text of `module`.
    pub(crate) fn is_all_of(&self, module: *const bindings::module) -> bool {
        self.all && self.module == module
    }
}

/// A listener for module events.
pub(crate) trait ModuleEvents: Send + Sync {
    /// Called when a module has come: ftrace knows its functions, but none has been called yet.
    ///
    /// May sleep, but must not wait for the loading or unloading of a module.
    fn module_coming(&self, module: &Module);

    /// Called when a module has been initialised, after `text_going`.
    ///
    /// May sleep, but must not wait for the loading or unloading of a module.
    fn module_live(&self, module: &Module);

    /// Called when `text` will not be executed any more. It is still there, and ftrace still knows
    /// its functions.
    ///
    /// May sleep, but must not wait for the loading or unloading of a module.
    fn text_going(&self, text: &LeavingText);
}

/// Tells `T` about modules until it is dropped.
///
/// # Invariants
///
/// `block` is registered, and its `notifier_call` is `Self::call`.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct ModuleNotifier<T: ModuleEvents> {
    // The first field, so that a pointer to it is also a pointer to the whole.
    #[pin]
    block: Opaque<bindings::notifier_block>,
    target: Arc<T>,
}

// SAFETY: Module notifiers may be registered and unregistered in any task.
unsafe impl<T: ModuleEvents> Send for ModuleNotifier<T> {}
// SAFETY: A shared reference gives access to nothing.
unsafe impl<T: ModuleEvents> Sync for ModuleNotifier<T> {}

impl<T: ModuleEvents> ModuleNotifier<T> {
    /// Registers a notifier that tells `target`.
    pub(crate) fn new(target: Arc<T>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            target,
            // Last, as the notifier may be called from here on.
            block <- Opaque::try_ffi_init(|block: *mut bindings::notifier_block| {
                // SAFETY: `block` is valid for writing. It is pinned from here on, and `drop`
                // unregisters it.
                to_result(unsafe {
                    block.write(bindings::notifier_block {
                        notifier_call: Some(Self::call),
                        // First in the chain: if a notifier refuses a module, those after it
                        // are not told that the module goes.
                        priority: c_int::MAX,
                        ..Default::default()
                    });
                    bindings::register_module_notifier(block)
                })
            }),
        })
    }

    /// # Safety
    ///
    /// `block` must be the first field of a `Self`, and `module` a valid module.
    unsafe extern "C" fn call(
        block: *mut bindings::notifier_block,
        state: usize,
        module: *mut c_void,
    ) -> c_int {
        const COMING: usize = bindings::module_state_MODULE_STATE_COMING as usize;
        const GOING: usize = bindings::module_state_MODULE_STATE_GOING as usize;
        const LIVE: usize = bindings::module_state_MODULE_STATE_LIVE as usize;

        // SAFETY: By the requirements of this function, and as `Self` is `repr(C)`. It lives at
        // least until it is unregistered, which waits for this call.
        let this = unsafe { &*block.cast::<Self>() };
        // SAFETY: The module is valid during this call.
        let module = unsafe { Module::from_raw(module.cast_const().cast()) };
        if state == COMING {
            this.target.module_coming(module);
        }
        if state == GOING || state == LIVE {
            // INVARIANT: The module is valid during this call.
            this.target.text_going(&LeavingText {
                module: module.as_ptr(),
                all: state == GOING,
            });
        }
        if state == LIVE {
            this.target.module_live(module);
        }
        bindings::NOTIFY_DONE as c_int
    }
}

#[pinned_drop]
impl<T: ModuleEvents> PinnedDrop for ModuleNotifier<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It is registered, by the type invariant. So this cannot fail.
        unsafe { bindings::unregister_module_notifier(self.block.get()) };
    }
}
