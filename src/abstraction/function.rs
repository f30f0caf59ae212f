// SPDX-License-Identifier: GPL-2.0

//! Translates the name of a target, or a pattern, to functions, and functions back to names.

use crate::{
    abstraction::{
        functions::{
            Found,
            Functions, //
        },
        kernel_symbols::KernelSymbols,
        module::{
            self,
            HeldModule,
            Module, //
        },
        symbols::{
            Symbols,
            SYMBOL_LEN, //
        },
    },
    bindings,
    language::{
        command::{
            Exclusions,
            Target,
            MAX_NAME, //
        },
        refusal::{
            Reason,
            Refusal,
            Suffix, //
        },
    },
};
use kernel::{
    prelude::*,
    str::CString, //
};

const _: () = assert!(MAX_NAME == bindings::RVDIRECT_NAME_LEN as usize - 1);

/// Where functions are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    /// The kernel itself. Its modules are found as they are now.
    pub(crate) kernel: &'a KernelSymbols,
    /// The module that is being loaded, if the caller is its notifier.
    pub(crate) coming: Option<&'a Module>,
}

/// Returns whether the module that the target names is loaded, or is being loaded.
#[inline(never)] // keeps its frame from that of its caller
pub(crate) fn is_loaded(target: &Target<'_>) -> Result<bool> {
    let module = as_kernel(target.module().unwrap_or_default())?;
    Ok(module::is_loaded(&module))
}

/// Returns `text` as the kernel writes the names of modules: with `_` for each `-`.
fn as_kernel(text: &str) -> Result<CString> {
    let mut name = KVec::with_capacity(text.len() + 1, GFP_KERNEL)?;
    for byte in text.bytes() {
        name.push(if byte == b'-' { b'_' } else { byte }, GFP_KERNEL)?;
    }
    name.push(0, GFP_KERNEL)?;
    let name = CStr::from_bytes_with_nul(&name).map_err(|_| EINVAL)?;
    Ok(CString::try_from(name)?)
}

impl Places<'_> {
    /// Finds the functions that `target` means and `exclusions` do not. There is at least one. Their
    /// locations are as ftrace records them; ftrace may refuse to patch one nevertheless.
    ///
    /// # Errors
    ///
    /// - [`Reason::UnknownTarget`]: no symbol has that name;
    /// - [`Reason::NotTraceable`]: a symbol has that name, but it is no function that ftrace can
    ///   patch;
    /// - [`Reason::OnlyClone`]: ftrace cannot patch such a symbol, but a clone of the function;
    /// - [`Reason::NoNamesake`]: there are functions of that name, but not so many;
    /// - [`Reason::NoMatch`]: no function matches the pattern;
    /// - [`Reason::NothingLeft`]: the exclusions leave nothing;
    /// - [`Reason::NoMemory`], [`Reason::Kernel`].
    pub(crate) fn lookup(
        &self,
        target: &Target<'_>,
        exclusions: &Exclusions<'_>,
    ) -> Result<KBox<Functions>, Refusal> {
        let mut functions = self.find(target).map_err(|reason| target.refuse(reason))?;
        self.exclude(target, exclusions, &mut functions)?;
        Ok(functions)
    }

    /// Takes out what is excluded. Something must be left.
    #[inline(never)] // keeps its frame from that of its caller
    fn exclude(
        &self,
        target: &Target<'_>,
        exclusions: &Exclusions<'_>,
        functions: &mut Functions,
    ) -> Result<(), Refusal> {
        for excluded in exclusions.targets() {
            let excluded = excluded?;
            let gone = self
                .find_excluded(&excluded, target)
                .map_err(|reason| excluded.refuse(reason))?;
            functions.retain(&mut |location, _| gone.locations().binary_search(&location).is_err());
        }
        if functions.locations().is_empty() {
            return Err(target.refuse(Reason::NothingLeft));
        }
        Ok(())
    }

    /// Finds the functions of one target, without exclusions.
    fn find(&self, target: &Target<'_>) -> Result<KBox<Functions>, Reason> {
        let mut functions = self.matching(target.function(), target.module())?;
        let found = functions.locations().len();
        if target.number().is_some() {
            functions.retain(&mut |_, name| target.means(name));
        }
        if !functions.locations().is_empty() {
            return Ok(functions);
        }
        if found > 0 {
            return Err(Reason::NoNamesake);
        }
        if target.is_pattern() {
            return Err(Reason::NoMatch);
        }
        self.find_otherwise(target)
    }

    /// Finds the functions of an exclusion from a target. If that is limited to a module, only
    /// functions there matter.
    fn find_excluded(
        &self,
        excluded: &Target<'_>,
        target: &Target<'_>,
    ) -> Result<KBox<Functions>, Reason> {
        if excluded.module().is_none() && excluded.number().is_none() && target.module().is_some() {
            let functions = self.matching(excluded.function(), target.module())?;
            if !functions.locations().is_empty() {
                return Ok(functions);
            }
        }
        self.find(excluded)
    }

    /// Finds a function whose name the kernel does not show, as it shows another one; or tells why
    /// there is none.
    #[inline(never)] // keeps its frame from that of its caller
    fn find_otherwise(&self, target: &Target<'_>) -> Result<KBox<Functions>, Reason> {
        if let Some(module) = target.module() {
            // Its symbols are there before and after its functions can be hooked.
            if self.module(module, |_| Ok(()))?.is_none() {
                return Err(Reason::UnknownTarget);
            }
        }
        let symbol = find_symbol(&as_kernel(target.name())?)?;
        if let (Some(Symbol::At(start)), None) = (&symbol, target.module()) {
            let mut found = Found::new();
            self.kernel.get()?.add_beginning_at(*start, &mut found)?;
            let functions = found.into_functions()?;
            if !functions.locations().is_empty() {
                return match target.number() {
                    Some(_) => Err(Reason::NoNamesake),
                    None => Ok(functions),
                };
            }
        }
        if let Some(suffix) = self.clone_of(target)? {
            return Err(Reason::OnlyClone(suffix));
        }
        Err(match symbol {
            Some(_) => Reason::NotTraceable,
            None => Reason::UnknownTarget,
        })
    }

    /// Returns what is behind the target's name in that of a clone that ftrace can patch, if there
    /// is one.
    fn clone_of(&self, target: &Target<'_>) -> Result<Option<Suffix>, Reason> {
        let clones = CString::try_from_fmt(fmt!("{}.*", target.function()))?;
        let clones = self.matching(clones.to_str().unwrap_or_default(), target.module())?;
        let suffix = |index| {
            let name = target.function_of(clones.name(index))?;
            Suffix::new(name.strip_prefix(target.function())?)
        };
        Ok((0..clones.locations().len()).find_map(suffix))
    }

    /// Returns the functions that match a name or a pattern: those of one module, or all.
    #[inline(never)] // keeps its frame from that of its caller
    fn matching(&self, function: &str, module: Option<&str>) -> Result<KBox<Functions>> {
        let pattern = CString::try_from_fmt(fmt!("{function}"))?;
        let mut found = Found::new();
        match module {
            Some(module) => {
                self.module(module, |module| add_of_module(module, &pattern, &mut found))?;
            }
            None => {
                for module in HeldModule::all()? {
                    add_of_module(&module, &pattern, &mut found)?;
                }
                self.kernel.get()?.add_matching(&pattern, &mut found)?;
            }
        }
        found.into_functions()
    }

    /// Looks into the module of that name, as somebody wrote it, if it is there.
    fn module(&self, name: &str, look: impl FnOnce(&Module) -> Result) -> Result<Option<()>> {
        let name = as_kernel(name)?;
        let is_coming = |module: &&Module| module.name().as_bytes() == name.to_bytes();
        if let Some(module) = self.coming.filter(is_coming) {
            return look(module).map(Some);
        }
        HeldModule::by_name(&name)
            .map(|module| look(&module))
            .transpose()
    }
}

fn add_of_module(module: &Module, pattern: &CStr, found: &mut Found) -> Result {
    match Symbols::of_module(module, pattern)? {
        Some(symbols) => symbols.add_matching(pattern, Some(module.name()), found),
        None => Ok(()),
    }
}

/// What is known of a symbol.
enum Symbol {
    /// It begins at this address.
    At(usize),
    /// It is there.
    Somewhere,
}

/// Finds a symbol by its name, which may be a `module:symbol`. Without CONFIG_KPROBES, the kernel
/// tells of none.
fn find_symbol(name: &CStr) -> Result<Option<Symbol>> {
    let mut address = 0;
    // SAFETY: `name` is NUL-terminated. Sleeping is allowed here, as wherever attachments change.
    let ret = unsafe { bindings::rvdirect_find_symbol(name.as_char_ptr(), &mut address) };
    match kernel::error::to_result(ret) {
        Ok(()) => Ok(Some(Symbol::At(address))),
        Err(ENOENT) => Ok(None),
        Err(ENOMEM) => Err(ENOMEM),
        Err(_) => Ok(Some(Symbol::Somewhere)),
    }
}

/// Finds the names of functions by their locations.
pub(crate) struct Names<'a> {
    places: Places<'a>,
    symbol: KVec<u8>,
    name: KVec<u8>,
    /// The last location that was asked for, and its name with a number.
    last: Option<(usize, CString)>,
}

impl<'a> Names<'a> {
    /// Makes room for the longest name.
    pub(crate) fn new(kernel: &'a KernelSymbols) -> Result<Self> {
        let coming = None;
        Ok(Names {
            places: Places { kernel, coming },
            last: None,
            symbol: KVec::from_elem(0, SYMBOL_LEN, GFP_KERNEL)?,
            name: KVec::with_capacity(SYMBOL_LEN, GFP_KERNEL)?,
        })
    }

    /// Returns the name of the function at `location` as a target that means it alone: with its module
    /// in front if it is in one, and with its number if the name is shared.
    pub(crate) fn of(&mut self, location: usize) -> Result<&str> {
        let last = match self.last.take() {
            Some((same, name)) if same == location => name,
            _ => {
                let places = self.places;
                let name = self.without_number(location);
                let target = Target::again(name);
                let namesakes = places.matching(target.function(), target.module())?;
                let index = namesakes.locations().binary_search(&location);
                let name = index.map_or(name, |index| namesakes.name(index));
                CString::try_from_fmt(fmt!("{name}"))?
            }
        };
        let (_, name) = self.last.insert((location, last));
        Ok(name.to_str().unwrap_or_default())
    }

    /// If the function has several names, this is one of them.
    fn without_number(&mut self, location: usize) -> &str {
        let symbol: *mut u8 = self.symbol.as_mut_ptr();
        // SAFETY: The buffer is as long as the function asks for, by `new`.
        let length = unsafe { bindings::rvdirect_write_symbol(location, symbol.cast()) };
        let symbol = self.symbol.get(..length).unwrap_or_default();
        // "name [module]"
        let blank = symbol.iter().position(|byte| *byte == b' ');
        let (function, module) = symbol.split_at(blank.unwrap_or(symbol.len()));
        let module = module
            .strip_prefix(b" [")
            .and_then(|module| module.strip_suffix(b"]"));
        self.name.clear();
        let colon: &[u8] = if module.is_some() { b":" } else { b"" };
        for part in [module.unwrap_or_default(), colon, function] {
            // Cannot fail: there is room for a whole symbol, and the name is no longer.
            let _ = self.name.extend_from_slice(part, GFP_KERNEL);
        }
        core::str::from_utf8(&self.name).unwrap_or_default()
    }
}
