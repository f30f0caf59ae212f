#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Sessions: attachments made through an open file belong to it alone, and go
# with it, however it ends.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

einval='Invalid argument'
enoent='No such file or directory'
eexist='File exists'

# say LINE: writes LINE to the session on descriptor 3.
say()
{
	echo "$1" >&3
}

# answer SUBJECT: prints what the session on descriptor 3 shows of it.
answer()
{
	say "show $1"
	cat <&3
}

# session_of TARGET, state_of TARGET: print what status says of the target.
session_of()
{
	column 6 "$1"
}

state_of()
{
	column 8 "$1"
}

# gone TARGET: whether it is not attached, and no call site leads to rvdirect.
gone()
{
	[ -z "$(state_of "$1")" ] && ! grep -qE '\[rvdirect\]' "$tracing/enabled_functions"
}

what_a_session_attaches_goes_with_it()
{
	exec 3<>"$rvdirect/session"
	say 'attach rvdirect_test_target count'
	echo 10 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 10
	[ "$(session_of rvdirect_test_target)" -gt 0 ]
	expect "attach" "$(cat "$rvdirect/attach")" ''
	exec 3>&-
	within 10 gone rvdirect_test_target
}

a_session_names_the_process_that_opened_it()
{
	own 'attach rvdirect_test_target nop'
	owned
	expect "pid" "$(column 7 rvdirect_test_target)" $owner
	end_owner
}

a_session_takes_what_the_files_take()
{
	exec 3<>"$rvdirect/session"
	say "$(printf 'attach rvdirect_test_target count\n\nattach vfs_fsync nop strict')"
	say 'disable *'
	expect "state" "$(state_of rvdirect_test_target)" disabled
	say '  enable  rvdirect_test_target '
	expect "states" "$(state_of rvdirect_test_target) $(state_of vfs_fsync)" 'active disabled'
	echo 3 >"$target/call_task"
	say 'modify rvdirect_test_target latency'
	echo 4 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 7
	say 'detach rvdirect_test_target'
	expect "state" "$(state_of rvdirect_test_target)" ''
	say 'detach *'
	expect "state" "$(state_of vfs_fsync)" ''
	exec 3>&-
}

an_answer_ends_and_comes_once()
{
	exec 3<>"$rvdirect/session"
	expect "answer before a question" "$(cat <&3)" ''
	say 'attach rvdirect_test_target latency'
	echo 5 >"$target/call_task"
	expect "status" "$(answer status | awk 'NR > 1 { print $1, $2, $3, $4, $5, $8 }')" \
		'rvdirect_test_target 1 latency 5 0 active'
	expect "what is left" "$(cat <&3)" ''
	expect "hits" "$(answer hits | tr -s ' ')" \
		"$(printf 'FUNCTION HITS TARGET\nrvdirect_test:rvdirect_test_target 5 rvdirect_test_target')"
	expect "hist" "$(answer hist | head -n 1 | cut -d, -f1)" 'rvdirect_test_target: count 5'
	expect "draining" "$(answer draining | wc -l)" 1
	expect "errors" "$(answer errors)" ''
	# One write can ask for several; the answers come in that order.
	say "$(printf 'show hits\nshow draining')"
	expect "first words" "$(awk '$1 ~ /^[A-Z]*$/ { printf "%s ", $1 }' <&3)" 'FUNCTION TARGET '
	# The next write discards the rest of an answer.
	say 'show status'
	read -r _ <&3
	say 'show errors'
	expect "answer" "$(cat <&3)" ''
	say 'show status'
	say 'disable *'
	expect "answer" "$(cat <&3)" ''
	exec 3>&-
}

# refuses LINE ERROR SENTENCE CARET: as refused(), but for a session.
refuses()
{
	before=$(cat "$rvdirect/status")
	if message=$( { say "$1"; } 2>&1); then
		fail "'$1' was taken"
	fi
	case $message in
	*": $2") ;;
	*) fail "'$1': is '$message', should be '$2'" ;;
	esac
	expect "status" "$(sed 1d "$rvdirect/status" | cut -c 1-54)" \
		"$(echo "$before" | sed 1d | cut -c 1-54)"
	logged session "$1" "$3" "$4"
	expect "errors of the session" "$(answer errors | tail -n 3)" \
		"$(tail -n 3 "$rvdirect/error_log")"
}

refusals_are_in_both_logs()
{
	exec 3<>"$rvdirect/session"
	refuses 'vfs_fsync count' "$einval" \
		'Command is none of attach, modify, detach, enable, disable, show' vfs_fsync
	refuses 'show' "$einval" 'show wants one of status, hits, hist, draining, errors' ''
	refuses 'show me' "$einval" \
		'Nothing of that name can be shown: only status, hits, hist, draining, errors' me
	refuses 'show hits now' "$einval" 'Nothing more may follow' now
	refuses 'attach' "$einval" 'No target is given' ''
	refuses ' attach no_such_function count' "$enoent" 'No function has that name' no_such
	refuses 'modify vfs_fsync count' "$enoent" 'Target is not attached' vfs
	refuses 'detach vfs_fsync now' "$einval" 'Nothing more may follow' now
	say 'attach vfs_fsync nop'
	refuses 'attach vfs_fsync nop' "$eexist" \
		'Target is attached already, write to modify instead' vfs
	# Clearing error_log does not clear the session's own log.
	echo >"$rvdirect/error_log"
	[ -n "$(answer errors)" ]
	exec 3>&-
}

a_function_has_one_session()
{
	own 'attach rvdirect_test_target count'
	owned
	number=$(session_of rvdirect_test_target)
	whose="by session $number of pid $owner"
	refused attach 'rvdirect_test_target count' "$eexist" \
		"Function is attached already, $whose" rvdirect
	for command in 'modify rvdirect_test_target count' 'detach rvdirect_test_target' \
		'disable rvdirect_test_target'; do
		refused "${command%% *}" "${command#* }" "$enoent" \
			"Target is attached $whose, which alone can change it" rvdirect
	done
	write detach '*'
	write disable '*'
	expect "state" "$(state_of rvdirect_test_target)" active
	exec 3<>"$rvdirect/session"
	refuses 'attach rvdirect_test_target nop' "$eexist" \
		"Function is attached already, $whose" rvdirect
	refuses 'detach rvdirect_test_target' "$enoent" \
		"Target is attached $whose, which alone can change it" rvdirect
	attach 'vfs_fsync nop'
	refuses 'attach vfs_fsync nop' "$eexist" \
		'Function is attached already, outside of sessions' vfs
	refuses 'detach vfs_fsync' "$enoent" \
		'Target is attached outside of sessions, not by this one' vfs
	end_owner
	say 'attach rvdirect_test_target nop'
	exec 3>&-
}

# The patterns overlap: the second session gets what the first one does not
# hold.
two_sessions_are_apart()
{
	exec 3<>"$rvdirect/session" 4<>"$rvdirect/session"
	say 'attach rvdirect_test_t* count'
	echo 'attach rvdirect_test_[st]* count' >&4
	echo 6 >"$target/call_task"
	echo 2 >"$target/call_shared"
	expect "hits of the first" "$(answer hits | awk 'NR > 1 { print $1, $2 }')" \
		'rvdirect_test:rvdirect_test_target 6'
	echo 'show hits' >&4
	expect "hits of the second" "$(awk 'NR > 1 { print $1, $2 }' <&4)" \
		'rvdirect_test:rvdirect_test_shared 2'
	expect "hits of all" "$(awk 'NR > 1 { print $2 }' "$rvdirect/hits" | tr '\n' ' ')" '6 2 '
	# Overlapping patterns again; "*" is only about the session's own.
	say 'attach vfs_f* nop'
	echo 'attach vfs_*f* nop' >&4
	echo 'detach *' >&4
	expect "states" "$(answer status | awk 'NR > 1 { print $1, $8 }')" \
		"$(printf 'rvdirect_test_t* active\nvfs_f* active')"
	echo 'show status' >&4
	expect "status of the second" "$(tail -n +2 <&4)" ''
	echo 'attach vfs_fs* nop' >&4 2>/dev/null && fail "it has what the first one has"
	exec 4>&-
	expect "states" "$(answer status | awk 'NR > 1 { print $8 }' | sort -u)" active
	exec 3>&-
}

# The functions that a closed session held are free for the next one at once.
the_next_one_need_not_wait()
{
	for _ in 1 2 3 4 5; do
		exec 3<>"$rvdirect/session"
		say 'attach rvdirect_test_target count'
		exec 3>&-
		attach 'rvdirect_test_target count'
		write detach rvdirect_test_target
	done
}

# The child process has the session open as well.
the_last_reference_counts()
{
	rm -f /tmp/forked
	sh -c "exec 3<>$rvdirect/session
		echo 'attach rvdirect_test_target count' >&3
		(: >/tmp/forked; exec sleep 1000) &
		echo \$! >/tmp/child
		wait" &
	owner=$!
	within 10 test -e /tmp/forked
	within 10 test -s /tmp/child
	child=$(cat /tmp/child)
	end_owner
	usleep 300000
	expect "state" "$(state_of rvdirect_test_target)" active
	echo 4 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 4
	expect "pid" "$(column 7 rvdirect_test_target)" $owner
	kill -9 "$child"
	within 10 gone rvdirect_test_target
}

the_owner_is_killed_under_load()
{
	for caller in count latency return trace; do
		own "attach rvdirect_test_target $caller"
		owned
		start_hitting
		end_owner
		within 10 gone rvdirect_test_target
		stop_hitting
	done
}

the_owner_is_killed_while_it_attaches()
{
	for delay in 0 20000 100000 400000; do
		own 'attach vfs_* count
attach rvdirect_test_target count
attach k* nop'
		usleep $delay
		end_owner
		within 30 nothing_of_a_session
	done
}

the_owner_is_killed_while_it_waits_for_a_module()
{
	own 'attach rvdirect_test_shapes:rvdirect_shape_* count pending'
	owned
	expect "state" "$(state_of 'rvdirect_test_shapes:rvdirect_shape_*')" pending
	end_owner
	within 10 nothing_of_a_session
	load rvdirect_test_shapes
	nothing_of_a_session
	rmmod rvdirect_test_shapes
	# The same after the module has come.
	own 'attach rvdirect_test_shapes:rvdirect_shape_* count pending'
	owned
	load rvdirect_test_shapes
	expect "state" "$(state_of 'rvdirect_test_shapes:rvdirect_shape_*')" active
	end_owner
	within 10 nothing_of_a_session
	rmmod rvdirect_test_shapes
}

# Calls that sleep in a target keep only what they need.
the_owner_is_killed_while_calls_sleep()
{
	load rvdirect_test_shapes
	own "attach $sleeper latency
attach rvdirect_test_target count"
	owned
	send_to_sleep 2
	number=$(session_of $sleeper)
	end_owner
	within 10 prints draining state_of $sleeper
	within 10 prints '' state_of rvdirect_test_target
	expect "session" "$(session_of $sleeper)" "$number"
	fails rmmod rvdirect
	wake_up
	drained
	rmmod rvdirect_test_shapes
}

# A draining attachment belongs to the session that made it.
a_session_sees_what_drains_of_it()
{
	load rvdirect_test_shapes
	exec 3<>"$rvdirect/session" 4<>"$rvdirect/session"
	say "attach $sleeper latency"
	send_to_sleep 1
	say "detach $sleeper"
	expect "draining" "$(answer draining | awk 'NR > 1 { print $1, $2 }')" \
		"$sleeper rvdirect_test_shapes:$sleeper"
	expect "status" "$(answer status | awk 'NR > 1 { print $1, $8 }')" "$sleeper draining"
	echo 'show draining' >&4
	expect "draining of the other" "$(tail -n +2 <&4)" ''
	wake_up
	drained
	exec 3>&- 4>&-
	rmmod rvdirect_test_shapes
}

clearing_histograms_is_not_for_others()
{
	exec 3<>"$rvdirect/session"
	say 'attach rvdirect_test_target latency'
	attach 'rvdirect_test_shared latency'
	echo 3 >"$target/call_task"
	echo 3 >"$target/call_shared"
	echo >"$rvdirect/hist"
	expect "histograms" "$(grep -o '^[a-z_]*: count [0-9]*' "$rvdirect/hist")" \
		"$(printf 'rvdirect_test_target: count 3\nrvdirect_test_shared: count 0')"
	exec 3>&-
}

events_carry_the_number_of_their_session()
{
	exec 3<>"$rvdirect/session"
	say 'attach rvdirect_test_target trace args=2 disabled'
	say 'attach rvdirect_test_shared return disabled'
	attach 'vfs_mkdir trace'
	number=$(session_of rvdirect_test_target)
	for event in call return; do
		echo "session == $number" >"$tracing/events/rvdirect/$event/filter"
	done
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/rvdirect/enable"
	say 'enable *'
	mkdir /tmp/session-test
	echo 3 >"$target/call_task"
	echo 2 >"$target/call_shared"
	rmdir /tmp/session-test
	echo 0 >"$tracing/events/rvdirect/enable"
	for event in call return; do
		echo 0 >"$tracing/events/rvdirect/$event/filter"
	done
	expect "events" "$(grep -oE ' (call|return): [a-z_]*' "$tracing/trace" | sort | uniq -c |
			awk '{ printf "%s ", $1 $2 $3 }')" \
		'3call:rvdirect_test_target 2return:rvdirect_test_shared '
	expect "arguments" "$(grep -c 'args={0x[0-9a-f]*,0x[0-9a-f]*}' "$tracing/trace")" 3
	echo >"$tracing/trace"
	exec 3>&-
}

an_open_session_holds_the_module()
{
	exec 3<>"$rvdirect/session"
	fails rmmod rvdirect
	say 'attach rvdirect_test_target count'
	fails rmmod rvdirect
	exec 3>&-
	within 10 rmmod rvdirect 2>/dev/null
}

# rmmod need not wait for the end of a closed session: the module goes with what
# that had attached.
the_module_goes_behind_a_session()
{
	for caller in count nop trace; do
		exec 3<>"$rvdirect/session"
		say "attach rvdirect_test_target $caller"
		exec 3>&-
		rmmod rvdirect
		modprobe rvdirect
	done
}

many_sessions()
{
	n=0
	while [ $n -lt 300 ]; do
		exec 3<>"$rvdirect/session"
		say 'show status'
		[ $((n % 100)) != 0 ] || say 'attach rvdirect_test_target latency'
		exec 3>&-
		n=$((n + 1))
	done
	within 10 nothing_of_a_session
}

# leaks_nothing runs it eleven times.
thousands_of_sessions_leak_nothing()
{
	leaks_nothing many_sessions
}

too_long_a_write_changes_nothing()
{
	exec 3<>"$rvdirect/session"
	tr '\0' ' ' </dev/zero | head -c 70000 >/tmp/blanks
	fails dd if=/tmp/blanks bs=70000 2>/dev/null >&3
	answer errors | grep -q 'session:1: error: Write is longer than 65536 bytes'
	exec 3>&-
}

run_tests \
	what_a_session_attaches_goes_with_it \
	a_session_names_the_process_that_opened_it \
	a_session_takes_what_the_files_take \
	an_answer_ends_and_comes_once \
	refusals_are_in_both_logs \
	a_function_has_one_session \
	two_sessions_are_apart \
	the_next_one_need_not_wait \
	the_last_reference_counts \
	the_owner_is_killed_under_load \
	the_owner_is_killed_while_it_attaches \
	the_owner_is_killed_while_it_waits_for_a_module \
	the_owner_is_killed_while_calls_sleep \
	a_session_sees_what_drains_of_it \
	clearing_histograms_is_not_for_others \
	events_carry_the_number_of_their_session \
	an_open_session_holds_the_module \
	the_module_goes_behind_a_session \
	thousands_of_sessions_leak_nothing \
	too_long_a_write_changes_nothing
