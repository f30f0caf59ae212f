/* SPDX-License-Identifier: GPL-2.0 */
/* Gets the values of an event's fields. */
#ifndef RVDIRECT_FETCH_H
#define RVDIRECT_FETCH_H

#include <linux/types.h>

#include "own_event.h"

/* What a string has that could not be read, as in the kernel's own events. */
#define RVDIRECT_FAULT	"(fault)"

struct rvdirect_call;

/* Finds out how to get the value. */
void rvdirect_fetch_prepare(struct rvdirect_fetch *fetch);

/* Stores the value, or 0 if it cannot be read. Returns 0, or -EFAULT. */
int rvdirect_fetch_numbers(struct rvdirect_call *call, const struct rvdirect_fetch *fetch,
			   void *to);

/*
 * Copies a string, or that element of an array of strings, with its terminator, or
 * "(fault)" if it cannot be read. What does not fit is cut. @room is not 0. Returns
 * the size.
 */
unsigned int rvdirect_fetch_string(struct rvdirect_call *call, const struct rvdirect_fetch *fetch,
				   unsigned int element, char *to, unsigned int room,
				   bool *is_fault);

#endif /* RVDIRECT_FETCH_H */
