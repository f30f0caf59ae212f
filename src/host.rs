// SPDX-License-Identifier: GPL-2.0

//! The crate root on the host, where the parts that know nothing of the kernel are tested.

#![cfg(test)]

mod builtin;
mod command;
mod errno;
mod error_log;
mod filter;
mod function_index;
mod histogram;
mod random;
mod refusal;
mod report;
mod slot_map;
mod sort;
mod word;
