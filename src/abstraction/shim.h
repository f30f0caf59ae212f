/* SPDX-License-Identifier: GPL-2.0 */
/* Inline functions and macros of the kernel, for Rust to call. */
#ifndef RVDIRECT_SHIM_H
#define RVDIRECT_SHIM_H

#include <linux/types.h>

struct module;

/*
 * Waits until nothing executes in a trampoline that no call site leads to any
 * more, provided that the trampoline does not sleep. May sleep.
 */
void rvdirect_synchronize_trampolines(void);

/*
 * The part of it that RCU-tasks does not cover: idle tasks, and harts that RCU does
 * not watch.
 */
void rvdirect_synchronize_idle_tasks(void);

/* Whether @addr is in the memory of @mod. */
bool rvdirect_within_module(unsigned long addr, const struct module *mod);

/* Whether @addr is in the part of @mod that is freed after initialisation. */
bool rvdirect_within_module_init(unsigned long addr, const struct module *mod);

/* The PID of the current process, outside of all namespaces. */
int rvdirect_current_pid(void);

/* Returns whether the kernel is locked down, so debugfs lets nobody write. */
bool rvdirect_is_locked_down(void);

/* The time that printk shows, in nanoseconds. */
u64 rvdirect_log_clock(void);

/* Converts ticks of the timer to nanoseconds. */
u64 rvdirect_nanoseconds(u64 ticks);

/* The fewest ticks that are at least so many nanoseconds. */
u64 rvdirect_ticks_of(u64 nanoseconds);

/* Keeps this module from being unloaded until each hold is released. */
void rvdirect_hold_module(void);
void rvdirect_release_module(void);

/* The same, if it is not being unloaded already. */
bool rvdirect_try_hold_module(void);

/* Keeps it for ever. Never returns if it is being unloaded or fails to load. */
void rvdirect_stay_for_ever(void);

/* Waits until all RCU-tasks callbacks that ftrace has queued are done. */
void rvdirect_wait_for_tasks_callbacks(void);

/* Keeps another module from being unloaded, if its initialisation is done. */
bool rvdirect_get_live(struct module *mod);
void rvdirect_put(struct module *mod);

#endif /* RVDIRECT_SHIM_H */
