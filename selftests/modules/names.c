// SPDX-License-Identifier: GPL-2.0
/*
 * Two functions of one name, one that has its name from a function of the kernel,
 * and one with two names. Writing N to the parameter "first", "second", "kernel" or
 * "alias" calls one of them N times.
 */
#include <linux/module.h>

#include "names.h"

static int call(const char *value, const struct kernel_param *param)
{
	void (*function)(void) = param->arg;
	unsigned int calls;
	int ret = kstrtouint(value, 0, &calls);

	if (ret)
		return ret;
	while (calls--)
		function();
	return 0;
}

const struct kernel_param_ops rvdirect_test_call_ops = { .set = call };

static noinline void as_in_the_kernel(void)
	asm("vfs_mkdir");
static noinline void as_in_the_kernel(void)
{
	barrier();
}

/* A function with two names. The kernel shows one of them. */
static noinline __used void rvdirect_test_one_name(void)
{
	barrier();
}

static __used __alias(rvdirect_test_one_name) void rvdirect_test_other_name(void);

module_param_cb(first, &rvdirect_test_call_ops, rvdirect_test_namesake, 0200);
module_param_cb(alias, &rvdirect_test_call_ops, rvdirect_test_one_name, 0200);
module_param_cb(kernel, &rvdirect_test_call_ops, as_in_the_kernel, 0200);

static int __init rvdirect_test_names_init(void)
{
	return 0;
}
module_init(rvdirect_test_names_init);

static void __exit rvdirect_test_names_exit(void)
{
}
module_exit(rvdirect_test_names_exit);

MODULE_DESCRIPTION("Functions that share a name, for rvdirect's selftests");
MODULE_LICENSE("GPL");
