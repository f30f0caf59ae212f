// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters, in C as not every kernel's module! macro knows their
 * types.
 */
#include <linux/compiler.h>
#include <linux/moduleparam.h>

#include "parameters.h"

static bool allow_override;
module_param(allow_override, bool, 0);
MODULE_PARM_DESC(allow_override,
		 "Allow the caller override, which returns in place of kernel functions");

static unsigned int max_functions = 4096;
module_param(max_functions, uint, 0644);
MODULE_PARM_DESC(max_functions, "How many functions a target may be");

static char *attach;
module_param(attach, charp, 0);
MODULE_PARM_DESC(attach, "Commands as the file attach takes them, with ; between them");

bool rvdirect_allow_override(void)
{
	return allow_override;
}

unsigned int rvdirect_max_functions(void)
{
	return READ_ONCE(max_functions);
}

const char *rvdirect_attach(void)
{
	return attach ?: "";
}
