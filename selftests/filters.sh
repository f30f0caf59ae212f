#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Filters, which select the calls that a caller sees: by task, by process, by
# the name of the task, by cgroup, by hart.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules='rvdirect_test rvdirect_test_callers'
einval='Invalid argument'
no_name='Value is not the name of a task, of 1 to 15 bytes, such as a\x20b*'
# A name under which busybox can run.
other=busybox-other

# call FILE COUNT: makes the calls in a task of its own.
call()
{
	sh -c "echo $2 >$target/$1"
}

# seen FILTER CALLS: CALLS of the calls by calls_of_all_kinds must be hits.
seen()
{
	attach "rvdirect_test_target count $1"
	expect "attach" "$(cat "$rvdirect/attach")" "rvdirect_test_target count $1"
	calls_of_all_kinds
	expect "hits with $1" "$(hits rvdirect_test_target)" "$2"
	write detach rvdirect_test_target
}

# Calls the target from tasks of two names, on each hart.
calls_of_all_kinds()
{
	cp /bin/busybox "/tmp/$other"
	hart=0
	while [ $hart -lt "$harts" ]; do
		taskset -c $hart sh -c "echo 10 >$target/call_task"
		echo 100 | taskset -c $hart "/tmp/$other" dd of="$target/call_task" bs=8 2>/dev/null
		hart=$((hart + 1))
	done
}

a_hart_is_one_or_several()
{
	last=$((harts - 1))
	seen "hart=0" 110
	seen "hart=$last" 110
	[ "$harts" = 1 ] || seen "hart=0-$last" $((110 * harts))
	[ "$harts" -lt 3 ] || seen "hart=0,$last" 220
}

a_name_is_that_of_the_task()
{
	seen 'comm=sh' $((10 * harts))
	seen 'comm=dd' 0
	seen "comm=$other" $((100 * harts))
	seen 'comm=busybox-othe' 0
	seen 'comm=no-such-name' 0
}

a_name_may_be_only_begun()
{
	seen 'comm=*' $((110 * harts))
	seen 'comm=b*' $((100 * harts))
	seen 'comm=busybox-*' $((100 * harts))
	seen 'comm=busybox-o*' $((100 * harts))
	seen "comm=$other*" $((100 * harts))
	seen "comm=${other}s*" 0
	seen 'comm=busybox-o' 0
	seen 'comm=busybox-\x2a' 0
}

a_name_may_have_any_bytes()
{
	other='busybox *'
	seen 'comm=busybox\x20\x2a' $((100 * harts))
	seen 'comm=busybox\x20*' $((100 * harts))
	seen 'comm=busybox\x20x' 0
	attach 'rvdirect_test_target count comm=\x62us\x79box\x3b\xfF'
	expect "attach" "$(cat "$rvdirect/attach")" \
		'rvdirect_test_target count comm=busybox\x3b\xff'
}

all_conditions_must_hold()
{
	seen "comm=$other hart=0" 100
	seen "pid=1 comm=$other hart=0" 0
}

# only_of FILTER HITS COMMAND...: so many calls of one process must be hits, with its
# number in place of PID. The command waits for a line before it calls.
only_of()
{
	filter=$1
	hits=$2
	shift 2
	rm -f /tmp/wait
	mkfifo /tmp/wait
	"$@" </tmp/wait &
	pid=$!
	attach "rvdirect_test_target count $(echo "$filter" | sed "s/PID/$pid/g")"
	call call_task 1000
	echo go >/tmp/wait
	wait $pid
	expect "hits with $filter" "$(hits rvdirect_test_target)" "$hits"
	write detach rvdirect_test_target
	rm /tmp/wait
}

# only_of_shell FILTER
only_of_shell()
{
	only_of "$1" 7 sh -c "read -r _; echo 7 >$target/call_task"
}

a_pid_is_that_of_one_task()
{
	only_of_shell 'pid=PID'
}

a_tgid_is_that_of_one_process()
{
	only_of_shell 'tgid=PID'
	only_of_shell 'pid=PID tgid=PID'
	seen 'tgid=1' 0
}

a_process_has_all_its_threads()
{
	needs "$here/threads" "there is no $here/threads"
	only_of 'tgid=PID' 28 "$here/threads" 4 $target/call_task 7
	only_of 'pid=PID' 7 "$here/threads" 4 $target/call_task 7
}

cgroups=/tmp/cgroups

mount_cgroups()
{
	needs /proc/self/cgroup "the kernel has no CONFIG_CGROUPS"
	mkdir -p $cgroups
	grep -q " $cgroups " /proc/mounts || mount -t cgroup2 none $cgroups
	mkdir -p $cgroups/a/b "$cgroups/c d"
}

# call_in CGROUP COUNT: makes the calls in a task of that cgroup.
call_in()
{
	sh -c 'echo $$ >"$0" && echo '"$2 >$target/call_task" "$cgroups$1/cgroup.procs"
}

a_cgroup_has_those_below_it()
{
	mount_cgroups
	for cgroup in /:1111 /a:110 /a/b:100 '/c\x20d:1000'; do
		condition=cgroup=${cgroup%:*}
		attach "rvdirect_test_target count $condition"
		expect "attach" "$(cat "$rvdirect/attach")" "rvdirect_test_target count $condition"
		call_in / 1
		call_in /a 10
		call_in /a/b 100
		call_in '/c d' 1000
		expect "hits with $condition" "$(hits rvdirect_test_target)" "${cgroup#*:}"
		write detach rvdirect_test_target
	done
	attach 'rvdirect_test_target count cgroup=/a pid=1'
	call_in /a 10
	expect "hits" "$(hits rvdirect_test_target)" 0
	refused modify 'rvdirect_test_target count cgroup=/none' 'No such file or directory' \
		'There is no cgroup v2 of that path' /none
	refused modify 'rvdirect_test_target count cgroup=x' "$einval" \
		'Value is not the path of a cgroup, such as /system.slice' x
	rmdir $cgroups/a/b $cgroups/a "$cgroups/c d"
}

# A new one of the same name is another one.
a_cgroup_that_is_gone_has_no_calls()
{
	mount_cgroups
	attach 'rvdirect_test_target count cgroup=/a'
	rmdir $cgroups/a/b $cgroups/a
	mkdir -p $cgroups/a
	call_in /a 10
	expect "hits" "$(hits rvdirect_test_target)" 0
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target count cgroup=/a'
	write modify 'rvdirect_test_target count cgroup=/a'
	call_in /a 10
	expect "hits" "$(hits rvdirect_test_target)" 10
	rmdir $cgroups/a "$cgroups/c d"
}

# Meanwhile, what the filter reads of the task is freed, and so are cgroups.
calls_of_tasks_that_move_are_not_lost()
{
	mount_cgroups
	attach 'rvdirect_test_target count cgroup=/a'
	# The tasks begin where this shell is.
	echo 0 >$cgroups/a/cgroup.procs
	start_hitting
	echo 0 >$cgroups/cgroup.procs
	for _ in $(seq 50); do
		for pid in $pids; do
			echo "$pid" >$cgroups/a/b/cgroup.procs
		done
		for pid in $pids; do
			echo "$pid" >$cgroups/a/cgroup.procs
		done
		rmdir $cgroups/a/b
		mkdir $cgroups/a/b
	done
	stop_hitting
	expect "hits" "$(hits rvdirect_test_target)" "$calls"
	rmdir $cgroups/a/b $cgroups/a "$cgroups/c d"
}

interrupts_are_those_of_the_task()
{
	attach "rvdirect_test_target count hart=0"
	echo 5 >"$target/call_irq"
	expect "hits" "$(hits rvdirect_test_target)" 5
}

# A filtered call reaches no handler, and is not counted.
every_caller_is_filtered()
{
	attach 'rvdirect_test_target nop'
	for caller in $(callers) test_empty test_raw; do
		before=$(hits rvdirect_test_target)
		write modify "rvdirect_test_target $caller comm=no-such-name"
		expect "result" "$(cat "$target/result")" 7
		call call_task 5
		expect "hits of $caller" "$(hits rvdirect_test_target)" "$before"
		write modify "rvdirect_test_target $caller comm=sh"
		call call_task 5
		case $caller in
		test_raw) calls=0 ;;
		*) calls=$(handled "$caller" 5) ;;
		esac
		expect "hits of $caller" "$(hits rvdirect_test_target)" $((before + calls))
	done
	drained
}

a_group_is_filtered()
{
	for caller in count latency; do
		attach "rvdirect_test_[st]* $caller comm=$other"
		calls_of_all_kinds
		call call_shared 5
		expect "hits of $caller" "$(hits 'rvdirect_test_[st]*')" $((100 * harts))
		write detach '*'
	done
}

override_takes_only_some_tasks()
{
	rmmod rvdirect_test_callers
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	load rvdirect_test_callers
	attach "rvdirect_test_target override ret=77 comm=$other"
	expect "result" "$(cat "$target/result")" 7
	cp /bin/busybox /tmp/$other
	expect "result" "$(/tmp/$other cat "$target/result")" 77
}

modify_changes_the_filter()
{
	attach 'rvdirect_test_target count comm=no-such-name'
	write modify 'rvdirect_test_target count'
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target count'
	call call_task 3
	write modify 'rvdirect_test_target count comm=no-such-name'
	call call_task 3
	expect "hits" "$(hits rvdirect_test_target)" 3
}

bad_conditions_are_EINVAL()
{
	attach 'rvdirect_test_target count'
	for file in 'attach vfs_fsync' 'modify rvdirect_test_target'; do
		line="${file#* } count"
		refused "${file% *}" "$line pid=x" "$einval" \
			'Value is not the number of a task' x
		refused "${file% *}" "$line tgid=-1" "$einval" \
			'Value is not the number of a process' -1
		for name in 0123456789abcdef '0123456789abcdef*' 'a\x00' 'a\n'; do
			refused "${file% *}" "$line comm=$name" "$einval" "$no_name" "$name"
		done
		refused "${file% *}" "$line hart=2-1" "$einval" \
			'Value is not a list of harts, such as 0-3,5' 2-1
		refused "${file% *}" "$line hart=511" "$einval" \
			'There is no hart of that number' 511
		refused "${file% *}" "$line hart=0 hart=1" "$einval" \
			'Option is given twice' hart=1
	done
}

run_tests \
	a_hart_is_one_or_several \
	a_name_is_that_of_the_task \
	a_name_may_be_only_begun \
	a_name_may_have_any_bytes \
	all_conditions_must_hold \
	a_pid_is_that_of_one_task \
	a_tgid_is_that_of_one_process \
	a_process_has_all_its_threads \
	a_cgroup_has_those_below_it \
	a_cgroup_that_is_gone_has_no_calls \
	calls_of_tasks_that_move_are_not_lost \
	interrupts_are_those_of_the_task \
	every_caller_is_filtered \
	a_group_is_filtered \
	override_takes_only_some_tasks \
	modify_changes_the_filter \
	bad_conditions_are_EINVAL
