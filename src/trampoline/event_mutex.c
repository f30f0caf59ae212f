// SPDX-License-Identifier: GPL-2.0
/*
 * A way to call a function with the kernel's event_mutex held, which
 * trace_add_event_call() and trace_remove_event_call() ask for, but which is not
 * exported as they are.
 *
 * The kernel holds it whenever it calls the reg() of an event's class. The call
 * goes through perf, which is asked for a counter of the event rvdirect:call and
 * calls its reg() for that. Ours sees who asks, calls the function, and refuses
 * the counter: so perf leaves everything as it was, and never enables the event.
 * With perf's call, no walk over a list of events goes on when reg() has refused.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

#include "event_mutex.h"
#include "handlers.h"

#ifdef CONFIG_PERF_EVENTS

/* What the task wants to have called. Only one task at a time has something. */
static struct {
	struct task_struct *task;
	int (*function)(void *context);
	void *context;
	int ret;
} wanted;
static DEFINE_MUTEX(wanted_mutex);

int rvdirect_with_event_mutex(int (*function)(void *context), void *context)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = rvdirect_call_event_type(),
		.disabled = 1,
	};
	struct perf_event *counter;
	int ret;

	mutex_lock(&wanted_mutex);
	wanted.function = function;
	wanted.context = context;
	wanted.ret = -EOPNOTSUPP;
	WRITE_ONCE(wanted.task, current);
	counter = perf_event_create_kernel_counter(&attr, 0, NULL, NULL, NULL);
	WRITE_ONCE(wanted.task, NULL);
	ret = wanted.ret;
	if (!IS_ERR(counter))
		perf_event_release_kernel(counter);
	else if (PTR_ERR(counter) == -ENOMEM)
		ret = -ENOMEM;	/* It did not come to reg(), which refuses otherwise. */
	mutex_unlock(&wanted_mutex);
	return ret;
}

int rvdirect_static_event_reg(struct trace_event_call *call, enum trace_reg type, void *data)
{
	bool is_for_perf = type == TRACE_REG_PERF_REGISTER || type == TRACE_REG_PERF_OPEN;

	if (!is_for_perf || READ_ONCE(wanted.task) != current)
		return trace_event_reg(call, type, data);
	/* Only once, should perf go on to the next of the two. */
	WRITE_ONCE(wanted.task, NULL);
	wanted.ret = wanted.function(wanted.context);
	return -ECANCELED;
}

#else /* !CONFIG_PERF_EVENTS */

int rvdirect_with_event_mutex(int (*function)(void *context), void *context)
{
	return -EOPNOTSUPP;
}

int rvdirect_static_event_reg(struct trace_event_call *call, enum trace_reg type, void *data)
{
	return trace_event_reg(call, type, data);
}

#endif /* CONFIG_PERF_EVENTS */
