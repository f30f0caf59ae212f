// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel without CONFIG_RUST does not know the format %pA, with which the
 * kernel crate prints a Rust fmt::Arguments. So this file formats what the
 * crate prints, and the kernel gets plain text: the linker redirects the
 * crate's calls of _printk() and seq_printf() to the functions here (--wrap,
 * see runtime.mk).
 */
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "print.h"

/* As much as the kernel's log takes in one record. */
#define RECORD_MAX	1000

static bool is_of_rust(const char *fmt)
{
	return strstr(fmt, "%pA");
}

/* A separate function: other messages do not pay for the text on the stack. */
static noinline int print_of_rust(const char *level, const char *module, const void *arguments)
{
	char text[RECORD_MAX];
	char *end = rust_fmt_argument(text, text + sizeof(text), arguments);

	return __real__printk("%.2s%s%s%.*s", level, module ?: "", module ? ": " : "",
			      (int)min_t(size_t, end - text, sizeof(text)), text);
}

/*
 * The crate's formats (rust/kernel/print.rs) have a level, "%s: " for the
 * module unless the line continues another one, and "%pA".
 */
int __wrap__printk(const char *fmt, ...)
{
	const char *module = NULL;
	va_list args;
	int ret;

	va_start(args, fmt);
	if (is_of_rust(fmt)) {
		if (strstr(fmt, "%s"))
			module = va_arg(args, const char *);
		ret = print_of_rust(fmt, module, va_arg(args, const void *));
	} else {
		ret = vprintk(fmt, args);
	}
	va_end(args);
	return ret;
}

/* The crate's format is "%pA" (rust/kernel/seq_file.rs). */
void __wrap_seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	size_t size;
	char *buf;
	char *end;

	va_start(args, fmt);
	if (is_of_rust(fmt)) {
		size = seq_get_buf(m, &buf);
		end = rust_fmt_argument(buf, buf + size, va_arg(args, const void *));
		seq_commit(m, end - buf < size ? end - buf : -1);
	} else {
		seq_vprintf(m, fmt, args);
	}
	va_end(args);
}
