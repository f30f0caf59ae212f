/* SPDX-License-Identifier: GPL-2.0 */
/* The event of one attachment, whose fields are what it fetches. */
#ifndef RVDIRECT_OWN_EVENT_H
#define RVDIRECT_OWN_EVENT_H

#include <linux/types.h>

/* The most fields, and the most dereferences of one. */
#define RVDIRECT_FETCHES	32
#define RVDIRECT_FETCH_STEPS	8
/* The longest names of events and fields, with the terminator. */
#define RVDIRECT_FETCH_NAME	32
#define RVDIRECT_FETCH_TYPE	20
#define RVDIRECT_EVENT_NAME	64
/* The most bytes of a string, with the terminator. */
#define RVDIRECT_FETCH_STRING	256

/* Where a fetch begins. */
enum rvdirect_source {
	/* A register argument. */
	RVDIRECT_SOURCE_ARG,
	/* A word on the stack, from where the target's sp is on entry. */
	RVDIRECT_SOURCE_STACK,
	/* What the target returned in a0. */
	RVDIRECT_SOURCE_RETURNED,
	/* The address of the task's name. */
	RVDIRECT_SOURCE_COMM,
};

/* How a value is shown. */
enum rvdirect_kind {
	RVDIRECT_KIND_UNSIGNED,
	RVDIRECT_KIND_SIGNED,
	RVDIRECT_KIND_HEX,
	RVDIRECT_KIND_CHAR,
	RVDIRECT_KIND_BOOL,
	RVDIRECT_KIND_SYMBOL,
	RVDIRECT_KIND_STRING,
};

/**
 * struct rvdirect_fetch - a field, and how to get its value
 * @name: the field's name
 * @source: where to begin, an enum rvdirect_source
 * @index: which argument or word, from 0
 * @steps: how many dereferences follow. The last one reads the value, or tells
 *	where the string or the array is; the others read pointers
 * @user: the dereferences that only read the user's memory, a bit each
 * @kind: how the value is shown, an enum rvdirect_kind
 * @size: the bytes of a value, or of an element; 0 for a string
 * @left: for a bitfield: by how many bits to shift the value to the left, and
 * @right: then to the right
 * @count: the elements of an array; 0 if it is none. Of an array of strings, the
 *	addresses are in memory
 * @offsets: what each dereference adds to the pointer before
 * @at: the place in the record, as all below set by rvdirect_event_new()
 * @strings_behind: how many strings the fields behind it have
 * @word: what is a word of the call: where in there it is
 * @is_word: whether the value is one, without more ado
 * @type: the type as filters and tools know it
 */
struct rvdirect_fetch {
	char name[RVDIRECT_FETCH_NAME];
	u8 source;
	u8 index;
	u8 steps;
	u8 user;
	u8 kind;
	u8 size;
	u8 left;
	u8 right;
	u16 count;
	s32 offsets[RVDIRECT_FETCH_STEPS];
	u16 at;
	u8 strings_behind;
	u16 word;
	bool is_word;
	char type[RVDIRECT_FETCH_TYPE];
};

struct rvdirect_call;
struct rvdirect_event;

/*
 * Makes an event of that name, which need not last, with these fields, for the
 * session of that number or 0. It is not in tracefs yet. Returns an ERR_PTR:
 * -E2BIG if a record would be too large.
 */
struct rvdirect_event *rvdirect_event_new(const char *name, bool is_return, u32 session,
					  const struct rvdirect_fetch *fetches,
					  unsigned int count);

/*
 * Puts the event into tracefs. The module is in use from then on. Returns
 * -EEXIST if the system rvdirect has such an event already, and -EOPNOTSUPP if
 * the kernel lacks what this needs.
 */
int rvdirect_event_add(struct rvdirect_event *event);

/*
 * Takes the event out of tracefs. Returns -EBUSY while somebody uses it: it stays
 * then. Once it is out, the buffers that recorded it are empty.
 */
int rvdirect_event_remove(struct rvdirect_event *event);

/* Frees an event that is not in tracefs, and that no handler works with. */
void rvdirect_event_free(struct rvdirect_event *event);

/* Returns what is 0 while nobody wants the event. It lives as long as the event. */
const int *rvdirect_event_is_on(const struct rvdirect_event *event);

/* Handlers; rvdirect_data() is the event. */
void rvdirect_handle_own_trace(struct rvdirect_call *call);
void rvdirect_handle_own_return(struct rvdirect_call *call);

/* Makes room for the records that are being made, or gives it back. */
int rvdirect_events_init(void);
void rvdirect_events_exit(void);

/* Sleeps for a moment, in which somebody may stop using an event. */
void rvdirect_events_wait(void);

#endif /* RVDIRECT_OWN_EVENT_H */
