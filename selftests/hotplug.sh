#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Harts that go and come, and tasks that are frozen as on the way to suspend,
# while targets are attached and detached.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

cpus=/sys/devices/system/cpu
events=$tracing/events/rvdirect
each=100

# The first hart stays.
others=$(seq 1 $((harts - 1)))

# switch 0|1: switches all harts but the first off or on. Those that are off
# when a test fails come back.
switch()
{
	needs $cpus/cpu1/online "the kernel has no CONFIG_HOTPLUG_CPU, or the guest one hart"
	trap come_back EXIT
	for hart in $others; do
		echo "$1" >"$cpus/cpu$hart/online"
	done
}

come_back()
{
	for hart in $others; do
		echo 1 >"$cpus/cpu$hart/online"
	done
	echo 0 >"$events/enable"
	touch /tmp/stop
}

# call_on_each: as many calls on each hart that is on. Adds them to $total.
call_on_each()
{
	online=$(sed -n 's/^processor.*: //p' /proc/cpuinfo)
	for hart in $online; do
		taskset -c "$hart" sh -c "echo $each >$target/call_task"
		total=$((total + each))
	done
	echo $each >"$target/call_irq"
	total=$((total + each * $(echo "$online" | wc -l)))
}

# call_and_expect TARGET: calls on each hart, and expects all of them as hits.
call_and_expect()
{
	call_on_each
	expect "hits" "$(counted_of "$1")" $total
}

# A group has memory of its own for each hart.
counts_are_exact_while_harts_go_and_come()
{
	for name in 'rvdirect_test_target' 'rvdirect_test_[st]*'; do
		total=0
		attach "$name $1"
		call_and_expect "$name"
		switch 0
		call_and_expect "$name"
		write modify "$name $1"
		call_and_expect "$name"
		switch 1
		call_and_expect "$name"
		switch 0
		write detach "$name"
		total=0
		attach "$name $1"
		call_and_expect "$name"
		switch 1
		call_and_expect "$name"
		write detach "$name"
		call_on_each
	done
}

# Each call is handled by the old or the new caller, on whatever hart.
harts_go_and_come_under_load()
{
	attach 'rvdirect_test_target count'
	start_hitting
	for caller in return trace latency count; do
		switch 0
		write modify "rvdirect_test_target $caller"
		switch 1
	done
	stop_hitting
	expect "hits and misses" "$(hits rvdirect_test_target) $(column 5 rvdirect_test_target)" \
		"$calls 0"
}

a_hart_that_is_off_can_be_named()
{
	switch 0
	attach 'rvdirect_test_target count hart=1'
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target count hart=1'
	echo $each >"$target/call_task"
	echo $each >"$target/call_irq"
	expect "hits" "$(hits rvdirect_test_target)" 0
	switch 1
	call_on_each
	expect "hits" "$(hits rvdirect_test_target)" $((2 * each))
	switch 0
	call_on_each
	expect "hits" "$(hits rvdirect_test_target)" $((2 * each))
	switch 1
}

# What a hart runs last, and first, when it goes and comes.
a_hart_on_its_way_is_hit()
{
	attach 'arch_cpu_idle_dead count
smp_callin count
store_cpu_topology latency'
	for rounds in 1 2 3; do
		switch 0
		expect "gone" "$(hits arch_cpu_idle_dead)" $((rounds * (harts - 1)))
		switch 1
		expect "come" "$(hits smp_callin) $(hits store_cpu_topology)" \
			"$((rounds * (harts - 1))) $((rounds * (harts - 1)))"
	done
}

# A hart that comes runs this before RCU watches it, so no event can be made.
what_runs_where_RCU_is_not_watching_is_missed()
{
	attach "store_cpu_topology $1"
	echo 1 >"$events/enable"
	switch 0
	switch 1
	echo 0 >"$events/enable"
	expect "hits and misses" "$(hits store_cpu_topology) $(column 5 store_cpu_topology)" \
		"0 $((harts - 1))"
	fails grep store_cpu_topology "$tracing/trace"
}

# suspend_tasks: begins to suspend to idle, until all tasks are frozen, and resumes.
# Without its devices: the virtio ports through which the guest talks would not
# come back.
suspend_tasks()
{
	needs /sys/power/pm_test "the kernel has no CONFIG_PM_DEBUG"
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test
	echo freeze >/sys/power/state
	echo none >/sys/power/pm_test
}

# Calls are asleep in a target meanwhile.
counts_are_exact_across_suspend()
{
	total=0
	attach "rvdirect_test_target $1"
	attach "hrtimer_nanosleep $1 comm=sleep"
	for sleeps in 1 2; do
		sleep 1 &
		within 5 prints $sleeps hits hrtimer_nanosleep
		suspend_tasks
		call_and_expect rvdirect_test_target
		wait $!
	done
	expect "sleeps" "$(hits hrtimer_nanosleep)" 2
}

attached_and_detached_across_suspend()
{
	attach 'rvdirect_test_target latency disabled'
	suspend_tasks
	write enable rvdirect_test_target
	total=0
	call_and_expect rvdirect_test_target
	write modify 'rvdirect_test_target return'
	suspend_tasks
	write detach rvdirect_test_target
	suspend_tasks
	attach 'rvdirect_test_target count'
	total=0
	call_and_expect rvdirect_test_target
}

tests=
under "count trace return latency" counts_are_exact_while_harts_go_and_come \
	counts_are_exact_across_suspend
under "trace return" what_runs_where_RCU_is_not_watching_is_missed
# shellcheck disable=SC2086 # several words
run_tests \
	$tests \
	harts_go_and_come_under_load \
	a_hart_that_is_off_can_be_named \
	a_hart_on_its_way_is_hit \
	attached_and_detached_across_suspend
