// SPDX-License-Identifier: GPL-2.0
/*
 * A function that is called in every context in which the kernel runs code. In
 * /sys/kernel/debug/rvdirect_contexts/:
 *
 *	hardirq		write N: N calls in a hard interrupt
 *	softirq		write N: N calls in a soft interrupt
 *	hrtimer		write N: N calls, each in a timer interrupt of its own;
 *			it interrupts whatever runs on this hart
 *	kthread		write N: N calls by a kernel thread
 *
 * The function is rvdirect_test_anywhere(). The write returns when all calls
 * are done, with EIO if one had a wrong result or ran in a wrong context.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/timer.h>

/* The time from one timer interrupt to the next. */
#define PERIOD_NS	(50 * NSEC_PER_USEC)

struct calls {
	u64 left;
	bool failed;
	struct completion done;
	union {
		struct irq_work irq_work;
		struct timer_list timer;
		struct hrtimer hrtimer;
	};
};

/* Not static, so that the compiler cannot know its callers. */
noinline unsigned long rvdirect_test_anywhere(unsigned long a, unsigned long b);
noinline unsigned long rvdirect_test_anywhere(unsigned long a, unsigned long b)
{
	barrier();
	return a + b;
}

static void call_once(struct calls *calls, bool here)
{
	if (rvdirect_test_anywhere(calls->left, 1) != calls->left + 1 || !here)
		calls->failed = true;
	calls->left--;
}

static void in_hard_interrupt(struct irq_work *work)
{
	struct calls *calls = container_of(work, struct calls, irq_work);

	while (calls->left)
		call_once(calls, in_hardirq());
}

static int hardirq(void *unused, u64 count)
{
	struct calls calls = { .left = count };

	/* With PREEMPT_RT, a thread would do other work. */
	calls.irq_work = IRQ_WORK_INIT_HARD(in_hard_interrupt);
	irq_work_queue(&calls.irq_work);
	irq_work_sync(&calls.irq_work);
	return calls.failed || calls.left ? -EIO : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(hardirq_fops, NULL, hardirq, "%llu\n");

static void in_soft_interrupt(struct timer_list *timer)
{
	struct calls *calls = container_of(timer, struct calls, timer);

	while (calls->left)
		call_once(calls, in_serving_softirq());
	complete(&calls->done);
}

#ifndef HAS_timer_destroy_on_stack
#define timer_destroy_on_stack destroy_timer_on_stack
#endif

static int softirq(void *unused, u64 count)
{
	struct calls calls = { .left = count };

	init_completion(&calls.done);
	timer_setup_on_stack(&calls.timer, in_soft_interrupt, 0);
	mod_timer(&calls.timer, jiffies);
	wait_for_completion(&calls.done);
	timer_delete_sync(&calls.timer);
	timer_destroy_on_stack(&calls.timer);
	return calls.failed ? -EIO : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(softirq_fops, NULL, softirq, "%llu\n");

static enum hrtimer_restart in_timer_interrupt(struct hrtimer *hrtimer)
{
	struct calls *calls = container_of(hrtimer, struct calls, hrtimer);

	if (!calls->left) {
		complete(&calls->done);
		return HRTIMER_NORESTART;
	}
	call_once(calls, in_hardirq());
	hrtimer_forward_now(hrtimer, ns_to_ktime(PERIOD_NS));
	return HRTIMER_RESTART;
}

#ifndef HAS_hrtimer_setup_on_stack
static void hrtimer_setup_on_stack(struct hrtimer *timer,
				   enum hrtimer_restart (*function)(struct hrtimer *timer),
				   clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init_on_stack(timer, clock, mode);
	timer->function = function;
}
#endif

static int hrtimer(void *unused, u64 count)
{
	struct calls calls = { .left = count };

	init_completion(&calls.done);
	hrtimer_setup_on_stack(&calls.hrtimer, in_timer_interrupt, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&calls.hrtimer, ns_to_ktime(PERIOD_NS), HRTIMER_MODE_REL_PINNED_HARD);
	wait_for_completion(&calls.done);
	hrtimer_cancel(&calls.hrtimer);
	destroy_hrtimer_on_stack(&calls.hrtimer);
	return calls.failed ? -EIO : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(hrtimer_fops, NULL, hrtimer, "%llu\n");

static int in_thread(void *data)
{
	struct calls *calls = data;

	complete(&calls->done);
	while (calls->left)
		call_once(calls, current->flags & PF_KTHREAD);
	return 0;
}

static int kthread(void *unused, u64 count)
{
	struct calls calls = { .left = count };
	struct task_struct *task;

	init_completion(&calls.done);
	task = kthread_create(in_thread, &calls, "rvdirect_test");
	if (IS_ERR(task))
		return PTR_ERR(task);
	/* The thread may exit before it is waited for below. */
	get_task_struct(task);
	wake_up_process(task);
	/* A thread that is stopped before it has started never runs. */
	wait_for_completion(&calls.done);
	kthread_stop_put(task);
	return calls.failed || calls.left ? -EIO : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(kthread_fops, NULL, kthread, "%llu\n");

static struct dentry *dir;

static int __init rvdirect_test_contexts_init(void)
{
	dir = debugfs_create_dir("rvdirect_contexts", NULL);
	debugfs_create_file_unsafe("hardirq", 0200, dir, NULL, &hardirq_fops);
	debugfs_create_file_unsafe("softirq", 0200, dir, NULL, &softirq_fops);
	debugfs_create_file_unsafe("hrtimer", 0200, dir, NULL, &hrtimer_fops);
	debugfs_create_file_unsafe("kthread", 0200, dir, NULL, &kthread_fops);
	return 0;
}
module_init(rvdirect_test_contexts_init);

static void __exit rvdirect_test_contexts_exit(void)
{
	debugfs_remove(dir);
}
module_exit(rvdirect_test_contexts_exit);

MODULE_DESCRIPTION("A function called in every context, for rvdirect's selftests");
MODULE_LICENSE("GPL");
