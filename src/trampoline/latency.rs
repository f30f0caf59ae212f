// SPDX-License-Identifier: GPL-2.0

//! The histograms of the caller `latency`, one for each hart. `asm/trampoline.S` adds to them.

use crate::{
    bindings,
    language::histogram::{
        Histogram,
        BUCKETS, //
    },
    trampoline::line::{
        read_once,
        Line,
        WORDS, //
    },
};
use core::mem::offset_of;
use kernel::{
    cpu,
    prelude::*,
    sync::atomic::Relaxed, //
};

const MAX: usize = offset_of!(bindings::rvdirect_histogram, max) / size_of::<u64>();
const MIN: usize = offset_of!(bindings::rvdirect_histogram, min) / size_of::<u64>();
const TOTAL: usize = offset_of!(bindings::rvdirect_histogram, total) / size_of::<u64>();
const FIRST_BUCKET: usize = offset_of!(bindings::rvdirect_histogram, buckets) / size_of::<u64>();

/// How many lines a hart's histogram has.
const LINES: usize = size_of::<bindings::rvdirect_histogram>() / size_of::<Line>();

const _: () = assert!(LINES * size_of::<Line>() == 1 << bindings::RVDIRECT_HISTOGRAM_SHIFT);
const _: () = assert!(BUCKETS == bindings::RVDIRECT_BUCKETS as usize);
const _: () = assert!(FIRST_BUCKET + BUCKETS <= LINES * WORDS);

/// One histogram, or one for each cell of a group, for each hart.
///
/// # Invariants
///
/// `lines` has [`LINES`] lines for each value that `thread_info.cpu` can have and each of so many
/// `cells`.
pub(crate) struct Latency {
    lines: KVVec<Line>,
    cells: usize,
}

impl Latency {
    /// Makes empty histograms for so many cells.
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn new(cells: usize) -> Result<Self> {
        let count = cpu::nr_cpu_ids() as usize * cells;
        // INVARIANT: `thread_info.cpu` is less than `nr_cpu_ids`.
        let latency = Latency {
            lines: Line::zeros(count * LINES)?,
            cells,
        };
        latency.clear();
        Ok(latency)
    }

    /// Adds the histogram of a cell, of all harts, in ticks of the timer. It may have only parts of a
    /// call that returns meanwhile.
    pub(crate) fn add_to(&self, sum: &mut Histogram, cell: usize) {
        for lines in self.of(cell) {
            let line = |at: usize| lines.get(at / WORDS);
            let word = |at| line(at).map_or(0, |line| read_once(&line.0[at % WORDS]));
            let bucket = |bucket| word(FIRST_BUCKET + bucket);
            sum.add(bucket, word(MIN), word(MAX), word(TOTAL));
        }
    }

    /// Returns how many calls the histogram of a cell has.
    pub(crate) fn count(&self, cell: usize) -> u64 {
        let words = self
            .of(cell)
            .map(|lines| lines.iter().flat_map(|line| &line.0));
        words
            .flat_map(|words| words.skip(FIRST_BUCKET).take(BUCKETS))
            .map(read_once)
            .fold(0, u64::wrapping_add)
    }

    /// Returns the lines of a cell, hart by hart.
    fn of(&self, cell: usize) -> impl Iterator<Item = &[Line]> {
        self.lines
            .chunks_exact(LINES)
            .skip(cell)
            .step_by(self.cells)
    }

    /// Forgets all calls. Parts of a call that returns meanwhile may stay.
    pub(crate) fn clear(&self) {
        for lines in self.lines.chunks_exact(LINES) {
            for word in lines.iter().flat_map(|line| &line.0) {
                word.store(0, Relaxed);
            }
            if let Some(line) = lines.get(MIN / WORDS) {
                line.0[MIN % WORDS].store(u64::MAX, Relaxed);
            }
        }
    }

    /// Returns the first histogram of a hart, which does not move as long as the value lives.
    pub(crate) fn of_hart(&self, hart: usize) -> *const c_void {
        self.lines
            .get(hart * self.cells * LINES..)
            .map_or(core::ptr::null(), |lines| lines.as_ptr().cast())
    }
}
