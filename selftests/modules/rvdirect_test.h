/* SPDX-License-Identifier: GPL-2.0 */
/* A function that several files of the test modules have, each its own. */
#ifndef RVDIRECT_TEST_H
#define RVDIRECT_TEST_H

#include <linux/compiler.h>

static noinline void rvdirect_test_shared(void)
{
	barrier();
}

#endif /* RVDIRECT_TEST_H */
