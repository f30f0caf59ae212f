/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What asm/trampoline.S provides, and the structures that it works with: for
 * Rust (through bindgen), for C, and for the tests.
 */
#ifndef RVDIRECT_TRAMPOLINE_H
#define RVDIRECT_TRAMPOLINE_H

/* How many trampolines may be in use at one time, apart from rvdirect_nop. */
#define RVDIRECT_SLOTS			1024

/*
 * The distance between the rows of a slot, of which there is one for each hart:
 * a cache line, so that harts which count at the same time do not share one.
 */
#define RVDIRECT_ROW_SHIFT		6
/* Offsets in struct rvdirect_row. */
#define RVDIRECT_ROW_ENTERED		0
#define RVDIRECT_ROW_MISSED		8
#define RVDIRECT_ROW_LEFT		16
#define RVDIRECT_ROW_COUNTS		24
#define RVDIRECT_ROW_RESUME		32
#define RVDIRECT_ROW_HISTOGRAM		40
#define RVDIRECT_ROW_SURE		48

/* Offsets from the rows: in struct rvdirect_slot, and in front of it. */
#define RVDIRECT_SLOT_MULTIPLIER	(-264)
#define RVDIRECT_SLOT_BUCKET_MASK	(-256)
#define RVDIRECT_SLOT_CELL_MASK		(-248)
#define RVDIRECT_SLOT_COMM		(-240)
#define RVDIRECT_SLOT_RET		(-224)
#define RVDIRECT_SLOT_EVERY		(-216)
#define RVDIRECT_SLOT_TIMES		(-208)
#define RVDIRECT_SLOT_CALLS		(-200)
#define RVDIRECT_SLOT_NEXT		(-192)
#define RVDIRECT_SLOT_HAS_HARTS		(-184)
#define RVDIRECT_SLOT_IDS_MASK		(-176)
#define RVDIRECT_SLOT_IDS		(-168)
#define RVDIRECT_SLOT_COMM_MASK		(-160)
#define RVDIRECT_SLOT_CGROUP		(-144)
#define RVDIRECT_SLOT_HARTS		(-128)
#define RVDIRECT_SLOT_ENTRY		(-64)
#define RVDIRECT_SLOT_EXIT		(-56)
#define RVDIRECT_SLOT_IS_ON		(-40)
#define RVDIRECT_SLOT_MIN		(-32)
#define RVDIRECT_SLOT_RET_FIRST		(-24)
#define RVDIRECT_SLOT_RET_MORE		(-16)

/* The bits of a product from here on number a cell, as in function_index.rs. */
#define RVDIRECT_PRODUCT_SHIFT		43

/* The most harts that a kernel can have: see arch/riscv/Kconfig. */
#define RVDIRECT_MAX_HARTS		512

/* Offsets in struct rvdirect_call. */
#define RVDIRECT_CALL_ARGS		0
#define RVDIRECT_CALL_RET		64
#define RVDIRECT_CALL_COOKIE		80
#define RVDIRECT_CALL_TEMPS		88
#define RVDIRECT_CALL_EXIT		128
#define RVDIRECT_CALL_COPIED		136
#define RVDIRECT_CALL_TICKS		144
#define RVDIRECT_CALL_ROWS		152
#define RVDIRECT_CALL_FP		160
#define RVDIRECT_CALL_RESUME		168
#define RVDIRECT_CALL_CALLER_FP		176
#define RVDIRECT_CALL_CALLER		184
#define RVDIRECT_CALL_SIZE		192

/*
 * The most bytes of its caller's frame that a trampoline copies for a target
 * that it calls: as many as the offsets of loads and stores reach.
 */
#define RVDIRECT_MAX_COPY		2032

/* The distance between histograms, and offsets in struct rvdirect_histogram. */
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
 * @entered: calls that came to the trampoline. "override" counts only those
 *	that it overrides, if it lets others pass; "count" counts none for a
 *	group
 * @missed: those of @entered for which no handler was called, whose caller has
 *	too large a frame, or which found too little of the stack left
 * @left: those that came back, if the trampoline waits for them
 * @counts: calls of each function, by its cell, if the trampoline tells
 *	functions apart
 * @resume: where the function resumes, if "count" counts a single one
 * @histogram: for "latency", the histogram or, if the trampoline tells functions
 *	apart, that of the first cell
 * @sure: for "latency", the ticks from which on a call belongs in the histogram
 *	whatever it returned
 */
struct rvdirect_row {
	u64 entered;
	u64 missed;
	u64 left;
	u64 *counts;
	u64 resume;
	struct rvdirect_histogram *histogram;
	u64 sure;
	u64 unused;
};

/**
 * struct rvdirect_slot - what a trampoline works with, and what it counts
 * @bucket_mask: the bits of an address that choose its multiplier, as an offset
 *	in bytes. The first multiplier lies right before this structure, and
 *	each further one before the last
 * @cell_mask: the greatest offset in the @counts of a row
 * @comm: the name of the tasks whose calls the filter lets pass
 * @ret: what "override" returns
 * @every: "override" takes every Nth call; never 0
 * @times: how many calls "override" takes at most
 * @calls: how many calls "override" has seen
 * @next: where calls go on that the filter lets pass
 * @has_harts: 0 if the filter lets calls on all harts pass
 * @ids_mask: which bits of @ids the filter looks at
 * @ids: the task whose calls the filter lets pass: its number and, in the upper
 *	half, that of its process
 * @comm_mask: which bits of @comm the filter looks at: not the second word alone
 * @cgroup: the cgroup whose calls the filter lets pass, with those of the cgroups
 *	below it, or NULL for all
 * @harts: the harts whose calls the filter lets pass, a bit each
 * @entry: the handler to call before the target, or NULL
 * @exit: the handler to call after the target has returned, or NULL
 * @data: what rvdirect_data() returns to both
 * @is_on: for "trace", what is 0 while @entry need not be called
 * @min: the fewest ticks that a call takes which "return" or "latency" wants
 * @ret_first: the first value that it returns, if they want only some
 * @ret_more: how many other values they want that follow it
 * @rows: one for each hart
 */
struct rvdirect_slot {
	u64 bucket_mask;
	u64 cell_mask;
	u64 comm[2];
	u64 ret;
	u64 every;
	u64 times;
	u64 calls;
	const void *next;
	u64 has_harts;
	u64 ids_mask;
	u64 ids;
	u64 comm_mask[2];
	const void *cgroup;
	u64 unused;
	u64 harts[RVDIRECT_MAX_HARTS / 64];
	void (*entry)(struct rvdirect_call *call);
	void (*exit)(struct rvdirect_call *call);
	void *data;
	const int *is_on;
	u64 min;
	u64 ret_first;
	u64 ret_more;
	u64 unused_too;
	struct rvdirect_row rows[];
};

/**
 * struct rvdirect_histogram - durations, in ticks of the timer, of one hart
 * @max: the longest
 * @min: the shortest; ~0 before the first
 * @total: the sum of all
 * @buckets: bucket N counts the durations that have N significant bits
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
 * Slot N has a trampoline of each kind. All trampolines of a kind have the same
 * size. They work with the struct rvdirect_slot whose rows are at
 * rvdirect_slot_rows[N], which must be set before a call site leads to them.
 */
extern const char rvdirect_count_slots[], rvdirect_count_slots_end[];
extern const char rvdirect_count_each_slots[], rvdirect_count_each_slots_end[];
extern const char rvdirect_entry_slots[], rvdirect_entry_slots_end[];
extern const char rvdirect_trace_slots[], rvdirect_trace_slots_end[];
extern const char rvdirect_return_slots[], rvdirect_return_slots_end[];
extern const char rvdirect_latency_slots[], rvdirect_latency_slots_end[];
extern const char rvdirect_latency_each_slots[], rvdirect_latency_each_slots_end[];
extern const char rvdirect_override_slots[], rvdirect_override_slots_end[];
extern const char rvdirect_override_some_slots[], rvdirect_override_some_slots_end[];
/*
 * A filter slot. Calls that pass go on to the slot of another kind with the
 * same number, or to any code that may be entered as a trampoline.
 */
extern const char rvdirect_filter_slots[], rvdirect_filter_slots_end[];
extern struct rvdirect_row *rvdirect_slot_rows[RVDIRECT_SLOTS];

#endif /* __ASSEMBLER__ */
#endif /* RVDIRECT_TRAMPOLINE_H */
