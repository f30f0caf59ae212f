// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of random signatures, which signatures.awk makes. Reading
 * /sys/kernel/debug/rvdirect_test_signatures calls each of them once, and shows what
 * the compiler makes of their arguments and results, as "rvdirect trace" has it.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/* The most text that all calls make. */
#define TEXT	65536

enum color { RED = 1, GREEN = 2, BLUE = 3 };
enum level { LOWEST = -2, LOW = -1, HIGH = 5 };
enum bits { FIRST = 1, SECOND = 2, THIRD = 4 };

typedef void (*action)(const void *pointer);

struct none { };

struct tiny {
	s8 a;
};

struct word {
	s16 a;
	s32 b;
};

struct three {
	s32 a;
	u32 b;
	s32 c;
};

struct pair {
	s64 a;
	s32 b;
};

struct mixed {
	bool a;
	u16 b;
	enum level c;
	const char *d;
};

struct fields {
	s32 a : 3;
	u32 b : 7;
	s32 c : 11;
	void *d;
};

struct tagged {
	u32 a;
	union {
		s32 b;
		u16 c;
	};
};

struct wide {
	__int128 a;
};

struct large {
	s64 a;
	void *b;
	u8 c;
	enum color d;
};

union one_of {
	u64 a;
	s32 b;
	bool c : 1;
	s8 d;
};

union either {
	__int128 a;
	s64 b;
};

static struct seq_file *out;
/* What comes before the next argument or member. */
static const char *separator;

static void begin(const char *function)
{
	seq_printf(out, "%s(", function);
	separator = "";
}

static void __maybe_unused end(void)
{
	seq_puts(out, ") = void\n");
}

static void begin_value(const char *name)
{
	seq_printf(out, "%s%s=", separator, name);
	separator = ", ";
}

static void begin_members(void)
{
	seq_putc(out, '{');
	separator = "";
}

static void end_members(void)
{
	seq_putc(out, '}');
	separator = ", ";
}

/* How to show an argument or a member, and a result. The value is v. */
#define SHOW(kind, type, print...)						\
static void __maybe_unused show_##kind(const char *name, type v)		\
{										\
	begin_value(name);							\
	print;									\
}										\
static type __maybe_unused end_##kind(type v)					\
{										\
	seq_puts(out, ") = ");							\
	print;									\
	seq_putc(out, '\n');							\
	return v;								\
}

static void print_name(const char *name, int v)
{
	if (name)
		seq_puts(out, name);
	else
		seq_printf(out, "%d", v);
}

static const char *color_name(enum color v)
{
	switch (v) {
	case RED:
		return "RED";
	case GREEN:
		return "GREEN";
	case BLUE:
		return "BLUE";
	}
	return NULL;
}

static const char *level_name(enum level v)
{
	switch (v) {
	case LOWEST:
		return "LOWEST";
	case LOW:
		return "LOW";
	case HIGH:
		return "HIGH";
	}
	return NULL;
}

static void print_bits(enum bits v)
{
	static const char * const names[] = { "FIRST", "SECOND", "THIRD" };
	const char *before = "";

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(v & BIT(i)))
			continue;
		seq_printf(out, "%s%s", before, names[i]);
		before = "|";
	}
	if (v >= 8)
		seq_printf(out, "%s0x8", before);
	if (!v)
		seq_putc(out, '0');
}

static void print_address(const void *v)
{
	if (v)
		seq_printf(out, "0x%lx", (unsigned long)v);
	else
		seq_puts(out, "NULL");
}

static void print_wide(__int128 v)
{
	if (v >> 64)
		seq_printf(out, "0x%llx%016llx", (u64)(v >> 64), (u64)v);
	else
		seq_printf(out, "0x%llx", (u64)v);
}

SHOW(s8, s8, seq_printf(out, "%d", v))
SHOW(u8, u8, seq_printf(out, "%u", v))
SHOW(char, char, seq_printf(out, "%d", v))
SHOW(s16, s16, seq_printf(out, "%d", v))
SHOW(u16, u16, seq_printf(out, "%u", v))
SHOW(s32, s32, seq_printf(out, "%d", v))
SHOW(u32, u32, seq_printf(out, "%u", v))
SHOW(s64, s64, seq_printf(out, "%lld", v))
SHOW(u64, u64, seq_printf(out, "%llu", v))
SHOW(bool, bool, seq_puts(out, v ? "true" : "false"))
SHOW(color, enum color, print_name(color_name(v), v))
SHOW(level, enum level, print_name(level_name(v), v))
SHOW(bits, enum bits, print_bits(v))
SHOW(pointer, void *, print_address(v))
SHOW(string, const char *, seq_printf(out, "\"%*pEcs\"", (int)strlen(v), v))
SHOW(function, action, seq_printf(out, "%pS", v))

/* The same for what is shown by members, or not at all: no result of two words is. */
#define SHOW_MEMBERS(kind, type, members...)					\
static void __maybe_unused show_##kind(const char *name, type v)		\
{										\
	begin_value(name);							\
	members;								\
}										\
static type __maybe_unused end_##kind(type v)					\
{										\
	seq_puts(out, ") = ...\n");						\
	return v;								\
}

SHOW_MEMBERS(s128, __int128, print_wide(v))
SHOW_MEMBERS(none, struct none, begin_members(), end_members())
SHOW_MEMBERS(tiny, struct tiny, begin_members(), show_s8("a", v.a), end_members())
SHOW_MEMBERS(word, struct word, begin_members(), show_s16("a", v.a), show_s32("b", v.b),
	     end_members())
SHOW_MEMBERS(three, struct three, begin_members(), show_s32("a", v.a), show_u32("b", v.b),
	     show_s32("c", v.c), end_members())
SHOW_MEMBERS(pair, struct pair, begin_members(), show_s64("a", v.a), show_s32("b", v.b),
	     end_members())
SHOW_MEMBERS(to_pair, const struct pair *, begin_members(), show_s64("a", v->a),
	     show_s32("b", v->b), end_members())
SHOW_MEMBERS(mixed, struct mixed, begin_members(), show_bool("a", v.a), show_u16("b", v.b),
	     show_level("c", v.c), show_string("d", v.d), end_members())
SHOW_MEMBERS(fields, struct fields, begin_members(), show_s32("a", v.a), show_u32("b", v.b),
	     show_s32("c", v.c), show_pointer("d", v.d), end_members())
SHOW_MEMBERS(tagged, struct tagged, begin_members(), show_u32("a", v.a), show_s32("b", v.b),
	     show_u16("c", v.c), end_members())
SHOW_MEMBERS(wide, struct wide, begin_members(), show_s128("a", v.a), end_members())
SHOW_MEMBERS(large, struct large, begin_members(), show_s64("a", v.a), show_pointer("b", v.b),
	     show_u8("c", v.c), show_color("d", v.d), end_members())
SHOW_MEMBERS(one_of, union one_of, begin_members(), show_u64("a", v.a), show_s32("b", v.b),
	     show_bool("c", v.c), show_s8("d", v.d), end_members())
SHOW_MEMBERS(either, union either, begin_members(), show_s128("a", v.a), show_s64("b", v.b),
	     end_members())

#include "signatures.h"

static int show(struct seq_file *s, void *unused)
{
	out = s;
	call_all();
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	/* With less room, seq_file would call all of them again. */
	return single_open_size(file, show, NULL, TEXT);
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.release = single_release,
};

static struct dentry *file;

static int __init rvdirect_test_signatures_init(void)
{
	file = debugfs_create_file(KBUILD_MODNAME, 0400, NULL, NULL, &fops);
	return 0;
}
module_init(rvdirect_test_signatures_init);

static void __exit rvdirect_test_signatures_exit(void)
{
	debugfs_remove(file);
}
module_exit(rvdirect_test_signatures_exit);

MODULE_DESCRIPTION("Functions of random signatures");
MODULE_LICENSE("GPL");
