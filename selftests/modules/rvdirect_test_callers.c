// SPDX-License-Identifier: GPL-2.0
/*
 * Callers for the tests:
 *
 *	test_empty	an entry handler that does nothing
 *	test_change	adds 1 to the second argument, and 1000 to the return value
 *	test_exit	only an exit handler: adds 1000 to the return value
 *	test_check	both handlers: they check what rvdirect passes to them
 *	test_recurse	an entry handler that calls rvdirect_test_target()
 *	test_raw	a trampoline: counts in the parameter raw_calls
 *
 * The parameter "wrong" counts what test_check found to be wrong. With the
 * parameter "bad", loading tries a registration that must be refused, and fails
 * with its error; with bad=forget, it fails and leaves the callers registered.
 */
#include <linux/module.h>

#include "rvdirect.h"
#include "rvdirect_test.h"

static char *bad = "";
module_param(bad, charp, 0);
MODULE_PARM_DESC(bad, "what to do wrong: name, builtin, twice, none, both, layout, forget");

static atomic_t wrong;
module_param_named(wrong, wrong.counter, int, 0400);
MODULE_PARM_DESC(wrong, "how often a handler was told something wrong");

static unsigned long raw_calls;
module_param(raw_calls, ulong, 0400);
MODULE_PARM_DESC(raw_calls, "calls that the trampoline has seen");

static notrace void empty(struct rvdirect_call *call)
{
}

static void change_entry(struct rvdirect_call *call)
{
	call->args[1] += 1;
}

static void change_exit(struct rvdirect_call *call)
{
	call->ret[0] += 1000;
}

/* For rvdirect_test_target(a, b), which returns the sum. */
static void check_entry(struct rvdirect_call *call)
{
	if (rvdirect_data(call) != &wrong ||
	    rvdirect_target(call) != (unsigned long)rvdirect_test_target ||
	    *rvdirect_arg(call, 0) != call->args[0])
		atomic_inc(&wrong);
	call->cookie = call->args[0] + call->args[1];
}

static void check_exit(struct rvdirect_call *call)
{
	if (rvdirect_data(call) != &wrong || call->cookie != call->ret[0] ||
	    call->cookie != call->args[0] + call->args[1] || (long)call->ticks < 0 ||
	    rvdirect_target(call) != (unsigned long)rvdirect_test_target)
		atomic_inc(&wrong);
}

static void recurse(struct rvdirect_call *call)
{
	rvdirect_test_target(1, 2);
}

/* Not a C function: no C code calls it, and it has no prologue. */
static __naked notrace void raw(void)
{
	asm volatile("addi	sp, sp, -16\n"
		     "sd	t0, 8(sp)\n"
		     "la	t1, raw_calls\n"
		     "li	t0, 1\n"
		     "amoadd.d	zero, t0, (t1)\n"
		     "ld	t0, 8(sp)\n"
		     "addi	sp, sp, 16\n"
		     "jr	t0\n");
}

static const struct rvdirect_caller callers[] = {
	{
		.name = "test_empty",
		.description = "does nothing",
		.entry = empty,
	}, {
		.name = "test_change",
		.description = "changes what goes in and out",
		.entry = change_entry,
		.exit = change_exit,
	}, {
		.name = "test_exit",
		.description = "changes what goes out",
		.exit = change_exit,
	}, {
		.name = "test_check",
		.description = "checks what it is told",
		.entry = check_entry,
		.exit = check_exit,
		.data = &wrong,
	}, {
		.name = "test_recurse",
		.description = "calls a target",
		.entry = recurse,
	}, {
		.name = "test_raw",
		.description = "a trampoline of its own",
		.trampoline = raw,
	}
};

static int register_bad(void)
{
	struct rvdirect_caller caller = { .name = "test_bad", .entry = empty };

	if (!strcmp(bad, "name"))
		caller.name = "not a name";
	else if (!strcmp(bad, "builtin"))
		caller.name = "count";
	else if (!strcmp(bad, "twice"))
		caller.name = callers[0].name;
	else if (!strcmp(bad, "none"))
		caller.entry = NULL;
	else if (!strcmp(bad, "both"))
		caller.trampoline = raw;
	else if (!strcmp(bad, "layout"))
		return __rvdirect_register_caller(&caller, THIS_MODULE, RVDIRECT_LAYOUT + 8);
	return rvdirect_register_caller(&caller);
}

static void unregister(unsigned int count)
{
	while (count--)
		WARN_ON(rvdirect_unregister_caller(&callers[count]));
}

static int __init rvdirect_test_callers_init(void)
{
	int ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(callers); i++) {
		ret = rvdirect_register_caller(&callers[i]);
		if (ret) {
			unregister(i);
			return ret;
		}
	}
	/* Leaves them registered: rvdirect must forget them by itself. */
	if (!strcmp(bad, "forget"))
		return -EIO;
	if (*bad) {
		ret = register_bad();
		unregister(ARRAY_SIZE(callers));
		/* -EIO: rvdirect took what it must refuse. */
		return ret ? : -EIO;
	}
	return 0;
}
module_init(rvdirect_test_callers_init);

static void __exit rvdirect_test_callers_exit(void)
{
	unregister(ARRAY_SIZE(callers));
}
module_exit(rvdirect_test_callers_exit);

MODULE_DESCRIPTION("Direct callers, for rvdirect's selftests");
MODULE_LICENSE("GPL");
