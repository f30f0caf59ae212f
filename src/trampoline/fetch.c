// SPDX-License-Identifier: GPL-2.0
/*
 * Gets the values of an event's fields. Whatever an address leads to, nothing is
 * brought in, nothing sleeps, and what cannot be read is a fault of the field.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../rvdirect.h"
#include "fetch.h"

/* How much of a string is read at a time. Most are shorter. */
#define PART	32

/* The address alone tells whether memory is the user's. */
static int read(void *to, unsigned long from, size_t size, bool is_users)
{
	if (from < TASK_SIZE)
		return copy_from_user_nofault(to, (const void __user *)from, size);
	return is_users ? -EFAULT : copy_from_kernel_nofault(to, (const void *)from, size);
}

static int get_source(struct rvdirect_call *call, const struct rvdirect_fetch *fetch,
		      unsigned long *value)
{
	switch (fetch->source) {
	case RVDIRECT_SOURCE_ARG:
		*value = call->args[fetch->index];
		return 0;
	case RVDIRECT_SOURCE_STACK:
		/* There may be less of the stack. */
		return copy_from_kernel_nofault(value,
						rvdirect_arg(call, RVDIRECT_REGISTER_ARGS +
							     fetch->index),
						sizeof(*value));
	case RVDIRECT_SOURCE_RETURNED:
		*value = call->ret[0];
		return 0;
	default:
		*value = (unsigned long)current->comm;
		return 0;
	}
}

/*
 * Follows the pointers up to where the value is or, if it is not in memory, gets
 * the value.
 */
static int get_place(struct rvdirect_call *call, const struct rvdirect_fetch *fetch,
		     unsigned long *value)
{
	int err = get_source(call, fetch, value);

	for (unsigned int i = 0; i < fetch->steps && !err; i++) {
		*value += fetch->offsets[i];
		if (i + 1 < fetch->steps)
			err = read(value, *value, sizeof(*value), fetch->user & BIT(i));
	}
	return err;
}

static bool is_last_users(const struct rvdirect_fetch *fetch)
{
	return fetch->steps && fetch->user & BIT(fetch->steps - 1);
}

/* Stores the lower bytes of a value, or those of a bitfield within. */
static void store(void *to, unsigned long value, const struct rvdirect_fetch *fetch)
{
	value <<= fetch->left;
	value >>= fetch->right;
	memcpy(to, &value, fetch->size);
}

int rvdirect_fetch_numbers(struct rvdirect_call *call, const struct rvdirect_fetch *fetch, void *to)
{
	unsigned int elements = fetch->count ? fetch->count : 1;
	unsigned long value;
	int err;

	err = get_place(call, fetch, &value);
	if (likely(!err)) {
		if (!fetch->steps) {
			store(to, value, fetch);
			return 0;
		}
		err = read(to, value, elements * fetch->size, is_last_users(fetch));
	}
	if (err) {
		memset(to, 0, elements * fetch->size);
		return err;
	}
	if (fetch->left | fetch->right) {
		value = 0;
		memcpy(&value, to, fetch->size);
		store(to, value, fetch);
	}
	return 0;
}

/*
 * Copies a string, and ends it where the room ends if not before. Returns its size
 * with the terminator. Reads no page before it is known that the string reaches it.
 */
static int read_string(char *to, unsigned long from, unsigned int room, bool is_users)
{
	unsigned int done = 0;

	while (done < room) {
		unsigned int part = min3(room - done, (unsigned int)PART,
					 (unsigned int)(PAGE_SIZE - offset_in_page(from)));
		unsigned int length;

		if (read(to + done, from, part, is_users))
			return -EFAULT;
		length = strnlen(to + done, part);
		done += length;
		if (length < part)
			return done + 1;
		from += part;
	}
	to[room - 1] = '\0';
	return room;
}

unsigned int rvdirect_fetch_string(struct rvdirect_call *call, const struct rvdirect_fetch *fetch,
				   unsigned int element, char *to, unsigned int room,
				   bool *is_fault)
{
	unsigned long from;
	int size;

	*is_fault = false;
	if (fetch->source == RVDIRECT_SOURCE_COMM && !fetch->steps) {
		/* Never a fault, and another task that changes it leaves a terminator. */
		room = min_t(unsigned int, room, TASK_COMM_LEN);
		size = strscpy(to, current->comm, room);
		return size < 0 ? room : size + 1;
	}
	room = min_t(unsigned int, room, RVDIRECT_FETCH_STRING);
	size = get_place(call, fetch, &from);
	/* An array has the addresses of its strings. */
	if (!size && fetch->count)
		size = read(&from, from + element * sizeof(from), sizeof(from),
			    is_last_users(fetch));
	if (!size)
		size = read_string(to, from, room, is_last_users(fetch));
	if (size >= 0)
		return size;
	*is_fault = true;
	strscpy(to, RVDIRECT_FAULT, room);
	return min_t(unsigned int, room, sizeof(RVDIRECT_FAULT));
}

void rvdirect_fetch_prepare(struct rvdirect_fetch *fetch)
{
	bool is_whole = !fetch->steps && !(fetch->left | fetch->right) &&
			fetch->kind != RVDIRECT_KIND_STRING;

	fetch->is_word = is_whole && (fetch->source == RVDIRECT_SOURCE_ARG ||
				      fetch->source == RVDIRECT_SOURCE_RETURNED);
	if (fetch->source == RVDIRECT_SOURCE_ARG)
		fetch->word = offsetof(struct rvdirect_call, args) + fetch->index * sizeof(long);
	else
		fetch->word = offsetof(struct rvdirect_call, ret);
}
