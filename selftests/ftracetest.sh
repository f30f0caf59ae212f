#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own tests of ftrace, alone, and while hundreds of functions are
# attached, those that the tests use among them. Each test must come to the same
# verdict.
#
# Usually runs a choice of them. With "ftracetest=whole" on the kernel's command
# line, runs all.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=

# In the kernel's tree, or carried along.
for ftrace in "$here/../ftrace" "$here/ftrace"; do
	[ ! -e "$ftrace/ftracetest" ] || break
done

# The choice: what uses functions and probes, and takes few seconds.
choice='00basic/basic1
00basic/trace_pipe
dynevent/add_remove_fprobe
dynevent/add_remove_multiple_fprobe
dynevent/fprobe_args_vfs
dynevent/fprobe_entry_arg
ftrace/fgraph-filter
ftrace/func-filter-glob
ftrace/func_profile_stat
kprobe/kprobe_args
kprobe/kprobe_ftrace
kprobe/kprobe_multiprobe
kprobe/kretprobe_args
kprobe/probepoint
trigger/trigger-stacktrace'

# The tests whose verdict differs while functions are attached: the first wants
# its function to be in enabled_functions only while its probe is on, the second
# wants nobody else to use ftrace.
differ='add/remove fprobe events
add/remove multiple fprobe events on the same function'

# verdicts: runs the tests, and prints a line for each: what it is about, and
# its verdict.
verdicts()
{
	if grep -qw ftracetest=whole /proc/cmdline; then
		set -- "$ftrace/test.d"
	else
		# shellcheck disable=SC2046 # each is a word
		set -- $(echo "$choice" | sed "s,.*,$ftrace/test.d/&.tc,")
	fi
	rm -rf /tmp/logs
	# It fails if one of them does.
	"$ftrace/ftracetest" --logdir /tmp/logs "$@" >/tmp/out 2>&1 ||
		tail -n 15 /tmp/logs/*-log.* >&2
	sed -n 's/^\[[0-9]*\] *//p' /tmp/out
}

they_run_alone()
{
	verdicts >/tmp/alone
	cat /tmp/alone
	grep -q PASS /tmp/alone
}

they_come_to_the_same_verdicts_beside_rvdirect()
{
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	attach 'kernel_clone return
schedule* count
do_* latency
vfs_* return
__riscv_sys_* trace
cmdline_proc_show override ret=0 comm=nobody'
	verdicts >/tmp/beside
	cat "$rvdirect/status"
	awk 'NR > 1 { functions += $2; idle += $3 != "override" && !$4 }
		END { exit functions < 300 || idle }' "$rvdirect/status"
	echo "$differ" >/tmp/differ
	for when in alone beside; do
		grep -vwF -f /tmp/differ /tmp/$when >/tmp/$when.same
	done
	diff /tmp/alone.same /tmp/beside.same
}

if [ ! -e "$ftrace/ftracetest" ]; then
	ktap_print_header
	ktap_skip_all "there is no ftracetest"
	exit "$KSFT_SKIP"
fi
run_tests they_run_alone they_come_to_the_same_verdicts_beside_rvdirect
