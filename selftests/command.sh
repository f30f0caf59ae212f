#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the command rvdirect as a user would. "make install" only copies it, so
# the tests run the copy that is at hand.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# In the repository, or copied next to the tests.
for command in "$here/../scripts/rvdirect" "$here/rvdirect"; do
	[ ! -e "$command" ] || break
done

call_both="echo 5 >$target/call_task; echo 7 >$target/call_shared"

# runs STATUS ARGUMENT...: runs the command, which must exit with STATUS and
# leave nothing attached. Its output is in /tmp/out and /tmp/err.
runs()
{
	expected=$1
	shift
	ended=0
	"$command" "$@" >/tmp/out 2>/tmp/err || ended=$?
	cat /tmp/out /tmp/err
	expect "status of $*" "$ended" "$expected"
	expect "attach after $*" "$(cat "$rvdirect/attach")" ''
	fails ls -d "$tracing"/instances/rvdirect-*
}

count_shows_a_sorted_table()
{
	runs 0 count 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(awk '{ print $1, $2 }' /tmp/out)" "CALLS FUNCTION
7 rvdirect_test:rvdirect_test_shared
5 rvdirect_test:rvdirect_test_target"
	expect "err" "$(cat /tmp/err)" ''
	runs 0 count -n 1 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "lines" "$(wc -l </tmp/out)" 2
	runs 0 count 'rvdirect_test_[st]* !*shared' vfs_fsync -- sh -c "$call_both"
	expect "out" "$(awk 'NR > 1 { print $1, $2 }' /tmp/out)" \
		'5 rvdirect_test:rvdirect_test_target'
}

filters_are_options()
{
	runs 0 count -c no-such-name -H 0 -p 1 rvdirect_test_target -- sh -c "$call_both"
	expect "out" "$(wc -l </tmp/out)" 1
	runs 0 count -c sh rvdirect_test_target -- sh -c "$call_both"
	expect "out" "$(awk 'NR > 1 { print $1 }' /tmp/out)" 5
}

latency_shows_its_own_histograms()
{
	attach 'vfs_fsync latency'
	"$command" latency rvdirect_test_target -- sh -c "$call_both" >/tmp/out
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync latency'
	expect "out" "$(sed -n 's/\(count [0-9]*\),.*/\1/p' /tmp/out)" \
		'rvdirect_test_target: count 5'
	grep -q 'FROM_NS .* CALLS$' /tmp/out
	fails grep vfs_fsync /tmp/out
	write detach '*'
	drained
	runs 0 latency 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(sed -n 's/\(count [0-9]*\),.*/\1/p' /tmp/out)" \
		"rvdirect_test:rvdirect_test_shared: count 7
rvdirect_test:rvdirect_test_target: count 5"
	runs 0 latency -n 1 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(grep -c ': count' /tmp/out)" 1
	drained
}

trace_shows_each_call()
{
	runs 0 trace 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "calls" "$(grep -c 'call: rvdirect_test_target ' /tmp/out)" 5
	expect "calls" "$(grep -c 'call: rvdirect_test_shared ' /tmp/out)" 7
}

it_ends_as_its_command_does()
{
	runs 3 count vfs_fsync -- sh -c 'exit 3'
	runs 127 count vfs_fsync -- no-such-command
	runs 1 latency vfs_fsync -- false
	drained
}

# interrupted SIGNAL STATUS ARGUMENT...: runs the command, and sends it SIGNAL
# after some seconds.
interrupted()
{
	signal=$1
	expected=$2
	shift 2
	ended=0
	# A background job of a shell would ignore INT, so use timeout.
	timeout -s "$signal" 3 "$command" "$@" >/tmp/out 2>/tmp/err </dev/null || ended=$?
	cat /tmp/out /tmp/err
	[ "$ended" = "$expected" ] || [ "$ended" = 124 ] || fail "ended with $ended"
	within 5 prints '' cat "$rvdirect/attach"
}

it_ends_by_a_signal()
{
	interrupted INT 0 count 'vfs_*'
	expect "out" "$(awk 'NR == 1 { print $1, $2 }' /tmp/out)" 'CALLS FUNCTION'
	interrupted TERM 143 count 'vfs_*'
	interrupted INT 0 count 'vfs_*' 100
	interrupted INT 0 top 'vfs_*' 1
	interrupted INT 0 trace rvdirect_test_target
	fails ls -d "$tracing"/instances/rvdirect-*
}

it_ends_after_some_seconds()
{
	before=$(uptime_of_guest)
	runs 0 count vfs_fsync 2
	[ "$(uptime_of_guest)" -ge $((before + 2)) ]
}

# shown_by_top: makes some more calls, and checks that top shows the target.
shown_by_top()
{
	echo 1000 >"$target/call_task"
	awk '$2 == "rvdirect_test:rvdirect_test_target" && $1 > 0 { found = 1 }
		END { exit !found }' /tmp/out
}

top_shows_what_is_called_a_second()
{
	"$command" top -n 5 'rvdirect_test_[st]*' 0.3 >/tmp/out &
	top=$!
	within 30 shown_by_top
	grep -q 'CALLS/S  *FUNCTION$' /tmp/out
	kill $top
	wait $top || expect "status" $? 143
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

list_and_detach()
{
	attach 'vfs_fsync count
vfs_f* nop
rvdirect_test_target nop'
	"$command" list >/tmp/out
	expect "list" "$(cat /tmp/out)" "$(cat "$rvdirect/status")"
	"$command" detach 'vfs_f*' vfs_fsync
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target nop'
	"$command" detach
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

# failing STATUS MESSAGE ARGUMENT...
failing()
{
	message=$2
	status=$1
	shift 2
	runs "$status" "$@"
	expect "err of $*" "$(head -n 1 /tmp/err)" "rvdirect: $message"
	expect "out of $*" "$(cat /tmp/out)" ''
}

errors_are_said()
{
	failing 1 'no_such: No function has that name' count no_such 1
	failing 1 'no_such_*: No traceable function matches the pattern' latency 'no_such_*' 1
	failing 1 'no_such: No function has that name' trace rvdirect_test_target no_such 1
	failing 1 'vfs_fsync: Target is not attached' detach vfs_fsync
	failing 1 'vfs_fsync: Value is not a list of harts, such as 0-3,5' count -H x vfs_fsync 1
	failing 2 'what is it to do?'
	failing 2 "unknown command 'no'" no
	failing 2 'count wants a target' count
	failing 2 'unknown option -x' count -x vfs_fsync
	failing 2 'option -p wants a value' count -p
	failing 2 "'x' is not a number of lines" count -n x vfs_fsync
	failing 2 'no command behind --' count vfs_fsync --
	failing 2 'options stand before the targets' count vfs_fsync -n 1
	failing 2 'nothing may follow the seconds' count vfs_fsync 1 vfs_statx
	failing 2 'seconds or a command, not both' count vfs_fsync 1 -- true
	failing 2 'top takes no command' top vfs_fsync -- true
	failing 2 'list takes nothing' list vfs_fsync
	runs 0 --help
	grep -q '^usage: rvdirect count' /tmp/out
	runs 0 count --help
}

it_loads_the_module()
{
	rmmod rvdirect_test
	rmmod rvdirect
	runs 0 count vfs_fsync -- true
	load rvdirect_test
}

run_tests \
	count_shows_a_sorted_table \
	filters_are_options \
	latency_shows_its_own_histograms \
	trace_shows_each_call \
	it_ends_as_its_command_does \
	it_ends_by_a_signal \
	it_ends_after_some_seconds \
	top_shows_what_is_called_a_second \
	list_and_detach \
	errors_are_said \
	it_loads_the_module
