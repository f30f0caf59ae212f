/* SPDX-License-Identifier: GPL-2.0 */
/* A way to call a function with the kernel's event_mutex held. */
#ifndef RVDIRECT_EVENT_MUTEX_H
#define RVDIRECT_EVENT_MUTEX_H

#include <linux/trace_events.h>

/*
 * Calls @function with event_mutex held. Returns what it returns, or -EOPNOTSUPP if
 * the kernel did not hand the call on, or has no CONFIG_PERF_EVENTS.
 */
int rvdirect_with_event_mutex(int (*function)(void *context), void *context);

/* The reg() of the event that carries the call, for any other use as the kernel's own. */
int rvdirect_static_event_reg(struct trace_event_call *call, enum trace_reg type, void *data);

#endif /* RVDIRECT_EVENT_MUTEX_H */
