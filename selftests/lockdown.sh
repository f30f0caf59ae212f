#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A locked-down kernel: the files cannot be opened, attachments stay, and the
# module unloads cleanly; after that, only a signed one is loaded. Lockdown cannot
# be undone, so this needs its own boot.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

allow_override=/sys/module/rvdirect/parameters/allow_override

# What the other scripts do between tests is forbidden here.
clean_up()
{
	:
}

lock_down()
{
	attach 'rvdirect_test_target count'
	echo integrity >/sys/kernel/security/lockdown
}

files_are_closed()
{
	for file in attach modify detach error_log; do
		message=$( { echo 'vfs_fsync nop' >"$rvdirect/$file"; } 2>&1) &&
			fail "$file was opened"
		case $message in
		*': Operation not permitted' | *': Permission denied') ;;
		*) fail "$file: $message" ;;
		esac
	done
}

# Files that nobody can write to change nothing.
some_files_can_be_read()
{
	for file in callers status hits draining; do
		cat "$rvdirect/$file" >/dev/null
	done
	expect "hits" "$(hits rvdirect_test_target)" 0
}

# A file that was opened before still takes commands, but none that changes what the
# kernel does.
nothing_is_overridden()
{
	if message=$( { echo 'attach vfs_fsync override ret=0' >&3; } 2>&1); then
		fail "override was attached"
	fi
	case $message in
	*': Operation not permitted') ;;
	*) fail "$message" ;;
	esac
	echo 'show errors' >&3
	grep -q 'error: Kernel is locked down' <&3
	echo 'attach vfs_fsync nop' >&3
}

# It can be forbidden, but not allowed again.
override_cannot_be_allowed()
{
	expect "parameter" "$(cat "$allow_override")" Y
	for value in 1 0 1; do
		message=$( { echo $value >"$allow_override"; } 2>&1) || [ $value = 1 ] || return
		case $value:$message in
		0: | 1:*': Operation not permitted') ;;
		*) fail "$value: $message" ;;
		esac
	done
	expect "parameter" "$(cat "$allow_override")" N
}

the_module_goes()
{
	rmmod rvdirect
	[ ! -e "$rvdirect" ]
}

# As under Secure Boot.
no_unsigned_module_is_loaded()
{
	message=$(insmod /modules/rvdirect.ko 2>&1) && fail "it was loaded"
	case $message in
	*'not permitted'*) ;;
	*) fail "$message" ;;
	esac
}

a_signed_module_is_loaded()
{
	needs "$here/signed/rvdirect.ko" "there is no key that this kernel trusts"
	insmod "$here/signed/rvdirect.ko"
	[ -e "$rvdirect/status" ]
	rmmod rvdirect
}

start_tests 8
rmmod rvdirect
modprobe rvdirect allow_override=1
exec 3<>"$rvdirect/session"
for test in lock_down files_are_closed some_files_can_be_read nothing_is_overridden \
	override_cannot_be_allowed; do
	run_test $test
done
exec 3>&-
for test in the_module_goes no_unsigned_module_is_loaded a_signed_module_is_loaded; do
	run_test $test
done
end_tests
