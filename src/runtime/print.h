/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that the linker or the kernel crate refers to by name. */
#ifndef RVDIRECT_RUNTIME_PRINT_H
#define RVDIRECT_RUNTIME_PRINT_H

struct seq_file;

/*
 * Formats @arguments into the buffer from @buf to @end, and cuts off what does
 * not fit. Returns where the whole text would end. Adds no NUL. From the kernel
 * crate.
 */
char *rust_fmt_argument(char *buf, char *end, const void *arguments);

/* The kernel's own _printk(). */
int __real__printk(const char *fmt, ...);
int __wrap__printk(const char *fmt, ...);
void __wrap_seq_printf(struct seq_file *m, const char *fmt, ...);

#endif /* RVDIRECT_RUNTIME_PRINT_H */
