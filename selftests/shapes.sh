#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Targets of every shape, under each caller: their arguments reach them, their
# results reach the function that called them, and each call is a hit. Then
# targets that sleep, that never return, and that look at their own stack.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=rvdirect_test_shapes
rounds=100

# shapes_with CALLER: prints a command for each shape.
shapes_with()
{
	awk -v caller="$1" '{ print $1, caller }' "$shapes/shapes"
}

call_shapes()
{
	on_each_hart sh -c "echo $rounds >$shapes/call_shapes"
}

# Attaching looks up each name, which takes long. So attach once, and change the
# caller by modify.
each_shape_works_under_each_caller()
{
	trap 'tracing_off' EXIT
	attach "$(shapes_with nop)"
	for caller in $(callers); do
		write modify "$(shapes_with "$caller")"
		each_shape_works
		# With a tracer, the calls pass through the kernel's own code
		# first, which saves arguments by the calling convention.
		awk '{ print $1 }' "$shapes/shapes" >"$tracing/set_ftrace_filter"
		echo function >"$tracing/current_tracer"
		each_shape_works
		tracing_off
	done
	for caller in trace return; do
		write modify "$(shapes_with "$caller args=8")"
		echo 1 >"$tracing/events/rvdirect/enable"
		each_shape_works
		tracing_off
	done
	write detach '*'
	call_shapes
}

# Whether all calls have the right results, and are hits.
each_shape_works()
{
	cp "$rvdirect/status" /tmp/before
	call_shapes
	awk -v caller="$caller" -v times="$(handled "$caller" $((rounds * harts)))" '
		FILENAME == ARGV[1] { before[$1] = $4; next }
		FILENAME == ARGV[2] { hits[$1] = $4 - before[$1]; next }
		!($1 in hits) || hits[$1] != $2 * times {
			print $1 " under " caller ": hits are " hits[$1] ", not " $2 * times
			wrong = 1
		}
		{ shapes++ }
		END { exit wrong || !shapes }' /tmp/before "$rvdirect/status" "$shapes/shapes"
}

tracing_off()
{
	echo nop >"$tracing/current_tracer"
	echo >"$tracing/set_ftrace_filter"
	echo 0 >"$tracing/events/rvdirect/enable"
	echo >"$tracing/trace"
}

# Changes from each caller to each other one. Each change waits for a grace
# period, so only two shapes change each time: the one with the most calls in
# flight, and one of the others in turn.
each_shape_works_while_its_caller_changes()
{
	names=$(awk '$1 != "rvdirect_shape_recursive" { print $1 }' "$shapes/shapes")
	attach 'rvdirect_shape_recursive nop'
	hit_file=$shapes/call_shapes
	per_write=20
	start_hitting
	# shellcheck disable=SC2046 # each is a word
	for caller in $(all_pairs $(callers)); do
		write modify "rvdirect_shape_recursive $caller"
		name=${names%%[!a-z0-9_]*}
		names="${names#"$name"?} $name"
		grep -q "^$name " "$rvdirect/attach" || attach "$name nop"
		write modify "$name $caller"
	done
	stop_hitting
}

# The functions of seq_file print up to 41 values, most of them on the stack, in
# lines that stay the same as long as nobody uses the network.
files_of_the_network_stay_the_same()
{
	needs /proc/net/protocols "the kernel has no CONFIG_NET"
	files=$(find /proc/net/protocols /proc/net/tcp6 /proc/net/udp6 2>/dev/null)
	for port in 7001 7002; do
		nc -l -p $port >/dev/null &
		listeners="$listeners $!"
	done
	# shellcheck disable=SC2064 # the present list
	trap "kill $listeners" EXIT
	# shellcheck disable=SC2086 # several words
	within 10 grep -q :1B5A /proc/net/tcp*
	# shellcheck disable=SC2086
	head -n 1000 $files >/tmp/before
	[ "$(wc -l </tmp/before)" -gt 5 ]
	for caller in latency return; do
		attach "seq_* $caller"
		# shellcheck disable=SC2086
		head -n 1000 $files >/tmp/after
		[ "$(hits 'seq_*')" -gt 10 ]
		write detach 'seq_*'
		diff /tmp/before /tmp/after
	done
}

# in_order NAME...: the stack must have them in this order, perhaps with others
# between.
in_order()
{
	cat "$shapes/stack" >/tmp/stack
	awk -v names="$*" '
		BEGIN { count = split(names, name); next_one = 1 }
		$1 == name[next_one] { next_one++ }
		END { exit next_one <= count }' /tmp/stack ||
		fail "the stack is $(cat /tmp/stack)"
}

# The names, from the innermost on. Each of them gets the caller in turn, until
# all have it.
the_stack_names_who_called()
{
	stack='rvdirect_shape_stack_inner rvdirect_shape_stack rvdirect_shape_stack_caller'
	# shellcheck disable=SC2086 # each is a word
	attach "$(printf '%s nop\n' $stack)"
	for name in $stack; do
		write modify "$name $1"
		# shellcheck disable=SC2086
		in_order $stack
	done
}

# Neither modify nor detach waits for calls that sleep.
the_caller_changes_while_they_sleep()
{
	callers >/tmp/to
	attach "$sleeper $1"
	while read -r to <&3; do
		send_to_sleep 5
		write modify "$sleeper $to"
		wake_up
		send_to_sleep 5
		write modify "$sleeper $1"
		wake_up
	done 3</tmp/to
	send_to_sleep 5
	write detach "$sleeper"
	wake_up
	send_to_sleep 5
	wake_up
}

tasks_end_within_a_target()
{
	attach "rvdirect_shape_exit $1"
	on_each_hart sh -c "echo 20 >$shapes/exit"
	expect "hits" "$(hits rvdirect_shape_exit)" "$(handled "$1" $((20 * harts)))"
	write detach rvdirect_shape_exit
	echo 20 >"$shapes/exit"
	drained
}

tests='each_shape_works_under_each_caller each_shape_works_while_its_caller_changes
	files_of_the_network_stay_the_same'
under "trace return latency" the_stack_names_who_called
under "return latency" the_caller_changes_while_they_sleep
under "count trace return latency" tasks_end_within_a_target
# shellcheck disable=SC2086 # each is a word
run_tests $tests
