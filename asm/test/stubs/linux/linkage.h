/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as asm/trampoline.S needs it in user space. */
#define SYM_L_GLOBAL(name)		.globl name
#define SYM_L_LOCAL(name)
#define SYM_CODE_START(name)		.globl name; .balign 4; name:
#define SYM_CODE_END(name)		.size name, . - name
#define SYM_INNER_LABEL(name, linkage)	linkage(name); name:
#define SYM_DATA_START(name)		.globl name; name:
#define SYM_DATA_END(name)		.size name, . - name
#define SYM_CODE_START_LOCAL(name)	.balign 4; name:
