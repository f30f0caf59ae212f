#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How deep commands go on the kernel's stack, by the kernel's stack tracer. It
# tells of the deepest task, whichever that is, so this is an upper bound.
# Interrupts that came on top are not counted.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# In bytes. What the kernel puts on top of us is its own, and is most when an
# allocation finds nothing prepared; but with all of that, half of a stack is left.
deepest_of_ours=3500
deepest=8192
switch=/proc/sys/kernel/stack_tracer_enabled

# depth: prints how deep the stack was that the tracer saw, and how much of that
# our frames are. In the tracer's list, the frame below an interrupt is behind that
# of handle_exception, and begins with the interrupt's struct pt_regs of 288 bytes.
depth()
{
	awk '$1 ~ /^[0-9]+\)$/ {
		if (!depth || interrupted) {
			regs = interrupted ? 288 : 0
			depth = $2 - regs
			ours = 0
		}
		frame = $3 > regs ? $3 - regs : 0
		regs -= $3 - frame
		if ($NF == "[rvdirect]")
			ours += frame
		interrupted = $4 ~ /^handle_exception/
	} END {
		print depth, ours + 0
	}' "$tracing/stack_trace"
}

no_command_goes_deep()
{
	needs $switch "the kernel has no CONFIG_STACK_TRACER"
	trap 'echo 0 >$switch' EXIT
	echo 1 >$switch
	# shellcheck disable=SC2016 # The $ are for the module.
	for command in 'attach rvdirect_test_target latency' 'modify rvdirect_test_target return' \
		'detach rvdirect_test_target' 'attach vfs_* !vfs_read latency' 'detach *' \
		'attach rvdirect_test:* count pending' 'detach *' \
		'attach rvdirect_test_target trace name=own a=$arg1 s=$comm' 'detach *'; do
		echo 0 >"$tracing/stack_max_size"
		write "${command%% *}" "${command#* }"
		depth=$(depth)
		echo "$command: $depth"
		[ "${depth% *}" -gt 1000 ]
		if [ "${depth% *}" -gt $deepest ] || [ "${depth#* }" -gt $deepest_of_ours ]; then
			fail "$(cat "$tracing/stack_trace")
$command: depth, and ours, in bytes: $depth"
		fi
	done
}

run_tests no_command_goes_deep
