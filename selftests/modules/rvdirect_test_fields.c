// SPDX-License-Identifier: GPL-2.0
/*
 * A function whose arguments lead to values of every kind, for the fields of
 * events. Writing to /sys/kernel/debug/rvdirect_test_fields/call calls it so often.
 */
#include <linux/array_size.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/* The offsets are known to selftests/fields.sh. */
struct rvdirect_test_values {
	u8 byte;
	s16 half;
	s32 word;
	u64 whole;
	const char *name;
	char inside[16];
	u16 array[4];
	u32 bits;
	struct rvdirect_test_values *self;
	const char *long_name;
	const char *at_the_edge;
	const char *beyond;
	const char *nowhere;
	const char *freed;
	void (*function)(const void *pointer);
	const char *names[4];
	const char **names_of_nowhere;
	const char *long_names[64];
};

noinline u64 rvdirect_test_fields(struct rvdirect_test_values *values, s32 negative, bool yes,
				  char letter, u8 e, u16 f, u32 g, u64 h, u64 ninth, s32 tenth);
noinline u64 rvdirect_test_fields(struct rvdirect_test_values *values, s32 negative, bool yes,
				  char letter, u8 e, u16 f, u32 g, u64 h, u64 ninth, s32 tenth)
{
	/* Uses all of them, or callers need not pass them. */
	asm volatile("" : : "r"(negative), "r"(yes), "r"(letter), "r"(e), "r"(f), "r"(g), "r"(h));
	return values->whole + ninth + tenth;
}

static char long_name[301];
static struct rvdirect_test_values values = {
	.byte = 0xfe,
	.half = -2,
	.word = -3,
	.whole = 0x1122334455667788,
	.name = "a \"name\"\nof two lines",
	.inside = "inside",
	.array = { 1, 22, 333, 4444 },
	.bits = 0xa5 << 5,
	.self = &values,
	.long_name = long_name,
	.function = kfree,
	/* No mapping reaches the last page. */
	.nowhere = (const char *)-PAGE_SIZE,
	.names = { "one", "", (const char *)-PAGE_SIZE, "(fault)" },
	.names_of_nowhere = (const char **)-PAGE_SIZE,
};

static int call(void *unused, u64 calls)
{
	for (u64 i = 0; i < calls; i++)
		WARN_ON_ONCE(rvdirect_test_fields(&values, -5, true, 'x', 5, 6, 7, 8, 9, -10) !=
			     values.whole + 9 - 10);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_fops, NULL, call, "%llu\n");

static struct dentry *directory;
static char *page;

static int __init rvdirect_test_fields_init(void)
{
	char *freed = kstrdup("freed", GFP_KERNEL);

	/* Nothing is mapped behind it. */
	page = vmalloc(PAGE_SIZE);
	if (!freed || !page) {
		kfree(freed);
		vfree(page);
		return -ENOMEM;
	}
	memset(long_name, 'l', sizeof(long_name) - 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(values.long_names); i++)
		values.long_names[i] = long_name;
	memset(page, 'e', PAGE_SIZE);
	memcpy(page + PAGE_SIZE - 5, "edge", 5);
	values.at_the_edge = page + PAGE_SIZE - 5;
	values.beyond = page + PAGE_SIZE;
	kfree(freed);
	values.freed = freed;
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("call", 0200, directory, NULL, &call_fops);
	return 0;
}
module_init(rvdirect_test_fields_init);

static void __exit rvdirect_test_fields_exit(void)
{
	debugfs_remove(directory);
	vfree(page);
}
module_exit(rvdirect_test_fields_exit);

MODULE_DESCRIPTION("Values for the fields of events");
MODULE_LICENSE("GPL");
