#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# As many attachments as there are slots, and one more.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

slots=1024

# names COUNT: that many functions of the kernel, each the only one of its name.
names()
{
	awk '!/\[/ { print $1 }' "$tracing/available_filter_functions" | sort | uniq -u |
		grep -E '^[a-z][a-z0-9_]*$' | head -n "$1"
}

all_slots_can_be_taken()
{
	names $((slots + 1)) >/tmp/names
	last=$(tail -n 1 /tmp/names)
	head -n $slots /tmp/names | sed 's/$/ count/' >/tmp/commands
	dd if=/tmp/commands of="$rvdirect/attach" bs=65536 2>/dev/null
	expect "attachments" "$(wc -l <"$rvdirect/attach")" $slots
	expect "call sites" "$(grep -c rvdirect_count_slots "$tracing/enabled_functions")" $slots
	# Each has a slot of its own.
	expect "trampolines" "$(grep -o 'rvdirect_count_slots+0x[0-9a-f]*/' \
		"$tracing/enabled_functions" | sort -u | wc -l)" $slots

	refused attach "$last count" 'No space left on device' 'No slot is left' "$last"
	# Idling takes no slot, so it goes on; but counting would.
	attach "$last nop"
	refused modify "$last count" 'No space left on device' 'No slot is left' "$last"
	write detach "$last"

	# One comes free, and serves again.
	write detach "$(head -n 1 /tmp/names)"
	attach "$last count"

	# The way out with everything attached.
	rmmod rvdirect
	fails grep rvdirect "$tracing/enabled_functions"
}

run_tests all_slots_can_be_taken
