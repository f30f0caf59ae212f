// SPDX-License-Identifier: GPL-2.0

//! From the name of a target to the functions that it means.
//!
//! The kernel exports no function that looks up a name. What it does export are the probes that
//! take names: this asks fprobe, and lets go at once.

use crate::{
    bindings,
    command::{
        Target,
        MAX_NAME, //
    },
    refusal::Reason, //
};
use kernel::{
    prelude::*,
    str::CString,
    types::Opaque, //
};

const _: () = assert!(MAX_NAME == bindings::KSYM_NAME_LEN as usize - 1);

/// Finds the functions that `target` means, in the kernel and in its modules.
///
/// Returns their locations, as ftrace records them, in no particular order; at least one.
///
/// # Errors
///
/// - [`Reason::UnknownTarget`]: nothing has that name;
/// - [`Reason::NotTraceable`]: something has, but nothing that ftrace could patch;
/// - [`Reason::NoMemory`], [`Reason::Kernel`].
pub(crate) fn lookup(target: &Target<'_>) -> Result<KVec<usize>, Reason> {
    let name = CString::try_from_fmt(fmt!("{}", target.function()))?;
    let mut locations = traceable(&name)?;
    if let Some(module) = target.module() {
        let mut buffer = symbol_buffer()?;
        locations.retain(|location| is_in_module(*location, module, &mut buffer));
    }
    if !locations.is_empty() {
        return Ok(locations);
    }
    let name = CString::try_from_fmt(fmt!("{}", target.text()))?;
    if is_symbol(&name)? {
        Err(Reason::NotTraceable)
    } else {
        Err(Reason::UnknownTarget)
    }
}

/// The locations of all functions of that name that ftrace can patch.
fn traceable(name: &CStr) -> Result<KVec<usize>, Reason> {
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
        Err(ENOENT) => return Ok(KVec::new()),
        Err(e) => return Err(e.into()),
    }

    let locations = locations_of(&probe);
    // SAFETY: It is registered.
    unsafe { bindings::unregister_fprobe(probe.get()) };
    locations
}

/// The locations of a registered `fprobe`.
fn locations_of(probe: &Opaque<bindings::fprobe>) -> Result<KVec<usize>, Reason> {
    // SAFETY: As it is registered, `hlist_array` points to a list that stays until it is not.
    let (size, nodes) = unsafe {
        let list = (*probe.get()).hlist_array;
        ((*list).size, (&raw const (*list).array).cast())
    };
    let nodes: *const bindings::fprobe_hlist_node = nodes;
    let mut locations = KVec::new();
    for index in 0..usize::try_from(size).unwrap_or(0) {
        // SAFETY: The list has `size` nodes. Others may write to what else a node has, but its
        // address stays as it is.
        let location = unsafe { (&raw const (*nodes.add(index)).addr).read() };
        if !locations.contains(&location) {
            locations.push(location, GFP_KERNEL)?;
        }
    }
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

/// A buffer as long as `KSYM_SYMBOL_LEN`, which bindgen cannot evaluate: for
/// "%s+%#lx/%#lx [%s %s]".
fn symbol_buffer() -> Result<KVec<u8>, Reason> {
    const SYMBOL_LEN: usize = bindings::KSYM_NAME_LEN as usize + 256;

    Ok(KVec::from_elem(0, SYMBOL_LEN, GFP_KERNEL)?)
}

/// Whether `location` is in the module of that name.
fn is_in_module(location: usize, module: &str, buffer: &mut KVec<u8>) -> bool {
    // SAFETY: The buffer is as long as the function asks for, by `symbol_buffer`.
    let length = unsafe { bindings::sprint_symbol_no_offset(buffer.as_mut_ptr().cast(), location) };
    let symbol = usize::try_from(length)
        .ok()
        .and_then(|length| buffer.get(..length))
        .unwrap_or_default();
    // "name [module]"
    symbol
        .strip_suffix(b"]")
        .and_then(|symbol| symbol.strip_suffix(module.as_bytes()))
        .is_some_and(|symbol| symbol.ends_with(b" ["))
}
