// SPDX-License-Identifier: GPL-2.0
/*
 * Offsets that asm/trampoline.S needs and asm-offsets.h does not have. Kbuild
 * makes rvdirect-offsets.h from this file.
 */
#define COMPILE_OFFSETS

#include <linux/build_bug.h>
#include <linux/cgroup-defs.h>
#include <linux/kbuild.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/trace_recursion.h>

int main(void)
{
	/* asm/trampoline.S compares a name as two words. */
	BUILD_BUG_ON(offsetof(struct task_struct, comm) % sizeof(u64));
	BUILD_BUG_ON(TASK_COMM_LEN != 2 * sizeof(u64));
	OFFSET(TASK_COMM, task_struct, comm);
	/* It compares both numbers of a task as one word. */
	BUILD_BUG_ON(offsetof(struct task_struct, pid) % sizeof(u64));
	BUILD_BUG_ON(offsetof(struct task_struct, tgid) !=
		     offsetof(struct task_struct, pid) + sizeof(u32));
	OFFSET(TASK_IDS, task_struct, pid);
#ifdef CONFIG_CGROUPS
	/* It takes a parent, which is a "self", for the cgroup. */
	BUILD_BUG_ON(offsetof(struct cgroup, self));
	OFFSET(TASK_CGROUPS, task_struct, cgroups);
	OFFSET(CSS_SET_CGROUP, css_set, dfl_cgrp);
	OFFSET(CGROUP_PARENT, cgroup, self.parent);
#endif
	OFFSET(TASK_TRACE_RECURSION, task_struct, trace_recursion);
	DEFINE(TRACE_RECURSION_TASK, 1 << (TRACE_FTRACE_START + TRACE_CTX_NORMAL));
	DEFINE(SOFTIRQ_SHIFT, SOFTIRQ_SHIFT);
	return 0;
}
