// SPDX-License-Identifier: GPL-2.0
/*
 * Functions to attach to, called exactly as often as is asked for, in
 * /sys/kernel/debug/rvdirect_test/:
 *
 *	call_task	write N: N calls, by the writing task
 *	call_irq	write N: N calls on each hart, in interrupt context
 *	call_shared	write N: N calls of rvdirect_test_shared()
 *	instructions	read: instructions that BENCH_CALLS calls take, with
 *			interrupts off; exact if QEMU counts them (-icount)
 *
 * The function is rvdirect_test_target() in all but call_shared.
 */
#include <linux/debugfs.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>

#include <asm/csr.h>

#include "rvdirect_test.h"

#define BENCH_CALLS	2000

/* Not static, so that the compiler knows nothing of its callers. */
noinline unsigned long rvdirect_test_target(unsigned long a, unsigned long b);
noinline unsigned long rvdirect_test_target(unsigned long a, unsigned long b)
{
	barrier();
	return a + b;
}

/* Known to the kernel, but not to ftrace. */
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

static int call_shared(void *unused, u64 calls)
{
	rvdirect_test_notrace();
	for (u64 i = 0; i < calls; i++)
		rvdirect_test_shared();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_shared_fops, NULL, call_shared, "%llu\n");

static unsigned long count_instructions(void)
{
	unsigned long start;

	start = csr_read(CSR_INSTRET);
	for (unsigned int i = 0; i < BENCH_CALLS; i++)
		rvdirect_test_target(i, 1);
	return csr_read(CSR_INSTRET) - start;
}

static int instructions(void *unused, u64 *count)
{
	unsigned long flags;

	local_irq_save(flags);
	/* The first run brings in what the second one needs. */
	count_instructions();
	*count = count_instructions();
	local_irq_restore(flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(instructions_fops, instructions, NULL, "%llu\n");

static struct dentry *dir;

static int __init rvdirect_test_init(void)
{
	dir = debugfs_create_dir("rvdirect_test", NULL);
	debugfs_create_file_unsafe("call_task", 0200, dir, NULL, &call_task_fops);
	debugfs_create_file_unsafe("call_irq", 0200, dir, NULL, &call_irq_fops);
	debugfs_create_file_unsafe("call_shared", 0200, dir, NULL, &call_shared_fops);
	debugfs_create_file_unsafe("instructions", 0400, dir, NULL, &instructions_fops);
	return 0;
}
module_init(rvdirect_test_init);

static void __exit rvdirect_test_exit(void)
{
	debugfs_remove(dir);
}
module_exit(rvdirect_test_exit);

MODULE_DESCRIPTION("Functions to attach to, for rvdirect's selftests");
MODULE_LICENSE("GPL");
