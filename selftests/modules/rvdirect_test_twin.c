// SPDX-License-Identifier: GPL-2.0
/*
 * The second module with a rvdirect_test_shared(). Its parameters say how often
 * loading it calls that function, and hold its initialisation.
 */
#include <linux/delay.h>
#include <linux/module.h>

#include "rvdirect_test.h"

static unsigned int calls;
module_param(calls, uint, 0);
MODULE_PARM_DESC(calls, "how often to call rvdirect_test_shared() on loading");

static bool hold;
module_param(hold, bool, 0600);
MODULE_PARM_DESC(hold, "whether the initialisation waits, until it is 0");

static int set_early(const char *value, const struct kernel_param *param)
{
	unsigned int milliseconds;
	int ret = kstrtouint(value, 0, &milliseconds);

	if (!ret)
		msleep(milliseconds);
	return ret;
}

static const struct kernel_param_ops early_ops = { .set = set_early };
module_param_cb(early, &early_ops, NULL, 0);
MODULE_PARM_DESC(early, "how many milliseconds to wait before sysfs has the module");

static int __init rvdirect_test_twin_init(void)
{
	while (READ_ONCE(hold))
		msleep(20);
	for (unsigned int i = 0; i < calls; i++)
		rvdirect_test_shared();
	return 0;
}
module_init(rvdirect_test_twin_init);

static void __exit rvdirect_test_twin_exit(void)
{
}
module_exit(rvdirect_test_twin_exit);

MODULE_DESCRIPTION("The second owner of a function name, for rvdirect's selftests");
MODULE_LICENSE("GPL");
