#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How deep commands go on the kernel's stack, by the kernel's stack tracer. It
# tells of the deepest task, whichever that is, so this is an upper bound.
# Interrupts that came on top are not counted.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# In bytes: 5,000, and up to 1,000 by which the kernel moves each system call.
deepest=6000
switch=/proc/sys/kernel/stack_tracer_enabled

# depth: prints how deep the stack was that the tracer saw. In its list, the frame
# below an interrupt is behind that of handle_exception.
depth()
{
	awk '$1 ~ /^[0-9]+\)$/ {
		if (!depth || interrupted)
			depth = $2
		interrupted = $4 ~ /^handle_exception/
	} END {
		print depth
	}' "$tracing/stack_trace"
}

no_command_goes_deep()
{
	needs $switch "the kernel has no CONFIG_STACK_TRACER"
	trap 'echo 0 >$switch' EXIT
	echo 1 >$switch
	for command in 'attach rvdirect_test_target latency' 'modify rvdirect_test_target return' \
		'detach rvdirect_test_target' 'attach vfs_* !vfs_read latency' 'detach *' \
		'attach rvdirect_test:* count pending' 'detach *'; do
		echo 0 >"$tracing/stack_max_size"
		write "${command%% *}" "${command#* }"
		bytes=$(depth)
		echo "$command: $bytes"
		[ "$bytes" -gt 1000 ]
		[ "$bytes" -le $deepest ] ||
			fail "$command: $bytes bytes: $(cat "$tracing/stack_trace")"
	done
}

run_tests no_command_goes_deep
