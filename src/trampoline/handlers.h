/* SPDX-License-Identifier: GPL-2.0 */
/* The handlers behind "trace" and "return". */
#ifndef RVDIRECT_HANDLERS_H
#define RVDIRECT_HANDLERS_H

/*
 * rvdirect_data() has the number of arguments to show in its low bits and, from
 * this bit on, the number of the session that the attachment belongs to, or 0.
 */
#define RVDIRECT_EVENT_SESSION_SHIFT	8

struct rvdirect_call;

/* Entry handler: the event rvdirect:call. */
void rvdirect_handle_trace(struct rvdirect_call *call);

/* Exit handler: the event rvdirect:return. */
void rvdirect_handle_return(struct rvdirect_call *call);

#endif /* RVDIRECT_HANDLERS_H */
