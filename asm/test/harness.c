// SPDX-License-Identifier: GPL-2.0
/*
 * Runs trampolines in user space, without a C library, and prints what they
 * did; asm/test/trampoline.rs says what they should have done.
 *
 * usage: harness KIND [NAME=NUMBER]...
 *
 *	KIND	nop, count, entry, trace, return, exit (return without an entry handler),
 *		latency, override, some, count_each, latency_each
 *	slot	which slot (0)
 *	hart	on which hart (0)
 *	calls	how often (1)
 *	room	bytes between the target's sp and the end of its stack (2048)
 *	frame	bytes between the target's sp and the frame record of its caller
 *		(128)
 *	no_frame
 *		the caller is assembly, and its s0: 1: no address of a stack;
 *		2: below sp; 3: right above sp; 4: behind the end of the stack
 *	busy	1: a handler is already running
 *	softirq	1: with bottom halves off
 *	irqs	0: with interrupts off
 *	change	1: the handlers change arguments and results
 *	every, times
 *		for "some"
 *	filter	1: behind a filter, for all kinds
 *	pid, tgid, name, harts
 *		the calls that the filter lets pass: the task's number is 77, that
 *		of its process 70, and its name "seventy-seven"
 *	cgroup	the cgroup that the filter lets pass: 1 is that of the task, 2 the one
 *		above it, 3 the root, and 4 another
 *	prefix	how many bytes of the name the filter compares (16)
 *	cell	the cell of the target, for count_each and latency_each (0)
 *	ticks	how long the target runs (0)
 *	min, ret_first, ret_more, sure
 *		what latency wants; the target returns junk_a0, and ret_first
 *		is counted from there
 *	on	1: the event of "trace" is on
 *	zbb	1: for harts that have Zbb
 *
 * Prints "NAME VALUE" lines, the values in hexadecimal.
 */
#include <asm/asm-offsets.h>
#include <asm/csr.h>
#include <asm/thread_info.h>
#include <rvdirect-offsets.h>

#include "../trampoline.h"

#define HARTS		8
#define BUCKETS		4
#define CELLS		16
#define STACK_SIZE	(1UL << THREAD_SHIFT)
#define STACK_WORDS	(STACK_SIZE / sizeof(u64))
#define SYS_WRITE	64
#define SYS_EXIT	93
#define SYS_MPROTECT	226

void enter_trampoline(u64 in[32], const void *trampoline);
extern const char returned[];
extern const u64 resume_address;
extern u64 seen_registers[32], out_registers[32], junk_registers[32];
extern u64 seen_stack[RVDIRECT_MAX_COPY / sizeof(u64)], seen_words, seen_fp;
extern u64 target_returns, target_ticks;

/* A stack, and above it memory that must not even be read. */
static u64 stack[2 * STACK_WORDS] __attribute__((aligned(2 * STACK_SIZE)));
static char task[8192] __attribute__((aligned(64)));
static struct rvdirect_histogram histograms[HARTS * CELLS] __attribute__((aligned(64)));
/* The slot under test, and one for all others, each behind its multipliers. */
static u64 slots[2][(64 + sizeof(struct rvdirect_slot) + HARTS * sizeof(struct rvdirect_row)) /
		    sizeof(u64)] __attribute__((aligned(64)));
static u64 cells[HARTS][CELLS] __attribute__((aligned(64)));
#define SLOT(number)	((struct rvdirect_slot *)(slots[number] + 8))
static int changes, is_on;
static u64 in[32];

static long system_call(long number, long a, long b, long c)
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a7 asm("a7") = number;

	asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static void print(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	system_call(SYS_WRITE, 1, (long)text, end - text);
}

static void print_value(const char *name, u64 value)
{
	char digits[18];
	int i = 17;

	digits[i] = '\0';
	do
		digits[--i] = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	print(name);
	print(" ");
	print(digits + i);
	print("\n");
}

static void print_numbered(const char *prefix, u64 number, u64 value)
{
	char name[8] = { prefix[0], (char)('0' + number / 10), (char)('0' + number % 10) };

	print_value(name, value);
}

static int is_word(const char *text, const char *word)
{
	while (*word && *text == *word)
		text++, word++;
	return !*word && (!*text || *text == '=');
}

/* The value of NAME=NUMBER among the arguments. */
static u64 option(const char **argv, const char *name, u64 value)
{
	for (; *argv; argv++) {
		const char *digit = *argv;

		if (!is_word(*argv, name))
			continue;
		while (*digit++ != '=')
			;
		for (value = 0; *digit; digit++)
			value = value * 10 + (u64)(*digit - '0');
	}
	return value;
}

static u64 sentinel(u64 seed)
{
	return (seed + 1) * 0x9e3779b97f4a7c15;
}

/* A handler may leave anything in the registers that a function may change. */
static void leave_junk(void)
{
	asm volatile("li t0, -1; li t1, -2; li t2, -3; li t3, -4; li t4, -5; li t5, -6; li t6, -7;"
		     "li a0, -8; li a1, -9; li a2, -10; li a3, -11; li a4, -12; li a5, -13;"
		     "li a6, -14; li a7, -15"
		     ::: "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4",
			 "a5", "a6", "a7");
}

static u64 is_marked(void)
{
	return (*(u64 *)(task + TASK_TRACE_RECURSION) & TRACE_RECURSION_TASK) != 0;
}

/* What the unwinder finds above @frame, with @fp in it: the target, and its caller. */
static void print_frames(u64 frame, u64 fp)
{
	const u64 *inner = (const u64 *)frame - 2;
	const u64 *outer = (const u64 *)fp - 2;

	print_value("unwound_target", inner[1] == resume_address);
	print_value("unwound_caller", outer[1] == in[1]);
	print_value("unwound_frame", outer[0] == in[8]);
	print_value("frame_is_sp", fp == in[2]);
}

static void print_call(const char *prefix, struct rvdirect_call *call)
{
	print(prefix);
	print_value("_target", rvdirect_target(call) == resume_address - 8);
	print(prefix);
	print_value("_caller", rvdirect_target_caller(call) == in[1]);
	print(prefix);
	print_value("_data", (u64)rvdirect_data(call));
	print(prefix);
	print_value("_marked", is_marked());
}

static void entry(struct rvdirect_call *call)
{
	u64 good = 1;

	print_call("entry", call);
	for (unsigned int i = 0; i < RVDIRECT_REGISTER_ARGS + 2; i++)
		good &= *rvdirect_arg(call, i) ==
			(i < 8 ? in[10 + i] : ((const u64 *)in[2])[i - 8]);
	print_value("entry_args", good);
	print_frames((u64)&call->caller_fp, call->fp);
	if (changes) {
		call->args[1] = 0x1234;
		*rvdirect_arg(call, 8) = 0x5678;
	}
	call->cookie = 0xc00c1e;
	leave_junk();
}

static void exit(struct rvdirect_call *call)
{
	print_call("exit", call);
	print_value("exit_ret0", call->ret[0]);
	print_value("exit_ret1", call->ret[1]);
	print_value("exit_cookie", call->cookie);
	print_value("exit_ticks_sign", call->ticks >> 63);
	print_value("exit_arg0", call->args[0] == in[10]);
	if (changes)
		call->ret[0] += 1;
	leave_junk();
}

/* asm/trampoline.S comes here when it does not call the handler itself. */
void rvdirect_guarded(struct rvdirect_call *call, void (*handler)(struct rvdirect_call *call))
{
	print_value("guarded", 1);
	if (is_marked())
		call->exit = NULL;
	else
		handler(call);
	leave_junk();
}

/* The instructions that ALTERNATIVE replaces, and those that it replaces them by. */
extern const u64 __start_alternatives[], __stop_alternatives[];

static void replace_alternatives(void)
{
	for (const u64 *at = __start_alternatives; at < __stop_alternatives; at += 2)
		*(unsigned int *)at[0] = *(const unsigned int *)at[1];
	asm volatile("fence.i" : : : "memory");
}

static const char *address(const char *start, const char *end, u64 slot)
{
	u64 size = (u64)(end - start);

	print_value("slots_remainder", size % RVDIRECT_SLOTS);
	return start + slot * (size / RVDIRECT_SLOTS);
}

#define ADDRESS(kind, slot) \
	address(rvdirect_##kind##_slots, rvdirect_##kind##_slots_end, slot)

static const char *unfiltered(const char *kind, u64 slot)
{
	if (is_word(kind, "count"))
		return ADDRESS(count, slot);
	if (is_word(kind, "entry"))
		return ADDRESS(entry, slot);
	if (is_word(kind, "trace"))
		return ADDRESS(trace, slot);
	if (is_word(kind, "return") || is_word(kind, "exit"))
		return ADDRESS(return, slot);
	if (is_word(kind, "latency"))
		return ADDRESS(latency, slot);
	if (is_word(kind, "count_each"))
		return ADDRESS(count_each, slot);
	if (is_word(kind, "latency_each"))
		return ADDRESS(latency_each, slot);
	if (is_word(kind, "override"))
		return ADDRESS(override, slot);
	if (is_word(kind, "some"))
		return ADDRESS(override_some, slot);
	return rvdirect_nop;
}

static void copy(void *to, const char *text)
{
	for (char *at = to; *text; text++)
		*at++ = *text;
}

static void add_id(const char **argv, const char *name, unsigned int shift)
{
	u64 id = option(argv, name, 0);

	if (!id)
		return;
	SLOT(0)->ids |= id << shift;
	SLOT(0)->ids_mask |= 0xffffffffUL << shift;
}

static void set_cgroups(const char **argv)
{
	static u64 css_set[4], cgroups[4][8];
	u64 wanted = option(argv, "cgroup", 0);

	*(u64 **)(task + TASK_CGROUPS) = css_set;
	css_set[CSS_SET_CGROUP / sizeof(u64)] = (u64)cgroups[0];
	cgroups[0][CGROUP_PARENT / sizeof(u64)] = (u64)cgroups[1];
	cgroups[1][CGROUP_PARENT / sizeof(u64)] = (u64)cgroups[2];
	cgroups[3][CGROUP_PARENT / sizeof(u64)] = (u64)cgroups[2];
	SLOT(0)->cgroup = wanted ? cgroups[wanted - 1] : NULL;
}

static const char *trampoline(const char **argv, u64 slot)
{
	const char *code = unfiltered(argv[0], slot);
	u64 name = option(argv, "name", 0);

	SLOT(0)->next = code;
	set_cgroups(argv);
	add_id(argv, "pid", 0);
	add_id(argv, "tgid", 32);
	if (name) {
		copy(SLOT(0)->comm, name == 77 ? "seventy-seven" : "seventy-six");
		for (u64 at = 0; at < sizeof(SLOT(0)->comm); at++)
			if (at < option(argv, "prefix", 16))
				((unsigned char *)SLOT(0)->comm_mask)[at] = 0xff;
			else
				((unsigned char *)SLOT(0)->comm)[at] = 0;
	}
	SLOT(0)->harts[0] = option(argv, "harts", 0);
	SLOT(0)->has_harts = SLOT(0)->harts[0] != 0;
	*(u64 *)(task + TASK_IDS) = 70UL << 32 | 77;
	copy(task + TASK_COMM, "seventy-seven");
	return option(argv, "filter", 0) ? ADDRESS(filter, slot) : code;
}

static void print_counts(void)
{
	u64 others = 0;

	for (u64 hart = 0; hart < HARTS; hart++) {
		const struct rvdirect_row *row = &SLOT(0)->rows[hart];

		print_numbered("e", hart, row->entered);
		print_numbered("l", hart, row->left);
		print_numbered("m", hart, row->missed);
		others |= row->unused;
		others |= SLOT(1)->rows[hart].entered | SLOT(1)->rows[hart].left;
		for (u64 cell = 0; cell < CELLS; cell++)
			if (cells[hart][cell]) {
				print_value("cell_hart", hart);
				print_value("cell", cell);
				print_value("cell_count", cells[hart][cell]);
			}
	}
	for (u64 at = 0; at < HARTS * CELLS; at++) {
		const struct rvdirect_histogram *histogram = &histograms[at];

		if (!histogram->total && !histogram->buckets[0])
			continue;
		print_value("histogram_at", at);
		print_value("histogram_min", histogram->min);
		print_value("histogram_max", histogram->max);
		print_value("histogram_total", histogram->total);
		for (u64 i = 0; i < RVDIRECT_BUCKETS; i++)
			if (histogram->buckets[i])
				print_numbered("b", i, histogram->buckets[i]);
	}
	print_value("other_counts", others);
}

/*
 * Sets the multiplier that leads the target to @cell. All other multipliers
 * are junk, so the trampoline must choose the right bucket.
 */
static void set_multipliers(u64 cell)
{
	u64 multiplier = 1;

	for (u64 i = 0; i < BUCKETS; i++)
		slots[0][7 - i] = sentinel(4000 + i);
	while (((resume_address * multiplier) >> RVDIRECT_PRODUCT_SHIFT) % CELLS != cell)
		multiplier += 0x9e3779b97f4a7c16;
	slots[0][7 - (resume_address >> 3) % BUCKETS] = multiplier;
	SLOT(0)->bucket_mask = (BUCKETS - 1) * sizeof(u64);
	SLOT(0)->cell_mask = (CELLS - 1) * sizeof(u64);
	for (u64 hart = 0; hart < HARTS; hart++)
		SLOT(0)->rows[hart].counts = cells[hart];
}

__attribute__((used)) void harness(u64 *arguments)
{
	const char **argv = (const char **)(arguments + 2);
	const char *kind = argv[0];
	const u64 slot = option(argv, "slot", 0);
	const u64 calls = option(argv, "calls", 1);
	const u64 target_sp = STACK_SIZE - option(argv, "room", 2048);
	const u64 frame = option(argv, "frame", 128);
	const u64 no_frame = option(argv, "no_frame", 0);
	const u64 *arguments_at = stack + target_sp / sizeof(u64);
	u64 i, lowest, returns = 0;
	const char *code;

	if (option(argv, "zbb", 0))
		replace_alternatives();
	is_on = (int)option(argv, "on", 0);
	changes = option(argv, "change", 0) != 0;
	for (i = 0; i < RVDIRECT_SLOTS; i++)
		rvdirect_slot_rows[i] = SLOT(i != slot)->rows;
	SLOT(0)->entry = is_word(kind, "exit") ? NULL : entry;
	SLOT(0)->exit = exit;
	SLOT(0)->is_on = &is_on;
	SLOT(0)->data = (void *)0xda7a;
	SLOT(0)->ret = 0x0123456789abcdef;
	SLOT(0)->every = option(argv, "every", 1);
	SLOT(0)->times = option(argv, "times", ~0UL);
	SLOT(0)->min = option(argv, "min", 0);
	SLOT(0)->ret_first = sentinel(3010) + option(argv, "ret_first", 0);
	SLOT(0)->ret_more = option(argv, "ret_more", ~0UL);
	set_multipliers(option(argv, "cell", 0));
	for (i = 0; i < HARTS; i++) {
		SLOT(0)->rows[i].resume = resume_address;
		SLOT(0)->rows[i].histogram =
			histograms + i * (is_word(kind, "latency_each") ? CELLS : 1);
		SLOT(0)->rows[i].sure = option(argv, "sure", 0);
	}
	for (i = 0; i < HARTS * CELLS; i++)
		histograms[i].min = ~0UL;
	for (i = 0; i < STACK_WORDS; i++)
		stack[i] = sentinel(1000 + i);
	for (i = 0; i < 32; i++) {
		in[i] = sentinel(i);
		junk_registers[i] = sentinel(3000 + i);
	}
	in[1] = option(argv, "overridden", 0) ? resume_address : (u64)returned;
	in[2] = (u64)stack + target_sp;
	in[8] = no_frame == 1 ? in[8] : no_frame == 2 ? in[2] - 64 : no_frame == 3 ? in[2] + 16 :
		no_frame == 4 ? (u64)stack + STACK_SIZE + 16 : in[2] + frame + 16;
	seen_words = no_frame || frame > RVDIRECT_MAX_COPY ? 0 : frame / sizeof(u64);
	in[4] = (u64)task;
	*(int *)(task + TASK_TI_CPU) = (int)option(argv, "hart", 0);
	/* The stub of CSR_STATUS is a register that user space has. */
	asm volatile("csrw %0, %1" : : "i"(CSR_STATUS),
		     "r"(option(argv, "irqs", 1) ? SR_IE : 0));
	*(int *)(task + TASK_TI_PREEMPT_COUNT) = option(argv, "softirq", 0) ? 0x201 : 1;
	*(u64 *)(task + TASK_TRACE_RECURSION) =
		0x100 | (option(argv, "busy", 0) ? TRACE_RECURSION_TASK : 0);
	target_returns = is_word(kind, "return") || is_word(kind, "exit") ||
			 is_word(kind, "latency") || is_word(kind, "latency_each");
	target_returns &= in[1] == (u64)returned;
	target_ticks = option(argv, "ticks", 0);
	if (system_call(SYS_MPROTECT, (long)(stack + STACK_WORDS), STACK_SIZE, 0))
		print_value("mprotect_failed", 1);

	code = trampoline(argv, slot);
	for (i = 0; i < calls; i++) {
		seen_registers[5] = 0;
		enter_trampoline(in, code);
		returns += seen_registers[5] == 0;
	}
	/* The calls that came back without running the target. */
	print_value("overridden", returns);

	for (i = 1; i < 32; i++) {
		print_numbered("i", i, i == 5 ? resume_address : in[i]);
		print_numbered("s", i, seen_registers[i]);
		print_numbered("o", i, out_registers[i]);
	}
	print_value("junk_a0", junk_registers[10]);
	print_value("junk_a1", junk_registers[11]);
	for (i = changes; i < seen_words && seen_stack[i] == arguments_at[i]; i++)
		;
	print_value("words", i);
	print_value("first_word", seen_stack[0]);
	print_value("sp_to_frames", in[2] - seen_registers[2]);
	print_value("mark", ((struct rvdirect_call *)in[2] - 1)->fp == in[2]);
	/* Only if the target was called, and not just resumed. */
	if (target_returns && seen_registers[1] != in[1])
		print_frames(seen_registers[8], seen_fp);
	for (lowest = 0; lowest < STACK_WORDS && stack[lowest] == sentinel(1000 + lowest); lowest++)
		;
	print_value("lowest_change", lowest * sizeof(u64) - target_sp);
	for (i = STACK_WORDS; i > target_sp / 8 && stack[i - 1] == sentinel(1000 + i - 1); i--)
		;
	print_value("change_above_sp", i != target_sp / 8);
	asm volatile("csrr %0, %1" : "=r"(i) : "i"(CSR_STATUS));
	print_value("irqs", (i & SR_IE) != 0);
	print_value("recursion", *(u64 *)(task + TASK_TRACE_RECURSION));
	print_counts();
	system_call(SYS_EXIT, 0, 0, 0);
}
