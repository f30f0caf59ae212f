// SPDX-License-Identifier: GPL-2.0

//! A counter with a row for each hart, which `asm/trampoline.S` adds to.

use crate::bindings;
use kernel::{
    cpu,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// A hart's row: a cache line, for a counter and nothing else.
#[repr(C, align(64))]
struct Row(Atomic<u64>);

const _: () = assert!(size_of::<Row>() == 1 << bindings::RVDIRECT_ROW_SHIFT);

/// A counter that all harts may add to at once.
///
/// # Invariants
///
/// `rows` has a row for each value that `thread_info.cpu` can have.
pub(crate) struct Counter {
    rows: KVVec<Row>,
}

impl Counter {
    /// A counter at zero.
    pub(crate) fn new() -> Result<Self> {
        let harts = cpu::nr_cpu_ids() as usize;
        let mut rows = KVVec::with_capacity(harts, GFP_KERNEL)?;
        for _ in 0..harts {
            rows.push(Row(Atomic::new(0)), GFP_KERNEL)?;
        }
        // INVARIANT: `thread_info.cpu` is less than `nr_cpu_ids`.
        Ok(Counter { rows })
    }

    /// The sum over all harts.
    ///
    /// # Guarantees
    ///
    /// Every addition that happened before is part of it; of those that happen meanwhile, any.
    pub(crate) fn sum(&self) -> u64 {
        self.rows
            .iter()
            .map(|row| row.0.load(Relaxed))
            .fold(0, u64::wrapping_add)
    }

    /// The first row, which stays where it is as long as the counter lives.
    pub(crate) fn as_ptr(&self) -> *const c_void {
        self.rows.as_ptr().cast()
    }
}
