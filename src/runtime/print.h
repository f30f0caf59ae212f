/* SPDX-License-Identifier: GPL-2.0 */
/* What the linker, and the kernel crate, know by name. */
#ifndef RVDIRECT_RUNTIME_PRINT_H
#define RVDIRECT_RUNTIME_PRINT_H

struct seq_file;

/*
 * Of the kernel crate: puts the text of @arguments into what is between @buf
 * and @end, as far as it fits; returns where all of it would end. No NUL.
 */
char *rust_fmt_argument(char *buf, char *end, const void *arguments);

/* The kernel's own. */
int __real__printk(const char *fmt, ...);
int __wrap__printk(const char *fmt, ...);
void __wrap_seq_printf(struct seq_file *m, const char *fmt, ...);

#endif /* RVDIRECT_RUNTIME_PRINT_H */
