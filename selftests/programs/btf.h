/* SPDX-License-Identifier: GPL-2.0 */
/* The functions in the kernel's BTF, and system calls for programs of BPF. */
#ifndef BTF_H
#define BTF_H

#include <linux/bpf.h>
#include <linux/btf.h>

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

typedef void tell_function(const char *name, __u32 id);

/* Tells the name and the number of each function. */
static void tell_functions(tell_function *tell)
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
	close(fd);
	at = btf + header->hdr_len + header->type_off;
	end = at + header->type_len;
	names = btf + header->hdr_len + header->str_off;
	for (__u32 id = 1; at < end; id++) {
		const struct btf_type *type = (void *)at;

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC)
			tell(names + type->name_off, id);
		at += sizeof(*type) + length(type);
	}
}

#endif /* BTF_H */
