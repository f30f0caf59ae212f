// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches BPF programs to functions, has the calls of a function counted, and
 * detaches them. Prints what each step took: nanoseconds to load and attach,
 * instructions of the calls, nanoseconds to detach. Otherwise prints the step
 * that failed.
 *
 * usage: peers KIND PROGRAM RETURN_PROGRAM FUNCTIONS CALLS
 *	  peers FUNCTIONS	prints those that the kernel's BTF has
 *
 * KIND is "kprobe", "multi" (kprobe.multi) or "fentry". The programs are files
 * that hold their instructions, or "-" for none; the second one is attached to
 * the return of each function, by kretprobe or fexit. FUNCTIONS has a sorted
 * list of names; reading CALLS makes the calls, and tells the instructions.
 *
 * Needs no library: it is built over the kernel's nolibc.
 */
#include <linux/perf_event.h>

#include "btf.h"
#include "jobs.h"

#define NAMES_MAX	100000

static char text[4 << 20];
static const char *names[NAMES_MAX];
static __u32 ids[NAMES_MAX];
static int count;

static int maps[JOBS_MAPS];
/* What closing detaches. */
static int held[NAMES_MAX];
static int held_count;

static __u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Returns the size. */
static size_t read_file(const char *path, void *to, size_t space)
{
	int fd = open(path, O_RDONLY);
	size_t size = 0;
	ssize_t got;

	check(fd, path);
	while ((got = read(fd, to + size, space - size)) > 0)
		size += got;
	check(got, path);
	close(fd);
	return size;
}

static void read_names(const char *path)
{
	char *at = text, *end = text + read_file(path, text, sizeof(text) - 1);

	while (at < end && count < NAMES_MAX) {
		names[count++] = at;
		at = strchr(at, '\n');
		*at++ = '\0';
	}
}

static void find(const char *name, __u32 id)
{
	int low = 0, high = count;

	while (low < high) {
		int middle = (low + high) / 2;
		int order = strcmp(name, names[middle]);

		if (!order) {
			ids[middle] = id;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
}

static void make_map(int map, __u32 type, __u32 key, __u32 value, __u32 entries)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
	};

	maps[map] = bpf(BPF_MAP_CREATE, &attr);
	check(maps[map], "map");
}

static void make_maps(void)
{
	make_map(JOBS_HITS, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(__u64), 1);
	make_map(JOBS_HISTOGRAM, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(__u64), 64);
	make_map(JOBS_STARTS, BPF_MAP_TYPE_HASH, sizeof(__u64), sizeof(__u64), 1024);
	/* Nobody reads the events, and all of them fit. */
	make_map(JOBS_EVENTS, BPF_MAP_TYPE_RINGBUF, 0, 0, 4 << 20);
}

static int load(const char *path, union bpf_attr *attr)
{
	struct bpf_insn code[256];
	size_t size = read_file(path, code, sizeof(code));
	int fd;

	attr->insns = (unsigned long)code;
	attr->insn_cnt = size / sizeof(*code);
	attr->license = (unsigned long)"GPL";
	for (unsigned int i = 0; i < attr->insn_cnt; i++) {
		if (code[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (code[i + 1].imm == JOBS_MAP >> 32) {
			code[i].src_reg = BPF_PSEUDO_MAP_FD;
			code[i].imm = maps[code[i].imm];
			code[i + 1].imm = 0;
		}
		i++;
	}
	fd = bpf(BPF_PROG_LOAD, attr);
	check(fd, "load");
	return fd;
}

static void hold(int fd, const char *step)
{
	check(fd, step);
	held[held_count++] = fd;
}

static void attach_kprobes(const char *path, bool at_return)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct perf_event_attr perf = {
		.size = sizeof(perf),
		.config = at_return,
		.sample_period = 1,
	};
	int fd = load(path, &attr);
	char type[16] = "";

	read_file("/sys/bus/event_source/devices/kprobe/type", type, sizeof(type) - 1);
	perf.type = atoi(type);
	for (int i = 0; i < count; i++) {
		int event;

		perf.kprobe_func = (unsigned long)names[i];
		event = syscall(__NR_perf_event_open, &perf, -1, 0, -1, 0);
		hold(event, "open");
		check(ioctl(event, PERF_EVENT_IOC_SET_BPF, (void *)(long)fd), "attach");
		check(ioctl(event, PERF_EVENT_IOC_ENABLE, (void *)0), "enable");
	}
	close(fd);
}

static void attach_multi(const char *path, bool at_return)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.expected_attach_type = BPF_TRACE_KPROBE_MULTI,
	};
	union bpf_attr link = { };
	int fd = load(path, &attr);

	link.link_create.prog_fd = fd;
	link.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
	link.link_create.kprobe_multi.syms = (unsigned long)names;
	link.link_create.kprobe_multi.cnt = count;
	link.link_create.kprobe_multi.flags = at_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
	hold(bpf(BPF_LINK_CREATE, &link), "attach");
	close(fd);
}

/* Each function needs a program of its own. */
static void attach_fentry(const char *path, bool at_return)
{
	for (int i = 0; i < count; i++) {
		union bpf_attr attr = {
			.prog_type = BPF_PROG_TYPE_TRACING,
			.expected_attach_type = at_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
			.attach_btf_id = ids[i],
		};
		union bpf_attr open = { };

		open.raw_tracepoint.prog_fd = load(path, &attr);
		hold(bpf(BPF_RAW_TRACEPOINT_OPEN, &open), "attach");
		close(open.raw_tracepoint.prog_fd);
	}
}

static int print_known(const char *path)
{
	read_names(path);
	tell_functions(find);
	for (int i = 0; i < count; i++)
		if (ids[i])
			printf("%s\n", names[i]);
	return 0;
}

int main(int argc, char **argv)
{
	void (*attach)(const char *path, bool at_return);
	__u64 start, attached, end;
	char calls[32] = "";

	if (argc == 2)
		return print_known(argv[1]);
	if (argc != 6)
		return 1;
	read_names(argv[4]);
	if (!strcmp(argv[1], "kprobe")) {
		attach = attach_kprobes;
	} else if (!strcmp(argv[1], "multi")) {
		attach = attach_multi;
	} else {
		attach = attach_fentry;
		tell_functions(find);
	}
	make_maps();
	start = now();
	if (strcmp(argv[2], "-"))
		attach(argv[2], false);
	if (strcmp(argv[3], "-"))
		attach(argv[3], true);
	attached = now() - start;
	read_file(argv[5], calls, sizeof(calls) - 1);
	start = now();
	while (held_count)
		close(held[--held_count]);
	end = now() - start;
	printf("%llu %d %llu\n", attached, atoi(calls), end);
	return 0;
}
