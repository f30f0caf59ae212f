/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Direct trampolines: the code that a patched call site leads to.
 *
 *	target:	auipc	t0, ...		\  the call site
 *		jalr	t0, ...(t0)	/  leads to ftrace_caller, which does
 *		...			   "jr t1" with t1 = the trampoline
 *
 * Register contract, the same for all of them:
 *
 *	t0	target + 8, where the target resumes: leave with "jr t0",
 *		which the return-address stack takes for the return that it is
 *	ra	the target's caller
 *	sp	the target's stack pointer, aligned to 16 bytes
 *	t1	free. Nothing is assumed of its value on entry
 *
 * All other registers hold what they must hold when the target resumes: the
 * arguments in a0-a7, and in t2-t6 as well, where LLVM's fastcc passes them.
 * No floating point. Nothing is stored below sp, where any trap may write.
 *
 * A trampoline may be entered in any context and, as it runs on no locks, on
 * all harts at once.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include "trampoline.h"

	/* The module loader refuses the relocations of linker relaxation. */
	.option	norelax

	.text

SYM_CODE_START(rvdirect_nop)
	jr	t0
SYM_CODE_END(rvdirect_nop)

/*
 * COUNT_SLOT - one slot: add one to this hart's row of the slot's counter
 * @slot: the slot's number
 *
 * A call that moves to another hart after it read thread_info.cpu still adds
 * to the row that it chose: amoadd is atomic among harts, and an interrupt
 * comes before it or after it. So the sum over the rows is exact.
 *
 *	sp + 16	->	+-----------------+  the target's sp
 *			| t0              |
 *	sp + 8	->	+-----------------+
 *			| (alignment)     |
 *	sp	->	+-----------------+
 */
	.macro	COUNT_SLOT slot
	addi	sp, sp, -16
	REG_S	t0, 8(sp)
	REG_L	t1, rvdirect_slot_counter + SZREG * \slot
	lw	t0, TASK_TI_CPU(tp)
	slli	t0, t0, RVDIRECT_ROW_SHIFT
	add	t1, t1, t0
	li	t0, 1
	amoadd.d zero, t0, (t1)
	REG_L	t0, 8(sp)
	addi	sp, sp, 16
	jr	t0
	.endm

SYM_CODE_START(rvdirect_count_slots)
	.set	.Lslot, 0
	.rept	RVDIRECT_SLOTS
	COUNT_SLOT .Lslot
	.set	.Lslot, .Lslot + 1
	.endr
SYM_INNER_LABEL(rvdirect_count_slots_end, SYM_L_GLOBAL)
SYM_CODE_END(rvdirect_count_slots)

	.bss
	.balign	SZREG
SYM_DATA_START(rvdirect_slot_counter)
	.space	SZREG * RVDIRECT_SLOTS
SYM_DATA_END(rvdirect_slot_counter)
