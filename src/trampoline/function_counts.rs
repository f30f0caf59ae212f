// SPDX-License-Identifier: GPL-2.0

//! How often each function of a group was called: `asm/trampoline.S` counts in a cell for each
//! function and hart.

use crate::{
    abstraction::ftrace,
    algorithm::function_index::{
        self,
        Size, //
    },
    trampoline::line::{
        read_once,
        Line,
        WORDS, //
    },
};
use kernel::{
    cpu,
    prelude::*, //
};

/// The counts of a group, and the index that finds them.
///
/// # Invariants
///
/// - `multipliers` and `cells` are those of a perfect hash over the functions. Their numbers are
///   powers of two.
/// - For each value that `thread_info.cpu` can have, `counts` has the lines that `cells` cells
///   need.
pub(crate) struct FunctionCounts {
    multipliers: KVVec<u64>,
    cells: usize,
    counts: KVVec<Line>,
}

impl FunctionCounts {
    /// Makes counts for the functions at these locations, all zero.
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn new(locations: &[usize]) -> Result<Self> {
        let (multipliers, cells) = Self::index(locations)?;
        let harts = cpu::nr_cpu_ids() as usize;
        let counts = Line::zeros(harts * cells.div_ceil(WORDS))?;
        // INVARIANT: `place` found the hash, and `thread_info.cpu` is less than `nr_cpu_ids`.
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

    /// Returns the multipliers of the index.
    pub(crate) fn multipliers(&self) -> &[u64] {
        &self.multipliers
    }

    /// Returns how many cells there are, including those of no function.
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// Returns which of the cells belongs to a function of the group.
    #[inline(always)]
    pub(crate) fn cell(&self, location: usize) -> usize {
        let address = ftrace::resume_address(location);
        function_index::cell(address, &self.multipliers, self.cells)
    }

    /// Returns how often a function of the group was called.
    pub(crate) fn of(&self, location: usize) -> u64 {
        let cell = self.cell(location);
        let (mut sum, mut line): (u64, _) = (0, cell / WORDS);
        // One line after the other, as this is done for each of very many functions.
        let step = self.lines();
        while let Some(words) = self.counts.get(line) {
            sum = sum.wrapping_add(read_once(&words.0[cell % WORDS]));
            line += step;
        }
        sum
    }

    /// Returns how often all functions together were called.
    pub(crate) fn sum(&self) -> u64 {
        self.counts
            .iter()
            .flat_map(|line| &line.0)
            .map(read_once)
            .fold(0, u64::wrapping_add)
    }

    /// Returns the first cell of a hart, which does not move as long as the counts live.
    pub(crate) fn of_hart(&self, hart: usize) -> *const u64 {
        self.counts
            .get(hart * self.lines()..)
            .map_or(core::ptr::null(), |lines| lines.as_ptr().cast())
    }

    /// Returns the lines of each hart.
    fn lines(&self) -> usize {
        self.cells.div_ceil(WORDS)
    }
}
