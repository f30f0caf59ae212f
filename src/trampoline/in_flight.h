/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the calls that will return into a trampoline: see in_flight.c. */
#ifndef RVDIRECT_IN_FLIGHT_H
#define RVDIRECT_IN_FLIGHT_H

#include <linux/types.h>

/* The room for the name of a task, with its NUL. */
#define RVDIRECT_COMM_LEN	16

/**
 * struct rvdirect_in_flight - a call in flight
 * @rows: the rows of its slot
 * @resume: where the target resumed
 * @ticks: since when it has been in its target, in ticks of the timer
 * @pid: its task
 * @comm: the name of that
 */
struct rvdirect_in_flight {
	const void *rows;
	unsigned long resume;
	u64 ticks;
	int pid;
	char comm[RVDIRECT_COMM_LEN];
};

/*
 * Finds calls in flight on the stacks of all tasks, by the rows of their slots:
 * @rows has @slots of them. Fills in @found, up to @room calls, and returns how
 * many there are. May sleep. A call that is just being made may be left out.
 */
size_t rvdirect_find_in_flight(const void *const *rows, size_t slots,
			       struct rvdirect_in_flight *found, size_t room);

/*
 * Whether that can find all calls. The idle task of a hart that was never found
 * idle is not known, and may have one.
 */
bool rvdirect_knows_idle_tasks(void);

/*
 * Interrupts each hart: it has seen then what was written before, and its idle
 * task is known if it was idle.
 */
void rvdirect_interrupt_harts(void);

/* The ticks of the timer now. */
u64 rvdirect_ticks(void);

#endif /* RVDIRECT_IN_FLIGHT_H */
