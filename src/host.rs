// SPDX-License-Identifier: GPL-2.0

//! The crate root on the host, where the rooms that know nothing of the kernel are tested.

#![cfg(test)]

mod algorithm;
mod language;
mod random;
