// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros of the kernel, which only C code can use.
 */
#include <linux/math.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/security.h>
#include <linux/smp.h>
#include <linux/time64.h>

#include <asm/delay.h>

#include "shim.h"

MODULE_VERSION("0.1.0");

void rvdirect_synchronize_trampolines(void)
{
	/* As ftrace_shutdown() does. Some kernels do less here, or nothing. */
	synchronize_rcu_tasks_rude();
	synchronize_rcu_tasks();
	rvdirect_synchronize_idle_tasks();
}

void rvdirect_synchronize_idle_tasks(void)
{
	/* Idle tasks run with preemption off, which RCU takes for a reader. */
	synchronize_rcu_expedited();
	/* Where RCU does not watch, interrupts are off. */
	kick_all_cpus_sync();
}

bool rvdirect_within_module(unsigned long addr, const struct module *mod)
{
	return within_module(addr, mod);
}

bool rvdirect_within_module_init(unsigned long addr, const struct module *mod)
{
	return within_module_init(addr, mod);
}

bool rvdirect_is_locked_down(void)
{
	return security_locked_down(LOCKDOWN_DEBUGFS);
}

int rvdirect_current_pid(void)
{
	return task_tgid_nr(current);
}

u64 rvdirect_log_clock(void)
{
	return local_clock();
}

u64 rvdirect_nanoseconds(u64 ticks)
{
	u64 second = riscv_timebase;

	return ticks / second * NSEC_PER_SEC + ticks % second * NSEC_PER_SEC / second;
}

u64 rvdirect_ticks_of(u64 nanoseconds)
{
	u64 second = riscv_timebase;

	return nanoseconds / NSEC_PER_SEC * second +
	       DIV_ROUND_UP(nanoseconds % NSEC_PER_SEC * second, NSEC_PER_SEC);
}

void rvdirect_hold_module(void)
{
	__module_get(THIS_MODULE);
}

bool rvdirect_try_hold_module(void)
{
	return try_module_get(THIS_MODULE);
}

void rvdirect_stay_for_ever(void)
{
	__module_get(THIS_MODULE);
	/* Unloading and a failed load ignore references, so do not return. */
	while (THIS_MODULE->state != MODULE_STATE_LIVE) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

void rvdirect_wait_for_tasks_callbacks(void)
{
#ifdef CONFIG_TASKS_RCU
	rcu_barrier_tasks();
#else
	/* What would be one of those is an ordinary one. */
	rcu_barrier();
#endif
}

void rvdirect_release_module(void)
{
	module_put(THIS_MODULE);
}

bool rvdirect_get_live(struct module *mod)
{
	/* A module that is loading may fail, and go despite references. */
	return mod->state == MODULE_STATE_LIVE && try_module_get(mod);
}

void rvdirect_put(struct module *mod)
{
	module_put(mod);
}
