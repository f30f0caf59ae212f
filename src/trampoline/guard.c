// SPDX-License-Identifier: GPL-2.0
/*
 * The guard of the handlers: a handler that reaches an attached function must
 * not be called again, and none may be called where RCU is not watching: on an
 * idle hart, on one that comes up or goes, on the way to suspend.
 *
 * The recursion guard uses the bits of ftrace_test_recursion_trylock(), so that these handlers
 * and those of ftrace, fprobe and the like exclude one another. That function
 * itself would cost a third of a call with an empty handler. It disables
 * preemption, which is not needed here, as the bits are per task. It also lets
 * one recursion pass, as it cannot tell it from an interrupt that the preempt
 * count does not show yet. Here, such a call is missed, too.
 *
 * asm/trampoline.S handles the common case, and comes here for the others.
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/trace_recursion.h>

#include "../../asm/trampoline.h"
#include "guard.h"

/* RCU waits for harts that are online only, even if they say that it watches. */
static bool is_watched(void)
{
	return rcu_is_watching() && cpu_online(raw_smp_processor_id());
}

void rvdirect_guarded(struct rvdirect_call *call, void (*handler)(struct rvdirect_call *call))
{
	int bit = TRACE_FTRACE_START + trace_get_context_bit();
	struct rvdirect_row *rows = call->rows;

	if (trace_recursion_test(bit) || !is_watched()) {
		call->exit = NULL;
		atomic64_inc((atomic64_t *)&rows[raw_smp_processor_id()].missed);
		return;
	}
	trace_recursion_set(bit);
	barrier();
	handler(call);
	barrier();
	trace_recursion_clear(bit);
}

/* Offsets and sizes that asm/trampoline.S knows as numbers. */
#define CHECK_ROW(number, field) \
	static_assert((number) == offsetof(struct rvdirect_row, field))
#define CHECK_SLOT(number, field)						\
	static_assert((number) == (long)offsetof(struct rvdirect_slot, field) -	\
				  (long)offsetof(struct rvdirect_slot, rows))
#define CHECK_CALL(number, field) \
	static_assert((number) == offsetof(struct rvdirect_call, field))
#define CHECK_HISTOGRAM(number, field) \
	static_assert((number) == offsetof(struct rvdirect_histogram, field))

CHECK_ROW(RVDIRECT_ROW_ENTERED, entered);
/* asm/trampoline.S leaves out the addition. */
static_assert(RVDIRECT_ROW_ENTERED == 0);
CHECK_ROW(RVDIRECT_ROW_MISSED, missed);
CHECK_ROW(RVDIRECT_ROW_LEFT, left);
CHECK_ROW(RVDIRECT_ROW_COUNTS, counts);
CHECK_ROW(RVDIRECT_ROW_RESUME, resume);
CHECK_ROW(RVDIRECT_ROW_HISTOGRAM, histogram);
CHECK_ROW(RVDIRECT_ROW_SURE, sure);
static_assert(sizeof(struct rvdirect_row) == 1 << RVDIRECT_ROW_SHIFT);

CHECK_SLOT(RVDIRECT_SLOT_MULTIPLIER + (long)sizeof(u64), bucket_mask);
CHECK_SLOT(RVDIRECT_SLOT_BUCKET_MASK, bucket_mask);
static_assert(offsetof(struct rvdirect_slot, bucket_mask) == 0);
CHECK_SLOT(RVDIRECT_SLOT_CELL_MASK, cell_mask);
CHECK_SLOT(RVDIRECT_SLOT_COMM, comm);
CHECK_SLOT(RVDIRECT_SLOT_RET, ret);
CHECK_SLOT(RVDIRECT_SLOT_EVERY, every);
CHECK_SLOT(RVDIRECT_SLOT_TIMES, times);
CHECK_SLOT(RVDIRECT_SLOT_CALLS, calls);
CHECK_SLOT(RVDIRECT_SLOT_NEXT, next);
CHECK_SLOT(RVDIRECT_SLOT_HAS_HARTS, has_harts);
CHECK_SLOT(RVDIRECT_SLOT_IDS_MASK, ids_mask);
CHECK_SLOT(RVDIRECT_SLOT_IDS, ids);
CHECK_SLOT(RVDIRECT_SLOT_COMM_MASK, comm_mask);
CHECK_SLOT(RVDIRECT_SLOT_CGROUP, cgroup);
CHECK_SLOT(RVDIRECT_SLOT_HARTS, harts);
CHECK_SLOT(RVDIRECT_SLOT_ENTRY, entry);
CHECK_SLOT(RVDIRECT_SLOT_EXIT, exit);
CHECK_SLOT(RVDIRECT_SLOT_DATA, data);	/* and src/rvdirect.h knows it */
CHECK_SLOT(RVDIRECT_SLOT_IS_ON, is_on);
CHECK_SLOT(RVDIRECT_SLOT_MIN, min);
CHECK_SLOT(RVDIRECT_SLOT_RET_FIRST, ret_first);
CHECK_SLOT(RVDIRECT_SLOT_RET_MORE, ret_more);

CHECK_CALL(RVDIRECT_CALL_ARGS, args);
CHECK_CALL(RVDIRECT_CALL_RET, ret);
CHECK_CALL(RVDIRECT_CALL_TICKS, ticks);
CHECK_CALL(RVDIRECT_CALL_COOKIE, cookie);
CHECK_CALL(RVDIRECT_CALL_TEMPS, temps);
CHECK_CALL(RVDIRECT_CALL_ROWS, rows);
CHECK_CALL(RVDIRECT_CALL_EXIT, exit);
CHECK_CALL(RVDIRECT_CALL_COPIED, copied);
CHECK_CALL(RVDIRECT_CALL_FP, fp);
CHECK_CALL(RVDIRECT_CALL_RESUME, resume);
CHECK_CALL(RVDIRECT_CALL_CALLER_FP, caller_fp);
CHECK_CALL(RVDIRECT_CALL_CALLER, caller);
static_assert(sizeof(struct rvdirect_call) == RVDIRECT_CALL_SIZE);

CHECK_HISTOGRAM(RVDIRECT_HISTOGRAM_MAX, max);
CHECK_HISTOGRAM(RVDIRECT_HISTOGRAM_MIN, min);
CHECK_HISTOGRAM(RVDIRECT_HISTOGRAM_TOTAL, total);
CHECK_HISTOGRAM(RVDIRECT_HISTOGRAM_BUCKETS, buckets);
static_assert(sizeof(struct rvdirect_histogram) == 1 << RVDIRECT_HISTOGRAM_SHIFT);
