// SPDX-License-Identifier: GPL-2.0

//! What a panic and a warning do.

/// Warns, with the registers and the stack.
pub fn warn() {
    // SAFETY: It may be called anywhere.
    unsafe { crate::shim::rvdirect_warn() }
}

/// Warns if the condition is true, and returns it.
#[macro_export]
macro_rules! warn_on {
    ($condition:expr) => {{
        let is_true: bool = $condition;
        if is_true {
            $crate::panic::warn();
        }
        is_true
    }};
}

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    crate::print::print(b'0', "rust_kernel", format_args!("{info}\n"));
    // SAFETY: It may be called anywhere.
    unsafe { crate::shim::rvdirect_bug() }
}
