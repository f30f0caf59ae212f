/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What asm/trampoline.S has to offer, for Rust (through bindgen) and for the
 * tests.
 */
#ifndef RVDIRECT_TRAMPOLINE_H
#define RVDIRECT_TRAMPOLINE_H

/* How many attachments may use a slot at one time. */
#define RVDIRECT_SLOTS		1024

/*
 * A counter's rows, one for each hart, are this far apart: a cache line, so
 * that harts which count at the same time do not share one.
 */
#define RVDIRECT_ROW_SHIFT	6

#ifndef __ASSEMBLER__

/* Resumes the target at once. */
extern const char rvdirect_nop[];

/*
 * RVDIRECT_SLOTS trampolines of equal size. Slot N adds one to row
 * thread_info.cpu of the counter at rvdirect_slot_counter[N], which must be
 * set before a call site leads to that slot, and then resumes the target.
 */
extern const char rvdirect_count_slots[];
extern const char rvdirect_count_slots_end[];
extern void *rvdirect_slot_counter[RVDIRECT_SLOTS];

#endif /* __ASSEMBLER__ */
#endif /* RVDIRECT_TRAMPOLINE_H */
