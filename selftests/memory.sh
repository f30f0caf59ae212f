#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lets each allocation of a command fail in turn. Unless the command can do
# without it, it is refused and changes nothing. Needs a kernel that can fail
# allocations (FAILSLAB).

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

failslab=/sys/kernel/debug/failslab

if [ ! -d $failslab ]; then
	ktap_print_header
	ktap_skip_all "this kernel cannot fail allocations"
	exit "$KSFT_SKIP"
fi
# Fail allocations that may sleep, too, and print no stack trace for each.
echo N >$failslab/ignore-gfp-wait
echo 0 >$failslab/verbose

# failing N FILE LINE: writes LINE while the Nth allocation fails. Opens all
# files before. Prints "none" if there were fewer than N.
failing()
{
	sh -c "
		exec 3>$rvdirect/$2 4>/proc/self/fail-nth 5</proc/self/fail-nth
		echo $1 >&4
		echo '$3' >&3
		status=\$?
		read -r left <&5
		echo 0 >&4
		[ \$left = 0 ] || echo none
		exit \$status"
}

state()
{
	cat "$rvdirect/attach"
	grep -c '\[rvdirect\]' "$tracing/enabled_functions" || [ $? = 1 ]
}

# each_allocation_of FILE LINE [UNDO_FILE UNDO_LINE]: fails the allocations one
# by one, until the command needs no more. The last write has full effect.
each_allocation_of()
{
	before=$(state)
	n=0
	refusals=0
	while :; do
		n=$((n + 1))
		[ $n -lt 1000 ]
		if output=$(failing $n "$1" "$2" 2>&1); then
			[ "$output" != none ] || break
			# The command succeeded without this allocation.
			[ -z "$3" ] || write "$3" "$4"
		else
			refusals=$((refusals + 1))
			tail -n 3 "$rvdirect/error_log" |
				grep -q 'error: Out of memory' ||
				fail "allocation $n: $output $(tail -n 3 "$rvdirect/error_log")"
		fi
		expect "state after allocation $n" "$(state)" "$before"
	done
	echo "$n allocations, $refusals refusals"
	[ $refusals -gt 0 ]
}

attach_without_memory_changes_nothing()
{
	each_allocation_of attach 'rvdirect_test_target return' detach rvdirect_test_target
}

attaching_a_group_without_memory_changes_nothing()
{
	each_allocation_of attach 'vfs_f* !vfs_fsync latency comm=sh strict' detach 'vfs_f*'
}

attaching_what_is_pending_without_memory_changes_nothing()
{
	each_allocation_of attach 'no_such_module:no_such_* count pending' \
		detach 'no_such_module:no_such_*'
}

attaching_an_event_without_memory_changes_nothing()
{
	# shellcheck disable=SC2016 # The $ are for the module.
	each_allocation_of attach 'rvdirect_test_target trace name=own a=$arg1 s=+0($arg2):string' \
		detach rvdirect_test_target
	write detach rvdirect_test_target
	within 10 test ! -e "$tracing/events/rvdirect/own"
}

modify_without_memory_changes_nothing()
{
	attach 'rvdirect_test_target nop'
	each_allocation_of modify 'rvdirect_test_target latency' \
		modify 'rvdirect_test_target nop'
}

detach_needs_no_memory()
{
	for n in 1 2 3; do
		attach 'rvdirect_test_target latency'
		failing $n detach rvdirect_test_target
		expect "attach" "$(cat "$rvdirect/attach")" ''
	done
}

# failing_read N FILE: reads the file while the Nth allocation fails. Prints the
# text as one word.
failing_read()
{
	sh -c "
		exec 3<$rvdirect/$2 4>/proc/self/fail-nth 5</proc/self/fail-nth
		text=
		echo $1 >&4
		while IFS= read -r line; do
			text=\"\$text\$line;\"
		done <&3
		read -r left <&5
		echo 0 >&4
		[ \$left = 0 ] || echo none
		echo \"\$text\" | tr ' ' _"
}

# The text needs more than one allocation.
a_text_without_memory_is_not_cut_short()
{
	n=0
	while [ $n -lt 100 ]; do
		echo "no_such_module:a_function_with_a_name_of_some_length_$n nop pending"
		n=$((n + 1))
	done >"$rvdirect/attach"
	whole=$(tr '\n ' ';_' <"$rvdirect/attach")
	n=0
	empty=0
	while :; do
		n=$((n + 1))
		[ $n -lt 100 ]
		text=$(failing_read $n attach)
		case $text in
		none*) break ;;
		'') empty=$((empty + 1)) ;;
		"$whole") ;;
		*) fail "with allocation $n: $text" ;;
		esac
	done
	expect "text" "$text" "$(printf 'none\n%s' "$whole")"
	[ $empty -gt 0 ]
}

# open_session N: opens a session while the Nth allocation fails. Prints "none"
# if there were fewer than N.
open_session()
{
	sh -c "
		exec 4>/proc/self/fail-nth 5</proc/self/fail-nth
		echo $1 >&4
		exec 3<>$rvdirect/session
		read -r left <&5
		echo 0 >&4
		[ \$left = 0 ] || echo none
		echo 'attach rvdirect_test_target count' >&3"
}

a_session_without_memory_is_none()
{
	n=0
	refusals=0
	while :; do
		n=$((n + 1))
		[ $n -lt 100 ]
		if output=$(open_session $n 2>&1); then
			[ "$output" != none ] || break
		else
			refusals=$((refusals + 1))
		fi
	done
	[ $refusals -gt 0 ]
	within 10 prints 1 grep -c '' "$rvdirect/status"
	rmmod rvdirect
	modprobe rvdirect
}

run_tests \
	a_text_without_memory_is_not_cut_short \
	a_session_without_memory_is_none \
	attach_without_memory_changes_nothing \
	attaching_a_group_without_memory_changes_nothing \
	attaching_what_is_pending_without_memory_changes_nothing \
	attaching_an_event_without_memory_changes_nothing \
	modify_without_memory_changes_nothing \
	detach_needs_no_memory
