// SPDX-License-Identifier: GPL-2.0

//! Generated bindings, in quarantine: only the modules that wrap them in safe types use them.

#![allow(
    clippy::all,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

include!("bindings_generated.rs");

// Without direct calls, the kernel declares these functions inline, and bindgen leaves them out:
// the build then fails here. The generated code itself checks the size and the offsets of each type
// against what the C compiler says.
const _: unsafe extern "C" fn(*mut ftrace_ops, usize) -> ::kernel::ffi::c_int =
    register_ftrace_direct;
const _: () = assert!(::core::mem::offset_of!(ftrace_ops, direct_call) > 0);
