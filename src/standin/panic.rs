// SPDX-License-Identifier: GPL-2.0

//! What a panic does.

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    crate::print::print(b'0', "rust_kernel", format_args!("{info}\n"));
    // SAFETY: It may be called anywhere.
    unsafe { crate::shim::rvdirect_bug() }
}
