// SPDX-License-Identifier: GPL-2.0

//! The ways into the module: its files, and its parameter `attach`. Uses `registry` and the rooms
//! below it.

pub(crate) mod debugfs;
pub(crate) mod load_time;
mod log;
mod session;
