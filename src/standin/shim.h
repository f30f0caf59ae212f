/* SPDX-License-Identifier: GPL-2.0 */
/* What the stand-in for the kernel's crate needs of the kernel: see shim.rs. */
#ifndef RVDIRECT_STANDIN_SHIM_H
#define RVDIRECT_STANDIN_SHIM_H

#include <linux/types.h>

/*
 * Memory whose alignment is the greatest power of two that divides its size, up to a
 * page. @old is NULL, or comes from here. Returns NULL if there is no memory; @old is
 * as it was then. Both may sleep.
 */
void *rvdirect_reallocate(void *old, size_t size);
void rvdirect_free(void *memory);

/* The most that a struct mutex and a struct lock_class_key take: see sync/lock.rs. */
#define RVDIRECT_MUTEX_SIZE	256
#define RVDIRECT_KEY_SIZE	16

/* The mutex must not move from here on. @name and @key must be static. */
void rvdirect_mutex_init(void *mutex, const char *name, void *key);
void rvdirect_mutex_lock(void *mutex);
void rvdirect_mutex_unlock(void *mutex);

/* How many harts there can be. */
unsigned int rvdirect_harts(void);

/* Prints a record, with its end of line. @level is that of printk, a digit. */
void rvdirect_print(char level, const char *text, size_t length);

/* Warns, and says where. */
void rvdirect_warn(void);

/* Ends the task, and says where. */
void rvdirect_bug(void) __noreturn;

#endif /* RVDIRECT_STANDIN_SHIM_H */
