#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Commands while all harts hit the target, and commands from several writers.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

is_counted()
{
	[ "$(hits rvdirect_test_target)" -gt 0 ]
}

# modify changes from one slot to another. The kernel promises that it leaves no
# gap.
modify_loses_no_call()
{
	attach 'rvdirect_test_target count'
	start_hitting
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		write modify 'rvdirect_test_target count'
	done
	stop_hitting
	expect "hits" "$(hits rvdirect_test_target)" $calls
}

# Changes between any two callers. Each call is handled by the old or the new
# one, so that the hits are exactly the calls.
modify_between_all_callers()
{
	load rvdirect_test_callers
	callers='count latency return trace test_check'
	attach 'rvdirect_test_target count'
	start_hitting
	# shellcheck disable=SC2046,SC2086 # each is a word
	for caller in $(all_pairs $callers); do
		write modify "rvdirect_test_target $caller"
	done
	stop_hitting
	expect "hits and misses" "$(hits rvdirect_test_target) $(column 5 rvdirect_test_target)" \
		"$calls 0"
	expect "wrong" "$(cat /sys/module/rvdirect_test_callers/parameters/wrong)" 0
	# The same with callers that do not count.
	start_hitting
	for to in nop test_raw count latency nop return test_raw trace nop; do
		write modify "rvdirect_test_target $to"
	done
	stop_hitting
	write detach rvdirect_test_target
	# Calls that were in flight drain.
	within 5 rmmod rvdirect_test_callers 2>/dev/null
}

attach_and_detach_under_load()
{
	start_hitting
	for _ in 1 2 3 4 5; do
		attach 'rvdirect_test_target count'
		within 30 is_counted
		write detach rvdirect_test_target
	done
	stop_hitting
}

# The target is still being called when the text of the trampolines is gone.
rmmod_under_load()
{
	for caller in count nop; do
		attach "rvdirect_test_target $caller"
		start_hitting
		rmmod rvdirect
		usleep 100000
		stop_hitting
		modprobe rvdirect
	done
}

# writer TARGET: repeats a full round of commands.
writer()
{
	n=0
	while [ $n -lt 4 ]; do
		echo "$1 count" >"$rvdirect/attach"
		echo "$1 nop" >"$rvdirect/modify"
		echo "$1" >"$rvdirect/detach"
		n=$((n + 1))
	done
}

# Each writer has its own target, so no command may be refused.
several_writers_at_once()
{
	writers=
	for name in vfs_fsync vfs_statx vfs_readlink rvdirect_test_target; do
		(set -e; writer $name) &
		writers="$writers $!"
	done
	(set -e; while :; do cat "$rvdirect/status" "$rvdirect/attach"; done >/dev/null) &
	reader=$!
	for pid in $writers; do
		wait "$pid"
	done
	kill $reader
	expect "attach" "$(cat "$rvdirect/attach")" ''
	expect "error_log" "$(cat "$rvdirect/error_log")" ''
}

# All writers want the same target: some commands are refused, none is carried
# out in part.
writers_of_one_target()
{
	for _ in 1 2 3 4; do
		(set +e; writer rvdirect_test_target) 2>/dev/null &
	done
	start_hitting
	sleep 2
	stop_hitting
	wait
	[ "$(wc -l <"$rvdirect/attach")" -le 1 ]
	if grep error: "$rvdirect/error_log" |
			grep -v -e 'Target is attached already' -e 'Target is not attached'; then
		fail "another error than expected"
	fi
}

cycle()
{
	attach 'rvdirect_test_target count'
	for caller in nop latency return count; do
		write modify "rvdirect_test_target $caller"
	done
	fails attach 'rvdirect_test_notrace count' 2>/dev/null
	fails attach 'no_such_function count' 2>/dev/null
	fails attach 'rvdirect_test:rvdirect_test_target count' 2>/dev/null
	write detach rvdirect_test_target
}

a_full_cycle_leaks_nothing()
{
	needs /proc/allocinfo "the kernel has no CONFIG_MEM_ALLOC_PROFILING"
	leaks_nothing cycle
}

cycle_of_a_group()
{
	attach 'vfs_* !vfs_read count'
	for caller in latency nop trace count; do
		write modify "vfs_* $caller hart=0"
	done
	write disable 'vfs_*'
	fails attach 'vfs_* !no_such_* count' 2>/dev/null
	attach 'no_such_module:no_such_* count pending'
	fails attach 'v*_read count strict' 2>/dev/null
	write detach '*'
	drained
}

a_full_cycle_of_a_group_leaks_nothing()
{
	needs /proc/allocinfo "the kernel has no CONFIG_MEM_ALLOC_PROFILING"
	leaks_nothing cycle_of_a_group
}

load_and_unload()
{
	rmmod rvdirect
	modprobe rvdirect
	attach 'rvdirect_test_target count'
}

loading_and_unloading_leaks_nothing()
{
	needs /proc/allocinfo "the kernel has no CONFIG_MEM_ALLOC_PROFILING"
	leaks_nothing load_and_unload
}

# Opening a file while the module goes gives an error, and does no harm.
files_are_opened_while_the_module_goes()
{
	rm -f /tmp/stop /tmp/rounds
	(
		set +e
		while [ ! -e /tmp/stop ]; do
			cat "$rvdirect/status" "$rvdirect/attach"
			echo 'rvdirect_test_target count' >"$rvdirect/attach"
			echo >>/tmp/rounds
		done
	) >/dev/null 2>&1 &
	reader=$!
	gone=0
	for _ in $(seq 200); do
		if rmmod rvdirect 2>/dev/null; then
			gone=$((gone + 1))
			modprobe rvdirect
			[ $gone -lt 10 ] || break
		fi
	done
	touch /tmp/stop
	wait $reader
	[ $gone -ge 3 ] || fail "the module went $gone times only"
	rounds=$(wc -l </tmp/rounds)
	[ "$rounds" -ge 3 ] || fail "the files were opened $rounds times only"
}

run_tests \
	modify_loses_no_call \
	modify_between_all_callers \
	attach_and_detach_under_load \
	rmmod_under_load \
	files_are_opened_while_the_module_goes \
	several_writers_at_once \
	writers_of_one_target \
	a_full_cycle_leaks_nothing \
	a_full_cycle_of_a_group_leaks_nothing \
	loading_and_unloading_leaks_nothing
