// SPDX-License-Identifier: GPL-2.0
/*
 * The second module with a rvdirect_test_shared(). Loading it calls the
 * function as often as its parameter says.
 */
#include <linux/module.h>

#include "rvdirect_test.h"

static unsigned int calls;
module_param(calls, uint, 0);
MODULE_PARM_DESC(calls, "how often to call rvdirect_test_shared() on loading");

static int __init rvdirect_test_twin_init(void)
{
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
