#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All functions at once.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# Prints how many functions can be traced. Some kernels show what is left of weak functions
# as well, where no symbol begins. A call site is there or, with CALL_OPS, four bytes on,
# behind a start that is aligned to eight bytes.
functions_of_ftrace()
{
	awk 'NR == FNR { begins[$1]; next }
		{
			before = $1
			sub(/4$/, "0", before) || sub(/c$/, "8", before)
		}
		$1 in begins || before in begins { count++ }
		END { print count }' /proc/kallsyms "$tracing/available_filter_functions_addrs"
}

# Counts all functions that can be traced under a mixed load, and compares some
# of the counts with the kernel's own.
all_functions_at_once()
{
	echo 100000 >$max_functions
	attach '* count'
	expect "functions" "$(functions_of '*')" "$(functions_of_ftrace)"
	profiler=$tracing/function_profile_enabled
	if [ -e "$profiler" ]; then
		printf '%s\n' rvdirect_test_target rvdirect_test_shared vfs_mkdir vfs_rmdir \
			>"$tracing/set_ftrace_filter"
		echo 1 >"$profiler"
	fi
	start_hitting
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mkdir /tmp/everything
		rmdir /tmp/everything
		echo 100 >"$target/call_shared"
	done
	ls -lR /proc/self /sys/kernel >/dev/null 2>&1 || :
	load rvdirect_test_twin calls=3
	rmmod rvdirect_test_twin
	stop_hitting
	expect "hits" "$(hits_of rvdirect_test:rvdirect_test_target)" "$calls"
	if [ -e "$profiler" ]; then
		echo 0 >"$profiler"
		echo >"$tracing/set_ftrace_filter"
		for name in rvdirect_test_target rvdirect_test_shared vfs_mkdir vfs_rmdir; do
			profiled=$(cat "$tracing"/trace_stat/function* |
				awk -v name=$name '$1 == name { sum += $2 } END { print sum + 0 }')
			echo "$name $profiled"
			expect "$name" "$(awk -v name=$name '$1 ~ "(^|:)" name "$" { print $2 }' \
				"$rvdirect/hits")" "$profiled"
		done
	fi
	expect "hits" "$(hits_of vfs_mkdir)" 10
	write detach '*'
}

more_than_can_have_histograms_is_E2BIG()
{
	echo 100000 >$max_functions
	refused attach '*_[a-s]* latency' 'Argument list too long' \
		'latency takes 1024 functions at most' '*_'
}

# During the look-up, while functions are being hooked, and after that.
the_owner_of_everything_is_killed()
{
	echo 100000 >$max_functions
	for delay in 0 500000 2000000; do
		own 'attach * count'
		usleep $delay
		end_owner
		within 600 nothing_of_a_session
	done
	own 'attach * count'
	within 600 test -e /tmp/owned
	[ "$(functions_of '*')" -gt 10000 ]
	end_owner
	within 600 nothing_of_a_session
}

run_tests \
	all_functions_at_once \
	the_owner_of_everything_is_killed \
	more_than_can_have_histograms_is_E2BIG
