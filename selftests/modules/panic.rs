// SPDX-License-Identifier: GPL-2.0

//! Warns and panics while it is loaded. The kernel's messages must be the same whether the kernel
//! has Rust or the module carries it.

use kernel::prelude::*;

module! {
    type: Panic,
    name: "rvdirect_test_panic",
    authors: ["The rvdirect maintainers"],
    description: "Panics in Rust, for the test of rvdirect's guest runner",
    license: "GPL",
}

struct Panic;

impl kernel::Module for Panic {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let loaded = !module.as_ptr().is_null();
        kernel::warn_on!(loaded);
        assert!(!loaded, "as asked, {}", 6 * 7);
        Ok(Panic)
    }
}
