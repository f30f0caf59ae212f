/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's header, as far as asm/trampoline.S needs it in user space: one
 * instruction, which the harness may replace by another.
 */
	.macro	ALTERNATIVE old, new
	.option	push
	.option	norvc
886:	\old
	.subsection 1
888:	\new
	.previous
	.option	pop
	.pushsection alternatives, "a"
	.dword	886b, 888b
	.popsection
	.endm

#define __ALTERNATIVE_CFG(old, new, ...)	ALTERNATIVE old, new
