// SPDX-License-Identifier: GPL-2.0

//! A stand-in for the kernel's own crate of this name, for a kernel without `CONFIG_RUST`: what
//! rvdirect uses of that crate, by the same names, and nothing else.
//!
//! It stands on Rust's `alloc`, and on `shim.c` for what the kernel does. It knows no structure of
//! the kernel, so it is the same for every kernel. Memory that cannot be had is an error, never a
//! panic: `alloc` is built without what would panic.
//!
//! Where nothing is said here, it is as the kernel's crate says.

#![cfg_attr(not(test), no_std)]
#![feature(allocator_api)]

extern crate alloc as rust_alloc;

pub mod alloc;
pub mod cpu;
pub mod error;
pub mod ffi;
pub mod init;
mod module;
pub mod panic;
pub mod prelude;
pub mod print;
mod shim;
pub mod str;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod types;

pub use module::{
    Loaded,
    Module,
    ThisModule, //
};
