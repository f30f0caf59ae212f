// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the calls that will return into a trampoline. Counts cannot tell a call
 * that sleeps from one that died with its task, but the stacks of live tasks
 * can: as long as a call waits for its target, its frames are there.
 *
 * asm/trampoline.S draws the frames, at the end of struct rvdirect_call. Their
 * mark is the member fp, which has the address behind the structure, together
 * with the address of known rows. The trampoline clears it when the call ends.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "../../asm/trampoline.h"
#include "in_flight.h"

static_assert(RVDIRECT_COMM_LEN == TASK_COMM_LEN);

struct search {
	const void *const *rows;
	size_t slots;
	struct rvdirect_in_flight *found;
	size_t room;
	size_t count;
};

/*
 * No list has the idle tasks. They never go, so each hart notes its own once an
 * interrupt finds it idle. That of the hart that booted is init_task.
 */
static DEFINE_PER_CPU(struct task_struct *, known_idle_task);

static void note_idle_task(void *unused)
{
	/* PF_IDLE is also set in threads that inject idle time. */
	if (!current->pid)
		__this_cpu_write(known_idle_task, current);
}

void rvdirect_interrupt_harts(void)
{
	on_each_cpu(note_idle_task, NULL, true);
}

static struct task_struct *idle_task_of(unsigned int hart)
{
	return hart ? per_cpu(known_idle_task, hart) : &init_task;
}

bool rvdirect_knows_idle_tasks(void)
{
	unsigned int hart;

	for_each_online_cpu(hart)
		if (!idle_task_of(hart))
			return false;
	return true;
}

static bool is_of_slot(const struct search *search, const void *rows)
{
	for (size_t i = 0; i < search->slots; i++)
		if (search->rows[i] == rows)
			return true;
	return false;
}

/*
 * Reads a word of a stack, which may go with its task at any time. KASAN has
 * marked parts of it, so this is not a load that it checks.
 */
static bool read_word(unsigned long at, unsigned long *word)
{
	__get_kernel_nofault(word, (unsigned long *)at, unsigned long, failed);
	return true;
failed:
	return false;
}

static bool is_in_flight(const struct search *search, unsigned long at,
			 struct rvdirect_in_flight *found)
{
	unsigned long fp, rows, ticks;

	if (!read_word(at + offsetof(struct rvdirect_call, fp), &fp) ||
	    fp != at + sizeof(struct rvdirect_call) ||
	    !read_word(at + offsetof(struct rvdirect_call, rows), &rows) ||
	    !is_of_slot(search, (const void *)rows) ||
	    !read_word(at + offsetof(struct rvdirect_call, resume), &found->resume) ||
	    !read_word(at + offsetof(struct rvdirect_call, ticks), &ticks))
		return false;
	found->rows = (const void *)rows;
	found->ticks = ticks;
	return true;
}

/*
 * The frames stay where they are while the call waits, so a task that runs
 * meanwhile does not matter.
 */
static void search_stack(struct search *search, const struct task_struct *task)
{
	unsigned long stack = (unsigned long)READ_ONCE(task->stack);
	unsigned long end = stack + THREAD_SIZE;
	/* Pairs with finish_task(): the sp of a task that sleeps is read after it went to sleep. */
	bool is_running = smp_load_acquire(&task->on_cpu) || task == current;
	/* Its last frames may lack the first members of the structure. */
	unsigned long at = READ_ONCE(task->thread.sp) - RVDIRECT_CALL_TICKS;

	if (is_running || at < stack || at > end)
		at = stack;
	for (; stack && at + sizeof(struct rvdirect_call) <= end; at += sizeof(at)) {
		struct rvdirect_in_flight found;

		if (!is_in_flight(search, at, &found))
			continue;
		if (search->count < search->room) {
			found.pid = task_pid_nr((struct task_struct *)task);
			strscpy_pad(found.comm, task->comm, sizeof(found.comm));
			search->found[search->count] = found;
		}
		search->count++;
	}
}

size_t rvdirect_find_in_flight(const void *const *rows, size_t slots,
			       struct rvdirect_in_flight *found, size_t room)
{
	struct search search = {
		.rows = rows,
		.slots = slots,
		.found = found,
		.room = room,
	};
	struct task_struct *process, *task;
	unsigned int hart;

	rvdirect_interrupt_harts();
	rcu_read_lock();
	pagefault_disable();
	for_each_process_thread(process, task)
		search_stack(&search, task);
	/* A hart that is off begins anew when it comes back. */
	for_each_online_cpu(hart) {
		task = idle_task_of(hart);
		if (task)
			search_stack(&search, task);
	}
	pagefault_enable();
	rcu_read_unlock();
	return search.count;
}

u64 rvdirect_ticks(void)
{
	return get_cycles64();
}
