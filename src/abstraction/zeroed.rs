// SPDX-License-Identifier: GPL-2.0

//! Structures of C in memory that is zeroed in place: they are too large for the kernel's stack.

use kernel::{
    alloc::flags::__GFP_ZERO,
    prelude::*,
    types::Opaque, //
};

/// Makes a structure whose bytes are all zero, as those of a static one are at first.
pub(crate) fn zeroed<T>() -> Result<KBox<Opaque<T>>> {
    let zeroed = KBox::<Opaque<T>>::new_uninit(GFP_KERNEL | __GFP_ZERO)?;
    // SAFETY: Any bytes are an `Opaque`.
    Ok(unsafe { zeroed.assume_init() })
}
