// SPDX-License-Identifier: GPL-2.0

//! What a slot's trampoline works with, and what it counts: the `struct rvdirect_slot` that
//! `asm/trampoline.h` describes.

use crate::{
    bindings,
    builtin::Override,
    handlers::Handlers,
    latency::Latency, //
};
use kernel::{
    cpu,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic, //
        },
        Arc, //
    },
};

/// What a slot is for.
#[derive(Clone)]
pub(crate) enum Work {
    /// Counts the calls.
    Count,
    /// Calls handlers before the target and, if there is an exit handler, behind it.
    Handlers(Handlers),
    /// Measures the time from entry to return.
    Latency(Arc<Latency>),
    /// Returns in place of the target.
    Override(Override),
}

/// A cache line: the header, or a hart's row.
#[repr(C, align(64))]
struct Line([Atomic<u64>; 8]);

const ENTERED: usize = core::mem::offset_of!(bindings::rvdirect_row, entered) / size_of::<u64>();
const MISSED: usize = core::mem::offset_of!(bindings::rvdirect_row, missed) / size_of::<u64>();
const LEFT: usize = core::mem::offset_of!(bindings::rvdirect_row, left) / size_of::<u64>();

const _: () = assert!(size_of::<Line>() == size_of::<bindings::rvdirect_row>());
const _: () = assert!(size_of::<Line>() == size_of::<bindings::rvdirect_slot>());

/// A `struct rvdirect_slot` with its rows.
///
/// # Invariants
///
/// `lines` has a header, made from `work`, and behind it a row for each value that
/// `thread_info.cpu` can have.
pub(crate) struct SlotData {
    lines: KVVec<Line>,
    work: Work,
}

impl SlotData {
    /// Data for that work, with all counts at zero.
    pub(crate) fn new(work: Work) -> Result<Self> {
        let harts = cpu::nr_cpu_ids() as usize;
        let mut lines = KVVec::with_capacity(1 + harts, GFP_KERNEL)?;
        for _ in 0..1 + harts {
            let line = Line(core::array::from_fn(|_| Atomic::new(0)));
            lines.push(line, GFP_KERNEL)?;
        }
        let header: *mut Line = lines.as_mut_ptr();
        // SAFETY: The first line is as long as a header and suitably aligned; nobody else knows of
        // it yet.
        unsafe {
            header
                .cast::<bindings::rvdirect_slot>()
                .write(work.header())
        };
        // INVARIANT: `thread_info.cpu` is less than `nr_cpu_ids`.
        Ok(SlotData { lines, work })
    }

    /// What it is for.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// How many calls were handled.
    ///
    /// # Guarantees
    ///
    /// Every call that came before is part of it; of those that come meanwhile, any.
    pub(crate) fn hits(&self) -> u64 {
        // In this order: each that was missed had come before.
        let missed = self.sum(MISSED);
        self.sum(ENTERED).saturating_sub(missed)
    }

    /// How many calls had to be skipped.
    pub(crate) fn missed(&self) -> u64 {
        self.sum(MISSED)
    }

    /// Whether all calls have left that came in, where the trampoline waits for them.
    ///
    /// # Guarantees
    ///
    /// If no more calls come in: once it is true, it stays so, no call is behind the trampoline,
    /// and none of the counts changes any more.
    pub(crate) fn is_left(&self) -> bool {
        self.sum(LEFT) == self.sum(ENTERED)
    }

    /// The first row, which stays where it is as long as the data lives.
    pub(crate) fn rows(&self) -> *const bindings::rvdirect_row {
        self.row_lines().as_ptr().cast()
    }

    fn row_lines(&self) -> &[Line] {
        self.lines.get(1..).unwrap_or_default()
    }

    fn sum(&self, field: usize) -> u64 {
        self.row_lines()
            .iter()
            .map(|line| line.0[field].load(Acquire))
            .fold(0, u64::wrapping_add)
    }
}

impl Work {
    /// Whether the trampoline calls the target, and so is still in use until the target returns.
    pub(crate) fn waits_for_return(&self) -> bool {
        match self {
            Work::Count | Work::Override(_) => false,
            Work::Handlers(handlers) => handlers.exit().is_some(),
            Work::Latency(_) => true,
        }
    }

    fn header(&self) -> bindings::rvdirect_slot {
        let header = bindings::rvdirect_slot::default();
        match self {
            Work::Count => header,
            Work::Handlers(handlers) => bindings::rvdirect_slot {
                entry: handlers.entry(),
                exit: handlers.exit(),
                data: handlers.data(),
                ..header
            },
            Work::Latency(latency) => bindings::rvdirect_slot {
                histogram: latency.as_ptr().cast_mut(),
                ..header
            },
            Work::Override(what) => bindings::rvdirect_slot {
                ret: what.ret,
                every: what.every,
                times: what.times.unwrap_or(u64::MAX),
                ..header
            },
        }
    }
}
