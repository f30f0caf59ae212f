// SPDX-License-Identifier: GPL-2.0

//! An example to copy: a direct caller in Rust.
//!
//! `big_args` counts calls with a great third argument, such as the size of a `vfs_read`:
//!
//! ```text
//! insmod rvdirect_example_rust.ko
//! echo 'vfs_read big_args' > /sys/kernel/debug/rvdirect/attach
//! ```

use core::sync::atomic::{
    AtomicU64,
    Ordering, //
};
use kernel::prelude::*;

#[path = "../../src/rvdirect_caller.rs"]
#[allow(dead_code, reason = "an example uses a part of it")]
#[allow(unreachable_pub, reason = "it is not this module's own")]
mod rvdirect_caller;

use rvdirect_caller::{
    Call,
    DirectCaller,
    Registration, //
};

module! {
    type: Example,
    name: "rvdirect_example_rust",
    authors: ["The rvdirect maintainers"],
    description: "A direct caller in Rust, for rvdirect",
    license: "GPL",
}

/// The smallest third argument that counts as great.
const AT_LEAST: u64 = 4096;

static BIG: AtomicU64 = AtomicU64::new(0);

struct BigArgs;

// SAFETY: The handler takes no lock, does not sleep and changes no argument: it reads one, and adds
// to an atomic.
unsafe impl DirectCaller for BigArgs {
    const NAME: &'static CStr = c"big_args";
    const DESCRIPTION: &'static CStr = c"counts calls whose third argument is great";
    const ENTRY: Option<fn(&mut Call)> = Some(count_if_big);
}

fn count_if_big(call: &mut Call) {
    if call.args()[2] as u64 >= AT_LEAST {
        BIG.fetch_add(1, Ordering::Relaxed);
    }
}

struct Example {
    _caller: Registration<BigArgs>,
}

impl kernel::Module for Example {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Example {
            _caller: Registration::new(module)?,
        })
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        pr_info!(
            "{} calls with a great argument\n",
            BIG.load(Ordering::Relaxed)
        );
    }
}
