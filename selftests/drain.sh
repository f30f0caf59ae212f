#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Calls that sleep in their target. Detaching a caller that waits for the return
# does not wait for them: the caller drains until the last call has returned, or
# its task is gone, and then leaves nothing behind.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# active_hits TARGET: prints the hits of the active attachment, not of draining
# ones.
active_hits()
{
	awk -v target="$1" '$1 == target && $8 == "active" { print $4 }' "$rvdirect/status"
}

# states TARGET: prints the states in its lines of status, in order.
states()
{
	awk -v target="$1" '$1 == target { print $8 }' "$rvdirect/status" | tr '\n' ' '
}

# sleepers_are_named COUNT
sleepers_are_named()
{
	grep -q "^$sleeper .* draining ($1 in flight)$" "$rvdirect/status"
	awk -v name=$sleeper -v pids="$sleepers" -v count="$1" '
		NR == 1 { next }
		$1 != name || $2 != "rvdirect_test_shapes:" name || $4 > 60 || $5 != "drain.sh" ||
			index(pids " ", " " $3 " ") == 0 { print; bad = 1 }
		END { exit bad || NR != count + 1 }
	' "$rvdirect/draining"
}

unload_shapes()
{
	drained
	rmmod rvdirect_test_shapes
}

detach_returns_while_a_call_sleeps()
{
	for caller in return latency; do
		load rvdirect_test_shapes
		attach "$sleeper $caller"
		send_to_sleep 3
		expect "states" "$(states $sleeper)" 'active '
		expect "hits" "$(hits $sleeper)" 3
		write detach $sleeper
		expect "attach" "$(cat "$rvdirect/attach")" ''
		expect "states" "$(states $sleeper)" 'draining '
		expect "caller" "$(column 3 $sleeper)" $caller
		usleep 500000
		sleepers_are_named 3
		message=$(rmmod rvdirect 2>&1) && fail "rvdirect went"
		case $message in
		*'Resource temporarily unavailable'*) ;;
		*) fail "$message" ;;
		esac
		wake_up
		unload_shapes
		rmmod rvdirect
		modprobe rvdirect
	done
}

# Calls that have returned hold up nothing.
detach_without_sleepers_leaves_nothing()
{
	for caller in return latency; do
		load rvdirect_test_shapes
		attach "$sleeper $caller"
		send_to_sleep 3
		wake_up
		fails rmmod rvdirect
		write detach $sleeper
		rmmod rvdirect_test_shapes
		rmmod rvdirect
		modprobe rvdirect
	done
}

the_target_may_be_attached_again_meanwhile()
{
	load rvdirect_test_shapes
	attach "$sleeper latency"
	send_to_sleep 2
	write detach $sleeper
	attach "$sleeper return"
	expect "states" "$(states $sleeper)" 'active draining '
	send_to_sleep 1
	expect "hits" "$(active_hits $sleeper)" 1
	write detach $sleeper
	expect "states" "$(states $sleeper)" 'draining draining '
	attach "$sleeper count"
	wake_up
	within 10 prints 'active ' states $sleeper
	write detach $sleeper
	unload_shapes
}

modify_leaves_what_sleeps()
{
	load rvdirect_test_shapes
	attach "$sleeper latency"
	send_to_sleep 2
	write modify "$sleeper count"
	expect "states" "$(states $sleeper)" 'active draining '
	send_to_sleep 1
	expect "hits" "$(active_hits $sleeper)" 3
	wake_up
	within 10 prints 'active ' states $sleeper
	expect "hits" "$(hits $sleeper)" 3
	write detach $sleeper
	unload_shapes
}

# Each attachment keeps its slot until its sleepers have returned, and then
# frees it.
many_may_drain()
{
	load rvdirect_test_shapes
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		attach "$sleeper latency"
		send_to_sleep 1
		write detach $sleeper
	done
	expect "draining" "$(states $sleeper | wc -w)" 10
	wake_up
	unload_shapes
	attach 'rvdirect_test_target count'
	grep -A1 '^rvdirect_test_target ' "$tracing/enabled_functions" |
		grep -q 'direct-->rvdirect_count_slots+0x0/'
}

# The module stays, because its handlers run when the sleepers return.
a_caller_of_a_module_drains()
{
	load rvdirect_test_callers
	load rvdirect_test_shapes
	attach "$sleeper test_exit"
	send_to_sleep 1
	write detach $sleeper
	expect "states" "$(states $sleeper)" 'draining '
	fails rmmod rvdirect_test_callers
	echo 1 >$shapes/wake
	# The caller adds to the target's result, so the writer fails.
	# shellcheck disable=SC2086 # one word
	fails wait $sleepers
	sleepers=
	unload_shapes
	within 10 prints 0 cat /sys/module/rvdirect_test_callers/refcnt
	rmmod rvdirect_test_callers
}

# A call that ends with its task never returns. Once no task has it on its stack
# any more, nothing waits for it.
what_never_returns_ends_with_its_task()
{
	for caller in latency return; do
		load rvdirect_test_shapes
		attach "rvdirect_shape_exit $caller"
		echo 3 >$shapes/exit
		write detach rvdirect_shape_exit
		expect "states" "$(states rvdirect_shape_exit)" 'draining '
		expect "draining" "$(wc -l <"$rvdirect/draining")" 1
		fails rmmod rvdirect
		drained
		rmmod rvdirect_test_shapes
		rmmod rvdirect
		modprobe rvdirect
	done
}

# The kernel ends a killed task inside of get_signal().
a_killed_task_drains_no_more()
{
	attach 'get_signal latency'
	sleep 1000 &
	kill -9 $!
	wait $! || [ $? = 137 ]
	write detach get_signal
	drained
	rmmod rvdirect_test
	rmmod rvdirect
	modprobe rvdirect
	load rvdirect_test
}

# A stopped task is in get_signal() too, but it will return.
a_stopped_task_goes_on_draining()
{
	attach 'get_signal latency'
	sleep 1000 &
	stopped=$!
	trap 'kill -9 $stopped' EXIT
	within 10 grep -q '^Name:.sleep$' /proc/$stopped/status
	kill -STOP $stopped
	within 10 grep -q '^State:.T' /proc/$stopped/status
	write detach get_signal
	sleep 8
	grep -qE "^get_signal +get_signal +$stopped +[0-9]+ sleep$" "$rvdirect/draining"
	grep -q '^get_signal .* draining (1 in flight)$' "$rvdirect/status"
	kill -CONT $stopped
	drained
}

run_tests \
	detach_returns_while_a_call_sleeps \
	detach_without_sleepers_leaves_nothing \
	the_target_may_be_attached_again_meanwhile \
	modify_leaves_what_sleeps \
	many_may_drain \
	a_caller_of_a_module_drains \
	what_never_returns_ends_with_its_task \
	a_killed_task_drains_no_more \
	a_stopped_task_goes_on_draining
