// SPDX-License-Identifier: GPL-2.0

//! The trampolines of `asm/trampoline.S`, and the memory that they work with. Uses `abstraction` and
//! what is below it.

pub(crate) mod function_counts;
pub(crate) mod gate;
pub(crate) mod handlers;
pub(crate) mod in_flight;
pub(crate) mod latency;
mod line;
pub(crate) mod own_event;
pub(crate) mod slot;
pub(crate) mod slot_data;
