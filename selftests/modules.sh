#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Targets in modules, and names that several functions share.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# Prints a name that several functions of the kernel itself share.
shared_name()
{
	shared_names | awk '$2 ~ /^[a-z]*_[a-z_]*$/ { print $2 }' | sort | head -n 1
}

a_shared_name_means_all_of_them()
{
	name=$(shared_name)
	[ -n "$name" ]
	attach "$name count"
	expect "functions" "$(functions_of "$name")" \
		"$(awk -v n="$name" '$1 == n' "$tracing/available_filter_functions" | wc -l)"
	expect "call sites" "$(grep -c "^$name " "$tracing/enabled_functions")" \
		"$(functions_of "$name")"
}

a_bare_name_finds_functions_of_modules()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_shared count'
	expect "functions" "$(functions_of rvdirect_test_shared)" 2
	rmmod rvdirect_test_twin
}

a_module_name_finds_its_own()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_twin:rvdirect_test_shared count'
	expect "functions" "$(functions_of rvdirect_test_twin:rvdirect_test_shared)" 1
	echo 5 >"$target/call_shared"
	expect "hits" "$(hits rvdirect_test_twin:rvdirect_test_shared)" 0
	attach 'rvdirect_test:rvdirect_test_shared count'
	echo 5 >"$target/call_shared"
	expect "hits" "$(hits rvdirect_test:rvdirect_test_shared)" 5
	rmmod rvdirect_test_twin
}

# Unloading the module of a target ends the attachment.
a_target_goes_with_its_module()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_twin:rvdirect_test_shared count'
	attach 'vfs_fsync nop'
	rmmod rvdirect_test_twin
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
	# The next module may get the same addresses: no stale hook may be
	# there.
	load rvdirect_test_twin calls=5
	fails grep '^rvdirect_test_shared ' "$tracing/enabled_functions"
	attach 'rvdirect_test_twin:rvdirect_test_shared count'
	expect "functions" "$(functions_of rvdirect_test_twin:rvdirect_test_shared)" 1
	rmmod rvdirect_test_twin
}

# The same with a caller that waits for the return, and holds rvdirect until
# then.
a_target_with_a_histogram_goes_with_its_module()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_shared latency'
	echo 5 >"$target/call_shared"
	rmmod rvdirect_test_twin
	# The module did not wait for what it took along.
	drained
	expect "functions and hits" \
		"$(functions_of rvdirect_test_shared) $(hits rvdirect_test_shared)" "1 5"
	load rvdirect_test_twin calls=3
	attach 'rvdirect_test_twin:rvdirect_test_shared latency'
	rmmod rvdirect_test_twin
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_shared latency'
	write detach '*'
	rmmod rvdirect
	modprobe rvdirect
}

# The other functions of the name stay attached, and keep their hits.
other_targets_of_the_name_stay()
{
	load rvdirect_test_twin
	attach 'rvdirect_test_shared count'
	echo 5 >"$target/call_shared"
	rmmod rvdirect_test_twin
	expect "functions" "$(functions_of rvdirect_test_shared)" 1
	echo 3 >"$target/call_shared"
	expect "hits" "$(hits rvdirect_test_shared)" 8
}

# The kernel frees a module's init text as soon as its initialisation is done.
an_init_function_goes_when_it_is_done()
{
	hold=/sys/module/rvdirect_test_twin/parameters/hold
	load rvdirect_test_twin hold=1 &
	loading=$!
	trap 'echo 0 >$hold' EXIT
	within 30 test -e $hold
	within 30 prints coming cat ${hold%/parameters*}/initstate
	attach 'rvdirect_test_twin:init_module count'
	attach 'rvdirect_test_twin:rvdirect_test_shared count'
	echo 0 >$hold
	trap - EXIT
	wait $loading
	expect "attach" "$(cat "$rvdirect/attach")" \
		'rvdirect_test_twin:rvdirect_test_shared count'
	rmmod rvdirect_test_twin
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

# An attachment does not include functions that come later.
a_module_that_comes_later_is_left_alone()
{
	attach 'rvdirect_test_shared count'
	load rvdirect_test_twin calls=5
	expect "functions and hits" \
		"$(functions_of rvdirect_test_shared) $(hits rvdirect_test_shared)" "1 0"
	rmmod rvdirect_test_twin
}

run_tests \
	a_shared_name_means_all_of_them \
	a_bare_name_finds_functions_of_modules \
	a_module_name_finds_its_own \
	a_target_goes_with_its_module \
	a_target_with_a_histogram_goes_with_its_module \
	other_targets_of_the_name_stay \
	an_init_function_goes_when_it_is_done \
	a_module_that_comes_later_is_left_alone
