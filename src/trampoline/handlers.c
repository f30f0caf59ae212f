// SPDX-License-Identifier: GPL-2.0
/* The handlers behind the callers "trace" and "return". */
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#define CREATE_TRACE_POINTS
#include "../../asm/trampoline.h"
#include "events.h"
#include "handlers.h"

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

static bool is_wanted(const struct rvdirect_call *call)
{
	const struct rvdirect_slot *slot = container_of(call->rows, struct rvdirect_slot, rows);

	return call->ticks >= slot->min && call->ret[0] - slot->ret_first <= slot->ret_more;
}

void rvdirect_handle_some_returns(struct rvdirect_call *call)
{
	if (trace_return_enabled() && is_wanted(call))
		make_return_event(call);
}
