// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters. Not every kernel's module! macro knows their types.
 */
#include <linux/moduleparam.h>

#include "parameters.h"

static bool allow_override;
module_param(allow_override, bool, 0);
MODULE_PARM_DESC(allow_override,
		 "Allow the caller override, which returns in place of kernel functions");

bool rvdirect_allow_override(void)
{
	return allow_override;
}
