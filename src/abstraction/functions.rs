// SPDX-License-Identifier: GPL-2.0

//! A set of functions: their locations, and their names, which the kernel takes long to find.

use crate::algorithm::{
    namesakes,
    sort::sort_by_key, //
};
use core::ops::Range;
use kernel::{
    prelude::*,
    str::CString, //
};

/// Functions, sorted by location. Takes 12 bytes for each, and its name. Boxed, as it is too large
/// to be moved on the kernel's stack.
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

/// Functions that are being found, in any order.
///
/// # Invariants
///
/// Each function has its name in `names`.
pub(crate) struct Found {
    functions: KVVec<FoundFunction>,
    names: KVVec<u8>,
}

struct FoundFunction {
    location: usize,
    name: Range<u32>,
}

impl Found {
    /// Nothing is found yet.
    pub(crate) fn new() -> Self {
        Found {
            functions: KVVec::new(),
            names: KVVec::new(),
        }
    }

    /// Adds a function, which is in `module` unless it is in the kernel itself.
    pub(crate) fn push(&mut self, location: usize, module: Option<&str>, name: &[u8]) -> Result {
        let start = u32::try_from(self.names.len())?;
        if let Some(module) = module {
            self.names
                .extend_from_slice(module.as_bytes(), GFP_KERNEL)?;
            self.names.push(b':', GFP_KERNEL)?;
        }
        self.names.extend_from_slice(name, GFP_KERNEL)?;
        let name = start..u32::try_from(self.names.len())?;
        let function = FoundFunction { location, name };
        // INVARIANT: The name was added above.
        Ok(self.functions.push(function, GFP_KERNEL)?)
    }

    /// Puts numbers behind names that are shared. So these must be all functions that a name means, or
    /// that match a pattern.
    #[inline(never)] // keeps its frame from that of its caller
    pub(crate) fn into_functions(mut self) -> Result<KBox<Functions>> {
        let count = self.functions.len();
        if !self
            .functions
            .is_sorted_by_key(|function| function.location)
        {
            sort_by_key(&mut self.functions, |function| function.location);
        }
        let mut numbers = KVVec::from_elem(0, count, GFP_KERNEL)?;
        let mut table = KVVec::from_elem(0, namesakes::table_size(count), GFP_KERNEL)?;
        namesakes::number(|index| self.name(index), &mut numbers, &mut table);
        drop(table);

        let mut locations = KVVec::with_capacity(count, GFP_KERNEL)?;
        let mut ends = KVVec::with_capacity(count, GFP_KERNEL)?;
        // Room for numbers of up to three digits.
        let shared = numbers.iter().filter(|number| **number > 0).count();
        let mut names = KVVec::with_capacity(self.names.len() + 4 * shared, GFP_KERNEL)?;
        for (index, number) in numbers.iter().enumerate() {
            names.extend_from_slice(self.name(index), GFP_KERNEL)?;
            if *number > 0 {
                let number = CString::try_from_fmt(fmt!(",{number}"))?;
                names.extend_from_slice(number.to_bytes(), GFP_KERNEL)?;
            }
            ends.push(u32::try_from(names.len())?, GFP_KERNEL)?;
            locations.push(self.functions[index].location, GFP_KERNEL)?;
        }
        // INVARIANT: There is one of both for each.
        let functions = Functions {
            locations,
            ends,
            names,
        };
        Ok(KBox::new(functions, GFP_KERNEL)?)
    }

    fn name(&self, index: usize) -> &[u8] {
        let name = &self.functions[index].name;
        self.names
            .get(name.start as usize..name.end as usize)
            .unwrap_or_default()
    }
}

impl Functions {
    /// Where they are.
    pub(crate) fn locations(&self) -> &[usize] {
        &self.locations
    }

    /// The name of one of them, with its module in front if it is in one, and its number if the
    /// name is shared.
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
