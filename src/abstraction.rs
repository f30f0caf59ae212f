// SPDX-License-Identifier: GPL-2.0

//! Safe abstractions over the kernel's interfaces. Uses `language` and `algorithm`.

pub(crate) mod background;
pub(crate) mod cgroup;
pub(crate) mod file;
pub(crate) mod ftrace;
pub(crate) mod function;
pub(crate) mod functions;
pub(crate) mod kernel_symbols;
pub(crate) mod lockdown;
pub(crate) mod module;
pub(crate) mod module_notifier;
pub(crate) mod parameters;
mod symbols;
