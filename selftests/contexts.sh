#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Targets in every context, under each caller: interrupts, threads, the idle
# task, and what runs while an event is traced.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=rvdirect_test_contexts
contexts=/sys/kernel/debug/rvdirect_contexts

# call_in CONTEXT COUNT: calls the target that often, on each hart.
call_in()
{
	on_each_hart sh -c "echo $2 >$contexts/$1"
}

# under_each_caller COMMAND...: gives everything that is attached each caller in
# turn, and runs the command. It uses modify, because attaching would look up
# each name again, which takes long.
under_each_caller()
{
	attached=$(cat "$rvdirect/attach")
	for caller in $(callers); do
		write modify "$(echo "$attached" | sed "s/ [a-z]*/ $caller/")"
		"$@" || return
	done
}

calls_in_each_context_are_exact()
{
	for context in hardirq softirq hrtimer kthread; do
		before=$(counted_of rvdirect_test_anywhere)
		call_in $context 100
		expect "hits with $context under $caller" \
			$(($(counted_of rvdirect_test_anywhere) - before)) \
			"$(handled "$caller" $((100 * harts)))"
	done
}

# The contexts interrupt one another, at any instruction.
calls_in_all_contexts_at_once_are_exact()
{
	before=$(counted_of rvdirect_test_anywhere)
	writers=
	for context in hardirq softirq hrtimer kthread; do
		(
			for _ in 1 2; do
				call_in $context 1000
			done
		) &
		writers="$writers $!"
	done
	for pid in $writers; do
		wait "$pid"
	done
	expect "hits under $caller" $(($(counted_of rvdirect_test_anywhere) - before)) \
		"$(handled "$caller" $((4 * 2 * 1000 * harts)))"
}

calls_are_exact()
{
	attach 'rvdirect_test_anywhere nop'
	under_each_caller calls_in_each_context_are_exact
	under_each_caller calls_in_all_contexts_at_once_are_exact
}

# is_hit NAME...: waits until each function has more hits.
is_hit()
{
	[ "$caller" != nop ] || return 0
	for name; do
		within 5 has_other_hits "$name" "$(hits "$name")"
	done
}

# has_other_hits NAME HITS: whether its hits differ from HITS.
has_other_hits()
{
	[ "$(hits "$1")" != "$2" ]
}

# The idle task has its own stack, and is scheduled in its own way.
the_idle_task_is_hit()
{
	names=$(traceable tick_nohz_idle_enter tick_nohz_idle_exit schedule_idle)
	[ -n "$names" ]
	attach "$(echo "$names" | sed 's/$/ nop/')"
	# shellcheck disable=SC2086 # each is a word
	under_each_caller is_hit $names
}

# Targets that recording an event calls, or that may interrupt it. A caller that
# records events calls them itself. Kernel threads sleep in schedule() for hours, and
# would drain as long, so only the shells of this script are hit there.
what_traces_is_traced()
{
	names=$(traceable _raw_spin_lock_irqsave irq_enter_rcu irq_work_queue handle_softirqs \
		hrtimer_interrupt ktime_get schedule)
	[ -n "$names" ]
	trap 'events 0' EXIT
	attach "$(echo "$names" | sed "s/\$/ nop/; s/^schedule .*/& comm=$(cat /proc/$$/comm)/")"
	events 1
	under_each_caller trace_what_traces
	events 0
	write detach '*'
	drained
}

trace_what_traces()
{
	call_in hrtimer 200
	head -n 1000 "$tracing/trace" >/dev/null
	is_hit schedule _raw_spin_lock_irqsave
}

# events 0|1: switches the events of the scheduler, of timers, and our own.
events()
{
	for system in sched timer rvdirect; do
		[ ! -e "$tracing/events/$system/enable" ] ||
			echo "$1" >"$tracing/events/$system/enable"
	done
	echo >"$tracing/trace"
}

run_tests calls_are_exact the_idle_task_is_hit what_traces_is_traced
