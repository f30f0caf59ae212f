// SPDX-License-Identifier: GPL-2.0

//! The crate root on the host, to test the rooms that do not use the kernel.

#![cfg(test)]

mod algorithm;
mod language;
mod random;
