// SPDX-License-Identifier: GPL-2.0

//! The ways into the module: its files, and what it is told when it is loaded. Uses `registry` and what
//! is below it.

pub(crate) mod debugfs;
pub(crate) mod load_time;
mod log;
mod session;
