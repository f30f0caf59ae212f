#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A fuzzer, which scripts/soak runs: writers, readers, loads of modules, tracers,
# harts that go and come, all at once. After each minute, nothing is left of it.
#
# The kernel's command line has soak.minutes= and soak.seed=. A seed gives each
# worker the same commands again. The kernel's log has each before it is run.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# shellcheck disable=SC2034 # for the commands
events=$tracing/events/rvdirect
workers=$(sed -n 's/^\([a-z0-9]*\) [0-9]*$/\1/p' "$here/soak.commands")
failslab=/sys/kernel/debug/failslab
# While the first is there, the workers go on; the second has a file for each.
go_on=/tmp/soak.go_on
running=/tmp/soak.running

# number NAME DEFAULT: prints a number from the kernel's command line.
number()
{
	sed -n "s/.*soak\.$1=\([0-9][0-9]*\).*/\1/p" /proc/cmdline | grep . || echo "$2"
}

# put FILE TEXT: writes the text, which has the escapes of printf, at once. To a
# session, writes the lines one by one, and reads the answers.
put()
{
	if [ "$1" = session ]; then
		while IFS= read -r line; do
			printf '%s\n' "$line" >&3
			cat <&3
			usleep 20000
		done 3<>"$rvdirect/session" <<-END
			$(printf '%b' "$2")
		END
	else
		printf '%b' "$2" >"$rvdirect/$1"
	fi
}

# killed MICROSECONDS FILE TEXT: kills the writer after that time.
killed()
{
	put "$2" "$3" &
	usleep "$1"
	kill -9 $!
	wait $!
}

# starved N FILE TEXT: fails the Nth allocation of the write, where the kernel can
# do that.
starved()
{
	if [ ! -d $failslab ]; then
		put "$2" "$3"
		return
	fi
	{
		echo "$1" >&4
		printf '%b' "$3" >&5
		echo 0 >&4
	} 4>/proc/self/fail-nth 5>"$rvdirect/$2"
}

# fill_memory: leaves 64 MB for as long as the file is there.
fill_memory()
{
	mount -o remount,size=100% /run
	free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	dd if=/dev/zero of=/run/soak bs=1M count=$((free - 64)) 2>/dev/null
}

# worker NAME SEED
worker()
{
	set +e
	sed -n "/^$1 /,/^\$/p" "$here/soak.commands" |
		awk -v seed="$2" -v harts="$harts" -f "$here/soak.awk" |
		while [ -e $go_on ] && read -r pause line; do
			usleep "$pause"
			echo "soak: $1: $line" >/dev/kmsg
			eval "$line" </dev/null
		done >/dev/null 2>"$running/$1.errors"
	rm "$running/$1"
}

# Whether all workers have ended. None does whose calls sleep.
none_runs()
{
	[ ! -e $shapes/wake ] || echo 1 >$shapes/wake
	[ -z "$(find $running -type f ! -name '*.errors')" ]
}

# quiet: ends what the workers have begun, as far as it is there.
quiet()
{
	set +e
	for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
		echo 1 >"$cpu/online"
	done
	echo nop >$tracing/current_tracer
	echo 0 >$tracing/events/enable
	echo 0 >"$events/call/filter"
	echo '!stacktrace' >"$events/call/trigger"
	echo '!hist:keys=target.sym' >"$events/return/trigger"
	# An event of an attachment's own stays while somebody uses it.
	echo '!hist:keys=caller.sym' >"$events/own/trigger"
	rmdir $tracing/instances/soak
	echo >$tracing/dynamic_events
	modprobe rvdirect
	echo '*' >"$rvdirect/detach"
}

# Whether all modules go, which none can that is in use.
all_unloaded()
{
	for module in rvdirect_test_callers rvdirect_test_modifier rvdirect_test_names \
		rvdirect_test_shapes rvdirect_test_twin rvdirect_test rvdirect; do
		[ ! -d /sys/module/$module ] || rmmod $module 2>/dev/null || return
	done
}

# Whether no more allocations live than after the first soak.
nothing_leaked()
{
	[ -e /proc/allocinfo ] || return 0
	[ -e /tmp/soak.allocations ] || live_allocations >/tmp/soak.allocations
	after=$(live_allocations)
	before=$(cat /tmp/soak.allocations)
	[ "$after" -lt $((before + 10)) ] || {
		echo "live allocations: $before before, $after after"
		return 1
	}
}

# soak SECONDS SEED
soak()
{
	[ ! -e $running ] || fail "an earlier one failed, and left its traces"
	mkdir $running
	: >$go_on
	echo 'vfs_* seq_* rvdirect_* schedule get_signal' >$tracing/set_ftrace_filter
	[ -d $failslab ] || fill_memory
	seed=$2
	for name in $workers; do
		: >"$running/$name"
		worker "$name" "$seed" &
		seed=$((seed + 1))
	done
	sleep "$1"
	rm $go_on
	(within 120 none_runs) || {
		grep -H rvdirect /proc/[0-9]*/stack
		fail "hangs: $(ls $running)"
	}
	fails grep 'Input/output error' $running/calls.errors
	(quiet 2>/dev/null)
	(within 60 nothing_of_a_session) || fail "left: $(cat "$rvdirect/status")"
	(within 20 all_unloaded) || {
		grep . /sys/module/rvdirect*/refcnt
		find /sys/module/rvdirect*/holders/ "$events" $tracing/instances -maxdepth 1
		fail "held: $(cat $tracing/dynamic_events)"
	}
	within 20 nothing_leaked
	modprobe rvdirect
	load rvdirect_test
	echo >$tracing/set_ftrace_filter
	rm -rf $running /run/soak
}

warm_up()
{
	soak 10 "$(number seed 1)"
}

# Each has seeds of its own.
tests=warm_up
for minute in $(seq "$(number minutes 1)"); do
	eval "minute_$minute() { soak 60 $(($(number seed 1) + 100 * minute)); }"
	tests="$tests minute_$minute"
done

if [ -d $failslab ]; then
	echo N >$failslab/ignore-gfp-wait
	echo 0 >$failslab/verbose
fi
# shellcheck disable=SC2086 # words
run_tests $tests
