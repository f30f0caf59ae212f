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
 *	t0	target + 8, where the target resumes. "jr t0" leaves: it counts
 *		as a return, so the return-address stack stays balanced
 *	ra	the target's caller
 *	sp	the target's stack pointer, aligned to 16 bytes
 *	t1	free. Its value on entry means nothing
 *
 * All other registers must have their values again when the target resumes: the
 * arguments are in a0-a7, and LLVM's fastcc passes some in t2-t6 as well. No
 * floating point. Nothing is stored below sp, where any trap may write.
 *
 * A trampoline may be entered in any context. It takes no locks, so it may run
 * on all harts at once.
 *
 * Each kind has RVDIRECT_SLOTS slots. But for COUNT, a slot only knows its
 * number and jumps to the code that its kind shares. That code finds the rows
 * of the struct rvdirect_slot and keeps their address in t1.
 */
#include <linux/linkage.h>
#include <asm/alternative-macros.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <asm/thread_info.h>
#include <rvdirect-offsets.h>
#include "trampoline.h"

#ifndef CONFIG_FRAME_POINTER
#error "Only frame pointers tell which stack arguments a target has"
#endif

	/* The module loader refuses the relocations of linker relaxation. */
	.option	norelax

	.text

SYM_CODE_START(rvdirect_nop)
	jr	t0
SYM_CODE_END(rvdirect_nop)

/*
 * ADD_TO_ROW - add one to this hart's row
 * @rows: register with the rows
 * @field: which field of the row
 * @row: register that gets this hart's row, or for other fields than the first
 *	its address there; may be the same as @rows
 * @one: register that gets 1
 *
 * A call that moves to another hart after it read thread_info.cpu still adds
 * to the row that it chose. The sum over the rows is exact nevertheless: amoadd
 * is atomic among harts, and an interrupt comes either before or after it.
 */
	.macro	ADD_TO_ROW rows, field, row, one
	lw	\one, TASK_TI_CPU(tp)
	slli	\one, \one, RVDIRECT_ROW_SHIFT
	add	\row, \rows, \one
	li	\one, 1
	.if	\field == RVDIRECT_ROW_ENTERED
	amoadd.d zero, \one, (\row)
	.else
	addi	\row, \row, \field
	/* Whoever sees a call as left also sees its earlier counts. */
	amoadd.d.rl zero, \one, (\row)
	.endif
	.endm

/*
 * SLOTS - the slots of one kind
 * @name: the label of them all
 * @code: the code of one slot, whose number is .Lslot
 */
	.macro	SLOTS name, code:vararg
	.option	push
	.option	norvc		/* so that all slots have the same size */
SYM_CODE_START(\name)
	.set	.Lslot, 0
	.rept	RVDIRECT_SLOTS
	\code
	.set	.Lslot, .Lslot + 1
	.endr
SYM_INNER_LABEL(\name\()_end, SYM_L_GLOBAL)
SYM_CODE_END(\name)
	.option	pop
	.endm

/*
 * GO_TO, GET_ROWS - from a slot to the code that all slots of its kind share
 *
 * A slot is as long as an element of rvdirect_slot_rows, so every slot is
 * equally far from its element. The shared code can therefore add the lower
 * half of that distance without knowing which slot it came from.
 */
	.macro	GO_TO code
	auipc	t1, %pcrel_hi(rvdirect_slot_rows + SZREG * .Lslot)
	j	\code
	.endm

	.macro	GET_ROWS slots
	REG_L	t1, %pcrel_lo(\slots)(t1)
	.endm

/*
 * LEAVE_IF_OVERRIDDEN, OVERRIDDEN - let a call pass that its target never sees
 *
 * A BPF program of kprobe.multi can return in place of the function, before ftrace
 * comes here: bpf_override_return(). Then t0 is not where the target resumes, but
 * where its caller does, as ra is. No function resumes there: the instruction before
 * it would have changed ra.
 *
 * @kind: a word that makes the labels of each use different
 */
	.macro	LEAVE_IF_OVERRIDDEN kind
	beq	t0, ra, .Loverridden_\kind
	.endm

	.macro	OVERRIDDEN kind
.Loverridden_\kind:
	jr	t0
	.endm

/*
 * COUNT - a whole trampoline that counts: not shared, to save the jump
 *
 * All of its calls resume at the same place, so t0 need not be saved: the row
 * has it too.
 */
	.macro	COUNT
	bne	t0, ra, 1f
	jr	t0	/* see LEAVE_IF_OVERRIDDEN */
1:	REG_L	t1, rvdirect_slot_rows + SZREG * .Lslot
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t1, t0
	REG_L	t0, RVDIRECT_ROW_RESUME(t1)
	jr	t0
	.endm

SLOTS	rvdirect_count_slots, COUNT

/*
 * FIND_CELL - tell the functions of a group apart: see src/algorithm/function_index.rs
 * @at: register with the address where the function resumes; gets the offset of
 *	the function's cell, at 8 bytes a cell
 * @rows: register with the rows
 * @tmp: scratch register
 */
	.macro	FIND_CELL at, rows, tmp
	REG_L	\tmp, RVDIRECT_SLOT_BUCKET_MASK(\rows)
	and	\tmp, \tmp, \at
	sub	\tmp, \rows, \tmp
	REG_L	\tmp, RVDIRECT_SLOT_MULTIPLIER(\tmp)
	mul	\at, \at, \tmp
	srli	\at, \at, RVDIRECT_PRODUCT_SHIFT - 3
	REG_L	\tmp, RVDIRECT_SLOT_CELL_MASK(\rows)
	and	\at, \at, \tmp
	.endm

/*
 * ADD_TO_CELL - add one to a function's count on this hart
 * @cell: register with the offset of the function's cell; not kept
 * @rows: register with the rows; not kept
 * @tmp: scratch register
 *
 * As exact as ADD_TO_ROW, for the same reason.
 */
	.macro	ADD_TO_CELL cell, rows, tmp
	lw	\tmp, TASK_TI_CPU(tp)
	slli	\tmp, \tmp, RVDIRECT_ROW_SHIFT
	add	\rows, \rows, \tmp
	REG_L	\rows, RVDIRECT_ROW_COUNTS(\rows)
	add	\cell, \cell, \rows
	li	\tmp, 1
	amoadd.d zero, \tmp, (\cell)
	.endm

/*
 * Counts the calls of each function of a group.
 *
 *	sp + 16	->	+-----------------+  the target's sp
 *			| t0              |
 *			| t2              |
 *	sp	->	+-----------------+
 */
SYM_CODE_START_LOCAL(rvdirect_count_each)
	GET_ROWS rvdirect_count_each_slots
	LEAVE_IF_OVERRIDDEN count_each
	addi	sp, sp, -16
	REG_S	t0, 8(sp)
	REG_S	t2, 0(sp)
	FIND_CELL t0, t1, t2
	ADD_TO_CELL t0, t1, t2
	REG_L	t2, 0(sp)
	REG_L	t0, 8(sp)
	addi	sp, sp, 16
	jr	t0
	OVERRIDDEN count_each
SYM_CODE_END(rvdirect_count_each)

SLOTS	rvdirect_count_each_slots, GO_TO rvdirect_count_each

/*
 * PUSH_FRAMES, POP_FRAMES - two frames in the unwinder's format, at the upper
 * end of a struct rvdirect_call. The stack then looks as if the caller had
 * called the target, and the target the trampoline:
 *
 *			| stack arguments |
 *	target's sp ->	+-----------------+ <- the target's frame
 *			| ra              |    caller
 *			| s0              |    caller_fp
 *	s0	->	+-----------------+ <- the trampoline's frame
 *			| t0              |    resume
 *			| target's frame  |    fp
 *			+-----------------+
 *			| t1              |    rows
 *			| ticks           |
 *	sp, short ->	+-----------------+
 *			| bytes to copy   |    copied
 *			| exit            |    the handler to call on return, or
 *	sp, cell ->	+-----------------+    the function's cell
 *			| t2-t6           |    temps
 *			| cookie          |
 *			| a0, a1 returned |    ret
 *			| a0-a7           |    args
 *	sp, whole ->	+-----------------+
 *
 * @from: where the struct begins: WHOLE; or, if nothing but the target is
 *	called, SHORT, or CELL to keep a function's cell
 * @waits: 1 if the target is called, so that the call can be seen in flight
 *
 * The macros below store the other fields, where they are needed. With fp, the
 * call looks like one that is in flight, see src/trampoline/in_flight.c: so fp
 * comes last, and ticks are 0 until the target runs. Popping clears fp, for what
 * is left below sp.
 */
#define WHOLE	0
#define SHORT	RVDIRECT_CALL_TICKS
#define CELL	RVDIRECT_CALL_EXIT

	.macro	PUSH_FRAMES from, waits=0
	addi	sp, sp, \from - RVDIRECT_CALL_SIZE
	.if	\waits
	REG_S	zero, RVDIRECT_CALL_TICKS - \from(sp)
	.endif
	REG_S	ra, RVDIRECT_CALL_CALLER - \from(sp)
	REG_S	s0, RVDIRECT_CALL_CALLER_FP - \from(sp)
	REG_S	t0, RVDIRECT_CALL_RESUME - \from(sp)
	REG_S	t1, RVDIRECT_CALL_ROWS - \from(sp)
	addi	s0, sp, RVDIRECT_CALL_SIZE - \from
	REG_S	s0, RVDIRECT_CALL_FP - \from(sp)
	addi	s0, s0, -16
	.endm

	.macro	POP_FRAMES from
	REG_S	zero, RVDIRECT_CALL_FP - \from(sp)
	REG_L	ra, RVDIRECT_CALL_CALLER - \from(sp)
	REG_L	s0, RVDIRECT_CALL_CALLER_FP - \from(sp)
	addi	sp, sp, RVDIRECT_CALL_SIZE - \from
	.endm

	.macro	EACH_ARG op
	\op	a0, RVDIRECT_CALL_ARGS + 0 * SZREG(sp)
	\op	a1, RVDIRECT_CALL_ARGS + 1 * SZREG(sp)
	\op	a2, RVDIRECT_CALL_ARGS + 2 * SZREG(sp)
	\op	a3, RVDIRECT_CALL_ARGS + 3 * SZREG(sp)
	\op	a4, RVDIRECT_CALL_ARGS + 4 * SZREG(sp)
	\op	a5, RVDIRECT_CALL_ARGS + 5 * SZREG(sp)
	\op	a6, RVDIRECT_CALL_ARGS + 6 * SZREG(sp)
	\op	a7, RVDIRECT_CALL_ARGS + 7 * SZREG(sp)
	.endm

	.macro	EACH_TEMP op
	\op	t2, RVDIRECT_CALL_TEMPS + 0 * SZREG(sp)
	\op	t3, RVDIRECT_CALL_TEMPS + 1 * SZREG(sp)
	\op	t4, RVDIRECT_CALL_TEMPS + 2 * SZREG(sp)
	\op	t5, RVDIRECT_CALL_TEMPS + 3 * SZREG(sp)
	\op	t6, RVDIRECT_CALL_TEMPS + 4 * SZREG(sp)
	.endm

	.macro	SAVE_ARGS
	EACH_ARG REG_S
	.endm

	.macro	SAVE_TEMPS
	EACH_TEMP REG_S
	.endm

	.macro	RESTORE_ARGS_AND_TEMPS
	EACH_TEMP REG_L
	EACH_ARG REG_L
	.endm

/*
 * NEAR_TASK - get near a field of the task, which may be out of reach from tp
 * @at: the field, which is then at \at - .Lnear from @base
 */
	.macro	NEAR_TASK base, at
	.if	\at < 2032 + 2048
	.set	.Lnear, 2032
	addi	\base, tp, .Lnear
	.else
	.set	.Lnear, (\at + 2048) & ~4095
	lui	\base, .Lnear >> 12
	add	\base, \base, tp
	.endif
	.endm

/* Goes on at \other if interrupts or bottom halves are off. Changes t0. */
	.macro	CHECK_CONTEXT other
	csrr	t0, CSR_STATUS
	andi	t0, t0, SR_IE
	beqz	t0, \other
	lw	t0, TASK_TI_PREEMPT_COUNT(tp)
	srliw	t0, t0, SOFTIRQ_SHIFT
	bnez	t0, \other
	.endm

/*
 * CALL_HANDLER - call the handler in a1 behind the recursion guard
 * @kind: a word that makes the labels of each use different
 *
 * This is by far the most common path: a task that neither has interrupts or
 * bottom halves off nor runs a handler. RCU watches it, as it looks away only
 * with interrupts off. The task marks that it runs a handler, by the bit that
 * ftrace's own handlers use. GUARDED leads to src/trampoline/guard.c for all
 * other cases.
 *
 * All registers that C code may change must be saved before.
 */
	.macro	CALL_HANDLER kind
	mv	a0, sp
	CHECK_CONTEXT .Lguarded_\kind
	NEAR_TASK t2, TASK_TRACE_RECURSION
	REG_L	t0, TASK_TRACE_RECURSION - .Lnear(t2)
	ori	t3, t0, TRACE_RECURSION_TASK
	beq	t3, t0, .Lguarded_\kind
	REG_S	t3, TASK_TRACE_RECURSION - .Lnear(t2)
	jalr	a1
	NEAR_TASK t2, TASK_TRACE_RECURSION
	REG_L	t0, TASK_TRACE_RECURSION - .Lnear(t2)
	andi	t0, t0, ~TRACE_RECURSION_TASK
	REG_S	t0, TASK_TRACE_RECURSION - .Lnear(t2)
.Lhandled_\kind:
	.endm

/* The part of CALL_HANDLER that stands after the trampoline, out of the way. */
	.macro	GUARDED kind
.Lguarded_\kind:
	jal	ra, rvdirect_guarded
	j	.Lhandled_\kind
	.endm

/*
 * HANDLE_ENTRY - call the entry handler, and resume the target
 * @kind: a word that makes the labels of each use different
 */
	.macro	HANDLE_ENTRY kind
	SAVE_ARGS
	SAVE_TEMPS
	REG_L	a1, RVDIRECT_SLOT_ENTRY(t1)
	CALL_HANDLER \kind
	RESTORE_ARGS_AND_TEMPS
.Lresume_\kind:
	REG_L	t0, RVDIRECT_CALL_RESUME(sp)
	POP_FRAMES WHOLE
	jr	t0
	GUARDED	\kind
	.endm

SYM_CODE_START_LOCAL(rvdirect_entry)
	GET_ROWS rvdirect_entry_slots
	LEAVE_IF_OVERRIDDEN entry
	PUSH_FRAMES WHOLE
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t0, ra
	HANDLE_ENTRY entry
	OVERRIDDEN entry
SYM_CODE_END(rvdirect_entry)

SLOTS	rvdirect_entry_slots, GO_TO rvdirect_entry

/*
 * The same for a handler that has nothing to do while its event is off. What would
 * be missed is missed then as well.
 */
SYM_CODE_START_LOCAL(rvdirect_trace)
	GET_ROWS rvdirect_trace_slots
	LEAVE_IF_OVERRIDDEN trace
	PUSH_FRAMES WHOLE
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t0, ra
	REG_L	t0, RVDIRECT_SLOT_IS_ON(t1)
	lw	t0, 0(t0)
	bnez	t0, .Lhandle_trace
	CHECK_CONTEXT .Lhandle_trace
	NEAR_TASK t0, TASK_TRACE_RECURSION
	REG_L	t0, TASK_TRACE_RECURSION - .Lnear(t0)
	andi	t0, t0, TRACE_RECURSION_TASK
	beqz	t0, .Lresume_trace
.Lhandle_trace:
	HANDLE_ENTRY trace
	OVERRIDDEN trace
SYM_CODE_END(rvdirect_trace)

SLOTS	rvdirect_trace_slots, GO_TO rvdirect_trace

/*
 * BEGIN_WAITING - find out what to copy for the target
 *
 * The target expects its stack arguments right above its sp, so a trampoline
 * that calls it copies them. They lie in the frame of the target's caller, whose
 * frame pointer tells where that ends: all that there can be is copied.
 *
 *	caller_fp ->	+-----------------+
 *			| ra              |
 *			| s0              |
 *			+-----------------+
 *			| ...             |
 *			| stack arguments |
 *	s0 + 16	->	+-----------------+  sp on entry to the trampoline
 *
 * A frame pointer that is not above sp on the same stack belongs to assembly,
 * which passes no arguments on the stack: nothing is copied. The call is missed
 * if the frame is larger than RVDIRECT_MAX_COPY, or if less than half of the
 * stack is left: all of this stays while the target runs, and nested targets add
 * up. Code that needs no more than half of the stack by itself never overflows
 * it that way.
 *
 * Without CONFIG_VMAP_STACK, the stacks of interrupts begin anywhere. Then "the
 * upper half" is another half of them, which holds no more either.
 *
 *	ra	gets the bytes to copy, a multiple of 16
 *	t0, t1	not kept
 *
 * @kind: a word that makes the labels of each use different
 * @from: see PUSH_FRAMES
 */
#if THREAD_SHIFT < 14
#error "The frames and two copies must not reach over half of a stack"
#endif

	.macro	BEGIN_WAITING kind, from
	REG_L	t0, RVDIRECT_CALL_CALLER_FP - \from(sp)
	sub	ra, t0, s0
	addi	ra, ra, -32
	sltiu	t1, ra, RVDIRECT_MAX_COPY + 1
	beqz	t1, .Lodd_frame_\kind
	andi	ra, ra, -16
	/* Less than half a stack apart, both can only be in the same upper half. */
	sub	t1, sp, ra
	and	t0, t0, t1
	slli	t0, t0, 64 - THREAD_SHIFT
	bgez	t0, .Lodd_stack_\kind
.Lto_copy_\kind:
	.endm

/*
 * MISS - the part of BEGIN_WAITING that stands after the trampoline, out of the
 * way. It may end in the target, with nothing left on the stack.
 *
 * @fields: what a missed call counts in its row
 */
	.macro	MISS kind, from, fields:vararg
.Lodd_frame_\kind:
	bltz	ra, .Lno_frame_\kind
#ifdef CONFIG_VMAP_STACK
	/* Nothing is mapped above the end of a stack, and each is aligned. */
	addi	t0, t0, -1
	xor	ra, t0, s0
#endif
	srli	ra, ra, THREAD_SHIFT
	bnez	ra, .Lno_frame_\kind

.Lmiss_\kind:
	REG_L	t1, RVDIRECT_CALL_ROWS - \from(sp)
	.irp	field, \fields
	ADD_TO_ROW t1, \field, t0, ra
	.endr
	REG_L	t0, RVDIRECT_CALL_RESUME - \from(sp)
	POP_FRAMES \from
	jr	t0

.Lodd_stack_\kind:
#ifdef CONFIG_VMAP_STACK
	REG_L	t0, RVDIRECT_CALL_CALLER_FP - \from(sp)
	addi	t0, t0, -1
	xor	t0, t0, s0
	srli	t0, t0, THREAD_SHIFT
	beqz	t0, .Lhalf_\kind
#else
	j	.Lhalf_\kind
#endif
.Lno_frame_\kind:
	li	ra, 0
.Lhalf_\kind:
	sub	t0, sp, ra
	/* Both must be in the upper half: the end may lie between them. */
	and	t0, t0, sp
	slli	t0, t0, 64 - THREAD_SHIFT
	bgez	t0, .Lmiss_\kind
	j	.Lto_copy_\kind
	.endm

/*
 * Copies words from the caller's frame to sp, from the last to the first.
 * Entered so far before its end as there are bytes to copy: it takes eight bytes
 * of code to copy eight bytes. Changes t0.
 */
SYM_CODE_START_LOCAL(rvdirect_copy)
	.option	push
	.option	norvc
	.set	.Lword, RVDIRECT_MAX_COPY / SZREG
	.rept	RVDIRECT_MAX_COPY / SZREG
	.set	.Lword, .Lword - 1
	REG_L	t0, 16 + .Lword * SZREG(s0)
	REG_S	t0, .Lword * SZREG(sp)
	.endr
	.option	pop
SYM_INNER_LABEL(rvdirect_copied, SYM_L_LOCAL)
	ret
SYM_CODE_END(rvdirect_copy)

/*
 * COPY_FRAME, CALL_TARGET - copy what the target may need, call it, and leave in
 * t0 how many ticks it ran
 *
 *	s0 + 16	->	+-----------------+  sp on entry to the trampoline
 *			| ...             |  struct rvdirect_call
 *	sp	->	+-----------------+
 *			| what is copied  |
 *	target's sp ->	+-----------------+
 *
 *	ra	the bytes to copy; not kept
 *	t1	not kept, nor is what the target changes
 *
 * @kind: a word that makes the labels of each use different
 * @from: see PUSH_FRAMES
 */
#define FROM_S0(field)	(16 - RVDIRECT_CALL_SIZE + (field))

	.macro	COPY_FRAME kind
	sub	sp, sp, ra
.Lcopy_\kind:
	auipc	t1, %pcrel_hi(rvdirect_copied)
	sub	t1, t1, ra
	jalr	ra, %pcrel_lo(.Lcopy_\kind)(t1)
	.endm

	.macro	CALL_TARGET kind, from
	REG_L	t0, FROM_S0(RVDIRECT_CALL_RESUME)(s0)
	csrr	t1, CSR_TIME
	REG_S	t1, FROM_S0(RVDIRECT_CALL_TICKS)(s0)
	jalr	ra, t0
	csrr	t0, CSR_TIME
	addi	sp, s0, FROM_S0(\from)
	REG_L	t1, RVDIRECT_CALL_TICKS - \from(sp)
	sub	t0, t0, t1
	/* Two harts' timers may differ by a tick. */
	bgez	t0, .Lticks_\kind
	li	t0, 0
.Lticks_\kind:
	.endm

/* Calls the entry handler, if there is one, the target, and the exit handler. */
SYM_CODE_START_LOCAL(rvdirect_return)
	GET_ROWS rvdirect_return_slots
	LEAVE_IF_OVERRIDDEN return
	PUSH_FRAMES WHOLE, 1
	REG_L	t0, RVDIRECT_SLOT_EXIT(t1)
	REG_S	t0, RVDIRECT_CALL_EXIT(sp)
	REG_S	zero, RVDIRECT_CALL_COOKIE(sp)
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t0, ra
	BEGIN_WAITING return, WHOLE
	SAVE_ARGS
	REG_L	t1, RVDIRECT_CALL_ROWS(sp)
	REG_L	t0, RVDIRECT_SLOT_ENTRY(t1)
	beqz	t0, 1f
	REG_S	ra, RVDIRECT_CALL_COPIED(sp)
	SAVE_TEMPS
	mv	a1, t0
	CALL_HANDLER before
	RESTORE_ARGS_AND_TEMPS
	REG_L	ra, RVDIRECT_CALL_COPIED(sp)
1:	COPY_FRAME return
	CALL_TARGET return, WHOLE
	REG_S	a0, RVDIRECT_CALL_RET(sp)
	REG_S	a1, RVDIRECT_CALL_RET + SZREG(sp)
	REG_S	t0, RVDIRECT_CALL_TICKS(sp)
	REG_L	a1, RVDIRECT_CALL_EXIT(sp)
	beqz	a1, 2f		/* the entry handler was not called */
	CALL_HANDLER behind
2:	REG_L	a0, RVDIRECT_CALL_RET(sp)
	REG_L	a1, RVDIRECT_CALL_RET + SZREG(sp)
	REG_L	t1, RVDIRECT_CALL_ROWS(sp)
	ADD_TO_ROW t1, RVDIRECT_ROW_LEFT, t0, t2
	POP_FRAMES WHOLE
	ret
	GUARDED	before
	GUARDED	behind
	MISS	return, WHOLE, RVDIRECT_ROW_MISSED, RVDIRECT_ROW_LEFT
	OVERRIDDEN return
SYM_CODE_END(rvdirect_return)

SLOTS	rvdirect_return_slots, GO_TO rvdirect_return

/*
 * BEGIN_ADDING - find where this hart adds how long the target ran
 *
 * After the target has returned, only a0 and a1 must be kept.
 *
 *	t1	gets this hart's row
 *	t2	not kept
 *	t3	gets this hart's first histogram
 *
 * @from: see PUSH_FRAMES
 */
	.macro	BEGIN_ADDING from
	REG_L	t1, RVDIRECT_CALL_ROWS - \from(sp)
	lw	t2, TASK_TI_CPU(tp)
	slli	t2, t2, RVDIRECT_ROW_SHIFT
	add	t1, t1, t2
	REG_L	t3, RVDIRECT_ROW_HISTOGRAM(t1)
	.endm

/*
 * ADD_TO_HISTOGRAM - add how long the target ran, if it has the outcome that is
 * wanted, and count its call as left
 *
 *	t0	how long, in ticks
 *	t1	this hart's row
 *	t3	the histogram
 *
 * @kind: a word that makes the labels of each use different
 */
	.macro	ADD_TO_HISTOGRAM kind
	REG_L	t4, RVDIRECT_ROW_SURE(t1)
	bltu	t0, t4, .Lunsure_\kind
.Lwanted_\kind:
	amomaxu.d zero, t0, (t3)
	addi	t4, t3, RVDIRECT_HISTOGRAM_MIN
	amominu.d zero, t0, (t4)
	addi	t4, t3, RVDIRECT_HISTOGRAM_TOTAL
	amoadd.d zero, t0, (t4)
.Lbits_\kind:
	/* clz t4, t0 */
	__ALTERNATIVE_CFG("j .Lcount_zeros_\kind", ".insn i 0x13, 1, t4, t0, 0x600", 0,
			  RISCV_ISA_EXT_ZBB, 1)
.Lzeros_\kind:
	slli	t4, t4, 3
	sub	t3, t3, t4
	addi	t3, t3, RVDIRECT_HISTOGRAM_BUCKETS + 64 * 8
	li	t0, 1
	amoadd.d zero, t0, (t3)
.Lleft_\kind:
	addi	t1, t1, RVDIRECT_ROW_LEFT
	amoadd.d.rl zero, t0, (t1)
	.endm

/*
 * CHECK_OUTCOME - the part of ADD_TO_HISTOGRAM for calls that may not be wanted,
 * which stands after the trampoline
 *
 * Values that are wanted follow one another, so one comparison tells them.
 */
	.macro	CHECK_OUTCOME kind, from
.Lunsure_\kind:
	REG_L	t4, RVDIRECT_CALL_ROWS - \from(sp)
	REG_L	t5, RVDIRECT_SLOT_MIN(t4)
	bltu	t0, t5, .Lunwanted_\kind
	REG_L	t5, RVDIRECT_SLOT_RET_FIRST(t4)
	sub	t5, a0, t5
	REG_L	t4, RVDIRECT_SLOT_RET_MORE(t4)
	bleu	t5, t4, .Lwanted_\kind
.Lunwanted_\kind:
	li	t0, 1
	j	.Lleft_\kind
	.endm

/*
 * COUNT_ZEROS - the part of ADD_TO_HISTOGRAM for harts without Zbb, which stands
 * after the trampoline
 *
 * Leaves in t4 how many bits of t0 are zero before the first one that is not.
 * What takes less than 256 ticks costs the same whatever it took.
 */
	.macro	COUNT_ZEROS kind
.Lcount_zeros_\kind:
	li	t4, 64
1:	sltiu	t5, t0, 256
	bnez	t5, 2f
	srli	t0, t0, 8
	addi	t4, t4, -8
	j	1b
	/* With all bits inverted, one instruction compares, and sra shifts. */
2:	not	t0, t0
	.irp	log, 2, 1
	slti	t5, t0, -(1 << (1 << \log))
	slli	t5, t5, \log
	sra	t0, t0, t5
	sub	t4, t4, t5
	.endr
	slti	t5, t0, -1
	sub	t4, t4, t5
	slti	t5, t0, -2
	sub	t4, t4, t5
	j	.Lzeros_\kind
	.endm

/*
 * Calls the target, and adds the time that it took to this hart's histogram.
 * The register arguments stay where they are.
 */
SYM_CODE_START_LOCAL(rvdirect_latency)
	GET_ROWS rvdirect_latency_slots
	LEAVE_IF_OVERRIDDEN latency
	PUSH_FRAMES SHORT, 1
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t0, ra
	BEGIN_WAITING latency, SHORT
	COPY_FRAME latency
	CALL_TARGET latency, SHORT
	BEGIN_ADDING SHORT
	ADD_TO_HISTOGRAM latency
	POP_FRAMES SHORT
	ret
	MISS	latency, SHORT, RVDIRECT_ROW_MISSED, RVDIRECT_ROW_LEFT
	CHECK_OUTCOME latency, SHORT
	COUNT_ZEROS latency
	OVERRIDDEN latency
SYM_CODE_END(rvdirect_latency)

SLOTS	rvdirect_latency_slots, GO_TO rvdirect_latency

/*
 * The same for a group: there is a histogram for each hart and cell. The call is
 * counted after the copying, when three registers are free.
 */
SYM_CODE_START_LOCAL(rvdirect_latency_each)
	GET_ROWS rvdirect_latency_each_slots
	LEAVE_IF_OVERRIDDEN latency_each
	PUSH_FRAMES CELL, 1
	BEGIN_WAITING latency_each, CELL
	COPY_FRAME latency_each
	REG_L	t1, FROM_S0(RVDIRECT_CALL_ROWS)(s0)
	REG_L	t0, FROM_S0(RVDIRECT_CALL_RESUME)(s0)
	FIND_CELL t0, t1, ra
	REG_S	t0, FROM_S0(RVDIRECT_CALL_EXIT)(s0)
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t1, ra
	REG_L	t1, RVDIRECT_ROW_COUNTS(t1)
	add	t1, t1, t0
	amoadd.d zero, ra, (t1)
	CALL_TARGET latency_each, CELL
	BEGIN_ADDING CELL
	REG_L	t4, RVDIRECT_CALL_EXIT - CELL(sp)
	slli	t4, t4, RVDIRECT_HISTOGRAM_SHIFT - 3
	add	t3, t3, t4
	ADD_TO_HISTOGRAM latency_each
	POP_FRAMES CELL
	ret
	MISS	latency_each, CELL, RVDIRECT_ROW_ENTERED, RVDIRECT_ROW_MISSED, RVDIRECT_ROW_LEFT
	CHECK_OUTCOME latency_each, CELL
	COUNT_ZEROS latency_each
	OVERRIDDEN latency_each
SYM_CODE_END(rvdirect_latency_each)

SLOTS	rvdirect_latency_each_slots, GO_TO rvdirect_latency_each

/* Returns in place of the target: caller-saved registers but ra are free. */
SYM_CODE_START_LOCAL(rvdirect_override)
	GET_ROWS rvdirect_override_slots
.Loverride:
	ADD_TO_ROW t1, RVDIRECT_ROW_ENTERED, t0, a0
	REG_L	a0, RVDIRECT_SLOT_RET(t1)
	ret
SYM_CODE_END(rvdirect_override)

SLOTS	rvdirect_override_slots, GO_TO rvdirect_override

/*
 * The same for some of the calls. The amoadd numbers the calls, and the number
 * alone decides about each of them, so no two harts disagree.
 *
 *	sp + 32	->	+-----------------+  the target's sp
 *			| t0              |
 *			| t2              |
 *			| t3              |
 *			| (alignment)     |
 *	sp	->	+-----------------+
 */
SYM_CODE_START_LOCAL(rvdirect_override_some)
	GET_ROWS rvdirect_override_some_slots
	addi	sp, sp, -32
	REG_S	t0, 24(sp)
	REG_S	t2, 16(sp)
	REG_S	t3, 8(sp)
	addi	t2, t1, RVDIRECT_SLOT_CALLS
	li	t0, 1
	amoadd.d t0, t0, (t2)
	addi	t0, t0, 1
	REG_L	t2, RVDIRECT_SLOT_EVERY(t1)
	remu	t3, t0, t2
	bnez	t3, .Lpass
	divu	t0, t0, t2
	REG_L	t2, RVDIRECT_SLOT_TIMES(t1)
	bltu	t2, t0, .Lpass
	addi	sp, sp, 32
	j	.Loverride
.Lpass:
	REG_L	t0, 24(sp)
	REG_L	t2, 16(sp)
	REG_L	t3, 8(sp)
	addi	sp, sp, 32
	jr	t0
SYM_CODE_END(rvdirect_override_some)

SLOTS	rvdirect_override_some_slots, GO_TO rvdirect_override_some

/* Goes on in rvdirect_filter if a word of the task has the right bits where t0 has. */
	.macro	PASS_IF_TASK_HAS at, wanted
	NEAR_TASK t2, \at
	REG_L	t2, \at - .Lnear(t2)
	and	t2, t2, t0
	REG_L	t0, \wanted(t1)
	bne	t0, t2, .Lfiltered_out
	.endm

/*
 * PASS_IF_IN_CGROUP - go on if the task is in the cgroup in t0, or in one below it
 *
 * Another hart may move the task to another cgroup meanwhile, and then frees what
 * task->cgroups leads to, after a grace period of RCU. With interrupts off, RCU
 * waits for this hart wherever it watches; where it does not, this is an idle task,
 * which nothing moves. A cgroup holds those above it.
 */
	.macro	PASS_IF_IN_CGROUP
	csrrci	t2, CSR_STATUS, SR_IE
	REG_S	t2, 16(sp)
	NEAR_TASK t2, TASK_CGROUPS
	REG_L	t2, TASK_CGROUPS - .Lnear(t2)
	REG_L	t2, CSS_SET_CGROUP(t2)
.Lcgroup:
	beq	t2, t0, .Lin_cgroup
	REG_L	t2, CGROUP_PARENT(t2)
	bnez	t2, .Lcgroup
	REG_L	t2, 16(sp)
	csrs	CSR_STATUS, t2
	j	.Lfiltered_out
.Lin_cgroup:
	REG_L	t2, 16(sp)
	csrs	CSR_STATUS, t2
	.endm

/* Restores the registers that rvdirect_filter uses. */
	.macro	GIVE_BACK
	REG_L	t2, 0(sp)
	REG_L	t0, 8(sp)
	addi	sp, sp, 32
	.endm

/*
 * Passes some calls on to another trampoline, and all others to their target.
 *
 *	sp + 32	->	+-----------------+  the target's sp
 *			| (alignment)     |
 *			| sstatus         |
 *			| t0              |
 *			| t2              |
 *	sp	->	+-----------------+
 */
SYM_CODE_START_LOCAL(rvdirect_filter)
	GET_ROWS rvdirect_filter_slots
	addi	sp, sp, -32
	REG_S	t0, 8(sp)
	REG_S	t2, 0(sp)
	REG_L	t0, RVDIRECT_SLOT_HAS_HARTS(t1)
	beqz	t0, .Lany_hart
	lw	t0, TASK_TI_CPU(tp)
	srli	t2, t0, 6
	slli	t2, t2, 3
	add	t2, t2, t1
	REG_L	t2, RVDIRECT_SLOT_HARTS(t2)
	srl	t2, t2, t0
	andi	t2, t2, 1
	beqz	t2, .Lfiltered_out
.Lany_hart:
	REG_L	t0, RVDIRECT_SLOT_IDS_MASK(t1)
	beqz	t0, .Lany_task
	PASS_IF_TASK_HAS TASK_IDS, RVDIRECT_SLOT_IDS
.Lany_task:
	REG_L	t0, RVDIRECT_SLOT_COMM_MASK(t1)
	beqz	t0, .Lany_name
	PASS_IF_TASK_HAS TASK_COMM, RVDIRECT_SLOT_COMM
	REG_L	t0, RVDIRECT_SLOT_COMM_MASK + 8(t1)
	PASS_IF_TASK_HAS TASK_COMM + 8, RVDIRECT_SLOT_COMM + 8
.Lany_name:
#ifdef TASK_CGROUPS
	REG_L	t0, RVDIRECT_SLOT_CGROUP(t1)
	beqz	t0, .Lany_cgroup
	PASS_IF_IN_CGROUP
.Lany_cgroup:
#endif
	GIVE_BACK
	REG_L	t1, RVDIRECT_SLOT_NEXT(t1)
	jr	t1
.Lfiltered_out:
	GIVE_BACK
	jr	t0
SYM_CODE_END(rvdirect_filter)

SLOTS	rvdirect_filter_slots, GO_TO rvdirect_filter

	.bss
	.balign	SZREG
SYM_DATA_START(rvdirect_slot_rows)
	.space	SZREG * RVDIRECT_SLOTS
SYM_DATA_END(rvdirect_slot_rows)
