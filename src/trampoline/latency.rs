// SPDX-License-Identifier: GPL-2.0

//! The histograms of the caller `latency`, one for each hart. `asm/trampoline.S` adds to them.

use crate::{
    bindings,
    language::histogram::{
        Histogram,
        BUCKETS, //
    },
    trampoline::line::read_once, //
};
use core::mem::offset_of;
use kernel::{
    cpu,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

const WORDS: usize = size_of::<bindings::rvdirect_histogram>() / size_of::<u64>();
const MAX: usize = offset_of!(bindings::rvdirect_histogram, max) / size_of::<u64>();
const MIN: usize = offset_of!(bindings::rvdirect_histogram, min) / size_of::<u64>();
const TOTAL: usize = offset_of!(bindings::rvdirect_histogram, total) / size_of::<u64>();
const FIRST_BUCKET: usize = offset_of!(bindings::rvdirect_histogram, buckets) / size_of::<u64>();

const _: () = assert!(BUCKETS == bindings::RVDIRECT_BUCKETS as usize);
const _: () = assert!(FIRST_BUCKET + BUCKETS <= WORDS);

/// A hart's histogram.
#[repr(C, align(64))]
struct Row([Atomic<u64>; WORDS]);

const _: () = assert!(size_of::<Row>() == 1 << bindings::RVDIRECT_HISTOGRAM_SHIFT);

/// One histogram, or one for each cell of a group. Each has a row for each hart.
///
/// # Invariants
///
/// `rows` has `cells` rows for each value that `thread_info.cpu` can have.
pub(crate) struct Latency {
    rows: KVVec<Row>,
    cells: usize,
}

impl Latency {
    /// Makes empty histograms for so many cells.
    pub(crate) fn new(cells: usize) -> Result<Self> {
        let count = cpu::nr_cpu_ids() as usize * cells;
        let mut rows = KVVec::with_capacity(count, GFP_KERNEL)?;
        for _ in 0..count {
            let row = Row(core::array::from_fn(|_| Atomic::new(0)));
            row.clear();
            rows.push(row, GFP_KERNEL)?;
        }
        // INVARIANT: `thread_info.cpu` is less than `nr_cpu_ids`.
        Ok(Latency { rows, cells })
    }

    /// Returns the histogram of a cell, summed over all harts, in ticks of the timer. It may have
    /// only parts of a call that returns meanwhile.
    pub(crate) fn sum(&self, cell: usize) -> Histogram {
        let mut sum = Histogram::new();
        for row in self.rows.iter().skip(cell).step_by(self.cells) {
            let word = |at: usize| read_once(&row.0[at]);
            sum.add(
                core::array::from_fn(|bucket| word(FIRST_BUCKET + bucket)),
                word(MIN),
                word(MAX),
                word(TOTAL),
            );
        }
        sum
    }

    /// Forgets all calls. Parts of a call that returns meanwhile may stay.
    pub(crate) fn clear(&self) {
        for row in self.rows.iter() {
            row.clear();
        }
    }

    /// Returns the first row, which does not move as long as the histograms live.
    pub(crate) fn as_ptr(&self) -> *const c_void {
        self.rows.as_ptr().cast()
    }
}

impl Row {
    fn clear(&self) {
        for word in &self.0 {
            word.store(0, Relaxed);
        }
        self.0[MIN].store(u64::MAX, Relaxed);
    }
}
