// SPDX-License-Identifier: GPL-2.0

//! The crate root on the host, where the parts that know nothing of the kernel are tested.

#![cfg(test)]

mod command;
mod error_log;
mod random;
mod refusal;
mod report;
mod slot_map;
