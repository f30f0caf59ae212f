// SPDX-License-Identifier: GPL-2.0

//! From the name of a target, or a pattern, to the functions that it means, and back.
//!
//! The kernel exports no function that looks up a name. What it does export are the probes that
//! take names: this asks fprobe, and lets go at once.

use crate::{
    abstraction::functions::Functions,
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
            Refusal, //
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
/// modules.
///
/// Returns their locations, as ftrace records them, sorted; at least one.
///
/// # Errors
///
/// - [`Reason::UnknownTarget`]: nothing has that name;
/// - [`Reason::NotTraceable`]: something has, but nothing that ftrace could patch;
/// - [`Reason::NoMatch`]: nothing that ftrace could patch matches that pattern;
/// - [`Reason::NothingLeft`]: all is excluded;
/// - [`Reason::NoMemory`], [`Reason::Kernel`].
pub(crate) fn lookup(
    target: &Target<'_>,
    exclusions: &Exclusions<'_>,
) -> Result<KVVec<usize>, Refusal> {
    let mut locations = lookup_one(target).map_err(|reason| target.refuse(reason))?;
    for excluded in exclusions.targets() {
        let excluded = excluded?;
        let gone = lookup_one(&excluded).map_err(|reason| excluded.refuse(reason))?;
        locations.retain(|location| gone.binary_search(location).is_err());
    }
    if locations.is_empty() {
        return Err(target.refuse(Reason::NothingLeft));
    }
    Ok(locations)
}

/// Whether the module is there, or on its way, that the target names.
pub(crate) fn is_loaded(target: &Target<'_>) -> Result<bool> {
    let module = as_kernel(target.module().unwrap_or_default())?;
    // SAFETY: `module` is a string with a terminator.
    Ok(unsafe { bindings::rvdirect_is_loaded(module.as_char_ptr()) })
}

/// A text in which the kernel writes the names of modules with `_` for each `-`.
fn as_kernel(text: &str) -> Result<CString> {
    let mut name = KVec::with_capacity(text.len() + 1, GFP_KERNEL)?;
    for byte in text.bytes() {
        name.push(if byte == b'-' { b'_' } else { byte }, GFP_KERNEL)?;
    }
    name.push(0, GFP_KERNEL)?;
    let name = CStr::from_bytes_with_nul(&name).map_err(|_| EINVAL)?;
    Ok(CString::try_from(name)?)
}

/// Takes out functions of modules that ftrace does not know yet, or is about to forget: what is
/// hooked of them could not be unhooked. Those of the module `coming` it knows.
pub(crate) fn keep_settled(functions: &mut Functions, coming: Option<&str>) -> Result {
    let mut name = CString::try_from_fmt(fmt!(""))?;
    let mut error = None;
    functions.retain(|location, symbol| {
        let Some((module, _)) = symbol.split_once(':') else {
            // The kernel's own, unless it was a function of a module that is gone meanwhile.
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
        // SAFETY: `name` is a string with a terminator.
        unsafe { bindings::rvdirect_is_settled(location, name.as_char_ptr()) }
    });
    error.map_or(Ok(()), Err)
}

/// The same for a target by itself.
fn lookup_one(target: &Target<'_>) -> Result<KVVec<usize>, Reason> {
    let name = CString::try_from_fmt(fmt!("{}", target.function()))?;
    let mut locations = traceable(&name)?;
    if target.module().is_some() {
        let mut names = Names::new()?;
        locations.retain(|location| {
            let name = names.of(*location).split_once(':');
            name.is_some_and(|(module, _)| target.is_of_module(module))
        });
    }
    if !locations.is_empty() {
        return Ok(locations);
    }
    if target.is_pattern() {
        return Err(Reason::NoMatch);
    }
    let name = as_kernel(target.text())?;
    if is_symbol(&name)? {
        Err(Reason::NotTraceable)
    } else {
        Err(Reason::UnknownTarget)
    }
}

/// The locations of all functions of that name, or pattern, that ftrace can patch.
fn traceable(name: &CStr) -> Result<KVVec<usize>, Reason> {
    // Without a handler and disabled, as it is only there to find the functions.
    let probe = KBox::new(
        Opaque::new(bindings::fprobe {
            flags: bindings::FPROBE_FL_DISABLED,
            ..Default::default()
        }),
        GFP_KERNEL,
    )?;
    // SAFETY: `probe` points to an `fprobe` that is set up as its documentation says, and stays in
    // place until it is unregistered below. `name` is a string with a terminator.
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

/// The locations of a registered `fprobe`, sorted.
fn locations_of(probe: &Opaque<bindings::fprobe>) -> Result<KVVec<usize>, Reason> {
    // SAFETY: As it is registered, `hlist_array` points to a list that stays until it is not.
    let (size, nodes) = unsafe {
        let list = (*probe.get()).hlist_array;
        ((*list).size, (&raw const (*list).array).cast())
    };
    let nodes: *const bindings::fprobe_hlist_node = nodes;
    let size = usize::try_from(size).unwrap_or(0);
    let mut locations = KVVec::with_capacity(size, GFP_KERNEL)?;
    for index in 0..size {
        // SAFETY: The list has `size` nodes. Others may write to what else a node has, but its
        // address stays as it is.
        let location = unsafe { (&raw const (*nodes.add(index)).addr).read() };
        locations.push(location, GFP_KERNEL)?;
    }
    sort_by_key(&mut locations, |location| *location);
    // A function has an element for each of its names.
    let mut last = None;
    locations.retain(|location| last.replace(*location) != Some(*location));
    Ok(locations)
}

/// Whether the kernel knows any symbol of that name, `module:symbol` included.
fn is_symbol(name: &CStr) -> Result<bool, Reason> {
    let probe = KBox::new(
        Opaque::new(bindings::kprobe {
            symbol_name: name.as_char_ptr(),
            flags: bindings::KPROBE_FLAG_DISABLED,
            ..Default::default()
        }),
        GFP_KERNEL,
    )?;
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
        // There is such a symbol, but no place for a kprobe.
        Err(_) => Ok(true),
    }
}

/// Tells names of functions by their locations.
pub(crate) struct Names {
    symbol: KVec<u8>,
    name: KVec<u8>,
}

impl Names {
    /// Has room for any one.
    pub(crate) fn new() -> Result<Self> {
        // As long as `KSYM_SYMBOL_LEN`, which bindgen cannot evaluate: for
        // "%s+%#lx/%#lx [%s %s]".
        const SYMBOL_LEN: usize = bindings::KSYM_NAME_LEN as usize + 256;

        Ok(Names {
            symbol: KVec::from_elem(0, SYMBOL_LEN, GFP_KERNEL)?,
            name: KVec::with_capacity(SYMBOL_LEN, GFP_KERNEL)?,
        })
    }

    /// The name of the function at `location`, one of them if it has several, as a target: behind
    /// that of its module if it is in one.
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
            // Cannot fail: it is no longer than the symbol.
            let _ = self.name.extend_from_slice(part, GFP_KERNEL);
        }
        core::str::from_utf8(&self.name).unwrap_or_default()
    }
}
