// SPDX-License-Identifier: GPL-2.0

//! Assembles the real `asm/trampoline.S` for RISC-V, against stub headers, and links it with the
//! harness that `asm/test/trampoline.rs` runs under qemu-user.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    // The same choice as in scripts/lib.sh.
    let llvm = env::var("LLVM").unwrap_or_else(|_| match Command::new("clang-22").output() {
        Ok(_) => "-22".to_string(),
        Err(_) => "1".to_string(),
    });
    let tool = |name: &str| match llvm.as_str() {
        prefix if prefix.ends_with('/') => format!("{prefix}{name}"),
        suffix if suffix.starts_with('-') => format!("{name}{suffix}"),
        _ => name.to_string(),
    };
    let objects = cc::Build::new()
        .compiler(tool("clang"))
        .target("riscv64gc-unknown-linux-gnu")
        .no_default_flags(true)
        .flag("--target=riscv64-linux-gnu")
        .define("CONFIG_FRAME_POINTER", None)
        .define("CONFIG_VMAP_STACK", None)
        .flag("-march=rv64imac_zicsr")
        .flag("-mabi=lp64")
        .flag("-ffreestanding")
        .flag("-fno-stack-protector")
        .flag("-mno-relax")
        .flag("-nostdinc")
        .flag("-O1")
        .flag("-Wall")
        .flag("-Werror")
        .include("asm/test/stubs")
        .file("asm/trampoline.S")
        .file("asm/test/enter.S")
        .file("asm/test/harness.c")
        .compile_intermediates();

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let harness = out.join("harness");
    let linked = Command::new(tool("ld.lld"))
        // The harness replaces instructions, as the module loader does.
        .args(["-static", "--omagic", "-o"])
        .arg(&harness)
        .args(&objects)
        .status()
        .expect("ld.lld is installed by scripts/setup");
    assert!(linked.success(), "linking the harness failed");

    println!("cargo::rustc-env=HARNESS={}", harness.display());
    println!("cargo::rustc-env=OBJDUMP={}", tool("llvm-objdump"));
    println!("cargo::rustc-env=TRAMPOLINE_O={}", objects[0].display());
    println!("cargo::rerun-if-env-changed=LLVM");
    println!("cargo::rerun-if-changed=asm");
}
