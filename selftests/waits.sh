#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Detaching waits for a grace period of RCU-tasks, which does not end while a
# kernel thread spins on a hart. Nobody but the writer waits for it.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# needs_tasks: skips the test on a kernel where nothing is preempted, which has no
# RCU-tasks: there a thread that spins and lets others run holds up no grace period.
needs_tasks()
{
	grep -qx rcu_tasks_kthre /proc/[0-9]*/comm || skip "the kernel has no CONFIG_TASKS_RCU"
}

# start_spinning: lasts until stop_spinning or the end of the test.
start_spinning()
{
	trap 'stop_spinning' EXIT
	echo 1 >$target/spin
}

stop_spinning()
{
	[ ! -e $target/spin ] || echo 0 >$target/spin 2>/dev/null || :
}

# start_writing FILE LINE: starts a writer, and makes sure that it waits. Sets
# $writer to its pid.
start_writing()
{
	# A process of its own, which signals end.
	dd of="$rvdirect/$1" 2>/dev/null <<-END &
		$2
	END
	writer=$!
	within 10 is_carried_out "$2"
	sleep 1
	[ -d "/proc/$writer" ]
}

is_carried_out()
{
	! grep -q "^$1 " "$rvdirect/attach"
}

others_go_on()
{
	for file in attach callers status hits hist draining error_log; do
		cat "$rvdirect/$file" >/dev/null
	done
	attach 'vfs_statx count'
	attach 'rvdirect_test_target count'
	echo 1000 >$target/call_task
	expect "hits" "$(hits rvdirect_test_target | head -n 1)" 1000
	write disable vfs_statx
	write enable vfs_statx
	load rvdirect_test_twin
	rmmod rvdirect_test_twin
	[ -d "/proc/$writer" ] || fail "the writer did not wait"
}

only_the_writer_of_a_detach_waits()
{
	needs_tasks
	for caller in count latency; do
		attach "rvdirect_test_target $caller"
		start_spinning
		start_writing detach rvdirect_test_target
		others_go_on
		stop_spinning
		wait $writer
		write detach '*'
		drained
	done
}

# A modify is carried out at once as well.
only_the_writer_of_a_modify_waits()
{
	needs_tasks
	attach 'rvdirect_test_target count'
	start_spinning
	echo 'rvdirect_test_target count hart=0' >"$rvdirect/modify" &
	writer=$!
	within 10 grep -q 'hart=' "$rvdirect/attach"
	sleep 1
	[ -d "/proc/$writer" ]
	cat "$rvdirect/status" >/dev/null
	taskset -c 0 sh -c "echo 1000 >$target/call_task"
	expect "hits" "$(hits rvdirect_test_target | head -n 1)" 1000
	stop_spinning
	wait $writer
}

# A module goes without waiting, even if one of its functions is attached.
unloading_does_not_wait()
{
	needs_tasks
	load rvdirect_test_twin
	attach 'rvdirect_test_twin:rvdirect_test_shared latency pending'
	start_spinning
	rmmod rvdirect_test_twin
	expect "states" "$(column 8 rvdirect_test_twin:rvdirect_test_shared | tr '\n' ' ')" \
		'pending draining '
	load rvdirect_test_twin calls=7
	expect "hits" "$(column 4 rvdirect_test_twin:rvdirect_test_shared | head -n 1)" 7
	stop_spinning
	rmmod rvdirect_test_twin
}

# What a killed writer began is finished.
the_writer_can_be_killed()
{
	needs_tasks
	for signal in KILL TERM HUP; do
		attach 'rvdirect_test_target return'
		start_spinning
		start_writing detach rvdirect_test_target
		kill -$signal $writer
		status=0
		wait $writer || status=$?
		[ $status -gt 128 ] || fail "the writer ended with $status"
		fails grep -q rvdirect_test_target "$rvdirect/attach"
		stop_spinning
		drained
	done
	rmmod rvdirect_test
	rmmod rvdirect
	modprobe rvdirect
	load rvdirect_test
}

# The end of a session waits for nothing at all.
closing_a_session_does_not_wait()
{
	own 'attach rvdirect_test_target count'
	owned
	trap 'kill -9 $owner 2>/dev/null || :; stop_spinning' EXIT
	echo 1 >$target/spin
	end_owner
	within 10 nothing_of_a_session
	stop_spinning
}

run_tests \
	only_the_writer_of_a_detach_waits \
	only_the_writer_of_a_modify_waits \
	unloading_does_not_wait \
	the_writer_can_be_killed \
	closing_a_session_does_not_wait
