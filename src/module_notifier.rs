// SPDX-License-Identifier: GPL-2.0

//! News of modules that are about to be unloaded: a safe type over a `notifier_block`.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use crate::bindings;
use core::marker::PhantomData;
use kernel::{
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A module that is about to be unloaded.
///
/// # Invariants
///
/// The pointer is valid as long as the value is borrowed.
pub(crate) struct LeavingModule(*const bindings::module);

impl LeavingModule {
    /// Whether `address` is in the text of the module.
    pub(crate) fn contains(&self, address: usize) -> bool {
        // SAFETY: The pointer is valid, by the type invariant.
        unsafe { bindings::rvdirect_within_module(address, self.0) }
    }
}

/// What wants to know.
pub(crate) trait ModuleGoing: Send + Sync {
    /// Called when `module` has run its exit function, or has failed to load. Its text is still
    /// there, and ftrace still knows its functions.
    ///
    /// May sleep, but must not wait for the loading or unloading of a module.
    fn module_going(&self, module: &LeavingModule);
}

/// Tells `T` of modules that go, until it is dropped.
///
/// # Invariants
///
/// `block` is registered, and its only field that is set, `notifier_call`, is `Self::call`.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct ModuleNotifier<T: ModuleGoing> {
    // The first field, so that a pointer to it is one to the whole.
    #[pin]
    block: Opaque<bindings::notifier_block>,
    target: Arc<T>,
    #[pin]
    _pin: core::marker::PhantomPinned,
    _type: PhantomData<T>,
}

// SAFETY: Module notifiers may be registered and unregistered in any task.
unsafe impl<T: ModuleGoing> Send for ModuleNotifier<T> {}
// SAFETY: There is nothing to do with a shared reference.
unsafe impl<T: ModuleGoing> Sync for ModuleNotifier<T> {}

impl<T: ModuleGoing> ModuleNotifier<T> {
    /// Registers a notifier that tells `target`.
    pub(crate) fn new(target: Arc<T>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            target,
            _pin: core::marker::PhantomPinned,
            _type: PhantomData,
            // Last, as it may be called from here on.
            block <- Opaque::try_ffi_init(|block: *mut bindings::notifier_block| {
                // SAFETY: `block` is valid for writing. It is pinned from here on, and `drop`
                // unregisters it.
                to_result(unsafe {
                    block.write(bindings::notifier_block {
                        notifier_call: Some(Self::call),
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
        if state == bindings::module_state_MODULE_STATE_GOING as usize {
            // SAFETY: By the requirements of this function, and as `Self` is `repr(C)`. It lives
            // at least until it is unregistered, which waits for this call.
            let this = unsafe { &*block.cast::<Self>() };
            // INVARIANT: The module is valid during this call, by the same.
            this.target
                .module_going(&LeavingModule(module.cast_const().cast()));
        }
        bindings::NOTIFY_DONE as c_int
    }
}

#[pinned_drop]
impl<T: ModuleGoing> PinnedDrop for ModuleNotifier<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It is registered, by the type invariant. Cannot fail for that reason.
        unsafe { bindings::unregister_module_notifier(self.block.get()) };
    }
}
