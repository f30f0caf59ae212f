// SPDX-License-Identifier: GPL-2.0

//! Algorithms: numbers in, numbers out. Uses no other room, and knows nothing of the kernel.

pub(crate) mod function_index;
pub(crate) mod hash;
pub(crate) mod namesakes;
pub(crate) mod slot_map;
pub(crate) mod sort;
