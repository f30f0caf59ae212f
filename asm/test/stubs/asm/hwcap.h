/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as asm/trampoline.S needs it in user space. */
#define RISCV_ISA_EXT_ZBB	30
