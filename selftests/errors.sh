#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Each error that a command can get: its errno, its entry in the log, and that
# it leaves nothing behind.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

einval='Invalid argument'
enoent='No such file or directory'
ebusy='Device or resource busy'
eexist='File exists'
enodev='No such device'
no_name='Target is not a function name, nor a pattern of names'

bad_grammar_is_EINVAL()
{
	for file in attach modify; do
		refused $file 'vfs_fsync' "$einval" 'No caller is given' ''
		refused $file 'vfs_! count' "$einval" "$no_name" 'vfs_!'
		refused $file '77 count' "$einval" "$no_name" '77'
		refused $file 'a:b:c count' "$einval" "$no_name" 'a:b:c'
		refused $file 'vfs_fsync count args=1' "$einval" \
			'Caller has no such option' 'args=1'
		refused $file ' vfs_fsync  count x' "$einval" 'Option is not KEY=VALUE' 'x'
	done
	refused detach 'vfs_[' "$einval" "$no_name" 'vfs_['
	refused detach '* vfs_fsync' "$einval" 'Nothing more may follow' 'vfs_fsync'
	long=$(printf '%*s' 512 '' | tr ' ' x)
	fails attach "$long count"
	grep -q 'Target name is too long' "$rvdirect/error_log"
}

what_is_no_text_is_EINVAL()
{
	printf '\nvfs\0 nop\n' >/tmp/nul
	printf 'vfs_fsync\377 nop\n' >/tmp/bytes
	for file in attach modify detach; do
		for text in nul:'Text has a NUL byte' bytes:'Text is not UTF-8'; do
			message=$( { cat "/tmp/${text%%:*}" >"$rvdirect/$file"; } 2>&1) &&
				fail "$text to $file was taken"
			expect "message" "${message##*: }" "$einval"
			grep -q "$file:[12]: error: ${text#*:}" "$rvdirect/error_log"
		done
	done
	expect "attach" "$(cat "$rvdirect/attach")" ''
	# The line before the bad one stays in effect, the one after it is not
	# read.
	printf 'vfs_fsync nop\n\0\nvfs_statx nop\n' >/tmp/lines
	fails dd if=/tmp/lines of="$rvdirect/attach" bs=4k
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
}

# What a program writes in blocks may end in the middle of a command.
a_line_that_may_be_cut_is_EINVAL()
{
	cut='Line ends with a block of 4096 bytes, without a newline: it may be cut'
	{ echo vfs_fsync nop; head -c 4096 /dev/zero | tr '\0' ' '; } | head -c 4082 >/tmp/block
	printf 'vfs_statx noph' >>/tmp/block
	if dd if=/tmp/block of="$rvdirect/attach" bs=4096 2>/tmp/message; then
		fail "it was taken"
	fi
	grep -q ": $einval\$" /tmp/message
	grep -q "attach:2: error: $cut" "$rvdirect/error_log"
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
	echo >>/tmp/block
	sed -i 's/noph$/nop/' /tmp/block
	write detach vfs_fsync
	dd if=/tmp/block of="$rvdirect/attach" bs=4096
	expect "attach" "$(cat "$rvdirect/attach")" "$(printf 'vfs_fsync nop\nvfs_statx nop')"
}

too_long_a_write_is_EINVAL()
{
	for size in 65537 1000000; do
		tr '\0' ' ' </dev/zero | head -c $size >/tmp/blanks
		if dd if=/tmp/blanks of="$rvdirect/attach" bs=$size 2>/tmp/message; then
			fail "$size bytes were taken"
		fi
		grep -q ": $einval\$" /tmp/message
		grep -q 'error: Write is longer than 65536 bytes' "$rvdirect/error_log"
		echo >"$rvdirect/error_log"
	done
	# The longest write that is allowed.
	{ head -c 65522 /tmp/blanks; echo vfs_fsync nop; } >/tmp/longest
	dd if=/tmp/longest of="$rvdirect/attach" bs=65536
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
}

bad_options_are_EINVAL()
{
	refused modify 'vfs_fsync trace args=9' "$einval" 'Value is not a number from 0 to 8' 9
	refused attach 'vfs_fsync trace args=9' "$einval" \
		'Value is not a number from 0 to 8' 9
	refused attach 'vfs_fsync return args=x' "$einval" \
		'Value is not a number from 0 to 8' x
	refused attach 'vfs_fsync trace args=1 args=2' "$einval" \
		'Option is given twice' args=2
	refused attach 'vfs_fsync latency args=1' "$einval" 'Caller has no such option' args
	refused attach 'vfs_fsync trace ret=1' "$einval" 'Caller has no such option' ret
	refused attach 'vfs_fsync latency ret<x' "$einval" \
		'Value is not a 64-bit number, nor the name of an error' x
	refused attach 'vfs_fsync return ret>0x7fffffffffffffff' "$einval" \
		'No value is so' 0x7
	refused attach 'vfs_fsync return min=5' "$einval" \
		'Value is not a duration, such as 2s, 10ms, 100us or 500ns' 5
	refused attach 'vfs_fsync latency min>1ms' "$einval" 'Option is not KEY=VALUE' 'min>'
	refused attach 'vfs_fsync override ret<0' "$einval" 'Option is not KEY=VALUE' 'ret<'
	refused attach 'vfs_fsync override' "$einval" 'override wants ret=VALUE' override
	refused attach 'vfs_fsync override ret=ENOMEM' "$einval" \
		'Value is not a 64-bit number, nor the name of an error' ENOMEM
	refused attach 'vfs_fsync override ret=1 every=0' "$einval" \
		'Value is not a number above 0' 0
	refused attach 'vfs_fsync override ret=0 times=x' "$einval" \
		'Value is not a number above 0' x
}

what_never_returns_is_EINVAL()
{
	for caller in return latency; do
		for name in do_exit do_group_exit smp_callin io_wq_worker arch_cpu_idle_dead; do
			grep -q "^$name\$" "$tracing/available_filter_functions" || continue
			refused attach "$name $caller" "$einval" \
				'Function never returns, its return cannot be seen' $name
		done
	done
	attach 'do_exit trace'
	refused modify 'do_exit latency' "$einval" \
		'Function never returns, its return cannot be seen' do_exit
	before=$(hits do_exit)
	sh -c true
	[ "$(hits do_exit)" -gt "$before" ]
}

unknown_names_are_ENOENT()
{
	refused attach 'no_such_function count' "$enoent" 'No function has that name' no_such
	refused attach 'vfs_fsync nope' "$enoent" \
		'No caller has that name, see the file callers' nope
	refused attach 'no_such_module:vfs_fsync nop' "$enoent" 'No function has that name' no_such
	refused attach 'rvdirect_test:vfs_fsync nop' "$enoent" 'No function has that name' rvdirect
	refused modify 'vfs_fsync nope' "$enoent" \
		'No caller has that name, see the file callers' nope
}

the_clone_of_an_unknown_name_is_named()
{
	for name in rvdirect_test_clone rvdirect_test:rvdirect_test_clone; do
		refused attach "$name count" "$enoent" \
			"No function has that name, but there is $name.isra.0" "$name"
	done
	refused attach 'vfs_* !rvdirect_test_clone count' "$enoent" \
		'No function has that name, but there is rvdirect_test_clone.isra.0' rvdirect
	refused attach 'ext4:rvdirect_test_clone count' "$enoent" 'No function has that name' ext4
	refused attach 'rvdirect_test_clon count' "$enoent" 'No function has that name' rvdirect
	attach 'rvdirect_test_clone.isra.0 count'
}

what_is_not_attached_is_ENOENT()
{
	refused modify 'vfs_fsync count' "$enoent" 'Target is not attached' vfs
	refused detach 'vfs_fsync' "$enoent" 'Target is not attached' vfs
	attach 'vfs_fsync nop'
	refused modify ' vfs_statx count' "$enoent" 'Target is not attached' vfs
	refused detach 'vfs_statx' "$enoent" 'Target is not attached' vfs
	# A target is named as it was written, not by the functions that it
	# means.
	attach 'rvdirect_test:rvdirect_test_target nop'
	refused detach 'rvdirect_test_target' "$enoent" 'Target is not attached' rvdirect
}

what_is_attached_is_EEXIST()
{
	attach 'vfs_fsync nop'
	for caller in nop count; do
		refused attach "vfs_fsync $caller" "$eexist" \
			'Target is attached already, write to modify instead' vfs
	done
	attach 'rvdirect_test_target count'
	refused attach 'rvdirect_test:rvdirect_test_target count' "$eexist" \
		'Function is attached already, under another name' rvdirect
}

what_ftrace_cannot_patch_is_ENODEV()
{
	# A notrace function, assembly, and data.
	for name in rvdirect_test_notrace rvdirect_test:rvdirect_test_notrace \
		rvdirect-test:rvdirect_test_notrace memcpy jiffies_64; do
		refused attach "$name count" "$enodev" 'ftrace cannot patch the target' "$name"
	done
}

another_direct_caller_is_EBUSY()
{
	held='Function has another direct caller, see tracing/enabled_functions'
	modprobe ftrace-direct
	refused attach 'wake_up_process count' "$ebusy" "$held" wake_up_process
	grep -q '^wake_up_process .*direct' "$tracing/enabled_functions"
	rmmod ftrace-direct
	attach 'wake_up_process count'
	# And another direct caller cannot take what rvdirect holds.
	fails insmod /modules/ftrace-direct.ko
	rmmod rvdirect
	modprobe ftrace-direct
	rmmod ftrace-direct
	modprobe rvdirect
}

# Calls of the function go on while it is refused.
what_is_modified_is_EBUSY()
{
	load rvdirect_test_modifier functions=rvdirect_test_target
	grep -q '^rvdirect_test_target .* I ' "$tracing/enabled_functions"
	start_hitting
	for caller in count latency 'nop disabled'; do
		refused attach "rvdirect_test_target $caller" "$ebusy" "$modified" rvdirect
	done
	refused attach 'rvdirect_test_targe[t] count' "$ebusy" "$modified" rvdirect
	rmmod rvdirect_test_modifier
	attach 'rvdirect_test_target count'
	fails load rvdirect_test_modifier functions=rvdirect_test_target
	write detach rvdirect_test_target
	load rvdirect_test_modifier functions=rvdirect_test_target
	stop_hitting
	rmmod rvdirect_test_modifier
}

# A kernel of 7.3 or later cannot switch ftrace off.
ftrace_that_is_switched_off_is_EBUSY()
{
	switch=/proc/sys/kernel/ftrace_enabled
	needs $switch "the kernel has no CONFIG_SYSCTL"
	echo 0 >$switch || skip "ftrace cannot be switched off"
	trap 'echo 1 >$switch' EXIT
	off='ftrace is switched off, see /proc/sys/kernel/ftrace_enabled'
	refused attach 'rvdirect_test_target count' "$ebusy" "$off" rvdirect
	refused attach 'rvdirect_test_* nop disabled' "$ebusy" "$off" rvdirect
	attach 'rvdirect_test_twin:rvdirect_test_shared count pending'
	load rvdirect_test_twin calls=1
	expect "state" "$(column 8 rvdirect_test_twin:rvdirect_test_shared)" pending
	rmmod rvdirect_test_twin
	write detach '*'
	echo 1 >$switch
	# What is attached keeps it from being switched off, disabled or not.
	attach 'rvdirect_test_target count disabled'
	fails sh -c "echo 0 >$switch"
	write enable '*'
	fails sh -c "echo 0 >$switch"
	expect "switch" "$(cat $switch)" 1
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 5
	write detach '*'
	echo 0 >$switch
}

no_slot_is_taken_by_what_was_refused()
{
	modprobe ftrace-direct
	n=0
	while [ $n -lt 20 ]; do
		fails attach 'wake_up_process count'
		n=$((n + 1))
	done
	rmmod ftrace-direct
	# The first slot is still free.
	attach 'wake_up_process count'
	grep -A1 '^wake_up_process ' "$tracing/enabled_functions" |
		grep -q 'direct-->rvdirect_count_slots+0x0/'
}

run_tests \
	bad_grammar_is_EINVAL \
	what_is_no_text_is_EINVAL \
	a_line_that_may_be_cut_is_EINVAL \
	too_long_a_write_is_EINVAL \
	bad_options_are_EINVAL \
	what_never_returns_is_EINVAL \
	unknown_names_are_ENOENT \
	the_clone_of_an_unknown_name_is_named \
	what_is_not_attached_is_ENOENT \
	what_is_attached_is_EEXIST \
	what_ftrace_cannot_patch_is_ENODEV \
	another_direct_caller_is_EBUSY \
	what_is_modified_is_EBUSY \
	ftrace_that_is_switched_off_is_EBUSY \
	no_slot_is_taken_by_what_was_refused
