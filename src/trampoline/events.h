/* SPDX-License-Identifier: GPL-2.0 */
/* The events rvdirect:call and rvdirect:return. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvdirect

#if !defined(RVDIRECT_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVDIRECT_EVENTS_H

#include <linux/tracepoint.h>

#include "../rvdirect.h"
#include "duration.h"
#include "errors.h"
#include "handlers.h"

#ifndef RVDIRECT_EVENT_ARGS
#define RVDIRECT_EVENT_ARGS

/*
 * A field for each argument, so that filters and histograms can name it; "args"
 * says how many there are, the others are 0.
 */
#define RVDIRECT_ARG_FIELDS		\
	__field(unsigned long, args)	\
	__field(unsigned long, arg0)	\
	__field(unsigned long, arg1)	\
	__field(unsigned long, arg2)	\
	__field(unsigned long, arg3)	\
	__field(unsigned long, arg4)	\
	__field(unsigned long, arg5)	\
	__field(unsigned long, arg6)	\
	__field(unsigned long, arg7)

/*
 * The first argument, for each reader of this text: C needs a pointer, while
 * the parsers of the event's format only know the field by its name. __entry
 * expands to "field" in C, and to "REC" in the format.
 */
#define RVDIRECT_FIRST_ARG(entry)	RVDIRECT_FIRST_ARG_(entry)
#define RVDIRECT_FIRST_ARG_(entry)	RVDIRECT_FIRST_ARG_##entry
#define RVDIRECT_FIRST_ARG_field	(&field->arg0)
#define RVDIRECT_FIRST_ARG_REC		REC->arg0

/* Where the numbers of RVDIRECT_ERRORS lie. */
#define RVDIRECT_IS_ERROR							\
	((__entry->ret < 0 && __entry->ret > -135) ||				\
	 (__entry->ret < -511 && __entry->ret > -532))

/* Parts of rvdirect_data(): the number of arguments, and of the session. */
static __always_inline unsigned long rvdirect_event_args(const struct rvdirect_call *call)
{
	return (unsigned long)rvdirect_data(call) &
	       ((1 << RVDIRECT_EVENT_SESSION_SHIFT) - 1);
}

static __always_inline u32 rvdirect_event_session(const struct rvdirect_call *call)
{
	return (unsigned long)rvdirect_data(call) >> RVDIRECT_EVENT_SESSION_SHIFT;
}

static __always_inline void rvdirect_copy_args(unsigned long *to, const unsigned long *from,
					       unsigned long args)
{
	/* Fortified functions see one member only. */
	OPTIMIZER_HIDE_VAR(to);
	/* The default number, without a loop. */
	if (likely(args == 4)) {
		memcpy(to, from, 4 * sizeof(*to));
		memset(to + 4, 0, 4 * sizeof(*to));
		return;
	}
	for (unsigned int i = 0; i < RVDIRECT_REGISTER_ARGS; i++)
		to[i] = i < args ? from[i] : 0;
}

#endif /* RVDIRECT_EVENT_ARGS */

TRACE_EVENT_FN(call,

	TP_PROTO(const struct rvdirect_call *call),

	TP_ARGS(call),

	TP_STRUCT__entry(
		__field(unsigned long, target)
		__field(unsigned long, caller)
		__field(u32, session)
		RVDIRECT_ARG_FIELDS
	),

	TP_fast_assign(
		__entry->target = rvdirect_target(call);
		__entry->caller = rvdirect_target_caller(call);
		__entry->session = rvdirect_event_session(call);
		__entry->args = rvdirect_event_args(call);
		rvdirect_copy_args(&__entry->arg0, call->args, __entry->args);
	),

	TP_printk("%ps <- %pS args=%s", (void *)__entry->target, (void *)__entry->caller,
		  __print_array(RVDIRECT_FIRST_ARG(__entry), __entry->args, 8)),

	rvdirect_hold_for_event,
	rvdirect_release_from_event
);

TRACE_EVENT_FN(return,

	TP_PROTO(const struct rvdirect_call *call),

	TP_ARGS(call),

	TP_STRUCT__entry(
		__field(unsigned long, target)
		__field(unsigned long, caller)
		__field(u64, duration)
		__field(long, ret)
		__field(u32, session)
		RVDIRECT_ARG_FIELDS
	),

	TP_fast_assign(
		__entry->target = rvdirect_target(call);
		__entry->caller = rvdirect_target_caller(call);
		__entry->duration = rvdirect_duration(call->ticks);
		__entry->ret = call->ret[0];
		__entry->session = rvdirect_event_session(call);
		__entry->args = rvdirect_event_args(call);
		rvdirect_copy_args(&__entry->arg0, call->args, __entry->args);
	),

	TP_printk("%ps -> %pS ret=%ld%s%s duration=%llu ns args=%s",
		  (void *)__entry->target, (void *)__entry->caller, __entry->ret,
		  RVDIRECT_IS_ERROR ? " " : "",
		  RVDIRECT_IS_ERROR ?
			__print_symbolic(-__entry->ret, RVDIRECT_ERRORS) : "",
		  __entry->duration,
		  __print_array(RVDIRECT_FIRST_ARG(__entry), __entry->args, 8)),

	rvdirect_hold_for_event,
	rvdirect_release_from_event
);

#endif /* RVDIRECT_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
