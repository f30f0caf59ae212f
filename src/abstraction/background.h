/* SPDX-License-Identifier: GPL-2.0 */
/* Background work, for Rust code: see src/abstraction/background.rs. */
#ifndef RVDIRECT_BACKGROUND_H
#define RVDIRECT_BACKGROUND_H

#include <linux/types.h>

struct rvdirect_background;

/*
 * Makes work that calls @run with @context, in a kernel thread of that name.
 * @run returns after how many milliseconds to call it again, or a negative
 * number to stop, and sets what others can wait for: a number that never falls.
 * Returns an error pointer if there is no memory or no thread.
 */
struct rvdirect_background *rvdirect_background_new(const char *name,
						    long (*run)(const void *context,
								u64 *progress),
						    const void *context);

/* Calls @run in @delay milliseconds. Replaces an earlier due time. */
void rvdirect_background_queue(struct rvdirect_background *background, unsigned int delay);

/* Both wait until @run has come to that number; the second one until the task is killed. */
void rvdirect_background_wait(struct rvdirect_background *background, u64 progress);
void rvdirect_background_wait_killable(struct rvdirect_background *background, u64 progress);

/* Cancels the work, waits for @run if it is running, and ends the thread. */
void rvdirect_background_end(struct rvdirect_background *background);

#endif /* RVDIRECT_BACKGROUND_H */
