#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How deep commands go on the kernel's stack, by the kernel's stack tracer. It
# tells of the deepest task, whichever that is, so this is an upper bound.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# In bytes. Of these, up to 1,000 are a random offset of each system call.
deepest=5000
switch=/proc/sys/kernel/stack_tracer_enabled

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
		read -r depth <"$tracing/stack_max_size"
		[ "$depth" -gt 1000 ]
		[ "$depth" -le $deepest ] ||
			fail "$command: $depth bytes: $(cat "$tracing/stack_trace")"
	done
}

run_tests no_command_goes_deep
