// SPDX-License-Identifier: GPL-2.0

//! What a slot's trampoline works with, and what it counts: the `struct rvdirect_slot` that
//! `asm/trampoline.h` describes.

use crate::{
    algorithm::function_index,
    bindings,
    language::{
        builtin::Override,
        filter::MAX_HARTS,
        outcome::Outcome, //
    },
    trampoline::{
        function_counts::FunctionCounts,
        gate::Gate,
        handlers::Handlers,
        latency::Latency,
        line::{
            Line,
            WORDS, //
        },
    },
};
use kernel::{
    cpu,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc, //
    },
};

/// What a slot is for.
#[derive(Clone)]
pub(crate) enum Work {
    /// Counts the calls. A single function resumes at that address.
    Count(usize),
    /// Calls handlers before the target and, if there is an exit handler, after it has returned.
    Handlers(Handlers),
    /// Measures the time from entry to return, of calls with that outcome.
    Latency(Arc<Latency>, Outcome),
    /// Returns in place of the target.
    Override(Override),
    /// Only goes on, after a filter, to the code at that address.
    GoOn(usize),
}

const ENTERED: usize = core::mem::offset_of!(bindings::rvdirect_row, entered) / size_of::<u64>();
const MISSED: usize = core::mem::offset_of!(bindings::rvdirect_row, missed) / size_of::<u64>();
const COUNTS: usize = core::mem::offset_of!(bindings::rvdirect_row, counts) / size_of::<u64>();
const RESUME: usize = core::mem::offset_of!(bindings::rvdirect_row, resume) / size_of::<u64>();
const HISTOGRAM: usize =
    core::mem::offset_of!(bindings::rvdirect_row, histogram) / size_of::<u64>();
const SURE: usize = core::mem::offset_of!(bindings::rvdirect_row, sure) / size_of::<u64>();
const LEFT: usize = core::mem::offset_of!(bindings::rvdirect_row, left) / size_of::<u64>();

const NEXT: usize = core::mem::offset_of!(bindings::rvdirect_slot, next) / size_of::<u64>();
const _: () = assert!(function_index::PRODUCT == bindings::RVDIRECT_PRODUCT_SHIFT);
// The bits of an address that choose a multiplier are an offset to it in bytes.
const _: () = assert!(1 << function_index::ALIGNMENT == size_of::<u64>());
const _: () = assert!(MAX_HARTS == bindings::RVDIRECT_MAX_HARTS as usize);

/// How many lines the header has.
const HEADER: usize = size_of::<bindings::rvdirect_slot>() / size_of::<Line>();

const _: () = assert!(size_of::<Line>() == size_of::<bindings::rvdirect_row>());
const _: () = assert!(HEADER * size_of::<Line>() == size_of::<bindings::rvdirect_slot>());

/// A `struct rvdirect_slot` with its rows, and before it the multipliers by which it tells the
/// functions of a group apart.
///
/// # Invariants
///
/// - From `first_row` on, `lines` has a row for each value that `thread_info.cpu` can have. Before
///   the rows is the header, made from `work` and `each`. Before the header are the multipliers of
///   `each`, with the first one next to the header.
/// - If there is `each`, the rows point to its counts. If `work` counts a single function, they have
///   the address where it resumes; if it measures times, they point to the histograms.
/// - The header has the filter of `gate`, which holds the cgroup that it names.
///   [`SlotData::set_next`] sets where calls go on that it lets pass.
pub(crate) struct SlotData {
    lines: KVVec<Line>,
    first_row: usize,
    work: Work,
    gate: Arc<Gate>,
    each: Option<FunctionCounts>,
    /// 1 if no trampoline works with it any more.
    is_final: Atomic<u32>,
}

impl SlotData {
    /// Makes data for that work, with all counts zero. With `each`, functions are told apart.
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn new(
        work: Work,
        gate: Arc<Gate>,
        each: Option<FunctionCounts>,
    ) -> Result<Arc<Self>> {
        let harts = cpu::nr_cpu_ids() as usize;
        let multipliers = each.as_ref().map_or(&[][..], FunctionCounts::multipliers);
        let first_row = multipliers.len().div_ceil(WORDS) + HEADER;
        let mut lines = Line::zeros(first_row + harts)?;
        let before_header = lines.iter().take(first_row - HEADER).rev();
        let words = before_header.flat_map(|line| line.0.iter().rev());
        for (word, multiplier) in words.zip(multipliers) {
            word.store(*multiplier, Relaxed);
        }
        for (hart, line) in lines.iter().skip(first_row).enumerate() {
            let set = |field: usize, value: usize| line.0[field].store(value as u64, Relaxed);
            if let Some(each) = &each {
                set(COUNTS, each.of_hart(hart).expose_provenance());
            }
            match &work {
                Work::Count(resume) => set(RESUME, *resume),
                Work::Latency(latency, outcome) => {
                    set(HISTOGRAM, latency.of_hart(hart).expose_provenance());
                    set(SURE, sure_ticks(outcome) as usize);
                }
                _ => {}
            }
        }
        let header: *mut Line = lines[first_row - HEADER..].as_mut_ptr();
        // SAFETY: There are as many lines as a header has, suitably aligned, and zeroed; nobody else
        // knows of them yet.
        work.fill_in(unsafe { &mut *header.cast() }, &gate, each.as_ref());
        // INVARIANT: `thread_info.cpu` is less than `nr_cpu_ids`; all else was done above.
        let data = SlotData {
            lines,
            first_row,
            work,
            gate,
            each,
            is_final: Atomic::new(0),
        };
        Ok(Arc::new(data, GFP_KERNEL)?)
    }

    /// Returns whether a filter keeps some calls from the work.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.gate.is_open()
    }

    /// Sets where the calls go on that the filter lets pass.
    pub(crate) fn set_next(&self, address: usize) {
        if let Some(line) = self.lines.get(self.first_row - HEADER + NEXT / WORDS) {
            line.0[NEXT % WORDS].store(address as u64, Relaxed);
        }
    }

    /// Returns what the slot is for.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// Returns what counts each function by itself, if anything does.
    pub(crate) fn each(&self) -> Option<&FunctionCounts> {
        self.each.as_ref()
    }

    /// Returns how many calls were handled.
    ///
    /// # Guarantees
    ///
    /// The number includes every call that came before, and any of those that come meanwhile.
    pub(crate) fn hits(&self) -> u64 {
        if let (Work::Count(_), Some(each)) = (&self.work, &self.each) {
            return each.sum();
        }
        // In this order, as a call is counted as entered before it is counted as missed.
        let missed = self.sum(MISSED);
        self.sum(ENTERED).saturating_sub(missed)
    }

    /// Returns how many calls had to be skipped.
    pub(crate) fn missed(&self) -> u64 {
        self.sum(MISSED)
    }

    /// Returns whether all calls that entered have left, where the trampoline waits for them.
    ///
    /// # Guarantees
    ///
    /// If no more calls enter: once it is true, it stays true, and no call will return into the
    /// trampoline then.
    pub(crate) fn is_left(&self) -> bool {
        self.sum(LEFT) == self.sum(ENTERED)
    }

    /// Notes that no trampoline works with it any more.
    pub(super) fn finish(&self) {
        self.is_final.store(1, Release);
    }

    /// Returns whether the counts do not change any more.
    pub(crate) fn is_final(&self) -> bool {
        self.is_final.load(Acquire) == 1
    }

    /// Returns the first row, which does not move as long as the data lives.
    pub(crate) fn rows(&self) -> *const bindings::rvdirect_row {
        self.row_lines().as_ptr().cast()
    }

    fn row_lines(&self) -> &[Line] {
        self.lines.get(self.first_row..).unwrap_or_default()
    }

    fn sum(&self, field: usize) -> u64 {
        self.row_lines()
            .iter()
            .map(|line| line.0[field].load(Acquire))
            .fold(0, u64::wrapping_add)
    }
}

impl Work {
    /// Returns whether the trampoline calls the target, and so stays in use until the target
    /// returns.
    pub(crate) fn waits_for_return(&self) -> bool {
        match self {
            Work::Count(_) | Work::Override(_) | Work::GoOn(_) => false,
            Work::Handlers(handlers) => handlers.exit().is_some(),
            Work::Latency(..) => true,
        }
    }

    /// Fills in a header that is zeroed. In place, as it is large for the kernel's stack.
    fn fill_in(
        &self,
        header: &mut bindings::rvdirect_slot,
        gate: &Gate,
        each: Option<&FunctionCounts>,
    ) {
        let in_bytes = |count: usize| ((count - 1) * size_of::<u64>()) as u64;
        header.bucket_mask = each.map_or(0, |each| in_bytes(each.multipliers().len()));
        header.cell_mask = each.map_or(0, |each| in_bytes(each.cells()));
        gate.fill_in(header);
        match self {
            Work::Count(_) | Work::GoOn(_) => {}
            Work::Latency(_, outcome) => fill_in_outcome(header, outcome),
            Work::Handlers(handlers) => {
                fill_in_outcome(header, handlers.outcome());
                header.entry = handlers.entry();
                header.exit = handlers.exit();
                header.data = handlers.data();
                header.is_on = handlers.is_on();
            }
            Work::Override(what) => {
                header.ret = what.ret.0;
                header.every = what.every;
                header.times = what.times.unwrap_or(u64::MAX);
            }
        }
    }
}

fn fill_in_outcome(header: &mut bindings::rvdirect_slot, outcome: &Outcome) {
    let all = (0, u64::MAX);
    header.min = min_ticks(outcome);
    (header.ret_first, header.ret_more) = outcome.ret.map_or(all, |ret| ret.range());
}

/// Returns how many ticks of the timer a call takes at least that is wanted.
fn min_ticks(outcome: &Outcome) -> u64 {
    // SAFETY: The function only computes.
    unsafe { bindings::rvdirect_ticks_of(outcome.min.unwrap_or(0)) }
}

/// Returns how many ticks a call takes at least that is wanted whatever it returned.
fn sure_ticks(outcome: &Outcome) -> u64 {
    match outcome.ret {
        None => min_ticks(outcome),
        Some(_) => u64::MAX,
    }
}
