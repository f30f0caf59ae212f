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

/* Keeps this module from being unloaded, for ever. */
void rvdirect_stay_loaded(void);

/* How many files kernel::debugfs has made for this module; see src/shim.c. */
unsigned int rvdirect_debugfs_files(void);

#endif /* RVDIRECT_SHIM_H */
