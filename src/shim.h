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

/* Whether @addr is in the text of @mod. */
bool rvdirect_within_module(unsigned long addr, const struct module *mod);

/* The time that printk shows, in nanoseconds. */
u64 rvdirect_log_clock(void);

/*
 * Makes each opening of the debugfs file /@dir/@file hold this module until
 * the file is closed. To be called once a file, before the module's init
 * returns. Returns 0, or -ENOENT if there is no such file.
 */
int rvdirect_debugfs_hold_module(const char *dir, const char *file);

#endif /* RVDIRECT_SHIM_H */
