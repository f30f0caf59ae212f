// SPDX-License-Identifier: GPL-2.0
/* The functions that other modules may call: see src/rvdirect.h. */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "exports.h"

int __rvdirect_register_caller(const struct rvdirect_caller *caller, struct module *owner,
			       u64 layout)
{
	if (layout != RVDIRECT_LAYOUT) {
		pr_err("rvdirect: %s was built against another rvdirect: build it again\n",
		       module_name(owner));
		return -ENOEXEC;
	}
	return rvdirect_add_caller(caller, owner);
}
EXPORT_SYMBOL_GPL(__rvdirect_register_caller);

/* Defined in Rust: external.rs. */
EXPORT_SYMBOL_GPL(rvdirect_unregister_caller);
