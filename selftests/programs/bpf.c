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
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>

static char btf[32 << 20];

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static void check(int result, const char *step)
{
	if (result < 0) {
		printf("%s: %s\n", step, strerror(errno));
		exit(1);
	}
}

/* Returns how long the rest of the type's description is. */
static size_t length(const struct btf_type *type)
{
	unsigned int count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ENUM64:
		return count * sizeof(struct btf_enum64);
	default:
		return 0;
	}
}

/* Returns the number of the function of that name in the kernel's BTF. */
static __u32 id_of(const char *name)
{
	const struct btf_header *header = (void *)btf;
	const char *at, *end, *names;
	size_t size = 0;
	ssize_t got;
	int fd;

	fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	check(fd, "btf");
	while ((got = read(fd, btf + size, sizeof(btf) - size)) > 0)
		size += got;
	check(got, "btf");
	at = btf + header->hdr_len + header->type_off;
	end = at + header->type_len;
	names = btf + header->hdr_len + header->str_off;
	for (__u32 id = 1; at < end; id++) {
		const struct btf_type *type = (void *)at;

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(names + type->name_off, name))
			return id;
		at += sizeof(*type) + length(type);
	}
	errno = ENOENT;
	check(-1, name);
	return 0;
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
