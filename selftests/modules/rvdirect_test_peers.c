// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own probes, as a module would use them, for a comparison of what
 * they cost. The files in /sys/kernel/debug/rvdirect_peers/ are:
 *
 *	attach		write "PROBE JOB FUNCTION...": puts a probe on each
 *			function. PROBE is "kprobe", "kretprobe" or "fprobe";
 *			JOB is "nothing", "count", "histogram" (of the time from
 *			entry to return, not for kprobe) or "override" (returns 0
 *			in place of the function, only for kprobe)
 *	detach		write anything: takes them away
 *	clock		read: nanoseconds since boot
 */
#include <linux/debugfs.h>
#include <linux/fprobe.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

static DEFINE_PER_CPU(u64, hits);
static DEFINE_PER_CPU(u64 [65], histogram);

static void in_histogram(cycles_t entered)
{
	this_cpu_inc(histogram[fls64(get_cycles() - entered)]);
}

static int kprobe_nothing(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static int kprobe_count(struct kprobe *probe, struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static int kprobe_override(struct kprobe *probe, struct pt_regs *regs)
{
	regs_set_return_value(regs, 0);
	instruction_pointer_set(regs, regs->ra);
	return 1;
}

static int kretprobe_nothing(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return 0;
}

static int kretprobe_count(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	this_cpu_inc(hits);
	return 0;
}

static int kretprobe_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(cycles_t *)instance->data = get_cycles();
	return 0;
}

static int kretprobe_histogram(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	in_histogram(*(cycles_t *)instance->data);
	return 0;
}

/* Since 6.14, these get ftrace_regs, before that pt_regs. */
static int fprobe_nothing(struct fprobe *probe, unsigned long ip, unsigned long ra,
			  struct ftrace_regs *regs, void *data)
{
	return 0;
}

static int fprobe_count(struct fprobe *probe, unsigned long ip, unsigned long ra,
			struct ftrace_regs *regs, void *data)
{
	this_cpu_inc(hits);
	return 0;
}

static int fprobe_entry(struct fprobe *probe, unsigned long ip, unsigned long ra,
			struct ftrace_regs *regs, void *data)
{
	*(cycles_t *)data = get_cycles();
	return 0;
}

static void fprobe_histogram(struct fprobe *probe, unsigned long ip, unsigned long ra,
			     struct ftrace_regs *regs, void *data)
{
	in_histogram(*(cycles_t *)data);
}

static const struct job {
	const char *name;
	struct kprobe kprobe;
	struct kretprobe kretprobe;
	struct fprobe fprobe;
} jobs[] = {
	{
		.name = "nothing",
		.kprobe.pre_handler = kprobe_nothing,
		.kretprobe.handler = kretprobe_nothing,
		.fprobe.entry_handler = (void *)fprobe_nothing,
	}, {
		.name = "count",
		.kprobe.pre_handler = kprobe_count,
		.kretprobe.handler = kretprobe_count,
		.fprobe.entry_handler = (void *)fprobe_count,
	}, {
		.name = "histogram",
		.kretprobe.entry_handler = kretprobe_entry,
		.kretprobe.handler = kretprobe_histogram,
		.kretprobe.data_size = sizeof(cycles_t),
		.fprobe.entry_handler = (void *)fprobe_entry,
		.fprobe.exit_handler = (void *)fprobe_histogram,
		.fprobe.entry_data_size = sizeof(cycles_t),
	}, {
		.name = "override",
		.kprobe.pre_handler = kprobe_override,
	}
};

/* What is attached: @count probes of one kind. The names are in @words. */
static char *words;
static const char **names;
static int count;
static struct kprobe *kprobes, **kprobe_list;
static struct kretprobe *kretprobes, **kretprobe_list;
static struct fprobe fprobe;

static void forget(void)
{
	kvfree(kprobes);
	kvfree(kprobe_list);
	kvfree(kretprobes);
	kvfree(kretprobe_list);
	kvfree(names);
	kvfree(words);
	kprobes = NULL;
	kretprobes = NULL;
	kprobe_list = NULL;
	kretprobe_list = NULL;
	names = NULL;
	words = NULL;
	count = 0;
}

static int attach_kprobes(const struct job *job)
{
	kprobes = kvcalloc(count, sizeof(*kprobes), GFP_KERNEL);
	kprobe_list = kvcalloc(count, sizeof(*kprobe_list), GFP_KERNEL);
	if (!kprobes || !kprobe_list)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		kprobes[i].pre_handler = job->kprobe.pre_handler;
		kprobes[i].symbol_name = names[i];
		kprobe_list[i] = &kprobes[i];
	}
	return register_kprobes(kprobe_list, count);
}

static int attach_kretprobes(const struct job *job)
{
	kretprobes = kvcalloc(count, sizeof(*kretprobes), GFP_KERNEL);
	kretprobe_list = kvcalloc(count, sizeof(*kretprobe_list), GFP_KERNEL);
	if (!kretprobes || !kretprobe_list)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		kretprobes[i].entry_handler = job->kretprobe.entry_handler;
		kretprobes[i].handler = job->kretprobe.handler;
		kretprobes[i].data_size = job->kretprobe.data_size;
		kretprobes[i].kp.symbol_name = names[i];
		kretprobe_list[i] = &kretprobes[i];
	}
	return register_kretprobes(kretprobe_list, count);
}

static int attach_fprobe(const struct job *job)
{
	fprobe = job->fprobe;
	return register_fprobe_syms(&fprobe, names, count);
}

static int attach_words(void)
{
	char *rest = words, *word;
	const char *probe = NULL;
	const struct job *job = NULL;

	names = kvcalloc(strlen(words) / 2 + 1, sizeof(*names), GFP_KERNEL);
	if (!names)
		return -ENOMEM;
	while ((word = strsep(&rest, "\n "))) {
		if (!*word)
			continue;
		if (!probe) {
			probe = word;
		} else if (!job) {
			for (int i = 0; i < ARRAY_SIZE(jobs); i++)
				if (!strcmp(jobs[i].name, word))
					job = &jobs[i];
			if (!job)
				return -EINVAL;
		} else {
			names[count++] = word;
		}
	}
	if (!count)
		return -EINVAL;
	if (!strcmp(probe, "kprobe"))
		return attach_kprobes(job);
	if (!strcmp(probe, "kretprobe"))
		return attach_kretprobes(job);
	if (!strcmp(probe, "fprobe"))
		return attach_fprobe(job);
	return -EINVAL;
}

static ssize_t attach(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	int ret;

	if (count)
		return -EBUSY;
	words = memdup_user_nul(from, size);
	if (IS_ERR(words)) {
		ret = PTR_ERR(words);
		words = NULL;
		return ret;
	}
	ret = attach_words();
	if (!ret)
		return size;
	forget();
	return ret;
}

static const struct file_operations attach_fops = {
	.owner = THIS_MODULE,
	.write = attach,
};

static int detach(void *unused, u64 value)
{
	if (!count)
		return -ENOENT;
	if (kprobes)
		unregister_kprobes(kprobe_list, count);
	else if (kretprobes)
		unregister_kretprobes(kretprobe_list, count);
	else
		unregister_fprobe(&fprobe);
	forget();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(detach_fops, NULL, detach, "%llu\n");

static int clock(void *unused, u64 *nanoseconds)
{
	*nanoseconds = ktime_get_ns();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(clock_fops, clock, NULL, "%llu\n");

static struct dentry *dir;

static int __init rvdirect_test_peers_init(void)
{
	dir = debugfs_create_dir("rvdirect_peers", NULL);
	debugfs_create_file("attach", 0200, dir, NULL, &attach_fops);
	debugfs_create_file_unsafe("detach", 0200, dir, NULL, &detach_fops);
	debugfs_create_file_unsafe("clock", 0400, dir, NULL, &clock_fops);
	return 0;
}
module_init(rvdirect_test_peers_init);

static void __exit rvdirect_test_peers_exit(void)
{
	debugfs_remove(dir);
	if (count)
		detach(NULL, 0);
}
module_exit(rvdirect_test_peers_exit);

MODULE_DESCRIPTION("The kernel's own probes, to compare rvdirect with");
MODULE_LICENSE("GPL");
