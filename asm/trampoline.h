/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What asm/trampoline.S has to offer, and what it works with: for Rust (through
 * bindgen), for C, and for the tests.
 */
#ifndef RVDIRECT_TRAMPOLINE_H
#define RVDIRECT_TRAMPOLINE_H

/* How many trampolines may be in use at one time, apart from rvdirect_nop. */
#define RVDIRECT_SLOTS			1024

/*
 * The rows of a slot, one for each hart, are this far apart: a cache line, so
 * that harts which count at the same time do not share one.
 */
#define RVDIRECT_ROW_SHIFT		6
/* In struct rvdirect_row. */
#define RVDIRECT_ROW_ENTERED		0
#define RVDIRECT_ROW_MISSED		8
#define RVDIRECT_ROW_LEFT		16
#define RVDIRECT_ROW_COUNTS		24

/* In struct rvdirect_slot, as seen from its rows; and before it. */
#define RVDIRECT_SLOT_MULTIPLIER	(-200)
#define RVDIRECT_SLOT_BUCKET_MASK	(-192)
#define RVDIRECT_SLOT_CELL_MASK		(-184)
#define RVDIRECT_SLOT_NEXT		(-176)
#define RVDIRECT_SLOT_PID		(-168)
#define RVDIRECT_SLOT_COMM		(-160)
#define RVDIRECT_SLOT_HARTS		(-128)
#define RVDIRECT_SLOT_ENTRY		(-64)
#define RVDIRECT_SLOT_EXIT		(-56)
#define RVDIRECT_SLOT_HISTOGRAM		(-40)
#define RVDIRECT_SLOT_RET		(-32)
#define RVDIRECT_SLOT_EVERY		(-24)
#define RVDIRECT_SLOT_TIMES		(-16)
#define RVDIRECT_SLOT_CALLS		(-8)

/* What of a product says which cell it is: src/algorithm/function_index.rs knows it. */
#define RVDIRECT_PRODUCT_SHIFT		43

/* The most harts that a kernel can have: see arch/riscv/Kconfig. */
#define RVDIRECT_MAX_HARTS		512

/* In struct rvdirect_call. */
#define RVDIRECT_CALL_ARGS		0
#define RVDIRECT_CALL_RET		64
#define RVDIRECT_CALL_COOKIE		80
#define RVDIRECT_CALL_TEMPS		88
#define RVDIRECT_CALL_EXIT		128
#define RVDIRECT_CALL_TICKS		144
#define RVDIRECT_CALL_ROWS		152
#define RVDIRECT_CALL_FP		160
#define RVDIRECT_CALL_RESUME		168
#define RVDIRECT_CALL_CALLER_FP		176
#define RVDIRECT_CALL_CALLER		184
#define RVDIRECT_CALL_SIZE		192

/* How many words of stack arguments reach a target whose return is waited for. */
#define RVDIRECT_STACK_ARGS		16

/* In struct rvdirect_histogram; the rows are this far apart. */
#define RVDIRECT_HISTOGRAM_SHIFT	10
#define RVDIRECT_HISTOGRAM_MAX		0
#define RVDIRECT_HISTOGRAM_MIN		8
#define RVDIRECT_HISTOGRAM_TOTAL	16
#define RVDIRECT_HISTOGRAM_BUCKETS	24
#define RVDIRECT_BUCKETS		64

#ifndef __ASSEMBLER__

#include "../src/rvdirect.h"

/**
 * struct rvdirect_row - what a hart counts for a slot
 * @entered: calls that came to the trampoline; of those that "override" may let
 *	pass, only the ones that it overrode; of a group that "count" has, none
 * @missed: those of them that no handler was called for, or that found too little
 *	of the stack left
 * @left: those that came back, where the trampoline waits for them
 * @counts: those that came to each function, by its cell, where the trampoline
 *	tells them apart
 */
struct rvdirect_row {
	u64 entered;
	u64 missed;
	u64 left;
	u64 *counts;
	u64 unused[4];
};

/**
 * struct rvdirect_slot - what a trampoline works with, and what it counts
 * @bucket_mask: the bits of an address that choose its multiplier, in bytes; the
 *	first one lies right before this structure, the others before that one
 * @cell_mask: the greatest offset in @rows' counts
 * @next: where the calls go on that the filter lets pass
 * @pid: the task whose calls it lets pass, or -1
 * @comm: the name of the tasks whose calls it lets pass, or 0
 * @harts: the harts whose calls it lets pass, a bit each
 * @entry: the handler that is called before the target, or NULL
 * @exit: the handler that is called behind it, or NULL
 * @data: what rvdirect_data() returns to both
 * @histogram: struct rvdirect_histogram for each hart, for "latency"; where it
 *	tells functions apart, for each hart and cell
 * @ret: what "override" returns
 * @every: "override" takes every so manieth call, not 0
 * @times: and so many of them at most
 * @calls: how many calls it has seen
 * @rows: one for each hart
 */
struct rvdirect_slot {
	u64 bucket_mask;
	u64 cell_mask;
	const void *next;
	u64 pid;
	u64 comm[2];
	u64 unused[2];
	u64 harts[RVDIRECT_MAX_HARTS / 64];
	void (*entry)(struct rvdirect_call *call);
	void (*exit)(struct rvdirect_call *call);
	void *data;
	void *histogram;
	u64 ret;
	u64 every;
	u64 times;
	u64 calls;
	struct rvdirect_row rows[];
};

/**
 * struct rvdirect_histogram - durations, in ticks of the timer, of one hart
 * @max: the longest
 * @min: the shortest; ~0 before the first
 * @total: of all
 * @buckets: how many have so many significant bits
 */
struct rvdirect_histogram {
	u64 max;
	u64 min;
	u64 total;
	u64 buckets[RVDIRECT_BUCKETS];
	u64 unused[61];
};

/* Resumes the target at once. */
extern const char rvdirect_nop[];

/*
 * Slot N has a trampoline of each kind, all of a kind of equal size. They work
 * with the struct rvdirect_slot whose rows are at rvdirect_slot_rows[N], which
 * must be set before a call site leads to one of them.
 */
extern const char rvdirect_count_slots[], rvdirect_count_slots_end[];
extern const char rvdirect_count_each_slots[], rvdirect_count_each_slots_end[];
extern const char rvdirect_entry_slots[], rvdirect_entry_slots_end[];
extern const char rvdirect_return_slots[], rvdirect_return_slots_end[];
extern const char rvdirect_latency_slots[], rvdirect_latency_slots_end[];
extern const char rvdirect_latency_each_slots[], rvdirect_latency_each_slots_end[];
extern const char rvdirect_override_slots[], rvdirect_override_slots_end[];
extern const char rvdirect_override_some_slots[], rvdirect_override_some_slots_end[];
/*
 * A slot that is left for another one of the same number, or for any code that
 * may be entered as a trampoline, by the calls that the filter lets pass.
 */
extern const char rvdirect_filter_slots[], rvdirect_filter_slots_end[];
extern struct rvdirect_row *rvdirect_slot_rows[RVDIRECT_SLOTS];

#endif /* __ASSEMBLER__ */
#endif /* RVDIRECT_TRAMPOLINE_H */
