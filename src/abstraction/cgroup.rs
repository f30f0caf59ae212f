// SPDX-License-Identifier: GPL-2.0

//! Control groups, of version 2.
//!
//! C header: [`include/linux/cgroup.h`](srctree/include/linux/cgroup.h)

use crate::bindings;
use core::ptr::NonNull;
use kernel::prelude::*;

/// A cgroup.
///
/// # Invariants
///
/// It is held, so it does not go as long as the value lives.
pub(crate) struct Cgroup {
    cgroup: NonNull<bindings::cgroup>,
}

// SAFETY: Any task may let go of a cgroup.
unsafe impl Send for Cgroup {}
// SAFETY: Only its address can be had.
unsafe impl Sync for Cgroup {}

impl Cgroup {
    /// Finds the cgroup of a path that begins at the root that the current task sees.
    pub(crate) fn by_path(path: &CStr) -> Option<Self> {
        // SAFETY: `path` is NUL-terminated.
        let cgroup = unsafe { bindings::rvdirect_get_cgroup(path.as_char_ptr()) };
        // INVARIANT: The call above holds it.
        NonNull::new(cgroup).map(|cgroup| Cgroup { cgroup })
    }

    /// Returns its address.
    pub(crate) fn address(&self) -> *const c_void {
        self.cgroup.as_ptr().cast()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // SAFETY: It is held, by the type invariant, and not used any more.
        unsafe { bindings::rvdirect_put_cgroup(self.cgroup.as_ptr()) };
    }
}
