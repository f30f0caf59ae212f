// SPDX-License-Identifier: GPL-2.0

//! Translates the name of a target, or a pattern, to functions, and functions back to names.
//!
//! The kernel exports no function that looks up a name, but it exports probes that take names. So
//! this registers a probe, reads what it found, and unregisters it at once.

use crate::{
    abstraction::{
        functions::Functions,
        zeroed::zeroed, //
    },
    algorithm::sort::sort_by_key,
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
    str::CString,
    types::Opaque, //
};

const _: () = assert!(MAX_NAME == bindings::KSYM_NAME_LEN as usize - 1);

/// Finds the functions that `target` means and `exclusions` do not, in the kernel and in its
/// modules. There is at least one. Their locations are as ftrace records them.
///
/// # Errors
///
/// - [`Reason::UnknownTarget`]: no symbol has that name;
/// - [`Reason::NotTraceable`]: a symbol has that name, but ftrace cannot patch it;
/// - [`Reason::OnlyClone`]: ftrace cannot patch such a symbol, but a clone of the function;
/// - [`Reason::NoNamesake`]: there are functions of that name, but not so many;
/// - [`Reason::NoMatch`]: nothing that ftrace can patch matches the pattern;
/// - [`Reason::NothingLeft`]: the exclusions leave nothing;
/// - [`Reason::NoMemory`], [`Reason::Kernel`].
pub(crate) fn lookup(
    target: &Target<'_>,
    exclusions: &Exclusions<'_>,
) -> Result<Functions, Refusal> {
    let mut functions = lookup_one(target).map_err(|reason| target.refuse(reason))?;
    for excluded in exclusions.targets() {
        let excluded = excluded?;
        let gone = lookup_one(&excluded).map_err(|reason| excluded.refuse(reason))?;
        functions.retain(&mut |location, _| gone.locations().binary_search(&location).is_err());
    }
    if functions.locations().is_empty() {
        return Err(target.refuse(Reason::NothingLeft));
    }
    Ok(functions)
}

/// Returns whether the module that the target names is loaded, or is being loaded.
#[inline(never)] // keeps its frame from that of its caller
pub(crate) fn is_loaded(target: &Target<'_>) -> Result<bool> {
    let module = as_kernel(target.module().unwrap_or_default())?;
    // SAFETY: `module` is NUL-terminated.
    Ok(unsafe { bindings::rvdirect_is_loaded(module.as_char_ptr()) })
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

/// Removes functions of modules that ftrace does not know yet or is about to forget: if they were
/// hooked, they could not be unhooked. ftrace knows the functions of the module `coming`.
#[inline(never)] // keeps its frame from that of its caller
pub(crate) fn keep_settled(functions: &mut Functions, coming: Option<&str>) -> Result {
    let mut name = CString::try_from_fmt(fmt!(""))?;
    let mut error = None;
    functions.retain(&mut |location, symbol| {
        let Some((module, _)) = symbol.split_once(':') else {
            // A function of the kernel itself, or one whose module is gone meanwhile.
            return !symbol.starts_with("0x");
        };
        if coming == Some(module) {
            return true;
        }
        if name.to_bytes() != module.as_bytes() {
            match CString::try_from_fmt(fmt!("{module}")) {
                Ok(other) => name = other,
                Err(e) => error = Some(e),
            }
        }
        // SAFETY: `name` is NUL-terminated.
        unsafe { bindings::rvdirect_is_settled(location, name.as_char_ptr()) }
    });
    error.map_or(Ok(()), Err)
}

/// Looks up one target, without exclusions.
fn lookup_one(target: &Target<'_>) -> Result<Functions, Reason> {
    let name = CString::try_from_fmt(fmt!("{}", target.function()))?;
    let mut functions = Functions::at(traceable(&name)?)?;
    let found = functions.locations().len();
    if target.module().is_some() || target.number().is_some() {
        functions.retain(&mut |_, name| target.means(name));
    }
    if !functions.locations().is_empty() {
        return Ok(functions);
    }
    if found > 0 && target.number().is_some() {
        return Err(Reason::NoNamesake);
    }
    if target.is_pattern() {
        return Err(Reason::NoMatch);
    }
    if let Some(suffix) = clone_of(target)? {
        return Err(Reason::OnlyClone(suffix));
    }
    let name = as_kernel(target.name())?;
    if is_symbol(&name)? {
        Err(Reason::NotTraceable)
    } else {
        Err(Reason::UnknownTarget)
    }
}

/// Returns what is behind the target's name in that of a clone that ftrace can patch, if there is
/// one.
#[inline(never)] // keeps its frame from that of its caller
fn clone_of(target: &Target<'_>) -> Result<Option<Suffix>, Reason> {
    let clones = CString::try_from_fmt(fmt!("{}.*", target.function()))?;
    let clones = Functions::at(traceable(&clones)?)?;
    let suffix = |index| {
        let name = target.function_of(clones.name(index))?;
        Suffix::new(name.strip_prefix(target.function())?)
    };
    Ok((0..clones.locations().len()).find_map(suffix))
}

/// Returns the locations of all functions that match `name` and that ftrace can patch.
#[inline(never)] // keeps its frame from that of its caller
fn traceable(name: &CStr) -> Result<KVVec<usize>, Reason> {
    // Disabled and without a handler, as it only serves to find the functions.
    let probe = zeroed::<bindings::fprobe>()?;
    // SAFETY: Nobody else knows of it.
    unsafe { (*probe.get()).flags = bindings::FPROBE_FL_DISABLED };
    // SAFETY: `probe` points to an `fprobe` that is set up as its documentation says, and stays in
    // place until it is unregistered below. `name` is NUL-terminated.
    let ret =
        unsafe { bindings::register_fprobe(probe.get(), name.as_char_ptr(), core::ptr::null()) };
    match kernel::error::to_result(ret) {
        Ok(()) => {}
        Err(ENOENT) => return Ok(KVVec::new()),
        Err(e) => return Err(e.into()),
    }

    let locations = locations_of(&probe);
    // SAFETY: It is registered.
    unsafe { bindings::unregister_fprobe(probe.get()) };
    locations
}

/// Returns the locations of a registered `fprobe`, sorted.
fn locations_of(probe: &Opaque<bindings::fprobe>) -> Result<KVVec<usize>, Reason> {
    // SAFETY: While the probe is registered, `hlist_array` points to a list that stays in place.
    let (size, nodes) = unsafe {
        let list = (*probe.get()).hlist_array;
        ((*list).size, (&raw const (*list).array).cast())
    };
    let nodes: *const bindings::fprobe_hlist_node = nodes;
    let size = usize::try_from(size).unwrap_or(0);
    let mut locations = KVVec::with_capacity(size, GFP_KERNEL)?;
    for index in 0..size {
        // SAFETY: The list has `size` nodes. Others may write to other members of a node, but its
        // address does not change.
        let location = unsafe { (&raw const (*nodes.add(index)).addr).read() };
        locations.push(location, GFP_KERNEL)?;
    }
    sort_by_key(&mut locations, |location| *location);
    // A function with several names has an element for each of them.
    let mut last = None;
    locations.retain(|location| last.replace(*location) != Some(*location));
    Ok(locations)
}

/// Returns whether the kernel knows a symbol of that name, which may be a `module:symbol`.
#[inline(never)] // keeps its frame from that of its caller
fn is_symbol(name: &CStr) -> Result<bool, Reason> {
    let probe = zeroed::<bindings::kprobe>()?;
    // SAFETY: Nobody else knows of it.
    unsafe {
        (*probe.get()).symbol_name = name.as_char_ptr();
        (*probe.get()).flags = bindings::KPROBE_FLAG_DISABLED;
    }
    // SAFETY: `probe` points to a `kprobe` that is set up as its documentation says, and stays in
    // place until it is unregistered. It is disabled: it does not change the kernel's text.
    let ret = unsafe { bindings::register_kprobe(probe.get()) };
    match kernel::error::to_result(ret) {
        Ok(()) => {
            // SAFETY: It is registered.
            unsafe { bindings::unregister_kprobe(probe.get()) };
            Ok(true)
        }
        Err(ENOENT) => Ok(false),
        Err(ENOMEM) => Err(Reason::NoMemory),
        // The symbol exists, but a kprobe cannot be placed there.
        Err(_) => Ok(true),
    }
}

/// Finds the names of functions by their locations.
pub(crate) struct Names {
    symbol: KVec<u8>,
    name: KVec<u8>,
}

impl Names {
    /// Makes room for the longest name.
    pub(crate) fn new() -> Result<Self> {
        // At least `KSYM_SYMBOL_LEN`, which bindgen cannot evaluate: it is for
        // "%s+%#lx/%#lx [%s %s]".
        const SYMBOL_LEN: usize = bindings::KSYM_NAME_LEN as usize + 256;

        Ok(Names {
            symbol: KVec::from_elem(0, SYMBOL_LEN, GFP_KERNEL)?,
            name: KVec::with_capacity(SYMBOL_LEN, GFP_KERNEL)?,
        })
    }

    /// Returns the name of the function at `location` as a target, with its module in front if it
    /// is in one. If the function has several names, this is one of them.
    pub(crate) fn of(&mut self, location: usize) -> &str {
        let symbol: *mut u8 = self.symbol.as_mut_ptr();
        // SAFETY: The buffer is as long as the function asks for, by `new`.
        let length = unsafe { bindings::sprint_symbol_no_offset(symbol.cast(), location) };
        let symbol = usize::try_from(length)
            .ok()
            .and_then(|length| self.symbol.get(..length))
            .unwrap_or_default();
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
