// SPDX-License-Identifier: GPL-2.0

//! The language of the files: parses text into commands, and prints what the files show. Uses no
//! other room, and not the kernel.

pub(crate) mod builtin;
pub(crate) mod command;
pub(crate) mod errno;
pub(crate) mod error_log;
pub(crate) mod escape;
pub(crate) mod fetch;
pub(crate) mod filter;
pub(crate) mod histogram;
pub(crate) mod never_returns;
pub(crate) mod outcome;
pub(crate) mod own_event;
pub(crate) mod refusal;
mod register;
pub(crate) mod report;
pub(crate) mod session;
mod word;
