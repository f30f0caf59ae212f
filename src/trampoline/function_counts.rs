// SPDX-License-Identifier: GPL-2.0

//! How often each function of a group was called, as `asm/trampoline.S` counts it: a cell for each
//! function and hart.

use crate::{
    abstraction::ftrace,
    algorithm::function_index::{
        self,
        Size, //
    },
    trampoline::line::{
        Line,
        WORDS, //
    },
};
use kernel::{
    cpu,
    prelude::*,
    sync::atomic::Relaxed, //
};

/// The counts of a group, and the index that leads to them.
///
/// # Invariants
///
/// - `multipliers` and `cells` are those of a perfect hash over the functions, and powers of two.
/// - For each value that `thread_info.cpu` can have, `counts` has as many lines as have so many
///   cells.
pub(crate) struct FunctionCounts {
    multipliers: KVVec<u64>,
    cells: usize,
    counts: KVVec<Line>,
}

impl FunctionCounts {
    /// Counts for the functions at these locations, all at zero.
    pub(crate) fn new(locations: &[usize]) -> Result<Self> {
        let (multipliers, cells) = Self::index(locations)?;
        let harts = cpu::nr_cpu_ids() as usize;
        let counts = Line::zeros(harts * cells.div_ceil(WORDS))?;
        // INVARIANT: By `place`; and `thread_info.cpu` is less than `nr_cpu_ids`.
        Ok(FunctionCounts {
            multipliers,
            cells,
            counts,
        })
    }

    fn index(locations: &[usize]) -> Result<(KVVec<u64>, usize)> {
        let mut addresses = KVVec::with_capacity(locations.len(), GFP_KERNEL)?;
        for location in locations {
            addresses.push(ftrace::resume_address(*location), GFP_KERNEL)?;
        }
        let mut size = Size::of(addresses.len());
        loop {
            let mut multipliers = KVVec::from_elem(0, size.multipliers, GFP_KERNEL)?;
            let mut taken = KVVec::from_elem(false, size.cells, GFP_KERNEL)?;
            if function_index::place(&mut addresses, &mut multipliers, &mut taken) {
                return Ok((multipliers, size.cells));
            }
            size = size.larger().ok_or(EINVAL)?;
        }
    }

    /// The multipliers of the index.
    pub(crate) fn multipliers(&self) -> &[u64] {
        &self.multipliers
    }

    /// How many cells there are, among which those of the functions are.
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// Which of the cells is that of a function of the group.
    pub(crate) fn cell(&self, location: usize) -> usize {
        let address = ftrace::resume_address(location);
        function_index::cell(address, &self.multipliers, self.cells)
    }

    /// How often a function of the group was called.
    pub(crate) fn of(&self, location: usize) -> u64 {
        let cell = self.cell(location);
        self.harts()
            .filter_map(|lines| lines.get(cell / WORDS)?.0.get(cell % WORDS))
            .map(|count| count.load(Relaxed))
            .fold(0, u64::wrapping_add)
    }

    /// How often all of them were called.
    pub(crate) fn sum(&self) -> u64 {
        self.counts
            .iter()
            .flat_map(|line| &line.0)
            .map(|count| count.load(Relaxed))
            .fold(0, u64::wrapping_add)
    }

    /// The first cell of a hart, which stays where it is as long as the counts live.
    pub(crate) fn of_hart(&self, hart: usize) -> *const u64 {
        self.harts()
            .nth(hart)
            .map_or(core::ptr::null(), |lines| lines.as_ptr().cast())
    }

    /// The lines of each hart.
    fn harts(&self) -> impl Iterator<Item = &[Line]> {
        self.counts.chunks(self.cells.div_ceil(WORDS))
    }
}
