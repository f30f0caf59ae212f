// SPDX-License-Identifier: GPL-2.0

//! Whether the kernel is locked down.
//!
//! C header: [`include/linux/security.h`](srctree/include/linux/security.h)

use crate::bindings;

/// Returns whether the kernel is locked down, so that debugfs lets nobody open a file for writing. If
/// it is, the kernel logs who asked.
pub(crate) fn is_locked_down() -> bool {
    // SAFETY: It may be called in any task.
    unsafe { bindings::rvdirect_is_locked_down() }
}
