#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What a call costs, in instructions above an unpatched call. That is exact only
# if QEMU counts instructions: with one hart and -icount. The word "icount" on
# the kernel's command line says that it does.
#
# Prints tables in addition to the test results.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

calls=2000

if ! grep -qw icount /proc/cmdline; then
	ktap_print_header
	ktap_skip_all "instructions are not counted here"
	exit "$KSFT_SKIP"
fi

# per_call FEW MANY: prints the instructions a call, from two counts of $calls
# calls.
per_call()
{
	expect "what is left over of $2 - $1" $((($2 - $1) % calls)) 0
	echo $((($2 - $1) / calls))
}

# with CALLER [TARGET]: prints a count with the target attached. A second count
# must be the same.
with()
{
	write detach '*'
	attach "${2:-rvdirect_test_target} $1"
	patched=$(cat "$target/instructions")
	expect "instructions, measured again" "$(cat "$target/instructions")" "$patched"
	write detach '*'
	echo "$patched"
}

# at_most LIMIT NAME CALLER [TARGET]: compares the counts of the same loop, with
# and without the caller.
at_most()
{
	unpatched=$(cat "$target/instructions")
	patched=$(with "$3" "$4") || fail "$patched"
	expect "instructions, unpatched again" "$(cat "$target/instructions")" "$unpatched"
	judge "$1" "$2" "$(per_call "$unpatched" "$patched")"
}

# judge LIMIT NAME COST
judge()
{
	echo "$3 $2" >>/tmp/costs
	[ "$3" -gt 0 ]
	[ "$3" -le "$1" ] || fail "$2 costs $3 instructions, at most $1 are allowed"
}

nop_costs_6_at_most()
{
	at_most 6 nop nop
	at_most 6 "any, disabled" 'trace disabled'
}

count_costs_14_at_most()
{
	at_most 14 count count
}

# The cost must not depend on the number of functions.
count_costs_30_at_most_in_a_group()
{
	at_most 30 "count, of 2 functions" count 'rvdirect_test_[st]*'
	echo 100000 >/sys/module/rvdirect/parameters/max_functions
	at_most 30 "count, of all functions" count '*'
	expect "costs" "$(tail -n 1 /tmp/costs | cut -d ' ' -f 1)" \
		"$(tail -n 2 /tmp/costs | head -n 1 | cut -d ' ' -f 1)"
}

# "cat" calls the target.
a_filter_costs_44_at_most()
{
	at_most 44 "count, let pass by comm=" 'count comm=cat'
	at_most 25 "filtered out by comm=" 'trace comm=no-such-name'
}

# passing CONDITION: sets $patched to the count with calls that the filter lets
# pass. The shell must not fork here.
passing()
{
	attach "rvdirect_test_target count $1"
	read -r patched <"$target/instructions"
	[ "$(hits rvdirect_test_target)" -ge $calls ]
	write detach rvdirect_test_target
}

# Above a filter that has no condition.
each_condition_costs_12_at_most()
{
	read -r pid _ </proc/self/stat
	read -r comm </proc/self/comm
	passing 'comm=*'
	unconditional=$patched
	for condition in "pid=$pid" "tgid=$pid" "comm=$comm" hart=0; do
		passing "$condition"
		judge 12 "${condition%=*}=, above a filter without conditions" \
			"$(per_call "$unconditional" "$patched")"
	done
}

# The trampoline goes up from the task's cgroup to that of the filter.
a_cgroup_costs_12_at_most_and_3_for_each_above_it()
{
	needs /proc/self/cgroup "the kernel has no CONFIG_CGROUPS"
	cgroups=/tmp/cgroups
	mkdir -p $cgroups
	mount -t cgroup2 none $cgroups
	mkdir -p $cgroups/a/b
	passing 'comm=*'
	unconditional=$patched
	limit=12
	for place in : a:one a/b:two; do
		echo 0 >$cgroups/${place%:*}/cgroup.procs
		passing cgroup=/
		below=${place#*:}
		judge $limit \
			"cgroup=${below:+, $below below it}, above a filter without conditions" \
			"$(per_call "$unconditional" "$patched")"
		limit=$((limit + 3))
	done
	echo 0 >$cgroups/cgroup.procs
	rmdir $cgroups/a/b $cgroups/a
	umount $cgroups
}

trace_costs_40_at_most_while_its_event_is_off()
{
	at_most 40 "trace, event off" trace
}

# mean NAME EVENT: sets $cost to the mean over all calls, with that event on. Time
# stamps and page changes in the ring buffer make calls differ in cost, but they
# are the same in each run. The shell must not fork while it measures.
mean()
{
	echo 1 >"$tracing/events/$2/enable"
	read -r patched <"$target/instructions"
	echo 0 >"$tracing/events/$2/enable"
	echo >"$tracing/trace"
	cost=$(((patched - unpatched + calls - 1) / calls))
	echo "$cost $1" >>/tmp/costs
}

# event_at_most LIMIT NAME CALLER EVENT
event_at_most()
{
	read -r unpatched <"$target/instructions"
	attach "rvdirect_test_target $3"
	mean "$2" "$4"
	write detach '*'
	[ "$cost" -gt 0 ]
	[ "$cost" -le "$1" ] || fail "$2 costs $cost instructions, at most $1 are allowed"
}

trace_costs_930_at_most_with_its_event()
{
	event_at_most 930 "trace, event on" trace rvdirect/call
}

return_costs_990_at_most_with_its_event()
{
	event_at_most 990 "return, event on" return rvdirect/return
}

# shellcheck disable=SC2016 # The $ are for the module.
numbers='a=$arg1:s32 b=$arg2:u64 c=$arg3:x64 d=$arg4:s16'

fields_cost_990_at_most()
{
	event_at_most 40 "trace with fields, event off" "trace name=own $numbers" rvdirect/call
	event_at_most 990 "trace with four numbers, event on" "trace name=own $numbers" rvdirect/own
	event_at_most 1050 "return with four numbers, event on" "return name=own $numbers" \
		rvdirect/own
}

# fprobe NAME FIELDS: sets $cost to that of an fprobe event with the same fields.
fprobe()
{
	echo "f:cost/peer rvdirect_test_target $2" >>"$tracing/dynamic_events"
	mean "$1" cost/peer
	echo '-:cost/peer' >>"$tracing/dynamic_events"
}

fields_cost_less_than_those_of_an_fprobe_event()
{
	needs "$tracing/dynamic_events" "the kernel has no CONFIG_FPROBE_EVENTS"
	# 16 bytes with the terminator.
	echo 123456789012345 >/proc/self/comm
	# shellcheck disable=SC2016 # The $ are for the module.
	event_at_most 2000 "trace with a string of 16 bytes, event on" \
		'trace name=own s=+0($comm):string' rvdirect/own
	ours=$cost
	# Such an event does not take it as memory.
	# shellcheck disable=SC2016 # The $ is for the kernel.
	fprobe "fprobe event with the same string" 's=$comm'
	[ $((10 * ours)) -le $((6 * cost)) ] || fail "ours: $ours, fprobe: $cost"
	fprobe "fprobe event with four numbers" "$numbers"
}

# without_zbb MORE: prints MORE on a hart that has no instruction to count zeros.
without_zbb()
{
	grep -q '^isa.*_zbb' /proc/cpuinfo && echo 0 || echo "$1"
}

latency_costs_79_at_most()
{
	at_most $((79 + $(without_zbb 17))) latency latency
}

latency_costs_96_at_most_in_a_group()
{
	at_most $((96 + $(without_zbb 17))) "latency, of 2 functions" latency 'rvdirect_test_[st]*'
}

# The target does not run, so this counts the whole call, including its "ret".
# The baseline is a call of a function that is only a "ret", so add that one
# again.
override_costs_16_at_most()
{
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	least=$(cat "$target/instructions_least")
	patched=$(with 'override ret=0') || fail "$patched"
	cost=$(per_call "$least" "$patched")
	rmmod rvdirect
	judge 16 override $((cost + 1))
}

an_empty_handler_costs_79_at_most()
{
	load rvdirect_test_callers
	at_most 79 "entry handler, empty" test_empty
	rmmod rvdirect_test_callers
}

# instructions_of FILE LINE: sets $thousands to the cost of the write, in
# thousands of instructions. Counts only this task, not what runs while it
# waits. The shell must not fork here.
instructions_of()
{
	read -r before <"$target/runtime"
	printf '%s\n' "$2" >"$rvdirect/$1"
	read -r after <"$target/runtime"
	thousands=$(((after - before) / 1000))
}

# attaching TARGET: sets $functions, $attaching and $detaching.
attaching()
{
	# The first round warms up what the second one needs.
	for _ in 1 2; do
		instructions_of attach "$1 count"
		attaching=$thousands
		functions=$(functions_of "$1")
		instructions_of detach "$1"
		detaching=$thousands
	done
}

# row TARGET: adds what attaching and detaching it cost to the table.
row()
{
	attaching "$1"
	printf '%d %d %d\n' "$functions" "$attaching" "$detaching" >>/tmp/scale
}

# Most of the cost of one function is that ftrace goes through all that it can
# trace, and of a thousand that it patches them.
a_thousand_functions_cost_few_times_what_one_costs()
{
	echo 100000 >$max_functions
	: >/tmp/scale
	row vfs_fsync
	attach_one=$attaching
	detach_one=$detaching
	row "$(pattern_of 10 "$tracing/available_filter_functions")"
	row "$(pattern_of 100 "$tracing/available_filter_functions")"
	row "$(pattern_of 1000 "$tracing/available_filter_functions")"
	[ "$functions" -ge 1000 ]
	attach_thousand=$attaching
	detach_thousand=$detaching
	row '*'
	cat /tmp/scale
	[ "$attach_thousand" -le $((4 * attach_one)) ]
	[ $((10 * detach_thousand)) -le $((16 * detach_one)) ]
}

# clock: sets $now to the guest's clock, in thousands of instructions.
clock()
{
	read -r now _ </proc/uptime
	now=$((${now%.*} * 1000000 + 1${now#*.} * 10000 - 1000000))
}

# reading FILE: sets $thousands to what reading takes, and $lines. The clock is
# coarse, so it is read very often; what cat takes by itself is subtracted.
reading()
{
	for file in /dev/null "$1"; do
		clock
		start=$now
		for _ in $(seq 100); do
			cat "$file" >/dev/null
		done
		clock
		before=${taken:-0}
		taken=$((now - start))
	done
	thousands=$(((taken - before) / 100))
	[ "$thousands" -ge 0 ] || thousands=0
	lines=$(wc -l <"$1")
}

# The text is made once, and names are not looked up for it.
reading_hits_of_all_functions_is_cheap()
{
	echo 100000 >$max_functions
	attach '* count'
	ls -lR /proc/self /sys/kernel >/dev/null 2>&1 || :
	write disable '*'
	reading "$rvdirect/hits"
	[ "$lines" -gt 500 ]
	echo "$lines lines of hits of * take $thousands thousand instructions" >/tmp/reading
	cat /tmp/reading
	[ "$thousands" -gt 0 ]
	[ "$thousands" -le 4500 ]
}

# attach_until COUNT: attaches more functions of /tmp/names, each by itself, until
# so many are attached. A few cannot be timed, and are refused.
attach_until()
{
	while [ "$attached" -lt "$1" ]; do
		read -r name <&3
		if printf '%s latency\n' "$name" 2>/dev/null >"$rvdirect/attach"; then
			attached=$((attached + 1))
		fi
	done
}

# For each registration the kernel copies its hash of all direct calls, so
# attaching grows with what is attached already. Reading grows with what is read.
many_attachments_cost_in_proportion()
{
	awk '!/\[/ && !/\./ { seen[$1]++ } END {
		for (name in seen)
			if (seen[name] == 1 && name != "vfs_fsync")
				print name
	}' "$tracing/available_filter_functions" | sort | awk 'NR % 12 == 0' >/tmp/names
	attached=0
	: >/tmp/growth
	exec 3</tmp/names
	for many in 1 100 1000; do
		attach_until $many
		ls -lR /proc/self /sys/kernel >/dev/null 2>&1 || :
		write disable '*'
		attaching vfs_fsync
		[ $many != 1 ] || attach_first=$attaching
		reading "$rvdirect/hits"
		hits=$thousands
		reading "$rvdirect/hist"
		printf '%d %d %d %d %d\n' $many "$attaching" "$detaching" "$hits" "$thousands" \
			>>/tmp/growth
		write enable '*'
	done
	exec 3<&-
	write detach '*'
	cat /tmp/growth
	[ "$attaching" -le $((2 * attach_first)) ]
	[ "$thousands" -le $((10 * lines)) ]
}

print_tables()
{
	sed "s/^/# cost: /" /tmp/costs
	sed "s/^/# scale: /" /tmp/scale
	sed "s/^/# growth: /" /tmp/growth
	sed "s/^/# reading: /" /tmp/reading
}

: >/tmp/costs
trap print_tables EXIT
run_tests \
	nop_costs_6_at_most \
	count_costs_14_at_most \
	count_costs_30_at_most_in_a_group \
	a_filter_costs_44_at_most \
	each_condition_costs_12_at_most \
	a_cgroup_costs_12_at_most_and_3_for_each_above_it \
	trace_costs_40_at_most_while_its_event_is_off \
	trace_costs_930_at_most_with_its_event \
	return_costs_990_at_most_with_its_event \
	fields_cost_990_at_most \
	fields_cost_less_than_those_of_an_fprobe_event \
	latency_costs_79_at_most \
	latency_costs_96_at_most_in_a_group \
	override_costs_16_at_most \
	an_empty_handler_costs_79_at_most \
	a_thousand_functions_cost_few_times_what_one_costs \
	many_attachments_cost_in_proportion \
	reading_hits_of_all_functions_is_cheap
