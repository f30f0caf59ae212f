// SPDX-License-Identifier: GPL-2.0

//! A set of functions: their locations, and their names, which the kernel takes long to find.

use crate::{
    abstraction::function::Names,
    algorithm::namesakes, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

/// Functions, sorted by location. Takes 12 bytes for each, and its name.
///
/// A name that several functions share has a number behind it: `NAME,2` is the second one.
///
/// # Invariants
///
/// `ends` has as many elements as `locations`: where the name of each function ends in `names`, and
/// the next one begins.
pub(crate) struct Functions {
    locations: KVVec<usize>,
    ends: KVVec<u32>,
    names: KVVec<u8>,
}

impl Functions {
    /// The functions at these locations, which are sorted. They must be all that a name means, or
    /// that match a pattern, as only they are numbered.
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn at(locations: KVVec<usize>) -> Result<Self> {
        let mut names = KVVec::new();
        let mut ends = KVVec::with_capacity(locations.len(), GFP_KERNEL)?;
        let mut name_of = Names::new()?;
        for location in locations.iter() {
            names.extend_from_slice(name_of.of(*location).as_bytes(), GFP_KERNEL)?;
            ends.push(u32::try_from(names.len())?, GFP_KERNEL)?;
        }
        // INVARIANT: There is an end for each.
        let mut functions = Functions {
            locations,
            ends,
            names,
        };
        functions.number()?;
        Ok(functions)
    }

    /// Puts numbers behind names that are shared.
    #[inline(never)]
    fn number(&mut self) -> Result {
        let count = self.locations.len();
        let mut numbers = KVVec::from_elem(0, count, GFP_KERNEL)?;
        let mut table = KVVec::from_elem(0, namesakes::table_size(count), GFP_KERNEL)?;
        namesakes::number(|index| self.bytes(index), &mut numbers, &mut table);
        // Room for numbers of up to three digits.
        let shared = numbers.iter().filter(|number| **number > 0).count();
        let mut names = KVVec::with_capacity(self.names.len() + 4 * shared, GFP_KERNEL)?;
        let mut copied = 0;
        for (end, number) in self.ends.iter_mut().zip(numbers.iter()) {
            let old_end = *end as usize;
            if *number > 0 {
                let number = CString::try_from_fmt(fmt!(",{number}"))?;
                let name = self.names.get(copied..old_end).unwrap_or_default();
                names.extend_from_slice(name, GFP_KERNEL)?;
                names.extend_from_slice(number.to_bytes(), GFP_KERNEL)?;
                copied = old_end;
            }
            *end = u32::try_from(names.len() + old_end - copied)?;
        }
        let rest = self.names.get(copied..).unwrap_or_default();
        names.extend_from_slice(rest, GFP_KERNEL)?;
        self.names = names;
        Ok(())
    }

    /// Where they are.
    pub(crate) fn locations(&self) -> &[usize] {
        &self.locations
    }

    /// The name of one of them, as [`Names::of`] tells it, and its number if the name is shared.
    pub(crate) fn name(&self, index: usize) -> &str {
        // Cannot fail: it was a `str`.
        core::str::from_utf8(self.bytes(index)).unwrap_or_default()
    }

    fn bytes(&self, index: usize) -> &[u8] {
        let end_of = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end_of);
        self.names.get(start..end_of(index)).unwrap_or_default()
    }

    /// Keeps those of which `keep` says so, by location and name.
    pub(crate) fn retain(&mut self, keep: &mut dyn FnMut(usize, &str) -> bool) {
        let (mut kept, mut kept_bytes, mut start) = (0, 0, 0);
        for index in 0..self.locations.len() {
            let location = self.locations[index];
            let end = self.ends[index] as usize;
            let name = core::str::from_utf8(&self.names[start..end]).unwrap_or_default();
            if keep(location, name) {
                self.names.copy_within(start..end, kept_bytes);
                kept_bytes += end - start;
                self.locations[kept] = location;
                // Cannot be cut off: it is no more than it was.
                self.ends[kept] = kept_bytes as u32;
                kept += 1;
            }
            start = end;
        }
        // INVARIANT: As many of both are left.
        self.locations.truncate(kept);
        self.ends.truncate(kept);
        self.names.truncate(kept_bytes);
    }
}
