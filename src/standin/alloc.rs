// SPDX-License-Identifier: GPL-2.0

//! Memory: the allocator under Rust's `alloc`, and its flags.

mod kbox;
mod kvec;

pub use self::{
    kbox::KBox,
    kvec::{
        KVVec,
        KVec,
        PushError,
        RemoveError, //
    },
};

use crate::{
    ffi::c_void,
    shim, //
};
use core::{
    alloc::{
        GlobalAlloc,
        Layout, //
    },
    ptr, //
};

/// There is no memory.
#[derive(Clone, Copy, Debug)]
pub struct AllocError;

/// How memory is allocated. It may always sleep.
#[derive(Clone, Copy)]
pub struct Flags {
    is_zeroed: bool,
}

/// The flags that there are.
pub mod flags {
    use super::Flags;

    /// Nothing special.
    pub const GFP_KERNEL: Flags = Flags { is_zeroed: false };

    /// New memory is zeroed.
    pub const __GFP_ZERO: Flags = Flags { is_zeroed: true };
}

impl core::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags {
            is_zeroed: self.is_zeroed | other.is_zeroed,
        }
    }
}

/// The kernel's allocator.
struct Kvmalloc;

#[cfg_attr(not(test), global_allocator)]
#[cfg_attr(
    test,
    expect(dead_code, reason = "the tests have an allocator of their own")
)]
static KVMALLOC: Kvmalloc = Kvmalloc;

/// Returns how many bytes to ask the kernel for: so many that it aligns them as `layout` demands.
pub(crate) fn size(layout: Layout) -> usize {
    layout.pad_to_align().size()
}

// SAFETY: The functions of C keep to the contract: `size` makes them align the memory. No layout is
// aligned to more than a page.
unsafe impl GlobalAlloc for Kvmalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: Nothing is to be reallocated.
        unsafe { shim::rvdirect_reallocate(ptr::null_mut(), size(layout)).cast() }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _layout: Layout) {
        // SAFETY: The memory comes from here, by the requirements of this function.
        unsafe { shim::rvdirect_free(memory.cast::<c_void>()) };
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: By the requirements of this function, the new size can be aligned like that.
        let layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: The memory comes from here, by the same requirements.
        unsafe { shim::rvdirect_reallocate(memory.cast(), size(layout)).cast() }
    }
}
