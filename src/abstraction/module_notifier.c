// SPDX-License-Identifier: GPL-2.0
/* Tells when modules come and go. */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "module_notifier.h"

struct rvdirect_module_notifier {
	struct notifier_block block;
	void (*tell)(const void *context, enum rvdirect_module_event event,
		     const struct module *mod);
	const void *context;
};

static int call(struct notifier_block *block, unsigned long state, void *mod)
{
	struct rvdirect_module_notifier *notifier =
		container_of(block, struct rvdirect_module_notifier, block);

	switch (state) {
	case MODULE_STATE_COMING:
		notifier->tell(notifier->context, RVDIRECT_MODULE_COMING, mod);
		break;
	case MODULE_STATE_LIVE:
		notifier->tell(notifier->context, RVDIRECT_MODULE_LIVE, mod);
		break;
	case MODULE_STATE_GOING:
		notifier->tell(notifier->context, RVDIRECT_MODULE_GOING, mod);
		break;
	}
	return NOTIFY_DONE;
}

struct rvdirect_module_notifier *
rvdirect_watch_modules(void (*tell)(const void *context, enum rvdirect_module_event event,
				    const struct module *mod),
		       const void *context)
{
	struct rvdirect_module_notifier *notifier = kzalloc(sizeof(*notifier), GFP_KERNEL);
	int ret;

	if (!notifier)
		return ERR_PTR(-ENOMEM);
	notifier->block.notifier_call = call;
	/*
	 * First in the chain: if a notifier refuses a module, those after it are not told
	 * that the module goes.
	 */
	notifier->block.priority = INT_MAX;
	notifier->tell = tell;
	notifier->context = context;
	ret = register_module_notifier(&notifier->block);
	if (ret) {
		kfree(notifier);
		return ERR_PTR(ret);
	}
	return notifier;
}

void rvdirect_unwatch_modules(struct rvdirect_module_notifier *notifier)
{
	unregister_module_notifier(&notifier->block);
	kfree(notifier);
}
