// SPDX-License-Identifier: GPL-2.0
/*
 * Claims functions as a livepatch does, which changes where they lead: no direct
 * caller can have them. Changes nothing.
 */
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/string.h>

static char *functions = "";
module_param(functions, charp, 0);
MODULE_PARM_DESC(functions, "a name or a pattern, as in set_ftrace_filter");

static void notrace modify(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			   struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ops = {
	.func = modify,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

static int __init rvdirect_test_modifier_init(void)
{
	int ret = ftrace_set_filter(&ops, functions, strlen(functions), 1);

	if (!ret)
		ret = register_ftrace_function(&ops);
	if (ret)
		ftrace_free_filter(&ops);
	return ret;
}
module_init(rvdirect_test_modifier_init);

static void __exit rvdirect_test_modifier_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}
module_exit(rvdirect_test_modifier_exit);

MODULE_DESCRIPTION("Modifies functions, for rvdirect's selftests");
MODULE_LICENSE("GPL");
