/* SPDX-License-Identifier: GPL-2.0 */
/* Functions to attach to that more than one test module calls. */
#ifndef RVDIRECT_TEST_H
#define RVDIRECT_TEST_H

#include <linux/compiler.h>

/* Returns the sum; see rvdirect_test.c. */
unsigned long rvdirect_test_target(unsigned long a, unsigned long b);

/* Each module that calls it has a copy of its own. */
static noinline __maybe_unused void rvdirect_test_shared(void)
{
	barrier();
}

#endif /* RVDIRECT_TEST_H */
