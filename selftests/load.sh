#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Commands while the target is hit on all harts, and by several writers.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

harts=$(grep -c ^processor /proc/cpuinfo)
per_write=5000

# start_hitting: a task on each hart calls the target, until stop_hitting.
start_hitting()
{
	rm -f /tmp/stop /tmp/writes.*
	pids=
	hart=0
	while [ $hart -lt "$harts" ]; do
		taskset -c $hart sh -c "
			n=0
			while [ ! -e /tmp/stop ]; do
				echo $per_write >$target/call_task || exit
				n=\$((n + 1))
			done
			echo \$n >/tmp/writes.$hart" &
		pids="$pids $!"
		hart=$((hart + 1))
	done
	usleep 100000
}

# stop_hitting: sets $calls to how often the target was called, exactly.
stop_hitting()
{
	touch /tmp/stop
	for pid in $pids; do
		wait "$pid"
	done
	calls=0
	hart=0
	while [ $hart -lt "$harts" ]; do
		writes=$(cat /tmp/writes.$hart)
		[ "$writes" -gt 0 ]
		calls=$((calls + writes * per_write))
		hart=$((hart + 1))
	done
}

# From one slot to another: the kernel promises that there is no gap.
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

modify_between_all_callers()
{
	attach 'rvdirect_test_target nop'
	start_hitting
	for _ in 1 2 3 4 5; do
		write modify 'rvdirect_test_target count'
		usleep 50000
		write modify 'rvdirect_test_target nop'
	done
	stop_hitting
	counted=$(hits rvdirect_test_target)
	[ "$counted" -gt 0 ]
	[ "$counted" -lt $calls ]
}

attach_and_detach_under_load()
{
	start_hitting
	for _ in 1 2 3 4 5; do
		attach 'rvdirect_test_target count'
		usleep 50000
		[ "$(hits rvdirect_test_target)" -gt 0 ]
		write detach rvdirect_test_target
	done
	stop_hitting
}

# The calls go on when the text of the trampolines is no more.
rmmod_under_load()
{
	for caller in count nop count; do
		attach "rvdirect_test_target $caller"
		start_hitting
		rmmod rvdirect
		usleep 100000
		stop_hitting
		modprobe rvdirect
	done
}

# writer TARGET: a full round of commands, again and again.
writer()
{
	n=0
	while [ $n -lt 15 ]; do
		echo "$1 count" >"$rvdirect/attach"
		echo "$1 nop" >"$rvdirect/modify"
		echo "$1" >"$rvdirect/detach"
		n=$((n + 1))
	done
}

# Each has a target of its own, so none of them may be refused anything.
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

# All want the same target: some are refused, none is torn.
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

# Live allocations of the code that an attachment goes through.
live_allocations()
{
	awk '/kernel\/trace\/(ftrace|fprobe)\.c|kernel\/kprobes\.c|rust\/helpers|rvdirect/ {
		sum += $2
	} END { print sum }' /proc/allocinfo
}

cycle()
{
	attach 'rvdirect_test_target count'
	write modify 'rvdirect_test_target nop'
	write modify 'rvdirect_test_target count'
	fails attach 'rvdirect_test_notrace count' 2>/dev/null
	fails attach 'no_such_function count' 2>/dev/null
	fails attach 'rvdirect_test:rvdirect_test_target count' 2>/dev/null
	write detach rvdirect_test_target
}

# leaks_nothing COMMAND: done thirty times, it leaves not one allocation each
# behind. What waits for a grace period, or for kfree_rcu() to drain after its
# five seconds, is freed within half a minute.
leaks_nothing()
{
	"$1"
	before=$(live_allocations)
	[ "$before" -gt 0 ]
	n=0
	while [ $n -lt 30 ]; do
		"$1"
		n=$((n + 1))
	done
	tries=30
	while [ "$(live_allocations)" -ge $((before + 30)) ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] ||
			fail "live allocations: $before before, $(live_allocations) after"
		sleep 1
	done
}

a_full_cycle_leaks_nothing()
{
	leaks_nothing cycle
}

load_and_unload()
{
	rmmod rvdirect
	modprobe rvdirect
	attach 'rvdirect_test_target count'
}

loading_and_unloading_leaks_nothing()
{
	leaks_nothing load_and_unload
}

# Who opens a file while the module goes gets an error, and the kernel no harm.
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
	loading_and_unloading_leaks_nothing
