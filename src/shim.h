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

/* The time that printk shows, in nanoseconds. */
u64 rvdirect_log_clock(void);

/* How long so many ticks of the timer are. */
u64 rvdirect_nanoseconds(u64 ticks);

/* Keeps this module from being unloaded, until it is released as often. */
void rvdirect_hold_module(void);
void rvdirect_release_module(void);

/*
 * Calls rvdirect_drain(), which Rust has, in a moment, as a task that may sleep;
 * or again, a longer moment later; or waits until that is done, and drops what
 * is still to come.
 */
void rvdirect_drain_soon(void);
void rvdirect_drain_again(void);
void rvdirect_drain_stop(void);
void rvdirect_drain(void);

/* Keeps another module from being unloaded, if its initialisation is done. */
bool rvdirect_get_live(struct module *mod);
void rvdirect_put(struct module *mod);

/* Whether a module of that name is there, or on its way. */
bool rvdirect_is_loaded(const char *name);

/* The name of a module, which lives as long. */
const char *rvdirect_module_name(const struct module *mod);

/* How many files kernel::debugfs has made for this module; see src/shim.c. */
unsigned int rvdirect_debugfs_files(void);

#endif /* RVDIRECT_SHIM_H */
