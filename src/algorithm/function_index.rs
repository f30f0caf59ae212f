// SPDX-License-Identifier: GPL-2.0

//! Tells the functions of a group apart by a perfect hash over the addresses where they resume.
//! This takes the same few instructions for any number of functions.
//!
//! `FIND_CELL` in `asm/trampoline.S` computes what [`cell`] does: the low bits of the address choose
//! a multiplier, and bits of its product with the address are the number of the function's cell.
//! [`place`] finds multipliers by which no two functions share a cell.
//!
//! Does not depend on the kernel, so it is tested on the host as well.

use crate::algorithm::sort::sort_by_key;

/// How many low bits of an address are left out: alignment makes them equal in all functions.
pub(crate) const ALIGNMENT: u32 = 3;

/// The lowest bit of the product that is part of the cell's number.
pub(crate) const PRODUCT: u32 = 43;

/// The most cells for which the product has bits.
const MAX_CELLS: usize = 1 << (u64::BITS - PRODUCT);

/// How many multipliers are tried for functions that share one.
const TRIES: usize = 1 << 16;

/// How large the tables of an index are: powers of two.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// How many multipliers there are.
    pub(crate) multipliers: usize,
    /// How many cells there are.
    pub(crate) cells: usize,
}

impl Size {
    /// Returns a size that usually suffices for so many functions, with some cells to spare.
    pub(crate) fn of(functions: usize) -> Self {
        Size {
            multipliers: functions.div_ceil(2).next_power_of_two(),
            cells: (functions + functions / 4).next_power_of_two(),
        }
    }

    /// Returns the next size to try if this one did not suffice, or [`None`] at the limit.
    pub(crate) fn larger(self) -> Option<Self> {
        (self.cells < MAX_CELLS).then_some(Size {
            multipliers: 2 * self.multipliers,
            cells: 2 * self.cells,
        })
    }
}

/// Returns which of `multipliers` multipliers belongs to an address.
#[inline(always)]
fn bucket(address: usize, multipliers: usize) -> usize {
    (address >> ALIGNMENT) & (multipliers - 1)
}

/// Returns which of `cells` cells belongs to an address. The numbers of multipliers and of cells
/// must be powers of two.
#[inline(always)]
pub(crate) fn cell(address: usize, multipliers: &[u64], cells: usize) -> usize {
    let multiplier = multipliers
        .get(bucket(address, multipliers.len()))
        .copied()
        .unwrap_or_default();
    hash(address, multiplier, cells)
}

#[inline(always)]
fn hash(address: usize, multiplier: u64, cells: usize) -> usize {
    ((address as u64).wrapping_mul(multiplier) >> PRODUCT) as usize & (cells - 1)
}

/// Finds multipliers by which each address has a cell of its own. Returns whether it found them; if
/// not, a larger size helps.
///
/// `addresses` must all be different; their order changes. `taken` must have an element for each
/// cell.
pub(crate) fn place(addresses: &mut [usize], multipliers: &mut [u64], taken: &mut [bool]) -> bool {
    let buckets = multipliers.len();
    sort_by_key(addresses, |address| bucket(*address, buckets));
    let is_same = |a: &usize, b: &usize| bucket(*a, buckets) == bucket(*b, buckets);
    multipliers.fill(0);
    taken.fill(false);
    let mut random = Multipliers(0);
    let largest = addresses.chunk_by(is_same).map(<[usize]>::len).max();
    // The fullest buckets come first, while most cells are free.
    for size in (1..=largest.unwrap_or(0)).rev() {
        for sharing in addresses.chunk_by(is_same).filter(|s| s.len() == size) {
            let fits = (0..TRIES)
                .map(|_| random.next())
                .find(|multiplier| take_cells(sharing, *multiplier, taken));
            let Some(multiplier) = fits else {
                return false;
            };
            if let Some(first) = sharing.first() {
                if let Some(place) = multipliers.get_mut(bucket(*first, buckets)) {
                    *place = multiplier;
                }
            }
        }
    }
    true
}

/// Takes the cells of these addresses, if all of them are free.
fn take_cells(addresses: &[usize], multiplier: u64, taken: &mut [bool]) -> bool {
    let cells = taken.len();
    for (index, address) in addresses.iter().enumerate() {
        let Some(cell) = taken.get_mut(hash(*address, multiplier, cells)) else {
            return false;
        };
        if core::mem::replace(cell, true) {
            for address in addresses.iter().take(index) {
                if let Some(cell) = taken.get_mut(hash(*address, multiplier, cells)) {
                    *cell = false;
                }
            }
            return false;
        }
    }
    true
}

/// Pseudo-random numbers: Steele, Lea and Flood's SplitMix64.
struct Multipliers(u64);

impl Multipliers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Places the addresses, and checks that each has a cell of its own. Returns the number of
    /// cells.
    fn place_all(addresses: &[usize]) -> usize {
        let mut order = addresses.to_vec();
        let mut size = Size::of(addresses.len());
        loop {
            let mut table = vec![0; size.multipliers];
            let mut taken = vec![false; size.cells];
            if !place(&mut order, &mut table, &mut taken) {
                size = size.larger().unwrap();
                continue;
            }
            let mut seen = vec![false; size.cells];
            for address in addresses {
                let cell = cell(*address, &table, size.cells);
                assert!(!seen[cell], "two functions in a cell");
                seen[cell] = true;
            }
            assert_eq!(seen, taken);
            return size.cells;
        }
    }

    /// Returns addresses as a linker lays out functions: of random length, and aligned.
    fn functions(count: usize, alignment: usize, random: &mut Random) -> Vec<usize> {
        let mut address = 0xffff_ffff_8000_0008;
        let mut next = || {
            address += alignment * (1 + random.below(400 / alignment));
            address
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn each_function_has_a_cell() {
        let mut random = Random::new(1);
        for count in [
            1, 2, 3, 4, 5, 7, 8, 16, 17, 60, 100, 1000, 1024, 5000, 42_000,
        ] {
            for alignment in [8, 16, 64] {
                let cells = place_all(&functions(count, alignment, &mut random));
                assert!(cells <= 4 * count, "{count} functions in {cells} cells");
            }
        }
    }

    #[test]
    fn each_function_has_a_cell_in_many_small_groups() {
        let mut random = Random::new(2);
        for _ in 0..2000 {
            let count = 1 + random.below(40);
            let cells = place_all(&functions(count, 8, &mut random));
            assert!(cells <= 4 * count, "{count} functions in {cells} cells");
        }
    }

    /// Functions of modules are far from those of the kernel, and may have the same low bits.
    #[test]
    fn far_apart_is_no_matter() {
        for count in [2, 16, 40] {
            let step = 1 << 24;
            let all: Vec<_> = (0..count)
                .map(|n| 0xffff_ffc0_0000_0008 + n * step)
                .collect();
            place_all(&all);
        }
    }

    #[test]
    fn what_cannot_be_placed_is_said_so() {
        let mut addresses = [8, 16, 24];
        assert!(!place(&mut addresses, &mut [0; 2], &mut [false; 2]));
    }
}
