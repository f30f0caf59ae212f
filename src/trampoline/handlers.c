// SPDX-License-Identifier: GPL-2.0
/* The handlers behind the callers "trace" and "return". */
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../asm/trampoline.h"
#include "event_mutex.h"
#include "handlers.h"

/* For the classes of the events: see event_mutex.c. */
#define trace_event_reg rvdirect_static_event_reg
#define CREATE_TRACE_POINTS
#include "events.h"
#undef trace_event_reg

unsigned int rvdirect_call_event_type(void)
{
	return event_call.event.type;
}

int rvdirect_hold_for_event(void)
{
	return try_module_get(THIS_MODULE) ? 0 : -ENODEV;
}

/* The kernel holds event_mutex here, and takes it before it lets a module go. */
void rvdirect_release_from_event(void)
{
	module_put(THIS_MODULE);
}

/* A separate function: a call whose event is off does not pay for it. */
static noinline void make_return_event(struct rvdirect_call *call)
{
	trace_return(call);
}

/* The key has had two types, one within the other. */
const int *const rvdirect_trace_is_on =
	&((const struct static_key *)&__tracepoint_call.key)->enabled.counter;

void rvdirect_handle_trace(struct rvdirect_call *call)
{
	trace_call(call);
}

void rvdirect_handle_return(struct rvdirect_call *call)
{
	if (trace_return_enabled())
		make_return_event(call);
}

bool rvdirect_is_wanted(const struct rvdirect_call *call)
{
	const struct rvdirect_slot *slot = container_of(call->rows, struct rvdirect_slot, rows);

	return call->ticks >= slot->min && call->ret[0] - slot->ret_first <= slot->ret_more;
}

void rvdirect_handle_some_returns(struct rvdirect_call *call)
{
	if (trace_return_enabled() && rvdirect_is_wanted(call))
		make_return_event(call);
}
