#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Functions that share a name: NAME,2 is the second of them.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=rvdirect_test_names
calls=/sys/module/rvdirect_test_names/parameters
namesake=rvdirect_test_names:rvdirect_test_namesake
enoent='No such file or directory'
einval='Invalid argument'

# call_both: calls the first function 3 times, and the second one 5 times.
call_both()
{
	echo 3 >$calls/first
	echo 5 >$calls/second
}

# counted: prints the functions that were hit, and how often, by name.
counted()
{
	awk 'NR > 1 { print $1, $2 }' "$rvdirect/hits" | sort
}

namesakes_are_told_apart()
{
	for pattern in rvdirect_test_namesake $namesake 'rvdirect_test_name*' \
		'rvdirect_test_names:rvdirect_*'; do
		attach "$pattern count"
		call_both
		expect "hits of $pattern" "$(counted)" \
			"$(printf '%s\n' "$namesake,1 3" "$namesake,2 5")"
		write modify "$pattern latency"
		call_both
		expect "hist" "$(sed -n 's/\(.*: count [0-9]*\),.*/\1/p' "$rvdirect/hist")" \
			"$(printf '%s\n' "$namesake,2: count 5" "$namesake,1: count 3")"
		write detach "$pattern"
	done
}

what_is_shown_can_be_attached()
{
	attach "$namesake count"
	call_both
	shown=$(counted)
	write detach '*'
	echo "$shown" | while read -r one hits; do
		attach "$one count"
		expect "functions" "$(functions_of "$one")" 1
		call_both
		expect "hits" "$(counted)" "$one $hits"
		write modify "$one latency"
		call_both
		grep -q "^$one: count $hits," "$rvdirect/hist"
		expect "attach" "$(cat "$rvdirect/attach")" "$one latency"
		write disable "$one"
		write enable "$one"
		write detach "$one"
	done
	# One keeps its number when the other is not there.
	attach "$namesake,1 count"
	attach 'rvdirect_test_names:rvdirect_* count'
	call_both
	expect "hits" "$(counted)" "$(printf '%s\n' "$namesake,1 3" "$namesake,2 5")"
	expect "functions" "$(functions_of "$namesake,1")" 1
	refused attach "$namesake,2 nop" 'File exists' \
		'Function is attached already, under another name' "$namesake"
	write detach '*'
	attach "rvdirect_test_names:rvdirect_* !$namesake,2 count"
	call_both
	expect "hits" "$(counted)" "$namesake,1 3"
}

# A name without a module means those of all modules, but its number only those
# of the kernel.
the_kernel_has_numbers_of_its_own()
{
	attach 'vfs_mkdir count'
	echo 4 >$calls/kernel
	mkdir /tmp/made
	rmdir /tmp/made
	expect "hits" "$(counted)" \
		"$(printf '%s\n' 'rvdirect_test_names:vfs_mkdir 4' 'vfs_mkdir,1 1')"
	write detach vfs_mkdir
	attach 'vfs_mkdir,1 count'
	attach 'rvdirect_test_names:vfs_mkdir count'
	echo 4 >$calls/kernel
	mkdir /tmp/made
	rmdir /tmp/made
	expect "hits" "$(counted)" \
		"$(printf '%s\n' 'rvdirect_test_names:vfs_mkdir 4' 'vfs_mkdir,1 1')"
	refused attach 'rvdirect_test_namesake,1 count' "$enoent" \
		'There are not so many functions of that name' rvdirect
}

# Each function of the name that most functions of the kernel share.
the_kernel_shares_names_as_well()
{
	shared=$(shared_names | sort -rn | sed 1q)
	# shellcheck disable=SC2086 # two words
	set -- $shared
	echo "$2: $1 functions"
	[ "$1" -gt 1 ]
	attach "$2 nop"
	expect "functions" "$(functions_of "$2")" "$1"
	write detach "$2"
	for number in 1 "$1"; do
		attach "$2,$number nop"
		expect "functions" "$(functions_of "$2,$number")" 1
	done
	refused attach "$2,$(($1 + 1)) nop" "$enoent" \
		'There are not so many functions of that name' "$2"
}

what_is_numbered_can_be_pending()
{
	rmmod rvdirect_test_names
	attach "$namesake,2 count pending"
	expect "state" "$(column 8 "$namesake,2")" pending
	load rvdirect_test_names
	call_both
	expect "hits" "$(counted)" "$namesake,2 5"
	rmmod rvdirect_test_names
	expect "state" "$(column 8 "$namesake,2")" pending
	write detach '*'
	load rvdirect_test_names
	refused attach "$namesake,3 count pending" "$enoent" \
		'There are not so many functions of that name' "$namesake"
}

bad_numbers_are_refused()
{
	for number in '' 0 x -1 1,2 0x; do
		refused attach "$namesake,$number count" "$einval" \
			'Number behind the comma is not one above 0' "${number:- count}"
	done
	refused attach 'vfs_*,1 count' "$einval" 'A pattern cannot have a number behind it' vfs
	refused attach 'vfs_* !vfs_f*,1 count' "$einval" \
		'A pattern cannot have a number behind it' vfs_f
	refused attach 'vfs_fsync,2 count' "$enoent" \
		'There are not so many functions of that name' vfs
	refused attach 'no_such_function,1 count' "$enoent" 'No function has that name' no
	refused attach "$namesake,1 count !$namesake,2" "$einval" 'Option is not KEY=VALUE' '!'
	refused detach "$namesake,1" "$enoent" 'Target is not attached' "$namesake"
}

# Of a function with several names, the kernel shows the first one.
other_names_mean_the_same_function()
{
	for name in rvdirect_test_other_name rvdirect_test_one_name \
		rvdirect_test_names:rvdirect_test_other_name \
		rvdirect_test_names:rvdirect_test_one_name 'rvdirect_test_oth*' \
		'rvdirect_test_names:*_one_name'; do
		attach "$name count"
		expect "functions" "$(functions_of "$name")" 1
		echo 2 >$calls/alias
		expect "hits" "$(counted | sed 's/.* //')" 2
		write detach "$name"
	done
}

# In the kernel itself, only a kprobe tells of such names.
other_names_of_the_kernel_mean_the_same_function()
{
	awk 'NR == FNR { traceable[$1]; next }
		$4 == "" && $1 == address && name in traceable && !($3 in traceable) { print $3 }
		$1 != address { address = $1; name = $3 }
	' "$tracing/available_filter_functions" /proc/kallsyms | sed 5q >/tmp/others
	needs /sys/kernel/debug/kprobes "the kernel has no CONFIG_KPROBES"
	[ -s /tmp/others ]
	while read -r name; do
		attach "$name nop"
		expect "functions of $name" "$(functions_of "$name")" 1
		write detach "$name"
	done </tmp/others
}

# What ftrace has ever patched is in touched_functions.
looking_up_patches_nothing()
{
	needs "$tracing/touched_functions" "the kernel does not tell what ftrace has patched"
	touched=$(wc -l <"$tracing/touched_functions")
	if echo '* !vfs_fsync count' 2>/dev/null >"$rvdirect/attach"; then
		fail "all functions were attached"
	fi
	refused attach 'no_such_function count' "$enoent" 'No function has that name' no
	refused attach 'no_such_function* count' "$enoent" \
		'No traceable function matches the pattern' no
	expect "touched functions" "$(wc -l <"$tracing/touched_functions")" "$touched"
	attach 'vfs_fsync nop'
	grep -q '^vfs_fsync ' "$tracing/touched_functions"
}

run_tests \
	namesakes_are_told_apart \
	what_is_shown_can_be_attached \
	the_kernel_has_numbers_of_its_own \
	the_kernel_shares_names_as_well \
	what_is_numbered_can_be_pending \
	bad_numbers_are_refused \
	other_names_mean_the_same_function \
	other_names_of_the_kernel_mean_the_same_function \
	looking_up_patches_nothing
