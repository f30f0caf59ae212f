/* SPDX-License-Identifier: GPL-2.0 */
/* How long a call took, in nanoseconds. */
#ifndef RVDIRECT_DURATION_H
#define RVDIRECT_DURATION_H

#include <linux/delay.h>
#include <linux/time64.h>

#include "../abstraction/shim.h"

/* Two divisions, and a call, are only for what takes half an hour or more. */
static __always_inline u64 rvdirect_duration(u64 ticks)
{
	if (likely(ticks <= U64_MAX / NSEC_PER_SEC))
		return ticks * NSEC_PER_SEC / riscv_timebase;
	return rvdirect_nanoseconds(ticks);
}

#endif /* RVDIRECT_DURATION_H */
