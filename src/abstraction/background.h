/* SPDX-License-Identifier: GPL-2.0 */
/* Background work, for Rust code: see src/abstraction/background.rs. */
#ifndef RVDIRECT_BACKGROUND_H
#define RVDIRECT_BACKGROUND_H

struct rvdirect_background;

/*
 * Makes a work item that calls @run with @context, in a task that may sleep.
 * @run returns after how many milliseconds to call it again, or a negative
 * number to stop. Returns NULL if there is no memory.
 */
struct rvdirect_background *rvdirect_background_new(long (*run)(const void *context),
						    const void *context);

/* Calls @run in @delay milliseconds. Replaces an earlier due time. */
void rvdirect_background_queue(struct rvdirect_background *background, unsigned int delay);

/* Cancels the work, waits for @run if it is running, and frees @background. */
void rvdirect_background_end(struct rvdirect_background *background);

#endif /* RVDIRECT_BACKGROUND_H */
