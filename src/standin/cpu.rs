// SPDX-License-Identifier: GPL-2.0

//! Harts.

use crate::shim;

/// Returns a number that is greater than that of any hart.
pub fn nr_cpu_ids() -> u32 {
    // SAFETY: It only reads a number.
    unsafe { shim::rvdirect_harts() }
}
