// SPDX-License-Identifier: GPL-2.0
/* For a kernel without Rust: what the modules in Rust stand on. */
#include "../../src/standin/shim.c"
