/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of rvdirect_test_names share. */
#ifndef RVDIRECT_TEST_NAMES_H
#define RVDIRECT_TEST_NAMES_H

#include <linux/compiler.h>
#include <linux/moduleparam.h>

/* A parameter whose value says how often to call the function that is its argument. */
extern const struct kernel_param_ops rvdirect_test_call_ops;

/* Each file has one of its own. */
static noinline void rvdirect_test_namesake(void)
{
	barrier();
}

#endif /* RVDIRECT_TEST_NAMES_H */
