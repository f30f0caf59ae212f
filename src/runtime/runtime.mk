# SPDX-License-Identifier: GPL-2.0
#
# How to link a module in Rust for a kernel without CONFIG_RUST: with those
# parts of the Rust libraries here that it uses. For the Kbuild file of a module
# that has more than one object:
#
#   -include $(objtree)/rvdirect-runtime/runtime.mk
#   LDFLAGS_module.o := $(ldflags-rust-runtime)
#
# There is no __wrap__dev_printk(), so a module that prints that way does not
# link. Otherwise the kernel would warn about a format that it does not know.

ldflags-rust-runtime := --wrap=_printk --wrap=seq_printf --wrap=_dev_printk \
	--gc-sections -e init_module -u cleanup_module \
	-T @runtime@/link.lds @runtime@/runtime.o
