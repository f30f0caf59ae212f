# SPDX-License-Identifier: GPL-2.0
#
# How a module in Rust is linked for a kernel without CONFIG_RUST: with what it
# uses of the Rust that lies here. In the Kbuild file of a module that has more
# than one object:
#
#   -include $(objtree)/rvdirect-runtime/runtime.mk
#   LDFLAGS_module.o := $(ldflags-rust-runtime)
#
# There is no __wrap__dev_printk(): a module that prints so does not link, rather
# than have the kernel warn of a format that it does not know.

ldflags-rust-runtime := --wrap=_printk --wrap=seq_printf --wrap=_dev_printk \
	--gc-sections -e init_module -u cleanup_module \
	-T @runtime@/link.lds @runtime@/runtime.o
