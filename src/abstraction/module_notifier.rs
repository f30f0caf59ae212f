// SPDX-License-Identifier: GPL-2.0

//! Tells when modules come, and when module text is about to be freed: a safe type over
//! `module_notifier.c`.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use crate::{
    abstraction::module::Module,
    bindings, //
};
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    prelude::*,
    sync::Arc, //
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
/// `notifier` calls `Self::tell` with `_target`. Only `drop` ends it.
pub(crate) struct ModuleNotifier<T: ModuleEvents> {
    notifier: NonNull<bindings::rvdirect_module_notifier>,
    _target: Arc<T>,
}

// SAFETY: Module notifiers may be registered and unregistered in any task.
unsafe impl<T: ModuleEvents> Send for ModuleNotifier<T> {}
// SAFETY: A shared reference gives access to nothing.
unsafe impl<T: ModuleEvents> Sync for ModuleNotifier<T> {}

impl<T: ModuleEvents> ModuleNotifier<T> {
    /// Tells `target` from here on. Fails if there is no memory.
    pub(crate) fn new(target: Arc<T>) -> Result<Self> {
        let context: *const T = &*target;
        // SAFETY: `target` outlives the notifier, as `drop` ends that first.
        let notifier =
            unsafe { bindings::rvdirect_watch_modules(Some(Self::tell), context.cast()) };
        // INVARIANT: The notifier was made just now, for `target`.
        Ok(ModuleNotifier {
            notifier: NonNull::new(from_err_ptr(notifier)?).ok_or(ENOMEM)?,
            _target: target,
        })
    }

    /// # Safety
    ///
    /// `context` must be a valid `T`, and `module` a valid module.
    unsafe extern "C" fn tell(
        context: *const c_void,
        event: bindings::rvdirect_module_event,
        module: *const bindings::module,
    ) {
        // SAFETY: By the requirements of this function.
        let (target, module) = unsafe { (&*context.cast::<T>(), Module::from_raw(module)) };
        if event == bindings::rvdirect_module_event_RVDIRECT_MODULE_COMING {
            target.module_coming(module);
            return;
        }
        let is_live = event == bindings::rvdirect_module_event_RVDIRECT_MODULE_LIVE;
        // INVARIANT: The module is valid during this call.
        target.text_going(&LeavingText {
            module: module.as_ptr(),
            all: !is_live,
        });
        if is_live {
            target.module_live(module);
        }
    }
}

impl<T: ModuleEvents> Drop for ModuleNotifier<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, it has not ended yet; it is not used any more.
        unsafe { bindings::rvdirect_unwatch_modules(self.notifier.as_ptr()) };
    }
}
