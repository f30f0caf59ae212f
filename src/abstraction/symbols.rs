// SPDX-License-Identifier: GPL-2.0

//! The symbols of the kernel or of a module, as far as they may be functions that ftrace can patch.

use crate::{
    abstraction::{
        functions::Found,
        module::Module, //
    },
    algorithm::sort::sort_by_key,
    bindings,
};
use kernel::prelude::*;

/// The room that the kernel needs to write a symbol.
pub(crate) const SYMBOL_LEN: usize = bindings::RVDIRECT_SYMBOL_LEN as usize;

/// Symbols, sorted by location. Takes 16 bytes for each, its name and a byte.
///
/// # Invariants
///
/// The name of each symbol begins in `names` where the symbol says so, and ends in NUL.
pub(crate) struct Symbols {
    symbols: KVVec<bindings::rvdirect_symbol>,
    names: KVVec<u8>,
}

impl Symbols {
    /// Reads those of the kernel itself, without its modules. Of a function with several names, this
    /// is the one that the kernel shows.
    ///
    /// Takes no lock, and ends with [`EINTR`] when the current task is killed.
    pub(crate) fn of_kernel() -> Result<Self> {
        const PAGE: usize = 4096;
        // Both are the end of text, and the kernel shows either. Behind them are initialisation text,
        // which is gone, and data.
        const ENDS_OF_TEXT: [&[u8]; 2] = [b"_etext\0", b"__softirqentry_text_end\0"];

        let mut all = Symbols {
            symbols: KVVec::new(),
            names: KVVec::new(),
        };
        let mut name = KVec::from_elem(0u8, SYMBOL_LEN, GFP_KERNEL)?;
        // SAFETY: Both only read where the kernel is.
        let (mut at, end) = unsafe {
            (
                bindings::rvdirect_kernel_start(),
                bindings::rvdirect_kernel_end(),
            )
        };
        let mut steps = 0;
        while at < end {
            steps += 1;
            // SAFETY: Sleeping is allowed here, as wherever attachments change.
            if steps % 256 == 0 && unsafe { bindings::rvdirect_pause() } {
                return Err(EINTR);
            }
            let mut start = at;
            // SAFETY: The buffer is as long as the function asks for.
            let next =
                unsafe { bindings::rvdirect_read_symbol(at, name.as_mut_ptr().cast(), &mut start) };
            if next <= at {
                // A gap between the kernel's sections.
                at = (at / PAGE + 1) * PAGE;
                continue;
            }
            at = next;
            let length = name.iter().position(|byte| *byte == 0).unwrap_or(0);
            let text = name.get(..=length).unwrap_or_default();
            if ENDS_OF_TEXT.contains(&text) {
                break;
            }
            // SAFETY: Any address will do.
            let location = unsafe { bindings::rvdirect_location_of(start) };
            if location != 0 {
                // INVARIANT: The text of the name ends in NUL.
                let name = u32::try_from(all.names.len())?;
                all.names.extend_from_slice(text, GFP_KERNEL)?;
                let symbol = bindings::rvdirect_symbol { location, name };
                all.symbols.push(symbol, GFP_KERNEL)?;
            }
        }
        Ok(all)
    }

    /// Reads those of a module, if a name among them matches `pattern`. A function may have several
    /// names; the kernel shows the first one.
    pub(crate) fn of_module(module: &Module, pattern: &CStr) -> Result<Option<Self>> {
        if read(module, pattern, &mut [], &mut []).0 == 0 {
            return Ok(None);
        }
        // All of them: only so can be told which name of a function the kernel shows.
        let any = c"*";
        let (mut symbols, mut names) = (KVVec::new(), KVVec::new());
        loop {
            let (count, bytes) = read(module, any, &mut symbols, &mut names);
            if count <= symbols.len() && bytes <= names.len() {
                symbols.truncate(count);
                names.truncate(bytes);
                break;
            }
            symbols = KVVec::from_elem(Default::default(), count, GFP_KERNEL)?;
            names = KVVec::from_elem(0, bytes, GFP_KERNEL)?;
        }
        // The names are in the order in which the kernel looks at them.
        sort_by_key(&mut symbols, |symbol: &bindings::rvdirect_symbol| {
            (symbol.location, symbol.name)
        });
        // INVARIANT: By `read`, whose result fitted.
        Ok(Some(Symbols { symbols, names }))
    }

    /// Adds the functions of which a name matches `pattern` to `found`, as functions of `module`.
    pub(crate) fn add_matching(
        &self,
        pattern: &CStr,
        module: Option<&str>,
        found: &mut Found,
    ) -> Result {
        self.add(module, found, |symbol| {
            let name = self.name_and_rest(symbol);
            // SAFETY: Both are NUL-terminated, the name by the type invariant.
            unsafe { bindings::rvdirect_glob_match(pattern.as_char_ptr(), name.as_ptr().cast()) }
        })
    }

    /// Adds the function that begins at `start` to `found`, if there is one.
    pub(crate) fn add_beginning_at(&self, start: usize, found: &mut Found) -> Result {
        // SAFETY: Any address will do.
        let location = unsafe { bindings::rvdirect_location_of(start) };
        self.add(None, found, |symbol| symbol.location == location)
    }

    fn add(
        &self,
        module: Option<&str>,
        found: &mut Found,
        is_meant: impl Fn(&bindings::rvdirect_symbol) -> bool,
    ) -> Result {
        let mut rest = &*self.symbols;
        while let Some(first) = rest.first() {
            let is_same = |other: &&bindings::rvdirect_symbol| other.location == first.location;
            let count = rest.iter().take_while(is_same).count();
            let (same, others) = rest.split_at_checked(count).ok_or(EINVAL)?;
            rest = others;
            if same.iter().any(&is_meant) {
                found.push(first.location, module, self.name(first))?;
            }
        }
        Ok(())
    }

    /// Returns their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.symbols.iter().map(|symbol| self.name(symbol))
    }

    /// Adds the function at an index to `found` if it has that name.
    pub(crate) fn add_one_named(&self, index: usize, name: &[u8], found: &mut Found) -> Result {
        match self.symbols.get(index) {
            Some(symbol) if self.name(symbol) == name => found.push(symbol.location, None, name),
            _ => Ok(()),
        }
    }

    fn name(&self, symbol: &bindings::rvdirect_symbol) -> &[u8] {
        let name = self.name_and_rest(symbol);
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(0);
        name.get(..length).unwrap_or_default()
    }

    /// Returns the name, which ends in NUL, and what is behind it.
    fn name_and_rest(&self, symbol: &bindings::rvdirect_symbol) -> &[u8] {
        self.names.get(symbol.name as usize..).unwrap_or_default()
    }
}

/// Reads the symbols of a module that match `pattern`, and their names, as far as there is room.
/// Returns how many symbols there are, and how many bytes their names have.
fn read(
    module: &Module,
    pattern: &CStr,
    symbols: &mut [bindings::rvdirect_symbol],
    names: &mut [u8],
) -> (usize, usize) {
    let (mut count, mut bytes) = (symbols.len(), names.len());
    // SAFETY: The module is valid, `pattern` is NUL-terminated, and there is so much room.
    unsafe {
        bindings::rvdirect_read_module(
            module.as_ptr(),
            pattern.as_char_ptr(),
            symbols.as_mut_ptr(),
            &mut count,
            names.as_mut_ptr().cast(),
            &mut bytes,
        )
    };
    (count, bytes)
}
