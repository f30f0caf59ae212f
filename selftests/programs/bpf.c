// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches a BPF program that does nothing, and stays until it is killed. Its
 * file descriptor in /proc/PID/fdinfo/ then says how often the program ran, if
 * the sysctl kernel.bpf_stats_enabled is 1.
 *
 * usage: bpf fentry FUNCTION
 *	  bpf kprobe NUMBER	of the event in tracefs
 *
 * Prints the program's file descriptor once it is attached. Otherwise prints the
 * step that failed, and exits.
 *
 * Needs no library: it is built over the kernel's nolibc.
 */
#include <linux/perf_event.h>

#include "btf.h"

static const char *wanted;
static __u32 wanted_id;

static void find(const char *name, __u32 id)
{
	if (!strcmp(name, wanted))
		wanted_id = id;
}

/* Returns the number of the function of that name in the kernel's BTF. */
static __u32 id_of(const char *name)
{
	wanted = name;
	tell_functions(find);
	if (!wanted_id) {
		errno = ENOENT;
		check(-1, name);
	}
	return wanted_id;
}

/* Loads "return 0". */
static int load(union bpf_attr *attr)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	attr->insns = (unsigned long)code;
	attr->insn_cnt = 2;
	attr->license = (unsigned long)"GPL";
	fd = bpf(BPF_PROG_LOAD, attr);
	check(fd, "load");
	return fd;
}

static int attach_fentry(const char *function)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.expected_attach_type = BPF_TRACE_FENTRY,
		.attach_btf_id = id_of(function),
	};
	union bpf_attr open = { };
	int fd = load(&attr);

	open.raw_tracepoint.prog_fd = fd;
	check(bpf(BPF_RAW_TRACEPOINT_OPEN, &open), "attach");
	return fd;
}

static int attach_kprobe(const char *event)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct perf_event_attr perf = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(perf),
		.config = atoi(event),
		.sample_period = 1,
	};
	int fd = load(&attr);
	/* On one hart; but the program runs on each. */
	int event_fd = syscall(__NR_perf_event_open, &perf, -1, 0, -1, 0);

	check(event_fd, "open");
	check(ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, (void *)(long)fd), "attach");
	check(ioctl(event_fd, PERF_EVENT_IOC_ENABLE, (void *)0), "enable");
	return fd;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		return 1;
	fd = strcmp(argv[1], "fentry") ? attach_kprobe(argv[2]) : attach_fentry(argv[2]);
	printf("%d\n", fd);
	poll(NULL, 0, -1);
	return 0;
}
