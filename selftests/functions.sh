# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the tests share. Sourced, with $here set to the directory of the test.
#
# A test is a function. It runs in a subshell with "set -e", so that it fails
# at the first command that does; what it printed is shown then. Before and
# after each test nothing is attached and the error log is empty.

rvdirect=/sys/kernel/debug/rvdirect
target=/sys/kernel/debug/rvdirect_test
tracing=/sys/kernel/tracing

# The modules that a test needs; it may name others.
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

# The helpers go on with $?: no "set -e" here.

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

# run_tests FUNCTION...: each a test, named by the function.
run_tests()
{
	log=$(mktemp)
	ktap_print_header
	load_modules
	ktap_set_plan $#
	for test; do
		(
			set -e
			clean_up
			"$test"
			clean_up
		) >"$log" 2>&1 </dev/null
		status=$?
		name=$(echo "$test" | tr _ ' ')
		if [ $status -eq 0 ]; then
			ktap_test_pass "$name"
		else
			sed 's/^/# /' "$log"
			ktap_test_fail "$name"
		fi
	done
	# What a failed test left behind must not keep the others from ending.
	(drained)
	for module in rvdirect_test_callers rvdirect_test_shapes rvdirect_test_twin \
		$test_modules rvdirect; do
		[ ! -d "/sys/module/$module" ] || rmmod "$module"
	done
	rm "$log"
	ktap_finished
}

clean_up()
{
	[ -d "$rvdirect" ] || modprobe rvdirect
	echo '*' >"$rvdirect/detach"
	echo >"$rvdirect/error_log"
	expect "nothing attached" "$(cat "$rvdirect/attach")" ''
	# Nothing of ours is left at any call site.
	fails grep -E '\[rvdirect\]' "$tracing/enabled_functions"
}

fail()
{
	echo "$*"
	exit 1
}

# fails COMMAND...: "!" would not do, as "set -e" passes over it.
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

# wait_for COMMAND...: until it succeeds; half a minute is too long.
wait_for()
{
	tries=600
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "in vain: $*"
		usleep 50000
	done
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

# eventually WHAT EXPECTED COMMAND...: it prints that, before long.
eventually()
{
	what=$1
	expected=$2
	shift 2
	tries=100
	while [ "$("$@")" != "$expected" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "$what: is '$("$@")', should be '$expected'"
		usleep 100000
	done
}

# drained: what is left to drain goes soon, if nobody sleeps in a target.
drained()
{
	eventually "draining" 0 sh -c "grep -c draining $rvdirect/status || true"
}

# column NUMBER TARGET: a value in the target's line of status.
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

# callers: all that are rvdirect's own, a line each, but for override, which must
# be allowed, and changes what a target does.
callers()
{
	awk 'NR > 1 && $2 == "rvdirect" && $1 != "override" { print $1 }' "$rvdirect/callers"
}

# under CALLERS TEST...: adds to $tests, for each of the tests, one for each
# caller, which the test gets as its argument.
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

# all_pairs WORD...: a way that goes from each of them to each other one, once, and
# back to the first.
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

# handled CALLER CALLS: how many of the calls are hits.
handled()
{
	case $1 in
	nop) echo 0 ;;
	*) echo "$2" ;;
	esac
}

# traceable NAME...: those of the functions that ftrace can patch.
traceable()
{
	for name; do
		if grep -q "^$name\( \|\$\)" "$tracing/available_filter_functions"; then
			echo "$name"
		fi
	done
}

# on_each_hart COMMAND...: on all at once, on hart N bound to it.
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

# What start_hitting writes, and to which file: so often a write calls a target.
per_write=5000
hit_file=$target/call_task

# start_hitting: a task on each hart calls the target, from now to stop_hitting.
start_hitting()
{
	rm -f /tmp/stop /tmp/hitting.* /tmp/writes.*
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
	wait_for all_harts_hit
}

all_harts_hit()
{
	set -- /tmp/hitting.*
	[ $# = "$harts" ] && [ -e "$1" ]
}

# stop_hitting: sets $calls to how often the target was called, exactly.
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

# refused FILE LINE ERROR SENTENCE CARET: writing LINE fails with the message
# of that errno, changes nothing, and the last entry of the log says why, with
# its caret under the word CARET (or behind the line, where CARET is empty).
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

# logged FILE LINE SENTENCE CARET: see above.
logged()
{
	entry=$(tail -n 3 "$rvdirect/error_log")
	case $(echo "$entry" | head -n 1) in
	*"] $1:1: error: $3") ;;
	*) fail "log of '$2' has no '$3': $entry" ;;
	esac
	expect "command" "$(echo "$entry" | sed -n 2p)" "  Command: $2"
	if [ -n "$4" ]; then
		under=$(echo "$2" | awk -v w="$4" '{ print index($0, w) - 1 }')
	else
		under=$((${#2} + 1))
	fi
	expect "caret" "$(echo "$entry" | sed -n 3p)" "$(printf '%*s^' $((11 + under)) '')"
}
