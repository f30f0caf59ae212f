#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Attachments that exist but are not active: disabled ones, and those that wait
# for a module. Also those that the module's own parameter makes.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

einval='Invalid argument'
twin=rvdirect_test_twin
pending=$twin:rvdirect_test_shared

# attached: prints what is attached, in one line.
attached()
{
	tr '\n' ';' <"$rvdirect/attach"
}

state()
{
	column 8 "$1"
}

disabled_and_enabled()
{
	attach "rvdirect_test_target $1"
	echo 5 >"$target/call_task"
	write disable rvdirect_test_target
	expect "state" "$(state rvdirect_test_target)" disabled
	expect "attach" "$(attached)" "$(sed 's/ disabled//' "$rvdirect/attach") disabled;"
	echo 100 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" "$(handled "$1" 5)"
	write disable rvdirect_test_target
	write enable rvdirect_test_target
	expect "state" "$(state rvdirect_test_target)" active
	echo 7 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" "$(handled "$1" 12)"
	write enable rvdirect_test_target
}

all_of_them_at_once()
{
	attach 'rvdirect_test_target count
rvdirect_test_shared latency disabled
vfs_f* trace'
	write disable '*'
	expect "states" "$(awk 'NR > 1 { print $8 }' "$rvdirect/status" | sort -u)" disabled
	printed=$(cat "$rvdirect/attach")
	write detach '*'
	attach "$printed"
	expect "attach, written back" "$(cat "$rvdirect/attach")" "$printed"
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 0
	write enable '*'
	expect "states" "$(awk 'NR > 1 { print $8 }' "$rvdirect/status" | sort -u)" active
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 5
}

modify_leaves_it_disabled()
{
	attach 'rvdirect_test_target count disabled'
	write modify 'rvdirect_test_target trace args=1'
	expect "attach" "$(attached)" 'rvdirect_test_target trace args=1 disabled;'
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 0
	write enable rvdirect_test_target
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 5
}

# Calls that sleep in the target when it is disabled return as usual.
calls_in_the_target_come_back()
{
	load rvdirect_test_shapes
	attach "$sleeper latency"
	send_to_sleep 3
	write disable $sleeper
	send_to_sleep 2
	write modify "$sleeper count"
	write enable $sleeper
	wake_up
	drained
	expect "hits" "$(hits $sleeper)" 3
	write detach $sleeper
	drained
	rmmod rvdirect_test_shapes
}

# All harts call the target meanwhile: each call is a hit or not, and nothing
# breaks.
switching_under_load()
{
	attach 'rvdirect_test_target latency'
	start_hitting
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		write disable rvdirect_test_target
		write enable rvdirect_test_target
	done
	stop_hitting
	hits=$(hits rvdirect_test_target)
	[ "$hits" -gt 0 ]
	[ "$hits" -le "$calls" ]
	drained
}

what_is_not_attached_is_ENOENT()
{
	for file in enable disable; do
		refused $file vfs_fsync 'No such file or directory' 'Target is not attached' vfs
		refused $file '* x' "$einval" 'Nothing more may follow' x
		echo '*' >"$rvdirect/$file"
	done
	refused modify 'vfs_fsync count disabled' "$einval" 'Only attach takes this word' disabled
}

# The target is active before the first function of the module runs.
a_pending_target_waits_for_its_module()
{
	attach "$pending count pending"
	expect "attach" "$(attached)" "$pending count pending;"
	expect "state" "$(state $pending) $(functions_of $pending)" 'pending 0'
	load $twin calls=5
	expect "state" "$(state $pending) $(functions_of $pending)" 'active 1'
	expect "hits" "$(hits $pending)" 5
	# The target waits again, and keeps its hits.
	rmmod $twin
	expect "state" "$(state $pending) $(hits $pending)" 'pending 5'
	load $twin calls=3
	expect "state" "$(state $pending) $(hits $pending)" 'active 8'
	write detach $pending
	rmmod $twin
}

a_pending_pattern_counts_each_function()
{
	attach "$twin:rvdirect_* latency pending"
	write modify "$twin:rvdirect_* count"
	load $twin calls=4
	[ "$(functions_of "$twin:rvdirect_*")" -ge 1 ]
	expect "hits" "$(hits_of $pending)" 4
	rmmod $twin
	expect "hits" "$(hits_of $pending)" ''
	expect "state" "$(state "$twin:rvdirect_*")" pending
	# The reloaded functions do not inherit the hits of the old ones.
	load $twin
	expect "functions' hits" "$(tail -n +2 "$rvdirect/hits")" ''
	expect "hits" "$(hits "$twin:rvdirect_*")" 4
	rmmod $twin
}

a_pending_module_may_have_dashes()
{
	name='rvdirect-test-twin:rvdirect_test_shared'
	attach "$name count pending"
	load $twin calls=2
	expect "state" "$(state $name) $(hits $name)" 'active 2'
	rmmod $twin
}

a_pending_target_can_be_disabled()
{
	attach "$pending count pending disabled"
	load $twin calls=4
	expect "state" "$(state $pending) $(hits $pending)" 'disabled 0'
	rmmod $twin
	write enable $pending
	expect "attach" "$(attached)" "$pending count pending;"
	load $twin calls=4
	expect "state" "$(state $pending) $(hits $pending)" 'active 4'
	rmmod $twin
	write disable $pending
	expect "attach" "$(attached)" "$pending count pending disabled;"
}

pending_is_for_what_is_not_there()
{
	refused attach 'rvdirect_test_shared count pending' "$einval" \
		'pending wants a target MODULE:FUNCTION' rvdirect
	load $twin
	refused attach "$twin:no_such_function count pending" 'No such file or directory' \
		'No function has that name' $twin
	refused attach "$twin:no_such_* count pending" 'No such file or directory' \
		'No traceable function matches the pattern' $twin
	attach "$pending count pending"
	expect "state" "$(state $pending)" active
	rmmod $twin
	expect "state" "$(state $pending)" pending
}

# If the module lacks the function, the target stays pending, and the kernel's
# log says why.
a_pending_target_may_come_too_late()
{
	attach "$twin:no_such_function count pending"
	dmesg -c >/dev/null
	load $twin
	expect "state" "$(state $twin:no_such_function)" pending
	dmesg | grep -q "rvdirect: $twin:no_such_function: still pending: No function has that name"
	rmmod $twin
}

# The module is being loaded, but its functions cannot be hooked yet.
a_pending_target_may_come_meanwhile()
{
	load $twin early=1000 &
	within 10 grep -q "^$twin .* Loading " /proc/modules
	attach "$pending count pending"
	wait $!
	expect "state" "$(state $pending)" active
	write detach $pending
	rmmod $twin
}

# loading PARAMETER...: loads the module anew with these parameters.
loading()
{
	rmmod rvdirect
	modprobe rvdirect "$@"
}

attached_on_loading()
{
	loading attach="rvdirect_test_target count;
		vfs_f* !vfs_fsync latency ; rvdirect_test_shared count disabled;;
		$pending nop pending"
	expect "attach" "$(attached)" "rvdirect_test_target count;vfs_f* !vfs_fsync latency;$(
	)rvdirect_test_shared count disabled;$pending nop pending;"
	expect "states" "$(awk 'NR > 1 { print $8 }' "$rvdirect/status" | tr '\n' ' ')" \
		'active active disabled pending '
	echo 5 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 5
	write detach '*'
	drained
	loading
	expect "attach" "$(attached)" ''
}

# refused_on_loading ATTACH LINE ERRNO SENTENCE
refused_on_loading()
{
	dmesg -c >/dev/null
	rmmod rvdirect
	if message=$(insmod /modules/rvdirect.ko "attach=\"$1\"" 2>&1); then
		fail "'$1' was taken"
	fi
	dmesg | grep -q "rvdirect: $2: $4\$" || fail "$(dmesg)"
	expect "'$1'" "$(why_not_loaded "$message")" "$3"
	[ ! -d "$rvdirect" ]
	fails grep -E '\[rvdirect\]|direct' "$tracing/enabled_functions"
	modprobe rvdirect
}

a_bad_line_refuses_the_load()
{
	refused_on_loading 'vfs_fsync' vfs_fsync 'Invalid argument' 'No caller is given'
	# The lines before it are undone, even while calls sleep in a target.
	load rvdirect_test_shapes
	send_to_sleep 1
	refused_on_loading "$sleeper latency;rvdirect_test_target count; no_such_name count" \
		'no_such_name count' 'unknown symbol in module, or unknown parameter' \
		'No function has that name'
	refused_on_loading 'rvdirect_test_target count;rvdirect_test_target nop' \
		'rvdirect_test_target nop' 'Device or resource busy' \
		'Target is attached already, write to modify instead'
	wake_up
	rmmod rvdirect_test_shapes
}

tests=
under "nop count trace return latency" disabled_and_enabled
# shellcheck disable=SC2086 # several words
run_tests \
	$tests \
	all_of_them_at_once \
	modify_leaves_it_disabled \
	calls_in_the_target_come_back \
	switching_under_load \
	what_is_not_attached_is_ENOENT \
	a_pending_target_waits_for_its_module \
	a_pending_pattern_counts_each_function \
	a_pending_module_may_have_dashes \
	a_pending_target_can_be_disabled \
	pending_is_for_what_is_not_there \
	a_pending_target_may_come_too_late \
	a_pending_target_may_come_meanwhile \
	attached_on_loading \
	a_bad_line_refuses_the_load
