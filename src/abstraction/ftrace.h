/* SPDX-License-Identifier: GPL-2.0 */
/* Direct calls of ftrace, for Rust: see src/abstraction/ftrace.rs. */
#ifndef RVDIRECT_FTRACE_H
#define RVDIRECT_FTRACE_H

#include <linux/types.h>

struct ftrace_ops;

/* The distance from the location of a function to where it resumes after a direct call. */
extern const unsigned long rvdirect_resume_offset;

/*
 * Makes an ftrace_ops for the functions at @locations, as ftrace records them. Returns
 * an error pointer: -EINVAL if ftrace does not know one of them, or if there is none.
 */
struct ftrace_ops *rvdirect_make_ops(const unsigned long *locations, unsigned int count);

/* Frees it. It must not be registered, and nobody may be about to call its function. */
void rvdirect_free_ops(struct ftrace_ops *ops);

/*
 * Registers direct calls to @address. @location is one of its functions. On an error other
 * than -ENODEV, nothing is registered; the functions below then tell why.
 */
int rvdirect_register_ops(struct ftrace_ops *ops, unsigned long location,
			  unsigned long address);

/* Whether one of its functions has a direct caller already. */
bool rvdirect_is_refused_as_held(const struct ftrace_ops *ops);

/* Whether a call that is traced otherwise may have found it. */
bool rvdirect_was_listed(const struct ftrace_ops *ops);

/*
 * The location of the function that something else modifies, such as a livepatch, or 0
 * where ftrace does not tell.
 */
unsigned long rvdirect_modified_location(const struct ftrace_ops *ops);

/* Replaces the address of one that is registered. */
int rvdirect_modify_ops(struct ftrace_ops *ops, unsigned long address);

/* Lets those who walk ftrace's list skip one that is registered. */
void rvdirect_hide_ops(struct ftrace_ops *ops);

/*
 * Unregisters direct calls to @address without waiting for a grace period. It must be
 * hidden, and nobody may be about to call its function. On an error, ftrace is down, and
 * call sites may lead to @address for ever.
 */
int rvdirect_unregister_ops(struct ftrace_ops *ops, unsigned long address);

/*
 * Returns -EBUSY if one of the functions has a direct caller, 0 if none has. Where ftrace
 * does not tell the location of a function that is modified, that is -EBUSY as well. The
 * ftrace_ops can only be freed after that.
 */
int rvdirect_ask_whether_held(struct ftrace_ops *ops);

#endif /* RVDIRECT_FTRACE_H */
