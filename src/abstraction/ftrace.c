// SPDX-License-Identifier: GPL-2.0
/* Direct calls of ftrace: everything that looks into an ftrace_ops. */
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../../asm/trampoline.h"
#include "ftrace.h"
#include "shim.h"

#ifndef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
#error "The kernel has no direct calls."
#endif

/* A call site ends there: see arch/riscv/kernel/ftrace.c. */
const unsigned long rvdirect_resume_offset = MCOUNT_INSN_SIZE;

/*
 * Refuses to share functions with what modifies them. ftrace calls this while it
 * registers @ops, with its locks held, and takes @ops out of its list again. Some
 * kernels have cleared the flags by now, so those who walk the list find @ops; and
 * then clear its function, for which a walker that finds none would shut ftrace down.
 */
static int refuse_to_share(struct ftrace_ops *ops)
{
	if (!(ops->flags & FTRACE_OPS_FL_STUB)) {
		ops->flags |= FTRACE_OPS_FL_STUB;
		/* Walkers have preemption off. */
		rvdirect_synchronize_idle_tasks();
	}
	return -EBUSY;
}

/* Tells at which location that is. */
static int share_no_modified(struct ftrace_ops *ops, unsigned long location,
			     enum ftrace_ops_cmd command)
{
	ops->private = (void *)location;
	return refuse_to_share(ops);
}

/* The same where ftrace does not tell the location. */
static int share_none(struct ftrace_ops *ops, enum ftrace_ops_cmd command)
{
	return refuse_to_share(ops);
}

struct ftrace_ops *rvdirect_make_ops(const unsigned long *locations, unsigned int count)
{
	struct ftrace_ops *ops = kzalloc(sizeof(*ops), GFP_KERNEL);
	int ret;

	if (!ops)
		return ERR_PTR(-ENOMEM);
	/*
	 * As long as it is registered, ftrace cannot be switched off. Until it is, those
	 * who walk the list skip it: if ftrace refuses it, it may have been there for a
	 * moment. See refuse_to_share() for kernels that clear the flags.
	 */
	ops->flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_STUB;
	/* The type of the function is that of one of these. */
	ops->ops_func = __same_type(ops->ops_func, &share_none) ? (void *)share_none :
		(void *)share_no_modified;
	/* Does not change them. */
	ret = ftrace_set_filter_ips(ops, (unsigned long *)locations, count, 0, 1);
	if (ret) {
		rvdirect_free_ops(ops);
		return ERR_PTR(ret);
	}
	return ops;
}

void rvdirect_free_ops(struct ftrace_ops *ops)
{
	ftrace_free_filter(ops);
	kfree(ops);
}

/* Whether the call at the end of the call site is there, or a nop in its place. */
static bool is_patched(unsigned long location)
{
	const u32 nop = 0x00000013;
	u32 insn = nop;

	copy_from_kernel_nofault(&insn, (void *)(location + MCOUNT_INSN_SIZE - sizeof(insn)),
				 sizeof(insn));
	return insn != nop;
}

int rvdirect_register_ops(struct ftrace_ops *ops, unsigned long location,
			  unsigned long address)
{
	int ret = register_ftrace_direct(ops, address);

	if (ret)
		return ret;
	if (!(ops->flags & FTRACE_OPS_FL_PERMANENT)) {
		/* Some kernels clear the flags when they register it. */
		ops->flags |= FTRACE_OPS_FL_PERMANENT;
		if (!is_patched(location)) {
			/* ftrace is switched off, so nobody has found it. */
			ops->flags &= ~FTRACE_OPS_FL_DYNAMIC;
			ret = unregister_ftrace_direct(ops, address, false);
			return ret ?: -EBUSY;
		}
	}
	/* Nobody else changes the flags of one that is registered. */
	ops->flags &= ~FTRACE_OPS_FL_STUB;
	return 0;
}

bool rvdirect_is_refused_as_held(const struct ftrace_ops *ops)
{
	/* ftrace sets the flag when none of the functions has a direct caller. */
	return !(ops->flags & FTRACE_OPS_FL_DIRECT);
}

bool rvdirect_was_listed(const struct ftrace_ops *ops)
{
	return ops->flags & FTRACE_OPS_FL_DYNAMIC;
}

unsigned long rvdirect_modified_location(const struct ftrace_ops *ops)
{
	return (unsigned long)ops->private;
}

int rvdirect_modify_ops(struct ftrace_ops *ops, unsigned long address)
{
	return modify_ftrace_direct(ops, address);
}

void rvdirect_hide_ops(struct ftrace_ops *ops)
{
	ops->flags |= FTRACE_OPS_FL_STUB;
}

int rvdirect_unregister_ops(struct ftrace_ops *ops, unsigned long address)
{
	ftrace_func_t func = ops->func;
	unsigned long none = 0;
	int ret;

	/*
	 * ftrace waits for a grace period of its own if the ftrace_ops is marked as
	 * dynamic. It holds its locks meanwhile, so everybody would wait. The drain waits
	 * instead, for any number of them.
	 *
	 * Where several ftrace users share a function, a list is walked. Unregistering
	 * clears the function of the ftrace_ops at once, so it must have been hidden from
	 * walkers before. A task that was preempted on its way to that function finds it
	 * again.
	 */
	ops->flags &= ~FTRACE_OPS_FL_DYNAMIC;
	ret = unregister_ftrace_direct(ops, address, false);
	ops->func = func;
	if (ret)
		return ret;
	/*
	 * Success may hide that ftrace has shut itself down meanwhile, but then any change
	 * of a filter fails. Nobody uses the filter any more, so it does not matter if
	 * memory is too short to change it.
	 */
	ret = ftrace_set_filter_ips(ops, &none, 0, 0, 1);
	return ret == -ENOMEM ? 0 : ret;
}

int rvdirect_ask_whether_held(struct ftrace_ops *ops)
{
	unsigned long nowhere = (unsigned long)rvdirect_nop;
	int ret;

	/*
	 * Registering checks that first. If none has one, it then refuses the ftrace_ops
	 * before it touches any call site, as that is marked as deleted. A kernel that
	 * clears the flags does register it; the trampoline resumes the functions meanwhile.
	 */
	ops->flags |= FTRACE_OPS_FL_DELETED;
	ret = register_ftrace_direct(ops, nowhere);
	if (!ret)
		unregister_ftrace_direct(ops, nowhere, false);
	else if (rvdirect_was_listed(ops))
		/* Another tracer's call may have found it. */
		rvdirect_synchronize_trampolines();
	return ret == -EINVAL ? 0 : ret;
}
