// SPDX-License-Identifier: GPL-2.0
/*
 * A function for each of rvdirect's callers, rvdirect_pair_CALLER, and one for
 * each pair of a caller and a probe of the kernel, rvdirect_pair_CALLER_PROBE.
 * In /sys/kernel/debug/rvdirect_pairs/:
 *
 *	call	write N: the writing task calls each function N times. read: how
 *		often so far the caller returned in place of the function
 *	load	write 1: a thread on each hart calls the functions at each tick.
 *		write 0: the threads end
 *	sleep	write 1: a thread for each function calls it and sleeps in it.
 *		write 0: the threads wake up and end. read: a line for each that
 *		sleeps, with its pid and the function
 *
 * Writing fails with EIO if a call had a wrong result. A caller that returns in
 * place of the function must return 1, which no function does.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/wait.h>

struct call {
	bool sleeps;
	bool ran;
};

static DECLARE_WAIT_QUEUE_HEAD(arrival);
static atomic_t arrived;

static void sleep_until_stopped(void)
{
	atomic_inc(&arrived);
	wake_up(&arrival);
	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

typedef unsigned long pair_fn(unsigned long n, struct call *call);

#define PAIR(name)								\
static noinline __used unsigned long						\
rvdirect_pair_ ## name(unsigned long n, struct call *call)			\
{										\
	WRITE_ONCE(call->ran, true);						\
	if (call->sleeps)							\
		sleep_until_stopped();						\
	return 2 * n;								\
}

PAIR(count) PAIR(count_kprobe) PAIR(count_body)
PAIR(count_kretprobe) PAIR(count_entry) PAIR(count_exit)
PAIR(trace) PAIR(trace_kprobe) PAIR(trace_body)
PAIR(trace_kretprobe) PAIR(trace_entry) PAIR(trace_exit)
PAIR(return) PAIR(return_kprobe) PAIR(return_body)
PAIR(return_kretprobe) PAIR(return_entry) PAIR(return_exit)
PAIR(latency) PAIR(latency_kprobe) PAIR(latency_body)
PAIR(latency_kretprobe) PAIR(latency_entry) PAIR(latency_exit)
PAIR(override) PAIR(override_kprobe) PAIR(override_body)
PAIR(override_kretprobe) PAIR(override_entry) PAIR(override_exit)

#define NAMED(name)	{ "rvdirect_pair_" #name, rvdirect_pair_ ## name }

static const struct {
	const char *name;
	pair_fn *fn;
} pairs[] = {
	NAMED(count), NAMED(count_kprobe), NAMED(count_body),
	NAMED(count_kretprobe), NAMED(count_entry), NAMED(count_exit),
	NAMED(trace), NAMED(trace_kprobe), NAMED(trace_body),
	NAMED(trace_kretprobe), NAMED(trace_entry), NAMED(trace_exit),
	NAMED(return), NAMED(return_kprobe), NAMED(return_body),
	NAMED(return_kretprobe), NAMED(return_entry), NAMED(return_exit),
	NAMED(latency), NAMED(latency_kprobe), NAMED(latency_body),
	NAMED(latency_kretprobe), NAMED(latency_entry), NAMED(latency_exit),
	NAMED(override), NAMED(override_kprobe), NAMED(override_body),
	NAMED(override_kretprobe), NAMED(override_entry), NAMED(override_exit),
};

static atomic64_t overridden = ATOMIC64_INIT(0);

/* Whether the call had the right result. */
static bool call_pair(pair_fn *fn, unsigned long n, struct call *call)
{
	unsigned long result = fn(n, call);

	if (!READ_ONCE(call->ran))
		atomic64_inc(&overridden);
	return result == (READ_ONCE(call->ran) ? 2 * n : 1);
}

static bool call_all(unsigned long n)
{
	bool right = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct call call = { .sleeps = false };

		right &= call_pair(pairs[i].fn, n, &call);
	}
	return right;
}

static int overridden_get(void *unused, u64 *count)
{
	*count = atomic64_read(&overridden);
	return 0;
}

static int call_set(void *unused, u64 calls)
{
	while (calls--) {
		if (!call_all(calls))
			return -EIO;
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_fops, overridden_get, call_set, "%llu\n");

/* Stops the threads, and returns an error if one of them returned it. */
static int stop(struct task_struct **threads, unsigned int count)
{
	int err = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (threads[i])
			err = kthread_stop(threads[i]) ?: err;
		threads[i] = NULL;
	}
	return err;
}

static int call_until_stopped(void *unused)
{
	int err = 0;

	for (unsigned long n = 0; !kthread_should_stop(); n++) {
		if (!call_all(n))
			err = -EIO;
		schedule_timeout_idle(1);
	}
	return err;
}

static struct task_struct *callers[NR_CPUS];

static int load_set(void *unused, u64 wanted)
{
	struct task_struct *thread;
	unsigned int cpu;

	if (!wanted)
		return stop(callers, ARRAY_SIZE(callers));
	for_each_online_cpu(cpu) {
		thread = kthread_run_on_cpu(call_until_stopped, NULL, cpu, "rvdirect_call/%u");
		if (IS_ERR(thread))
			return PTR_ERR(thread);
		callers[cpu] = thread;
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(load_fops, NULL, load_set, "%llu\n");

static struct task_struct *sleepers[ARRAY_SIZE(pairs)];
static struct call sleeping[ARRAY_SIZE(pairs)];

static int sleep_in_pair(void *call)
{
	unsigned int i = (struct call *)call - sleeping;
	bool right = call_pair(pairs[i].fn, i, call);

	if (!READ_ONCE(sleeping[i].ran))
		sleep_until_stopped();
	return right ? 0 : -EIO;
}

static int set_sleeping(bool wanted)
{
	struct task_struct *thread;

	if (!wanted)
		return stop(sleepers, ARRAY_SIZE(sleepers));
	atomic_set(&arrived, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		sleeping[i] = (struct call) { .sleeps = true };
		thread = kthread_run(sleep_in_pair, &sleeping[i], "rvdirect_sleep");
		if (IS_ERR(thread))
			return PTR_ERR(thread);
		sleepers[i] = thread;
	}
	wait_event(arrival, atomic_read(&arrived) == ARRAY_SIZE(pairs));
	return 0;
}

static ssize_t sleep_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	bool wanted;
	int err = kstrtobool_from_user(text, size, &wanted) ?: set_sleeping(wanted);

	return err ?: size;
}

static int sleep_show(struct seq_file *file, void *unused)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (sleepers[i] && READ_ONCE(sleeping[i].ran))
			seq_printf(file, "%d %s\n", sleepers[i]->pid, pairs[i].name);
	}
	return 0;
}
DEFINE_SHOW_STORE_ATTRIBUTE(sleep);

static struct dentry *dir;

static int __init rvdirect_test_pairs_init(void)
{
	dir = debugfs_create_dir("rvdirect_pairs", NULL);
	debugfs_create_file_unsafe("call", 0600, dir, NULL, &call_fops);
	debugfs_create_file_unsafe("load", 0200, dir, NULL, &load_fops);
	debugfs_create_file("sleep", 0600, dir, NULL, &sleep_fops);
	return 0;
}
module_init(rvdirect_test_pairs_init);

static void __exit rvdirect_test_pairs_exit(void)
{
	debugfs_remove(dir);
	stop(callers, ARRAY_SIZE(callers));
	stop(sleepers, ARRAY_SIZE(sleepers));
}
module_exit(rvdirect_test_pairs_exit);

MODULE_DESCRIPTION("Functions that callers and probes share, for rvdirect's selftests");
MODULE_LICENSE("GPL");
