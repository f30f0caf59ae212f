// SPDX-License-Identifier: GPL-2.0

//! Calls as the source has them: arguments, members and results by the types of the running kernel.

#[cfg(test)]
pub mod blob;
pub mod btf;
pub mod complete;
pub mod condition;
pub mod expression;
pub mod names;
pub mod place;
pub mod probe;
#[cfg(test)]
mod psabi;
pub mod value;
