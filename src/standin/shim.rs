// SPDX-License-Identifier: GPL-2.0

//! What `shim.c` does for this crate: see `shim.h`.

use crate::ffi::*;

extern "C" {
    pub(crate) fn rvdirect_reallocate(old: *mut c_void, size: usize) -> *mut c_void;
    pub(crate) fn rvdirect_free(memory: *mut c_void);
    pub(crate) fn rvdirect_mutex_init(mutex: *mut c_void, name: *const c_char, key: *mut c_void);
    pub(crate) fn rvdirect_mutex_lock(mutex: *mut c_void);
    pub(crate) fn rvdirect_mutex_unlock(mutex: *mut c_void);
    pub(crate) fn rvdirect_harts() -> c_uint;
    pub(crate) fn rvdirect_print(level: c_char, text: *const c_char, length: usize);
    pub(crate) fn rvdirect_warn();
    #[cfg(not(test))]
    pub(crate) fn rvdirect_bug() -> !;
}
