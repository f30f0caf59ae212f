// SPDX-License-Identifier: GPL-2.0
/*
 * Runs trampolines in user space, without a C library, and prints what they
 * did; asm/test/trampoline.rs says what they should have done.
 *
 * usage: harness nop | count SLOT HART CALLS
 *
 * Prints "NAME VALUE" lines, the values in hexadecimal.
 */
#include "../trampoline.h"

typedef unsigned long u64;

#define HARTS		8
#define ROW_BYTES	(1UL << RVDIRECT_ROW_SHIFT)
#define STACK_WORDS	128
#define TASK_TI_CPU	32

void enter_trampoline(u64 in[32], u64 out[32], const void *trampoline);
extern const u64 resume_address;

/* The counters of all slots: rows of HARTS for each. */
static u64 counters[RVDIRECT_SLOTS][HARTS * ROW_BYTES / sizeof(u64)];
static u64 stack[STACK_WORDS] __attribute__((aligned(16)));
static u64 task[16];

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
	system_call(64, 1, (long)text, end - text);
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

static void print_register(const char *prefix, int number, u64 value)
{
	char name[8] = { prefix[0], (char)('0' + number / 10), (char)('0' + number % 10) };

	print_value(name, value);
}

static u64 number(const char *text)
{
	u64 value = 0;

	while (*text)
		value = value * 10 + (u64)(*text++ - '0');
	return value;
}

static u64 sentinel(u64 seed)
{
	return (seed + 1) * 0x9e3779b97f4a7c15;
}

/* Runs a trampoline on a stack of sentinels, and prints what it changed. */
static void run(const void *trampoline, u64 hart, u64 calls)
{
	u64 in[32], out[32];
	const u64 middle = STACK_WORDS / 2;
	u64 i;

	for (i = 0; i < STACK_WORDS; i++)
		stack[i] = sentinel(1000 + i);
	for (i = 0; i < 32; i++)
		in[i] = sentinel(i);
	for (i = 0; i < 16; i++)
		task[i] = sentinel(2000 + i);
	in[2] = (u64)&stack[middle];
	in[4] = (u64)task;
	in[5] = resume_address;
	*(int *)((char *)task + TASK_TI_CPU) = (int)hart;

	for (i = 0; i < calls; i++)
		enter_trampoline(in, out, trampoline);

	/* All but zero, and t1, which is free. */
	for (i = 1; i < 32; i++) {
		if (i == 6)
			continue;
		print_register("i", (int)i, in[i]);
		print_register("o", (int)i, out[i]);
	}
	for (i = 0; i < STACK_WORDS && stack[i] == sentinel(1000 + i); i++)
		;
	print_value("lowest_change", (i - middle) * sizeof(u64));
	for (i = STACK_WORDS; i > middle && stack[i - 1] == sentinel(1000 + i - 1); i--)
		;
	print_value("change_above_sp", i != middle);
	for (i = 0; i < 16; i++)
		if (i != TASK_TI_CPU / sizeof(u64) && task[i] != sentinel(2000 + i))
			print_value("task_changed", i);
}

static void print_counters(void)
{
	for (u64 slot = 0; slot < RVDIRECT_SLOTS; slot++) {
		for (u64 i = 0; i < sizeof(counters[0]) / sizeof(u64); i++) {
			if (!counters[slot][i])
				continue;
			print_value("slot", slot);
			print_value("byte", i * sizeof(u64));
			print_value("count", counters[slot][i]);
		}
	}
}

__attribute__((used)) void harness(u64 *arguments)
{
	const char **argv = (const char **)(arguments + 1);

	for (u64 slot = 0; slot < RVDIRECT_SLOTS; slot++)
		rvdirect_slot_counter[slot] = counters[slot];
	if (arguments[0] == 5) {
		u64 size = (u64)(rvdirect_count_slots_end - rvdirect_count_slots);

		print_value("slots_remainder", size % RVDIRECT_SLOTS);
		run(rvdirect_count_slots + number(argv[2]) * (size / RVDIRECT_SLOTS),
		    number(argv[3]), number(argv[4]));
	} else {
		run(rvdirect_nop, 0, 1);
	}
	print_counters();
	system_call(93, 0, 0, 0);
}
