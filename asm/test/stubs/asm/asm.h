/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as asm/trampoline.S needs it in user space. */
#define REG_S	sd
#define REG_L	ld
#define SZREG	8
