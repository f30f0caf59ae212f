// SPDX-License-Identifier: GPL-2.0
/*
 * An example to copy: direct callers in C.
 *
 * "slow" counts calls that take a long time:
 *
 *	insmod rvdirect_example.ko threshold=1000
 *	echo 'vfs_read slow' > /sys/kernel/debug/rvdirect/attach
 *	cat /sys/module/rvdirect_example/parameters/slow
 *
 * "marked" is a trampoline: it adds one to a counter that all harts share, and
 * resumes the target. See asm/trampoline.S for the register contract.
 */
#include <linux/module.h>

#include "rvdirect.h"

static unsigned long threshold = 1000;
module_param(threshold, ulong, 0600);
MODULE_PARM_DESC(threshold, "ticks of the timer from which on a call is slow");

static atomic_t slow;
module_param_named(slow, slow.counter, int, 0400);
MODULE_PARM_DESC(slow, "slow calls so far");

static unsigned long marks;
module_param(marks, ulong, 0400);
MODULE_PARM_DESC(marks, "calls that the trampoline has seen");

static notrace void slow_exit(struct rvdirect_call *call)
{
	if (call->ticks >= READ_ONCE(threshold))
		atomic_inc(&slow);
}

static const struct rvdirect_caller slow_caller = {
	.name = "slow",
	.description = "counts calls that take long",
	.exit = slow_exit,
};

/* Not a C function: no C code calls it, and it has no prologue. */
static __naked notrace void marked(void)
{
	asm volatile("addi	sp, sp, -16\n"
		     "sd	t0, 8(sp)\n"
		     "la	t1, marks\n"
		     "li	t0, 1\n"
		     "amoadd.d	zero, t0, (t1)\n"
		     "ld	t0, 8(sp)\n"
		     "addi	sp, sp, 16\n"
		     "jr	t0\n");
}

static const struct rvdirect_caller marked_caller = {
	.name = "marked",
	.description = "counts calls on all harts together",
	.trampoline = marked,
};

static int __init rvdirect_example_init(void)
{
	int ret;

	ret = rvdirect_register_caller(&slow_caller);
	if (ret)
		return ret;
	ret = rvdirect_register_caller(&marked_caller);
	if (ret)
		rvdirect_unregister_caller(&slow_caller);
	return ret;
}
module_init(rvdirect_example_init);

/* They have no users any more: a user would hold this module. */
static void __exit rvdirect_example_exit(void)
{
	rvdirect_unregister_caller(&marked_caller);
	rvdirect_unregister_caller(&slow_caller);
}
module_exit(rvdirect_example_exit);

MODULE_DESCRIPTION("Direct callers in C, for rvdirect");
MODULE_LICENSE("GPL");
