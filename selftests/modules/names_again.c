// SPDX-License-Identifier: GPL-2.0
/* The second function of the name in names.h. */
#include <linux/module.h>

#include "names.h"

module_param_cb(second, &rvdirect_test_call_ops, rvdirect_test_namesake, 0200);
