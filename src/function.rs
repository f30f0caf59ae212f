// SPDX-License-Identifier: GPL-2.0

//! From the name of a target to the functions that it means.
//!
//! The kernel exports no function that looks up a name. What it does export are the probes that
//! take names: this asks fprobe, and lets go at once.

use crate::{
    bindings,
    command::Target,
    refusal::Reason, //
};
use core::slice;
use kernel::{
    prelude::*,
    str::CString,
    types::Opaque, //
};

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
        locations.retain(|location| is_in_module(*location, module));
    }
    if !locations.is_empty() {
        return Ok(locations);
    }
    let name = CString::try_from_fmt(fmt!("{}", target.text()))?;
    if is_symbol(&name) {
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
        // EINVAL: what the name meant was in a module that is going.
        Err(e) if e == ENOENT || e == EINVAL => return Ok(KVec::new()),
        Err(e) => return Err(e.into()),
    }

    // SAFETY: The `fprobe` is registered, so `hlist_array` points to as many nodes as `size` says,
    // which neither change nor go away until it is unregistered.
    let nodes = unsafe {
        let list = (*probe.get()).hlist_array;
        let size = usize::try_from((*list).size).unwrap_or(0);
        slice::from_raw_parts((*list).array.as_ptr(), size)
    };
    let mut locations = KVec::with_capacity(nodes.len(), GFP_KERNEL);
    if let Ok(locations) = &mut locations {
        for node in nodes {
            if !locations.contains(&node.addr) {
                // Cannot fail: the room was made above.
                let _ = locations.push_within_capacity(node.addr);
            }
        }
    }
    // SAFETY: It is registered. `nodes` is not used any more.
    unsafe { bindings::unregister_fprobe(probe.get()) };
    Ok(locations?)
}

/// Whether the kernel knows any symbol of that name, `module:symbol` included.
fn is_symbol(name: &CStr) -> bool {
    let Ok(probe) = KBox::new(
        Opaque::new(bindings::kprobe {
            symbol_name: name.as_char_ptr(),
            flags: bindings::KPROBE_FLAG_DISABLED,
            ..Default::default()
        }),
        GFP_KERNEL,
    ) else {
        return false;
    };
    // SAFETY: `probe` points to a `kprobe` that is set up as its documentation says, and stays in
    // place until it is unregistered. It is disabled: it does not change the kernel's text.
    let ret = unsafe { bindings::register_kprobe(probe.get()) };
    if ret == 0 {
        // SAFETY: It is registered.
        unsafe { bindings::unregister_kprobe(probe.get()) };
    }
    // Other errors say that there is such a symbol, but no place for a kprobe.
    ret != ENOENT.to_errno()
}

/// Whether `location` is in the module of that name.
fn is_in_module(location: usize, module: &str) -> bool {
    // As long as KSYM_SYMBOL_LEN, which bindgen cannot evaluate: "%s+%#lx/%#lx [%s %s]".
    const SYMBOL_LEN: usize = bindings::KSYM_NAME_LEN as usize + 256;
    let Ok(mut buffer) = KVec::from_elem(0u8, SYMBOL_LEN, GFP_KERNEL) else {
        return false;
    };
    // SAFETY: The buffer is as long as the function asks for.
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
