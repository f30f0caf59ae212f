#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Patterns: one attachment of many functions, with hits and histograms for each.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

group='rvdirect_test_[st]*'

# matching REGEX: prints how many functions, in the kernel and in modules, have
# such a name.
matching()
{
	grep -c "^$1\( \|\$\)" "$tracing/available_filter_functions"
}

# attached: prints what is attached, in one line.
attached()
{
	tr '\n' ';' <"$rvdirect/attach"
}

patterns_are_those_of_the_kernel()
{
	for pattern in 'vfs_*:vfs_.*' '*_open:.*_open' '*_read_*:.*_read_.*' \
		'vfs_f?ync:vfs_f.ync' 'vfs_[a-g]*:vfs_[a-g].*' 'vfs_[!a-g]*:vfs_[^a-g].*'; do
		attach "${pattern%:*} nop"
		# ftrace lists each function by only one of its names, and not
		# every symbol is a function.
		functions=$(functions_of "${pattern%:*}")
		echo "$pattern: $functions"
		[ "$functions" -ge "$(matching "${pattern#*:}")" ]
		symbols=$(grep -c " ${pattern#*:}\(	\|\$\)" /proc/kallsyms)
		[ "$functions" -le "$symbols" ]
		grep "^${pattern#*:}\( \|\$\)" "$tracing/available_filter_functions" |
			cut -d ' ' -f 1 >/tmp/named
		cut -d ' ' -f 1 "$tracing/enabled_functions" >/tmp/enabled
		[ -s /tmp/named ]
		fails grep -vxFf /tmp/enabled /tmp/named
		write detach "${pattern%:*}"
	done
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

exclusions_are_left_out()
{
	attach 'vfs_* !vfs_f* !vfs_read count'
	expect "functions" "$(functions_of 'vfs_*')" \
		$(($(matching 'vfs_.*') - $(matching 'vfs_f.*') - 1))
	expect "attach" "$(attached)" 'vfs_* !vfs_f* !vfs_read count;'
	fails grep -q '^vfs_f' "$tracing/enabled_functions"
	grep -q '^vfs_write ' "$tracing/enabled_functions"
	attach 'vfs_fsync nop'
}

a_module_has_patterns_of_its_own()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_twin:rvdirect_* nop'
	all=$(grep -c '^rvdirect_.*\[rvdirect_test_twin\]' "$tracing/available_filter_functions")
	expect "functions" "$(functions_of 'rvdirect_test_twin:rvdirect_*')" "$all"
	attach '*_shared nop'
	expect "functions" "$(functions_of '*_shared')" "$(($(matching '.*_shared') - 1))"
	rmmod rvdirect_test_twin
	expect "attach" "$(attached)" '*_shared nop;'
}

# With a caller that tells functions apart, each has its own exact count.
each_function_has_its_hits()
{
	load rvdirect_test_twin
	attach "$group $1"
	start_hitting
	for _ in 1 2 3 4 5 6; do
		echo 1000 >"$target/call_shared"
	done
	stop_hitting
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_target)" "$calls"
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_shared)" 6000
	expect "hits of the other one" "$(hits_of rvdirect_test_twin:rvdirect_test_shared)" ''
	expect "hits of the group" "$(hits "$group")" $((calls + 6000))
	expect "most hits first" "$(awk 'NR > 1 { print $2 }' "$rvdirect/hits")" \
		"$(awk 'NR > 1 { print $2 }' "$rvdirect/hits" | sort -rn)"
	# Each keeps its count under another caller, and when some functions go.
	write modify "$group nop"
	rmmod rvdirect_test_twin
	write modify "$group $1"
	echo 10 >"$target/call_task"
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_target)" $((calls + 10))
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_shared)" 6000
}

the_last_function_of_a_group_keeps_its_hits()
{
	load rvdirect_test_twin calls=1
	attach 'rvdirect_test_shared trace'
	echo 5 >"$target/call_shared"
	expect "hits" "$(tail -n +2 "$rvdirect/hits")" ''
	rmmod rvdirect_test_twin
	# It is not known which of the two functions had these hits.
	expect "hits" "$(tail -n +2 "$rvdirect/hits")" ''
	for caller in count latency trace; do
		write modify "rvdirect_test_shared $caller"
		echo 5 >"$target/call_shared"
	done
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_shared)" 15
	expect "hits" "$(hits rvdirect_test_shared)" 20
}

hits_are_shown_of_single_functions_as_well()
{
	attach 'rvdirect_test_target trace'
	attach 'rvdirect_test_shared nop'
	echo 5 >"$target/call_task"
	echo 5 >"$target/call_shared"
	expect "header" "$(head -n 1 "$rvdirect/hits" | tr -s ' ')" 'FUNCTION HITS TARGET'
	expect "hits" "$(tail -n +2 "$rvdirect/hits" | tr -s ' ')" \
		'rvdirect_test:rvdirect_test_target 5 rvdirect_test_target'
}

each_function_has_its_histogram()
{
	attach "$group latency"
	expect "hist" "$(cat "$rvdirect/hist")" ''
	echo 5 >"$target/call_task"
	echo 7 >"$target/call_shared"
	expect "hist" "$(sed -n 's/\(.*: count [0-9]*\),.*/\1/p' "$rvdirect/hist")" \
		"$(printf 'rvdirect_test:rvdirect_test_%s\n' 'shared: count 7' 'target: count 5')"
	echo >"$rvdirect/hist"
	expect "hist" "$(cat "$rvdirect/hist")" ''
	expect "hits stay" "$(hits_of rvdirect_test:rvdirect_test_shared)" 7
}

every_caller_works_on_a_group()
{
	attach "$group nop"
	for caller in $(callers) nop count; do
		before=$(hits "$group")
		write modify "$group $caller"
		echo 3 >"$target/call_task"
		echo 4 >"$target/call_shared"
		expect "result" "$(cat "$target/result")" 7
		expect "hits of $caller" "$(hits "$group")" $((before + $(handled "$caller" 8)))
	done
	drained
}

callers_of_other_modules_work_on_a_group()
{
	load rvdirect_test_callers
	attach "$group nop"
	for caller in test_empty test_raw; do
		before=$(hits "$group")
		write modify "$group $caller"
		echo 3 >"$target/call_task"
		echo 4 >"$target/call_shared"
		case $caller in
		test_raw) calls=0 ;;
		*) calls=7 ;;
		esac
		expect "hits of $caller" "$(hits "$group")" $((before + calls))
	done
	write detach "$group"
	drained
	rmmod rvdirect_test_callers
}

override_takes_the_place_of_a_group()
{
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	attach "$group override ret=77 every=2"
	echo 3 >"$target/call_shared"
	expect "the second call of them all" "$(cat "$target/result")" 77
	write detach "$group"
	rmmod rvdirect
	modprobe rvdirect
}

events_tell_which_function_it_was()
{
	attach "$group trace"
	echo 1 >"$tracing/events/rvdirect/call/enable"
	echo 3 >"$target/call_task"
	echo 4 >"$target/call_shared"
	echo 0 >"$tracing/events/rvdirect/call/enable"
	expect "events" "$(grep -c 'call: rvdirect_test_target ' "$tracing/trace")" 3
	expect "events" "$(grep -c 'call: rvdirect_test_shared ' "$tracing/trace")" 4
	echo >"$tracing/trace"
}

what_others_have_is_left_out()
{
	modprobe ftrace-direct
	attach 'wake_up_[mpq]* count'
	all=$(matching 'wake_up_[mpq].*')
	expect "functions" "$(functions_of 'wake_up_[mpq]*')" $((all - 1))
	expect "state" "$(sed -n 's/.* active, //p' "$rvdirect/status")" \
		'1 left out, see tracing/enabled_functions'
	grep -q '^wake_up_process .*direct' "$tracing/enabled_functions"
	write detach 'wake_up_[mpq]*'
	refused attach 'wake_up_proces[s] count' 'Device or resource busy' \
		'Function has another direct caller, see tracing/enabled_functions' wake_up
	refused attach 'wake_up_[mpq]* count strict' 'Device or resource busy' \
		'Not all functions are free, see tracing/enabled_functions' wake_up
	rmmod ftrace-direct
	attach 'wake_up_[mpq]* count strict'
	expect "attach" "$(attached)" 'wake_up_[mpq]* count strict;'
	expect "functions" "$(functions_of 'wake_up_[mpq]*')" "$all"
}

what_others_modify_is_left_out()
{
	load rvdirect_test_modifier functions=rvdirect_test_target
	attach "$group count"
	expect "functions" "$(functions_of "$group")" 1
	grep -q ' active, 1 left out, see' "$rvdirect/status"
	echo 5 >"$target/call_task"
	echo 6 >"$target/call_shared"
	expect "hits" "$(hits "$group")" 6
	write detach "$group"
	refused attach "$group count strict" 'Device or resource busy' "$modified" "$group"
	rmmod rvdirect_test_modifier
	# Several, and functions that have another direct caller.
	load rvdirect_test_modifier functions='wake_up_[mq]*'
	modprobe ftrace-direct
	refused attach 'wake_up_[mpq]* count' 'Device or resource busy' "$modified" wake_up
	attach 'wake_* count'
	left_out=$(($(matching 'wake_up_[mq].*') + 1))
	expect "functions" "$(functions_of 'wake_*')" $(($(matching 'wake_.*') - left_out))
	grep -q " active, $left_out left out, see" "$rvdirect/status"
	rmmod ftrace-direct
	rmmod rvdirect_test_modifier
}

what_is_attached_is_left_out()
{
	attach 'rvdirect_test_target count'
	attach "$group count"
	expect "functions" "$(functions_of "$group")" 1
	grep -q ' active, 1 left out, see' "$rvdirect/status"
	refused attach 'rvdirect_test_[t]* count' 'File exists' \
		'Function is attached already, under another name' rvdirect
	refused attach 'rvdirect_test_* count strict' 'Device or resource busy' \
		'Not all functions are free, see tracing/enabled_functions' rvdirect
	# A plain name leaves out nothing.
	refused attach 'rvdirect_test_shared count' 'File exists' \
		'Function is attached already, under another name' rvdirect
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target) $(hits "$group")" '5 0'
}

more_than_the_cap_is_E2BIG()
{
	all=$(matching 'vfs_.*')
	cap=$(cat $max_functions)
	echo $((all - 1)) >$max_functions
	refused attach 'vfs_* count' 'Argument list too long' \
		"Target is $all functions, more than max_functions=$((all - 1))" vfs
	echo "$all" >$max_functions
	attach 'vfs_* count'
	echo "$cap" >$max_functions
	write detach '*'
}

nothing_matches()
{
	refused attach 'no_such_* count' 'No such file or directory' \
		'No traceable function matches the pattern' no_such
	refused attach 'vfs_* !no_such_* count' 'No such file or directory' \
		'No traceable function matches the pattern' 'no_such'
	refused attach 'vfs_fsync !vfs_f* count' 'No such file or directory' \
		'Nothing is left of the pattern' vfs_fsync
	refused attach 'vfs_* !no_such_name count' 'No such file or directory' \
		'No function has that name' 'no_such'
	refused modify 'vfs_* !vfs_read count' 'Invalid argument' \
		'Only attach takes this word' '!vfs_read'
	refused modify 'vfs_* count strict' 'Invalid argument' \
		'Only attach takes this word' strict
}

# With a caller that waits for the return, a pattern skips functions that never
# return.
those_that_never_return_are_passed_over()
{
	attach 'do_e* nop'
	all=$(functions_of 'do_e*')
	refused modify 'do_e* latency' 'Invalid argument' \
		'Function never returns, its return cannot be seen' 'do_e*'
	write detach 'do_e*'
	attach 'do_e* latency'
	[ "$(functions_of 'do_e*')" -lt "$all" ]
	fails grep -q '^do_exit ' "$tracing/enabled_functions"
	refused attach 'do_exi[t] return' 'Invalid argument' \
		'Function never returns, its return cannot be seen' 'do_exi'
}

tests=
under "count latency" each_function_has_its_hits
# shellcheck disable=SC2086 # several words
run_tests \
	patterns_are_those_of_the_kernel \
	exclusions_are_left_out \
	a_module_has_patterns_of_its_own \
	$tests \
	the_last_function_of_a_group_keeps_its_hits \
	hits_are_shown_of_single_functions_as_well \
	each_function_has_its_histogram \
	every_caller_works_on_a_group \
	callers_of_other_modules_work_on_a_group \
	override_takes_the_place_of_a_group \
	events_tell_which_function_it_was \
	what_others_have_is_left_out \
	what_others_modify_is_left_out \
	what_is_attached_is_left_out \
	more_than_the_cap_is_E2BIG \
	nothing_matches \
	those_that_never_return_are_passed_over
