/* SPDX-License-Identifier: GPL-2.0 */
/* Work in the background, for Rust to give: see src/abstraction/background.rs. */
#ifndef RVDIRECT_BACKGROUND_H
#define RVDIRECT_BACKGROUND_H

struct rvdirect_background;

/*
 * Makes work that calls @run with @context, as a task that may sleep. @run returns
 * in how many milliseconds it is to be called again, or a negative number if it is
 * not. Returns NULL if there is no memory.
 */
struct rvdirect_background *rvdirect_background_new(long (*run)(const void *context),
						    const void *context);

/* Calls @run in so many milliseconds, whenever it was due before. */
void rvdirect_background_queue(struct rvdirect_background *background, unsigned int delay);

/* Waits until @run has returned if it is running; it is not called any more. */
void rvdirect_background_end(struct rvdirect_background *background);

#endif /* RVDIRECT_BACKGROUND_H */
