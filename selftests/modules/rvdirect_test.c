// SPDX-License-Identifier: GPL-2.0
/*
 * Functions to attach to, which the files in /sys/kernel/debug/rvdirect_test/
 * call an exact number of times:
 *
 *	call_task	write N: N calls, by the writing task
 *	call_deep	write N: N nested calls of rvdirect_test_deep()
 *	call_irq	write N: N calls on each hart, in interrupt context
 *	call_shared	write N: N calls of rvdirect_test_shared()
 *	result		read: what a call with the arguments 3 and 4 returns
 *	instructions	read: instructions that BENCH_CALLS calls take; exact if
 *			QEMU counts them (-icount)
 *	instructions_least
 *			the same for a function that is only a "ret"
 *	instructions_int_pow
 *			the same for int_pow(), a function of the kernel that
 *			nobody else calls meanwhile
 *	spin		write 1: a kernel thread begins to spin, and never
 *			sleeps; write 0: it ends
 *	runtime		read: nanoseconds that the reading task has run; these
 *			are instructions if QEMU counts them
 *
 * Where nothing else is said, the calls are of rvdirect_test_target().
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/csr.h>

#include "rvdirect_test.h"

#define BENCH_CALLS	2000

/* Not static, so that the compiler cannot know its callers. */
noinline unsigned long rvdirect_test_target(unsigned long a, unsigned long b)
{
	barrier();
	return a + b;
}
EXPORT_SYMBOL_GPL(rvdirect_test_target);

/* Nests calls of itself: @depth of them are on the stack at once. */
noinline unsigned long rvdirect_test_deep(unsigned long depth);
noinline unsigned long rvdirect_test_deep(unsigned long depth)
{
	unsigned long below = 0;

	barrier();
	if (depth > 1)
		below = rvdirect_test_deep(depth - 1);
	barrier();
	return below + 1;
}

/* The cheapest call, which tests compare a caller like "override" with. */
static __naked notrace unsigned long least(unsigned long a, unsigned long b)
{
	asm volatile("ret");
}

/* Named as a compiler names the clone of a function. */
noinline void rvdirect_test_clone(void)
	asm("rvdirect_test_clone.isra.0");
noinline void rvdirect_test_clone(void)
{
	barrier();
}

/* In the symbol table, but not traceable by ftrace. */
notrace noinline void rvdirect_test_notrace(void);
notrace noinline void rvdirect_test_notrace(void)
{
	barrier();
}

static void call_target(u64 calls)
{
	for (u64 i = 0; i < calls; i++)
		WARN_ON_ONCE(rvdirect_test_target(i, 1) != i + 1);
}

static int call_task(void *unused, u64 calls)
{
	call_target(calls);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_task_fops, NULL, call_task, "%llu\n");

static int call_deep(void *unused, u64 depth)
{
	WARN_ON_ONCE(rvdirect_test_deep(depth) != depth);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_deep_fops, NULL, call_deep, "%llu\n");

static void call_on_this_hart(void *calls)
{
	call_target(*(u64 *)calls);
}

static int call_irq(void *unused, u64 calls)
{
	on_each_cpu(call_on_this_hart, &calls, true);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_irq_fops, NULL, call_irq, "%llu\n");

static int result(void *unused, u64 *value)
{
	*value = rvdirect_test_target(3, 4);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(result_fops, result, NULL, "%lld\n");

static int call_shared(void *unused, u64 calls)
{
	rvdirect_test_notrace();
	for (u64 i = 0; i < calls; i++)
		rvdirect_test_shared();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_shared_fops, NULL, call_shared, "%llu\n");

typedef unsigned long sum_fn(unsigned long a, unsigned long b);

/* Not inlined, so that the code is the same for all functions that it calls. */
static noinline unsigned long count_instructions(sum_fn *fn)
{
	unsigned long start;

	start = csr_read(CSR_INSTRET);
	for (unsigned int i = 0; i < BENCH_CALLS; i++)
		fn(i, 1);
	return csr_read(CSR_INSTRET) - start;
}

static u64 instructions_of(sum_fn *fn)
{
	u64 count = U64_MAX;

	/*
	 * Takes the least of several runs. The first one fills the caches, and
	 * any may include an interrupt: with interrupts off, handlers are called
	 * another way.
	 */
	for (int i = 0; i < 10; i++) {
		preempt_disable();
		count = min_t(u64, count, count_instructions(fn));
		preempt_enable();
	}
	return count;
}

static int instructions(void *unused, u64 *count)
{
	*count = instructions_of(rvdirect_test_target);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(instructions_fops, instructions, NULL, "%llu\n");

static int instructions_least(void *unused, u64 *count)
{
	*count = instructions_of(least);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(instructions_least_fops, instructions_least, NULL, "%llu\n");

static int instructions_int_pow(void *unused, u64 *count)
{
	/* The narrower second argument is passed in the same register. */
	*count = instructions_of((sum_fn *)(void *)int_pow);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(instructions_int_pow_fops, instructions_int_pow, NULL, "%llu\n");

static struct task_struct *spinner;

static int spin_until_stopped(void *unused)
{
	/* Lets others run, but RCU-tasks waits for it: it never sleeps. */
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

static int spin(void *unused, u64 begins)
{
	struct task_struct *task = spinner;

	if (!begins == !task)
		return -EINVAL;
	spinner = NULL;
	if (task)
		return kthread_stop(task);
	task = kthread_run(spin_until_stopped, NULL, "rvdirect_spin");
	if (IS_ERR(task))
		return PTR_ERR(task);
	spinner = task;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(spin_fops, NULL, spin, "%llu\n");

static int runtime(void *unused, u64 *nanoseconds)
{
	/* Brings sum_exec_runtime up to date. */
	schedule();
	*nanoseconds = current->se.sum_exec_runtime;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(runtime_fops, runtime, NULL, "%llu\n");

static struct dentry *dir;

static int __init rvdirect_test_init(void)
{
	dir = debugfs_create_dir("rvdirect_test", NULL);
	debugfs_create_file_unsafe("call_task", 0200, dir, NULL, &call_task_fops);
	debugfs_create_file_unsafe("call_deep", 0200, dir, NULL, &call_deep_fops);
	debugfs_create_file_unsafe("call_irq", 0200, dir, NULL, &call_irq_fops);
	debugfs_create_file_unsafe("call_shared", 0200, dir, NULL, &call_shared_fops);
	debugfs_create_file_unsafe("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file_unsafe("spin", 0200, dir, NULL, &spin_fops);
	debugfs_create_file_unsafe("instructions", 0400, dir, NULL, &instructions_fops);
	debugfs_create_file_unsafe("runtime", 0400, dir, NULL, &runtime_fops);
	debugfs_create_file_unsafe("instructions_least", 0400, dir, NULL, &instructions_least_fops);
	debugfs_create_file_unsafe("instructions_int_pow", 0400, dir, NULL,
				   &instructions_int_pow_fops);
	return 0;
}
module_init(rvdirect_test_init);

static void __exit rvdirect_test_exit(void)
{
	debugfs_remove(dir);
	if (spinner)
		kthread_stop(spinner);
}
module_exit(rvdirect_test_exit);

MODULE_DESCRIPTION("Functions to attach to, for rvdirect's selftests");
MODULE_LICENSE("GPL");
