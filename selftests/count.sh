#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Exact counts: each call is counted once, on any hart, in any context, with any
# preemption.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

calls_by_one_task_are_exact()
{
	attach 'rvdirect_test_target count'
	expect "hits" "$(hits rvdirect_test_target)" 0
	total=0
	for calls in 1 2 1000 100000; do
		echo $calls >"$target/call_task"
		total=$((total + calls))
		expect "hits" "$(hits rvdirect_test_target)" $total
	done
}

calls_on_all_harts_at_once_are_exact()
{
	attach 'rvdirect_test_target count'
	on_each_hart sh -c "echo 300000 >$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" $((300000 * harts))
}

calls_of_more_tasks_than_harts_are_exact()
{
	attach 'rvdirect_test_target count'
	pids=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sh -c "for n in 1 2 3 4 5; do echo 20000 >$target/call_task; done" &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	expect "hits" "$(hits rvdirect_test_target)" 1000000
}

# On each hart, interrupts that count interrupt tasks that count.
calls_in_tasks_and_interrupts_are_exact()
{
	attach 'rvdirect_test_target count'
	(
		n=0
		while [ $n -lt 100 ]; do
			echo 100 >"$target/call_irq"
			n=$((n + 1))
		done
	) &
	interrupts=$!
	on_each_hart sh -c "echo 300000 >$target/call_task"
	wait $interrupts
	expect "hits" "$(hits rvdirect_test_target)" $((300000 * harts + 100 * 100 * harts))
}

each_attachment_counts_for_itself()
{
	attach 'rvdirect_test_target count'
	attach 'rvdirect_test_shared count'
	echo 7 >"$target/call_task"
	echo 5 >"$target/call_shared"
	expect "hits" "$(hits rvdirect_test_target) $(hits rvdirect_test_shared)" "7 5"
}

a_real_load_is_counted()
{
	attach 'read_zero count'
	dd if=/dev/zero of=/dev/null bs=1 count=5000 2>/dev/null
	expect "hits" "$(hits read_zero)" 5000
}

# Compares the hits with the kernel's own count of the same calls.
agrees_with_the_function_profiler()
{
	needs "$tracing/function_profile_enabled" "the kernel has no CONFIG_FUNCTION_PROFILER"
	echo rvdirect_test_target >"$tracing/set_ftrace_filter"
	attach 'rvdirect_test_target count'
	echo 1 >"$tracing/function_profile_enabled"
	on_each_hart sh -c "echo 10000 >$target/call_task"
	echo 0 >"$tracing/function_profile_enabled"
	profiled=$(cat "$tracing"/trace_stat/function* |
		awk '$1 == "rvdirect_test_target" { sum += $2 } END { print sum + 0 }')
	echo >"$tracing/set_ftrace_filter"
	expect "profiled" "$profiled" $((10000 * harts))
	expect "hits" "$(hits rvdirect_test_target)" "$profiled"
}

# The same with a kprobe event, which every kernel for rvdirect can have. In the body: some
# allow none where ftrace patches.
agrees_with_a_kprobe()
{
	attach 'rvdirect_test_target count'
	echo 'p:counted rvdirect_test_target+8' >>"$tracing/kprobe_events"
	echo 1 >"$tracing/events/kprobes/counted/enable"
	on_each_hart sh -c "echo 10000 >$target/call_task"
	echo 0 >"$tracing/events/kprobes/counted/enable"
	counted=$(awk '$1 == "counted" { print $2 + $3 }' "$tracing/kprobe_profile")
	echo '-:counted' >>"$tracing/kprobe_events"
	expect "counted" "$counted" $((10000 * harts))
	expect "hits" "$(hits rvdirect_test_target)" "$counted"
}

run_tests \
	calls_by_one_task_are_exact \
	calls_on_all_harts_at_once_are_exact \
	calls_of_more_tasks_than_harts_are_exact \
	calls_in_tasks_and_interrupts_are_exact \
	each_attachment_counts_for_itself \
	a_real_load_is_counted \
	agrees_with_the_function_profiler \
	agrees_with_a_kprobe
