# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the tests share. Sourced, with $here set to the directory of the test.
#
# A test is a function. It runs in a subshell with "set -e", so the first
# command that fails fails the test, and then its output is shown. Before and
# after each test, nothing is attached and the error log is empty.

rvdirect=/sys/kernel/debug/rvdirect
target=/sys/kernel/debug/rvdirect_test
tracing=/sys/kernel/tracing
max_functions=/sys/module/rvdirect/parameters/max_functions

# Why a function is refused that rvdirect_test_modifier modifies.
modified='Function is modified, as by a livepatch, see tracing/enabled_functions'

# The modules that a script needs; a script may set others.
test_modules=rvdirect_test

harts=$(grep -c ^processor /proc/cpuinfo)

# In the kernel's tree, or carried along.
for helpers in "$here/../kselftest/ktap_helpers.sh" "$here/ktap_helpers.sh"; do
	[ ! -e "$helpers" ] || break
done
if [ ! -e "$helpers" ]; then
	echo "1..0 # SKIP there is no ktap_helpers.sh"
	exit 4
fi
# shellcheck source=/dev/null
. "$helpers"

# The helpers look at $? themselves, so there is no "set -e" here.

load()
{
	insmod "$here/modules/$1.ko" ${2:+"$2"}
}

load_modules()
{
	if [ -z "$(find "/lib/modules/$(uname -r)/" -name 'rvdirect.ko*')" ]; then
		ktap_skip_all "the module rvdirect is not installed"
		exit "$KSFT_SKIP"
	fi
	modprobe rvdirect
	for module in $test_modules; do
		load "$module"
	done
}

# run_tests FUNCTION...: runs each function as a test of that name.
run_tests()
{
	start_tests $#
	for test; do
		run_test "$test"
	done
	end_tests
}

# start_tests COUNT: loads the modules for that many tests.
start_tests()
{
	log=$(mktemp)
	ktap_print_header
	load_modules
	ktap_set_plan "$1"
}

# run_test FUNCTION: the first of its commands that fails ends it.
run_test()
{
	rm -f /tmp/skip
	(
		set -e
		clean_up
		"$1"
		clean_up
	) >"$log" 2>&1 </dev/null
	status=$?
	name=$(echo "$1" | tr _ ' ')
	if [ $status -eq 0 ] && [ -e /tmp/skip ]; then
		sed 's/^/# /' /tmp/skip
		ktap_test_skip "$name"
	elif [ $status -eq 0 ]; then
		ktap_test_pass "$name"
	else
		sed 's/^/# /' "$log"
		ktap_test_fail "$name"
	fi
}

end_tests()
{
	# Draining calls that a test left behind must not keep the script from
	# ending.
	[ ! -d "$rvdirect" ] || (within 2 nothing_drains)
	for module in rvdirect_test_callers rvdirect_test_fields rvdirect_test_modifier \
		rvdirect_test_names rvdirect_test_shapes rvdirect_test_twin $test_modules \
		rvdirect; do
		[ ! -d "/sys/module/$module" ] || rmmod "$module"
	done
	rm "$log"
	ktap_finished
}

clean_up()
{
	[ -d "$rvdirect" ] || modprobe rvdirect
	echo '*' >"$rvdirect/detach"
	echo 0 >"$tracing/events/rvdirect/enable"
	echo >"$rvdirect/error_log"
	expect "nothing attached" "$(cat "$rvdirect/attach")" ''
	# No call site must lead to rvdirect any more.
	fails grep -E '\[rvdirect\]' "$tracing/enabled_functions"
}

fail()
{
	echo "$*"
	exit 1
}

# skip REASON: ends the test, which makes no sense on this kernel.
skip()
{
	echo "$1" >/tmp/skip
	exit 0
}

# needs FILE REASON: skips the test on a kernel without that file.
needs()
{
	[ -e "$1" ] || skip "$2"
}

# can_probe KIND: whether the kernel can have such a probe event at a function's entry. Some
# have no fprobes, or allow no kprobe where ftrace patches.
can_probe()
{
	echo "$1:probed vfs_fsync" 2>/dev/null >>"$tracing/dynamic_events" || return
	echo '-:probed' >>"$tracing/dynamic_events"
}

# fails COMMAND...: the command must fail. "!" would not do: "set -e" ignores
# it.
fails()
{
	if "$@"; then
		fail "should have failed: $*"
	fi
}

# expect WHAT ACTUAL EXPECTED
expect()
{
	[ "$2" = "$3" ] || fail "$1: is '$2', should be '$3'"
}

# within SECONDS COMMAND...: repeats the command until it succeeds.
within()
{
	end=$(($(uptime_of_guest) + $1))
	shift
	until "$@"; do
		[ "$(uptime_of_guest)" -le "$end" ] || fail "in vain: $*"
		usleep 50000
	done
}

# In whole seconds.
uptime_of_guest()
{
	sed 's/\..*//' /proc/uptime
}

# prints TEXT COMMAND...: whether the command prints exactly TEXT.
prints()
{
	text=$1
	shift
	[ "$("$@")" = "$text" ]
}

# write FILE LINE
write()
{
	printf '%s\n' "$2" >"$rvdirect/$1"
}

attach()
{
	write attach "$1"
}

# drained: waits until nothing drains. No call may be asleep in a target. What
# never returned drains for five seconds.
drained()
{
	(within 60 nothing_drains) || {
		cat "$rvdirect/status" "$rvdirect/draining"
		fail "it still drains"
	}
}

nothing_drains()
{
	! grep -q draining "$rvdirect/status"
}

# column NUMBER TARGET: prints a value in the target's line of status.
column()
{
	awk -v n="$1" -v target="$2" '$1 == target { print $n }' "$rvdirect/status"
}

functions_of()
{
	column 2 "$1"
}

hits()
{
	column 4 "$1"
}

# why_not_loaded MESSAGE: prints the error in what insmod said. Newer kernels turn
# EEXIST into EBUSY, as it is their own word for a module that is loaded.
why_not_loaded()
{
	case $1 in
	*': File exists') echo 'Device or resource busy' ;;
	*) echo "${1##*: }" ;;
	esac
}

# counted_of TARGET: prints its hits. Without CONFIG_VMAP_STACK, interrupts have
# stacks that begin anywhere: calls there may be missed, and are included.
counted_of()
{
	if zcat /proc/config.gz 2>/dev/null | grep -q '^# CONFIG_VMAP_STACK is not set$'; then
		echo $(($(hits "$1") + $(column 5 "$1")))
	else
		hits "$1"
	fi
}

# hits_of FUNCTION
hits_of()
{
	awk -v name="$1" '$1 == name { print $2 }' "$rvdirect/hits"
}

# callers: prints rvdirect's own callers, a line each. Leaves out override,
# which must be allowed, and changes what a target does.
callers()
{
	awk 'NR > 1 && $2 == "rvdirect" && $1 != "override" { print $1 }' "$rvdirect/callers"
}

# under CALLERS TEST...: adds each test to $tests, once for each caller. The
# test gets the caller as its argument.
under()
{
	for caller in $1; do
		for test; do
			[ "$test" != "$1" ] || continue
			name=${test}_under_$caller
			eval "$name() { $test $caller; }"
			tests="$tests $name"
		done
	done
}

# all_pairs WORD...: prints a path that goes from each word to each other one
# once, and ends at the first.
all_pairs()
{
	first=$1
	while [ $# -gt 1 ]; do
		from=$1
		shift
		for to; do
			echo "$from"
			echo "$to"
		done
	done
	echo "$first"
}

# handled CALLER CALLS: prints how many of the calls are hits.
handled()
{
	case $1 in
	nop) echo 0 ;;
	*) echo "$2" ;;
	esac
}

# traceable NAME...: prints those of the functions that ftrace can patch.
traceable()
{
	for name; do
		if grep -q "^$name\( \|\$\)" "$tracing/available_filter_functions"; then
			echo "$name"
		fi
	done
}

# shared_names: prints each name that several functions of the kernel itself share, behind how
# many. Some kernels show what is left of weak functions by the name of the one before.
shared_names()
{
	awk 'NR == FNR { if ($4 == "") symbols[$3]++; next }
		!/[^A-Za-z0-9_]/ { count[$1]++ }
		END {
			for (name in count)
				if (count[name] > 1 && count[name] == symbols[name])
					print count[name], name
		}' /proc/kallsyms "$tracing/available_filter_functions"
}

# on_each_hart COMMAND...: runs the command on all harts at once, one bound to
# each.
on_each_hart()
{
	pids=
	hart=0
	while [ $hart -lt "$harts" ]; do
		taskset -c $hart "$@" &
		pids="$pids $!"
		hart=$((hart + 1))
	done
	for pid in $pids; do
		wait "$pid"
	done
}

# start_hitting writes this number to this file; each write calls a target that
# often.
per_write=5000
hit_file=$target/call_task

# start_hitting: starts a task on each hart that calls the target until
# stop_hitting or the end of the test.
start_hitting()
{
	rm -f /tmp/stop /tmp/hitting.* /tmp/writes.*
	trap 'touch /tmp/stop' EXIT
	pids=
	hart=0
	while [ $hart -lt "$harts" ]; do
		taskset -c $hart sh -c "
			n=0
			while [ ! -e /tmp/stop ]; do
				echo $per_write >$hit_file || exit
				n=\$((n + 1))
				[ \$n -gt 1 ] || : >/tmp/hitting.$hart
			done
			echo \$n >/tmp/writes.$hart" &
		pids="$pids $!"
		hart=$((hart + 1))
	done
	within 30 all_harts_hit
}

all_harts_hit()
{
	set -- /tmp/hitting.*
	[ $# = "$harts" ] && [ -e "$1" ]
}

# stop_hitting: sets $calls to the exact number of calls.
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

# Prints the number of live allocations by the code that attaching runs.
live_allocations()
{
	awk '/kernel\/trace\/(ftrace|fprobe)\.c|kernel\/kprobes\.c|rust\/helpers|rvdirect/ {
		sum += $2
	} END { print sum }' /proc/allocinfo
}

# kfree_rcu() may batch objects and free them arbitrarily late. Unloading a
# module makes the kernel free all of them.
settle()
{
	rmmod rvdirect_test
	load rvdirect_test
}

# leaks_nothing COMMAND: ten runs must leave fewer than ten allocations behind.
leaks_nothing()
{
	needs /proc/allocinfo "the kernel has no CONFIG_MEM_ALLOC_PROFILING"
	"$1"
	settle
	before=$(live_allocations)
	[ "$before" -gt 0 ]
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		"$1"
	done
	settle
	after=$(live_allocations)
	[ "$after" -lt $((before + 10)) ] ||
		fail "live allocations: $before before, $after after"
}

# own LINES: starts a background process that opens a session, writes LINES to
# it, and stays. Sets $owner to its pid.
own()
{
	rm -f /tmp/owned
	sh -c "exec 3<>$rvdirect/session
		printf '%s\n' '$1' >&3 || exit
		: >/tmp/owned
		exec sleep 1000" &
	owner=$!
	trap 'kill -9 $owner 2>/dev/null || :' EXIT
}

owned()
{
	within 60 test -e /tmp/owned
}

# end_owner: kills the owner by a signal that no process can catch.
end_owner()
{
	kill -9 "$owner"
	wait "$owner" || [ $? = 137 ]
}

# Whether nothing is attached, by any session or outside of them.
nothing_of_a_session()
{
	[ "$(wc -l <"$rvdirect/status")" = 1 ] &&
		! grep -qE '\[rvdirect\]' "$tracing/enabled_functions"
}

# A target of the module rvdirect_test_shapes, which sleeps until it is woken.
shapes=/sys/kernel/debug/rvdirect_shapes
sleeper=rvdirect_shape_sleep
sleepers=

# send_to_sleep COUNT: makes that many more tasks sleep in the target. They wake
# at the end of the test, even if it fails, so they do not hold the module for
# good.
send_to_sleep()
{
	trap '[ ! -e "$shapes" ] || echo 1 >"$shapes/wake"' EXIT
	asleep=$(($(cat "$shapes/sleep") + $1))
	for n in $(seq "$1"); do
		echo "$n" >"$shapes/sleep" &
		sleepers="$sleepers $!"
	done
	within 5 prints $asleep cat "$shapes/sleep"
}

# wake_up: wakes all of them; fails if one of them got a wrong result.
wake_up()
{
	echo 1 >"$shapes/wake"
	for pid in $sleepers; do
		wait "$pid"
	done
	sleepers=
}

# pattern_of COUNT FILE: prints the pattern that the fewest functions in FILE match
# whose line has no module, but at least COUNT.
pattern_of()
{
	awk -v least="$1" '!/\[/ {
		for (n = 1; n <= 8; n++)
			count[substr($1, 1, n)]++
	} END {
		for (start in count)
			if (start !~ /^[0-9]/ && count[start] >= least &&
			    (!best || count[start] < count[best] ||
			     count[start] == count[best] && start < best))
				best = start
		print best "*"
	}' "$2"
}

# refused FILE LINE ERROR SENTENCE CARET: writing LINE must fail with the errno
# message ERROR, and change nothing. The last entry of the log must have
# SENTENCE, and its caret under the word CARET, or after the line if CARET is
# empty.
refused()
{
	before=$(cat "$rvdirect/attach")
	sites=$(wc -l <"$tracing/enabled_functions")
	if message=$( { echo "$2" >"$rvdirect/$1"; } 2>&1); then
		fail "'$2' to $1 was taken"
	fi
	case $message in
	*": $3") ;;
	*) fail "'$2' to $1: is '$message', should be '$3'" ;;
	esac
	[ "$(cat "$rvdirect/attach")" = "$before" ] || fail "'$2' changed what is attached"
	expect "call sites after '$2'" "$(wc -l <"$tracing/enabled_functions")" "$sites"
	logged "$1" "$2" "$4" "$5"
}

# logged FILE LINE SENTENCE CARET: checks the last entry of the log, as above.
logged()
{
	tail -n 3 "$rvdirect/error_log" >/tmp/entry
	{
		IFS= read -r sentence
		IFS= read -r command
		IFS= read -r caret
	} </tmp/entry
	case $sentence in
	*"] $1:1: error: $3") ;;
	*) fail "log of '$2' has no '$3': $sentence" ;;
	esac
	expect "command" "$command" "  Command: $2"
	if [ -n "$4" ]; then
		before=${2%%"$4"*}
		under=${#before}
	else
		under=$((${#2} + 1))
	fi
	expect "caret" "$caret" "$(printf '%*s^' $((11 + under)) '')"
}
