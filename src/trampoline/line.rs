// SPDX-License-Identifier: GPL-2.0

//! Cache lines for counts. Each hart has its own, so that harts do not share one.

use kernel::{
    alloc::flags::__GFP_ZERO,
    prelude::*,
    sync::atomic::Atomic, //
};

/// How many words a line has.
pub(crate) const WORDS: usize = size_of::<Line>() / size_of::<u64>();

/// A cache line.
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [Atomic<u64>; 8]);

/// Reads a word that trampolines add to meanwhile: as a relaxed load, but not by a call of a
/// function, as there may be very many.
#[inline(always)]
pub(crate) fn read_once(word: &Atomic<u64>) -> u64 {
    // SAFETY: The word is valid and aligned, as it is borrowed. A volatile read of it is `READ_ONCE()`,
    // which may race with the trampolines' atomic instructions.
    unsafe { word.as_ptr().read_volatile() }
}

impl Line {
    /// Makes `count` lines of zeros.
    pub(crate) fn zeros(count: usize) -> Result<KVVec<Self>> {
        let mut lines = KVVec::with_capacity(count, GFP_KERNEL | __GFP_ZERO)?;
        // SAFETY: There is room for so many, and a line may have any bytes.
        unsafe { lines.inc_len(count) };
        Ok(lines)
    }
}
