// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel warn, BUG or oops while it is loaded, to test that the
 * guest's runner, scripts/vm, notices.
 */
#include <linux/module.h>
#include <linux/string.h>

static char *how = "";
module_param(how, charp, 0);
MODULE_PARM_DESC(how, "warn, bug or oops");

static int __init rvdirect_test_sick_init(void)
{
	if (!strcmp(how, "warn"))
		WARN(1, "rvdirect_test_sick: as asked\n");
	else if (!strcmp(how, "bug"))
		BUG();
	else if (!strcmp(how, "oops"))
		WRITE_ONCE(*(int *)8, 0);
	else
		return -EINVAL;
	return 0;
}
module_init(rvdirect_test_sick_init);

static void __exit rvdirect_test_sick_exit(void)
{
}
module_exit(rvdirect_test_sick_exit);

MODULE_DESCRIPTION("A sick module, for the test of rvdirect's guest runner");
MODULE_LICENSE("GPL");
