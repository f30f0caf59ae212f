/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as asm/trampoline.S needs it in user space. */
/*
 * User space cannot read sstatus: fcsr stands for it, and for a clock that only
 * the target moves.
 */
#define CSR_STATUS	0x003
#define SR_IE		2
#define CSR_TIME	0x003
