#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Takes as many attachments as there are slots, and tries one more.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

slots=1024

# names COUNT: prints that many functions of the kernel, each with a unique
# name.
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

	for caller in count nop; do
		refused attach "$last $caller" 'No space left on device' \
			'No more targets can be attached' "$last"
	done
	# Changing from count to count needs a second slot for a moment.
	first=$(head -n 1 /tmp/names)
	refused modify "$first count" 'No space left on device' 'No slot is left' "$first"

	# A slot that becomes free can be used again; nop takes none.
	write detach "$first"
	attach "$last count"
	write modify "$last nop"
	write modify "$last count"

	# The module can be unloaded with everything attached.
	rmmod rvdirect
	fails grep rvdirect "$tracing/enabled_functions"
}

run_tests all_slots_can_be_taken
