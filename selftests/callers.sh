#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What each caller does with a call.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

events=$tracing/events/rvdirect
allow_override=/sys/module/rvdirect/parameters/allow_override
not_allowed="override wants 1 in $allow_override"

# traced EVENT CALLS: calls the target with EVENT on, and writes the events to
# /tmp/trace, a line each. Attaches nothing.
traced()
{
	echo >"$tracing/trace"
	echo 1 >"$events/$1/enable"
	echo "$2" >"$target/call_task"
	echo 0 >"$events/$1/enable"
	grep " $1: rvdirect_test_target " "$tracing/trace" >/tmp/trace || [ $? = 1 ]
	echo >"$tracing/trace"
}

trace_makes_an_event_of_each_call()
{
	attach 'rvdirect_test_target trace'
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target trace args=4'
	echo 7 >"$target/call_task"
	traced call 5
	expect "events" "$(wc -l </tmp/trace)" 5
	# The first argument counts up from 0, the second is always 1.
	expect "arguments" "$(sed 's/.* args={//; s/,[^,]*,[^,]*}$//' /tmp/trace)" \
		"$(printf '0x%x,0x1\n' 0 1 2 3 4)"
	grep -q '<- call_task+0x' /tmp/trace
	expect "hits" "$(hits rvdirect_test_target)" 12
}

events_have_as_many_arguments_as_are_asked_for()
{
	for caller in trace:call return:return; do
		for args in 0 3 8; do
			attach "rvdirect_test_target ${caller%:*} args=$args"
			expect "attach" "$(cat "$rvdirect/attach")" \
				"rvdirect_test_target ${caller%:*} args=$args"
			traced "${caller#*:}" 1
			expect "arguments" "$(grep -o '0x[0-9a-f]*[,}]' /tmp/trace | wc -l)" $args
			write detach rvdirect_test_target
		done
	done
}

arguments_can_be_filtered()
{
	attach 'rvdirect_test_target trace'
	echo 'arg0 == 3 && arg1 == 1' >"$events/call/filter"
	traced call 10
	echo 0 >"$events/call/filter"
	expect "events" "$(wc -l </tmp/trace)" 1
	grep -q 'args={0x3,0x1,' /tmp/trace
}

arguments_can_be_summed_up()
{
	needs "$events/call/hist" "the kernel has no CONFIG_HIST_TRIGGERS"
	attach 'rvdirect_test_target trace'
	echo 'hist:keys=target.sym,arg1:vals=arg0' >"$events/call/trigger"
	echo 10 >"$target/call_task"
	cat "$events/call/hist"
	tr -s ' ' <"$events/call/hist" |
		grep -q 'rvdirect_test_target.*arg1: 1 } hitcount: 10 arg0: 45'
	echo '!hist:keys=target.sym,arg1:vals=arg0' >"$events/call/trigger"
}

return_makes_an_event_of_each_return()
{
	attach 'rvdirect_test_target return'
	traced return 5
	expect "events" "$(wc -l </tmp/trace)" 5
	expect "returned" "$(sed 's/.* ret=\([0-9]*\) duration=.*/\1/' /tmp/trace)" \
		"$(printf '%d\n' 1 2 3 4 5)"
	expect "arguments" "$(sed 's/.* args={//; s/,[^,]*,[^,]*}$//' /tmp/trace)" \
		"$(printf '0x%x,0x1\n' 0 1 2 3 4)"
	grep -q -- '-> call_task+0x' /tmp/trace
	# In nanoseconds: it sleeps 20 ms or more, but less than 20 s.
	attach 'hrtimer_nanosleep return args=1'
	echo 1 >"$events/return/enable"
	usleep 20000
	echo 0 >"$events/return/enable"
	cat "$tracing/trace"
	args=$(printf '0x%x' 20000000)
	duration=$(sed -n "s/.* return: hrtimer_nanosleep .*=\([0-9]*\) ns args={$args}$/\1/p" \
		"$tracing/trace")
	[ "$duration" -ge 20000000 ]
	[ "$duration" -lt 20000000000 ]
}

# in_hist WORD: prints the figure after WORD.
in_hist()
{
	sed -n "s/^rvdirect_test_target: .*$1 \([0-9]*\).*/\1/p" "$rvdirect/hist"
}

# The kernel could not take the probe of a trigger away when the module goes.
an_event_in_use_holds_the_module()
{
	attach 'rvdirect_test_target trace'
	echo stacktrace >"$events/call/trigger"
	write detach '*'
	message=$(rmmod rvdirect 2>&1) && fail "it was unloaded"
	case $message in
	*'Resource temporarily unavailable'*) ;;
	*) fail "$message" ;;
	esac
	echo '!stacktrace' >"$events/call/trigger"
	rmmod rvdirect
	modprobe rvdirect
	for event in call return; do
		echo 1 >"$events/$event/enable"
		fails rmmod rvdirect
		echo 0 >"$events/$event/enable"
	done
	rmmod rvdirect
	modprobe rvdirect
}

latency_keeps_a_histogram()
{
	expect "hist" "$(cat "$rvdirect/hist")" ''
	attach 'rvdirect_test_target latency'
	expect "hist" "$(cat "$rvdirect/hist")" 'rvdirect_test_target: count 0'
	echo 100 >"$target/call_irq"
	echo 1000 >"$target/call_task"
	calls=$((1000 + 100 * $(grep -c ^processor /proc/cpuinfo)))
	cat "$rvdirect/hist"
	expect "count" "$(in_hist count)" $calls
	expect "hits" "$(hits rvdirect_test_target)" $calls
	expect "buckets" "$(awk 'NR > 2 { sum += $3 } END { print sum }' "$rvdirect/hist")" $calls
	[ "$(in_hist min)" -le "$(in_hist mean)" ]
	[ "$(in_hist mean)" -le "$(in_hist max)" ]
	# The least and the greatest value lie within the bounds of the buckets.
	awk -v min="$(in_hist min)" -v max="$(in_hist max)" '
		NR == 3 { first = $1 } { last = $2 }
		END { exit !(first <= min && max <= last) }' "$rvdirect/hist"
	# Any write clears the histogram, but not the hits.
	echo >"$rvdirect/hist"
	expect "hist" "$(cat "$rvdirect/hist")" 'rvdirect_test_target: count 0'
	expect "hits" "$(hits rvdirect_test_target)" $calls
	echo 3 >"$target/call_task"
	expect "count" "$(in_hist count)" 3
}

latency_knows_how_long_a_call_takes()
{
	attach 'hrtimer_nanosleep latency'
	usleep 50000
	min=$(sed -n 's/^hrtimer_nanosleep: count 1, min \([0-9]*\) ns.*/\1/p' "$rvdirect/hist")
	[ "$min" -ge 50000000 ]
	[ "$min" -lt 50000000000 ]
}

errors_have_their_names()
{
	attach 'vfs_statx return ret<0 comm=stat'
	echo >"$tracing/trace"
	echo 1 >"$events/return/enable"
	fails stat /no-such-file
	fails stat /init/file
	echo 0 >"$events/return/enable"
	cat "$tracing/trace"
	expect "returned" "$(grep -o 'ret=.* d' "$tracing/trace")" \
		"$(printf 'ret=%s d\n' '-2 ENOENT' '-20 ENOTDIR')"
}

# The target returns 1, 2, 3 and so on.
return_and_latency_want_some_values()
{
	for condition in ret=3:1 ret!=3:9 'ret<3:2' 'ret<=3:3' 'ret>3:7' 'ret>=3:8' 'ret<0:0' \
		'ret>=0:10' ret!=-ENOENT:10; do
		count=${condition#*:}
		condition=${condition%:*}
		attach "rvdirect_test_target return args=0 $condition"
		expect "attach" "$(cat "$rvdirect/attach")" \
			"rvdirect_test_target return args=0 $condition"
		traced return 10
		expect "events with $condition" "$(wc -l </tmp/trace)" "$count"
		expect "hits" "$(hits rvdirect_test_target)" 10
		write modify "rvdirect_test_target latency $condition"
		echo 10 >"$target/call_task"
		expect "calls with $condition" "$(in_hist count)" "$count"
		expect "hits" "$(hits rvdirect_test_target)" 20
		write detach rvdirect_test_target
	done
	# In a group, functions of which nothing is wanted have no histogram.
	attach 'rvdirect_test_[st]* latency ret=3'
	echo 10 >"$target/call_task"
	echo 2 >"$target/call_shared"
	expect "histograms" "$(grep -o '^rvdirect.*: count [0-9]*' "$rvdirect/hist")" \
		'rvdirect_test:rvdirect_test_target: count 1'
	expect "hits" "$(hits 'rvdirect_test_[st]*')" 12
}

# A sleep never takes less than it should, and no call takes days.
return_and_latency_want_calls_that_took_long()
{
	for min in 20ms:3 20000us:3 0s:3 1000000s:0; do
		count=${min#*:}
		min=${min%:*}
		attach "hrtimer_nanosleep return min=$min ret=0 comm=usleep"
		echo >"$tracing/trace"
		echo 1 >"$events/return/enable"
		sleep_three_times
		echo 0 >"$events/return/enable"
		cat "$tracing/trace"
		expect "events with $min" \
			"$(grep -c ' return: hrtimer_nanosleep ' "$tracing/trace")" "$count"
		expect "hits" "$(hits hrtimer_nanosleep)" 3
		write modify "hrtimer_nanosleep latency min=$min ret=0 comm=usleep"
		sleep_three_times
		cat "$rvdirect/hist"
		grep -Eq "^hrtimer_nanosleep: count $count(,|\$)" "$rvdirect/hist"
		expect "hits" "$(hits hrtimer_nanosleep)" 6
		write detach hrtimer_nanosleep
	done
	attach 'vfs_fsync latency min=20000us'
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync latency min=20ms'
}

sleep_three_times()
{
	for _ in 1 2 3; do
		usleep 20000
	done
}

load_to_override()
{
	rmmod rvdirect
	modprobe rvdirect allow_override=1
}

override_must_be_allowed()
{
	expect "before" "$(cat "$target/result")" 7
	attach 'rvdirect_test_target nop'
	refused modify 'rvdirect_test_target override ret=1' 'Operation not permitted' \
		"$not_allowed" override
	write detach '*'
	refused attach 'rvdirect_test_target override ret=1' 'Operation not permitted' \
		"$not_allowed" override
	expect "behind" "$(cat "$target/result")" 7
}

# What is attached goes on when it is forbidden again.
override_can_be_allowed_and_forbidden()
{
	expect "parameter" "$(cat "$allow_override")" N
	echo 1 >"$allow_override"
	expect "parameter" "$(cat "$allow_override")" Y
	attach 'rvdirect_test_target override ret=1'
	expect "returned" "$(cat "$target/result")" 1
	fails sh -c "echo perhaps >$allow_override"
	expect "parameter" "$(cat "$allow_override")" Y
	echo 0 >"$allow_override"
	expect "returned" "$(cat "$target/result")" 1
	refused modify 'rvdirect_test_target override ret=2' 'Operation not permitted' \
		"$not_allowed" override
	expect "returned" "$(cat "$target/result")" 1
	write modify 'rvdirect_test_target count'
	refused modify 'rvdirect_test_target override ret=2' 'Operation not permitted' \
		"$not_allowed" override
	expect "returned" "$(cat "$target/result")" 7
}

override_returns_what_it_is_told()
{
	load_to_override
	for value in 0:0 1:1 -1:-1 0x10:16 -ENOMEM:-12 -12:-12 -EPROBE_DEFER:-517 \
		0xffffffffffffffff:-1 9223372036854775807:9223372036854775807; do
		attach "rvdirect_test_target override ret=${value%:*}"
		expect "returned" "$(cat "$target/result")" "${value#*:}"
		expect "hits" "$(hits rvdirect_test_target)" 1
		write detach rvdirect_test_target
		expect "returned" "$(cat "$target/result")" 7
	done
	attach 'rvdirect_test_target override ret=-12'
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target override ret=-ENOMEM'
}

override_takes_every_third_and_four_at_most()
{
	load_to_override
	attach 'rvdirect_test_target override ret=1 every=3 times=4'
	expect "attach" "$(cat "$rvdirect/attach")" \
		'rvdirect_test_target override ret=1 every=3 times=4'
	results=
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		results=$results$(cat "$target/result")
	done
	expect "results" "$results" 771771771771777
	expect "hits" "$(hits rvdirect_test_target)" 4
	write modify 'rvdirect_test_target override ret=2 times=2'
	results=
	for _ in 1 2 3; do
		results=$results$(cat "$target/result")
	done
	expect "results" "$results" 227
	expect "hits" "$(hits rvdirect_test_target)" 6
}

# Overrides a function of the kernel; user space sees the error.
override_makes_the_kernel_fail()
{
	load_to_override
	attach 'vfs_statx override ret=-ENOENT times=1'
	fails stat /init
	stat /init
}

callers_of_modules_are_listed()
{
	load rvdirect_test_callers
	expect "callers" "$(awk '$2 == "rvdirect_test_callers" { print $1 }' "$rvdirect/callers" |
		tr '\n' ' ')" 'test_empty test_change test_exit test_check test_recurse test_raw '
	grep -q '^test_exit  *rvdirect_test_callers  *changes what goes out$' "$rvdirect/callers"
	rmmod rvdirect_test_callers
	fails grep test_ "$rvdirect/callers"
	refused attach 'rvdirect_test_target test_empty' 'No such file or directory' \
		'No caller has that name, see the file callers' test_empty
}

handlers_of_modules_change_calls()
{
	load rvdirect_test_callers
	for caller in test_empty:7 test_change:1008 test_exit:1007 test_check:7; do
		attach "rvdirect_test_target ${caller%:*}"
		expect "attach" "$(cat "$rvdirect/attach")" "rvdirect_test_target ${caller%:*}"
		expect "${caller%:*}" "$(cat "$target/result")" "${caller#*:}"
		expect "hits" "$(hits rvdirect_test_target)" 1
		write detach rvdirect_test_target
	done
	attach 'rvdirect_test_target test_check'
	echo 1000 >"$target/call_task"
	echo 1000 >"$target/call_irq"
	write detach rvdirect_test_target
	expect "wrong" "$(cat /sys/module/rvdirect_test_callers/parameters/wrong)" 0
	refused attach 'rvdirect_test_target test_empty args=1' 'Invalid argument' \
		'Caller has no such option' args
	rmmod rvdirect_test_callers
}

a_trampoline_of_a_module_is_called()
{
	load rvdirect_test_callers
	attach 'rvdirect_test_target test_raw'
	echo 1000 >"$target/call_task"
	expect "calls" "$(cat /sys/module/rvdirect_test_callers/parameters/raw_calls)" 1000
	expect "hits" "$(hits rvdirect_test_target)" 0
	write modify 'rvdirect_test_target count'
	rmmod rvdirect_test_callers
}

a_caller_in_use_holds_its_module()
{
	load rvdirect_test_callers
	for caller in test_empty test_change test_raw; do
		attach "rvdirect_test_target $caller"
		fails rmmod rvdirect_test_callers
		# The module also holds rvdirect, whose functions it calls.
		fails rmmod rvdirect
		write modify 'rvdirect_test_target nop'
		write modify "rvdirect_test_target $caller"
		fails rmmod rvdirect_test_callers
		write detach rvdirect_test_target
	done
	rmmod rvdirect_test_callers
}

bad_callers_are_refused()
{
	for bad in name:'Invalid argument' none:'Invalid argument' both:'Invalid argument' \
		builtin:'Device or resource busy' twice:'Device or resource busy' \
		layout:'invalid module format' forget:'Input/output error'; do
		message=$(load rvdirect_test_callers "bad=${bad%%:*}" 2>&1) && fail "$bad was taken"
		expect "$bad" "$(why_not_loaded "$message")" "${bad#*:}"
		fails grep test_ "$rvdirect/callers"
	done
	dmesg | grep -q 'rvdirect_test_callers was built against another rvdirect: build it again'
}

# Calls that nest fill half of the stack at some depth; the deeper ones are missed.
calls_are_missed_before_the_stack_ends()
{
	for binding in 'rvdirect_test_deep return' 'rvdirect_test_deep latency' \
		'rvdirect_test_[dt]* latency'; do
		name=${binding% *}
		missed=0
		depth=80
		# How many fit depends on the kernel's configuration and compiler.
		while [ "$missed" -lt 10 ]; do
			depth=$((depth + 40))
			[ $depth -le 400 ]
			write detach '*'
			attach "$binding"
			echo $depth >"$target/call_deep"
			hits=$(hits "$name")
			missed=$(column 5 "$name")
			echo "$binding: $hits hits, $missed missed"
			expect "all of them" $((hits + missed)) $depth
		done
		[ "$hits" -ge 10 ]
		# After that, calls are handled again.
		echo 1 >"$target/call_deep"
		expect "hits and misses" "$(hits "$name") $(column 5 "$name")" \
			"$((hits + 1)) $missed"
		write detach "$name"
	done
}

# The handler calls the attached target itself: that call is missed, and
# recursion ends.
recursion_is_missed()
{
	load rvdirect_test_callers
	attach 'rvdirect_test_target test_recurse'
	echo 100 >"$target/call_task"
	expect "hits and misses" "$(hits rvdirect_test_target) $(column 5 rvdirect_test_target)" \
		"100 100"
	# In an interrupt as well.
	echo 100 >"$target/call_irq"
	calls=$((100 + 100 * $(grep -c ^processor /proc/cpuinfo)))
	expect "hits and misses" "$(hits rvdirect_test_target) $(column 5 rvdirect_test_target)" \
		"$calls $calls"
	# The same for a handler that calls another target.
	write detach rvdirect_test_target
	attach 'rvdirect_test_shared test_recurse'
	attach 'rvdirect_test_target trace'
	echo 50 >"$target/call_shared"
	expect "hits and misses" "$(hits rvdirect_test_target) $(column 5 rvdirect_test_target)" \
		"0 50"
	write detach '*'
	rmmod rvdirect_test_callers
}

the_example_in_C_works()
{
	load rvdirect_example threshold=0
	attach 'rvdirect_test_target slow'
	echo 100 >"$target/call_task"
	expect "slow" "$(cat /sys/module/rvdirect_example/parameters/slow)" 100
	write modify 'rvdirect_test_target marked'
	echo 100 >"$target/call_task"
	expect "marks" "$(cat /sys/module/rvdirect_example/parameters/marks)" 100
	write detach '*'
	rmmod rvdirect_example
}

the_example_in_Rust_works()
{
	load rvdirect_example_rust
	grep -q '^big_args *rvdirect_example_rust *counts calls' "$rvdirect/callers"
	attach 'ksys_read big_args'
	fails rmmod rvdirect_example_rust
	dd if=/dev/zero of=/dev/null bs=8192 count=25 2>/dev/null
	write detach '*'
	rmmod rvdirect_example_rust
	count=$(dmesg | sed -n 's/.*_rust: \([0-9]*\) calls with a great argument/\1/p')
	[ "$count" -ge 25 ]
}

run_tests \
	trace_makes_an_event_of_each_call \
	events_have_as_many_arguments_as_are_asked_for \
	arguments_can_be_filtered \
	arguments_can_be_summed_up \
	return_makes_an_event_of_each_return \
	errors_have_their_names \
	return_and_latency_want_some_values \
	return_and_latency_want_calls_that_took_long \
	an_event_in_use_holds_the_module \
	latency_keeps_a_histogram \
	latency_knows_how_long_a_call_takes \
	override_must_be_allowed \
	override_can_be_allowed_and_forbidden \
	override_returns_what_it_is_told \
	override_takes_every_third_and_four_at_most \
	override_makes_the_kernel_fail \
	callers_of_modules_are_listed \
	handlers_of_modules_change_calls \
	a_trampoline_of_a_module_is_called \
	a_caller_in_use_holds_its_module \
	bad_callers_are_refused \
	calls_are_missed_before_the_stack_ends \
	recursion_is_missed \
	the_example_in_C_works \
	the_example_in_Rust_works
