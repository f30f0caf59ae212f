/* SPDX-License-Identifier: GPL-2.0 */
/* What only C can say, for Rust to call. */
#ifndef RVDIRECT_SHIM_H
#define RVDIRECT_SHIM_H

#include <linux/types.h>

struct module;

/*
 * Waits until no task and no hart executes in a trampoline that no call site
 * leads to any more, if the trampoline does not sleep. May sleep.
 */
void rvdirect_synchronize_trampolines(void);

/* The part of that which waits for idle tasks: RCU-tasks passes over them. */
void rvdirect_synchronize_idle_tasks(void);

/*
 * Makes what this hart wrote before visible to all harts before whatever they
 * do after it returns. Waits for the other harts.
 */
void rvdirect_synchronize_harts(void);

/* Whether @addr is in the memory of @mod. */
bool rvdirect_within_module(unsigned long addr, const struct module *mod);

/* Whether @addr is in the part of @mod that goes when it is initialised. */
bool rvdirect_within_module_init(unsigned long addr, const struct module *mod);

/* The process that is running, by its number outside of all namespaces. */
int rvdirect_current_pid(void);

/* The time that printk shows, in nanoseconds. */
u64 rvdirect_log_clock(void);

/* How long so many ticks of the timer are. */
u64 rvdirect_nanoseconds(u64 ticks);

/* Keeps this module from being unloaded, until it is released as often. */
void rvdirect_hold_module(void);
void rvdirect_release_module(void);

/* The same, if it is not being unloaded already. */
bool rvdirect_try_hold_module(void);

/* Keeps it for ever. Does not return if it is being unloaded, or fails to load. */
void rvdirect_stay_for_ever(void);

/* Waits until all that ftrace has put off until tasks have slept is done. */
void rvdirect_wait_for_tasks_callbacks(void);

/* Keeps another module from being unloaded, if its initialisation is done. */
bool rvdirect_get_live(struct module *mod);
void rvdirect_put(struct module *mod);

/* Whether /sys/module/ has a module of that name, be it built in. */
bool rvdirect_is_loaded(const char *name);

/*
 * Whether ftrace knows @addr, in the module of that name, and will go on to: not
 * before all its functions are enabled, nor when their text is about to be freed.
 */
bool rvdirect_is_settled(unsigned long addr, const char *name);

/* The name of a module, which lives as long. */
const char *rvdirect_module_name(const struct module *mod);

#endif /* RVDIRECT_SHIM_H */
