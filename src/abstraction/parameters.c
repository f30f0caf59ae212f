// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters, in C as not every kernel's module! macro knows their
 * types.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>

#include "parameters.h"
#include "shim.h"

static bool allow_override;

/* Lockdown is there to prevent what override does. */
static int set_allow_override(const char *text, const struct kernel_param *param)
{
	struct kernel_param parsed = *param;
	bool value;
	int error;

	parsed.arg = &value;
	error = param_set_bool(text, &parsed);
	if (error)
		return error;
	if (value && rvdirect_is_locked_down())
		return -EPERM;
	WRITE_ONCE(allow_override, value);
	return 0;
}

static const struct kernel_param_ops allow_override_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_allow_override,
	.get = param_get_bool,
};

module_param_cb(allow_override, &allow_override_ops, &allow_override, 0644);
__MODULE_PARM_TYPE(allow_override, "bool");
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
	return READ_ONCE(allow_override);
}

unsigned int rvdirect_max_functions(void)
{
	return READ_ONCE(max_functions);
}

const char *rvdirect_attach(void)
{
	return attach ?: "";
}
