/* SPDX-License-Identifier: GPL-2.0 */
/* Tells when modules come and go, for Rust: see src/abstraction/module_notifier.rs. */
#ifndef RVDIRECT_MODULE_NOTIFIER_H
#define RVDIRECT_MODULE_NOTIFIER_H

struct module;
struct rvdirect_module_notifier;

/* What may happen to a module: its notifiers know no more. */
enum rvdirect_module_event {
	RVDIRECT_MODULE_COMING,
	RVDIRECT_MODULE_LIVE,
	RVDIRECT_MODULE_GOING,
};

/*
 * Calls @tell with @context when something happens to a module, which is valid during
 * the call. When a module has come, ftrace knows its functions, but none has been called
 * yet. Returns an error pointer if there is no memory.
 */
struct rvdirect_module_notifier *
rvdirect_watch_modules(void (*tell)(const void *context, enum rvdirect_module_event event,
				    const struct module *mod),
		       const void *context);

/* Stops that, and waits for calls of @tell. */
void rvdirect_unwatch_modules(struct rvdirect_module_notifier *notifier);

#endif /* RVDIRECT_MODULE_NOTIFIER_H */
