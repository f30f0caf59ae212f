// SPDX-License-Identifier: GPL-2.0
/*
 * The jobs of the comparison as BPF programs: each function is one, which
 * scripts/selftest puts in a file of its own, and peers.c loads from there.
 */
#include "jobs.h"

/* The loader puts the map's file descriptor in place of the number. */
#define map(number) ({ \
	void *pointer; \
	asm volatile("%0 = %1 ll" : "=r"(pointer) : "i"(JOBS_MAP + (number))); \
	pointer; \
})

static void *(*const lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const update)(void *map, const void *key, const void *value, __u64 flags) =
	(void *)BPF_FUNC_map_update_elem;
static long (*const forget)(void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static __u64 (*const now)(void) = (void *)BPF_FUNC_ktime_get_ns;
static __u64 (*const task)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
static __u64 (*const function)(void *context) = (void *)BPF_FUNC_get_func_ip;
static long (*const output)(void *map, void *data, __u64 size, __u64 flags) =
	(void *)BPF_FUNC_ringbuf_output;

/* The argument registers in the context of a kprobe. */
#define REGISTER(number) ((__u64 *)context)[10 + (number)]
/* The arguments, and then the result, in the context of fentry and fexit. */
#define ARGUMENT(number) ((__u64 *)context)[number]

static __always_inline void add_one(void *array, __u32 index)
{
	__u64 *value = lookup(array, &index);

	if (value)
		*value += 1;
}

long nothing(void *context)
{
	return 0;
}

long count(void *context)
{
	add_one(map(JOBS_HITS), 0);
	return 0;
}

long begin(void *context)
{
	__u64 key = task(), start = now();

	update(map(JOBS_STARTS), &key, &start, BPF_ANY);
	return 0;
}

/* Into a histogram by powers of two. */
long end(void *context)
{
	__u64 key = task(), *start = lookup(map(JOBS_STARTS), &key), time;
	__u32 bucket = 0;

	if (!start)
		return 0;
	time = now() - *start;
	forget(map(JOBS_STARTS), &key);
	for (int bits = 32; bits; bits /= 2) {
		if (time >> bits) {
			time >>= bits;
			bucket += bits;
		}
	}
	add_one(map(JOBS_HISTOGRAM), bucket);
	return 0;
}

static __always_inline long event(void *context, __u64 first, __u64 second)
{
	__u64 data[] = { now(), task(), function(context), first, second };

	output(map(JOBS_EVENTS), data, sizeof(data), 0);
	return 0;
}

long kprobe_event(void *context)
{
	return event(context, REGISTER(0), REGISTER(1));
}

long kprobe_return(void *context)
{
	return event(context, REGISTER(0), 0);
}

long fentry_event(void *context)
{
	return event(context, ARGUMENT(0), ARGUMENT(1));
}

long fexit_return(void *context)
{
	return event(context, ARGUMENT(2), 0);
}
