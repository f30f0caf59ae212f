/* SPDX-License-Identifier: GPL-2.0 */
/* The handlers behind "trace" and "return". */
#ifndef RVDIRECT_HANDLERS_H
#define RVDIRECT_HANDLERS_H

#include <linux/types.h>

/*
 * rvdirect_data() has the number of arguments to show in its low bits and, from
 * this bit on, the number of the session that the attachment belongs to, or 0.
 */
#define RVDIRECT_EVENT_SESSION_SHIFT	8

struct rvdirect_call;

/*
 * Entry handler: the event rvdirect:call. It need not be called while
 * *rvdirect_trace_is_on is 0.
 */
extern const int *const rvdirect_trace_is_on;
void rvdirect_handle_trace(struct rvdirect_call *call);

/*
 * For the events: while one of them has a probe, be it by "enable" or by a
 * trigger, the module is in use. The kernel cannot take a trigger's probe away
 * when a module goes.
 */
int rvdirect_hold_for_event(void);
void rvdirect_release_from_event(void);

/*
 * Exit handlers: the event rvdirect:return, for all calls, or for those whose
 * outcome the slot wants.
 */
void rvdirect_handle_return(struct rvdirect_call *call);
void rvdirect_handle_some_returns(struct rvdirect_call *call);

/* Returns whether the slot wants a return with the outcome of the call. */
bool rvdirect_is_wanted(const struct rvdirect_call *call);

/* The number that the kernel gave to the event rvdirect:call. */
unsigned int rvdirect_call_event_type(void);

#endif /* RVDIRECT_HANDLERS_H */
