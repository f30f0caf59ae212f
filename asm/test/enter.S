/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void enter_trampoline(u64 in[32], const void *trampoline)
 *
 * Enters the trampoline as a call site does. All registers are as in in[], but
 * t0 and t1 have the values of a call site. The trampoline may go on to:
 *
 *	resume		the target: stores what it finds in seen_registers and
 *			seen_stack. If the trampoline calls the target, it then
 *			returns with junk in all registers that it may change
 *	returned	the target's caller, if in[1] is its address: stores
 *			what it finds in out_registers
 *
 * While the trampoline runs, the test keeps nothing in registers: what it needs
 * afterwards is in memory, and it gets there by t1, which is free then.
 */
#include <asm/csr.h>

#include "../trampoline.h"

	.macro	each_register op, base
	\op	x1, 8 * 1(\base)
	\op	x2, 8 * 2(\base)
	\op	x3, 8 * 3(\base)
	\op	x4, 8 * 4(\base)
	\op	x7, 8 * 7(\base)
	\op	x8, 8 * 8(\base)
	\op	x9, 8 * 9(\base)
	.irp	n, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	\op	x\n, 8 * \n(\base)
	.endr
	.irp	n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\n, 8 * \n(\base)
	.endr
	.endm

	.option	norelax
	.text
	.globl	_start
_start:
	la	gp, __global_pointer$
	mv	a0, sp
	call	harness

	.globl	enter_trampoline
enter_trampoline:
	la	t1, harness_registers
	each_register sd, t1
	la	t1, trampoline_address
	sd	a1, 0(t1)

	mv	t1, a0
	each_register ld, t1
	la	t0, resume
	la	t1, trampoline_address
	ld	t1, 0(t1)
	jr	t1

resume:
	la	t1, seen_registers
	each_register sd, t1
	sd	t0, 8 * 5(t1)
	la	t1, seen_stack
	la	t2, seen_words
	ld	t2, 0(t2)
	slli	t2, t2, 3
	add	t2, t2, t1
	mv	t3, sp
1:	beq	t1, t2, 2f
	ld	t4, 0(t3)
	sd	t4, 0(t1)
	addi	t1, t1, 8
	addi	t3, t3, 8
	j	1b
2:
	la	t1, target_returns
	ld	t1, 0(t1)
	beqz	t1, leave
	ld	t2, -16(s0)
	la	t1, seen_fp
	sd	t2, 0(t1)
	/* If the trampoline called it, it has run for target_ticks. */
	la	t1, returned
	beq	ra, t1, 3f
	la	t1, target_ticks
	ld	t1, 0(t1)
	csrr	t2, CSR_TIME
	sub	t2, t2, t1
	sd	t2, 16 - RVDIRECT_CALL_SIZE + RVDIRECT_CALL_TICKS(s0)
3:
	la	t1, junk_registers
	ld	x5, 8 * 5(t1)
	ld	x7, 8 * 7(t1)
	.irp	n, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
	ld	x\n, 8 * \n(t1)
	.endr
	ld	t1, 8 * 6(t1)
	ret

	.globl	returned
returned:
	la	t1, out_registers
	each_register sd, t1
leave:
	la	t1, harness_registers
	each_register ld, t1
	ret

	/* The value that t0 must still have when the target resumes. */
	.section .rodata
	.balign	8
	.globl	resume_address
resume_address:
	.dword	resume

	.bss
	.balign	8
harness_registers:
	.space	8 * 32
trampoline_address:
	.space	8
	.globl	seen_registers, out_registers, junk_registers, seen_stack, seen_words
	.globl	seen_fp, target_returns, target_ticks
seen_registers:
	.space	8 * 32
out_registers:
	.space	8 * 32
junk_registers:
	.space	8 * 32
seen_stack:
	.space	RVDIRECT_MAX_COPY
seen_words:
	.space	8
seen_fp:
	.space	8
target_returns:
	.space	8
target_ticks:
	.space	8
