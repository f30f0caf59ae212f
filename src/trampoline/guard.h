/* SPDX-License-Identifier: GPL-2.0 */
/* How handlers are called. */
#ifndef RVDIRECT_GUARD_H
#define RVDIRECT_GUARD_H

struct rvdirect_call;

/*
 * Calls @handler, unless a handler is already running in the same context of
 * this task, or RCU is not watching. Such a call counts as missed, and its exit
 * handler is not called either. For asm/trampoline.S.
 */
void rvdirect_guarded(struct rvdirect_call *call, void (*handler)(struct rvdirect_call *call));

#endif /* RVDIRECT_GUARD_H */
