#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Each file of the interface: what it shows, and what may be written to it.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

files_have_their_modes()
{
	for file in attach:600 modify:200 detach:200 enable:200 disable:200 callers:400 \
		status:400 hits:400 hist:600 draining:400 error_log:600 session:600; do
		expect "$file" "${file%:*}:$(stat -c %a "$rvdirect/${file%:*}")" "$file"
	done
	expect "number of files" "$(find "$rvdirect" -type f | wc -l)" 12
}

# Root may open a file whatever its mode says.
nothing_is_read_or_written_the_wrong_way()
{
	for file in modify detach enable disable; do
		fails cat "$rvdirect/$file"
		fails dd if="$rvdirect/$file" bs=1 skip=1
	done
	for file in callers status hits; do
		(echo vfs_fsync nop >"$rvdirect/$file") && fail "$file was written"
		(exec 3<>"$rvdirect/$file") && fail "$file was opened for both"
	done
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

callers_are_listed()
{
	expect "header" "$(head -n 1 "$rvdirect/callers" | tr -s ' ')" "CALLER OWNER DESCRIPTION"
	expect "callers" "$(awk 'NR > 1 { print $1, $2 }' "$rvdirect/callers")" \
		"$(printf '%s rvdirect\n' nop count trace return latency override)"
}

status_has_a_header_and_a_line_each()
{
	expect "header" "$(tr -s ' ' <"$rvdirect/status")" \
		"TARGET FUNCTIONS CALLER HITS MISSED SESSION PID STATE"
	attach 'rvdirect_test_target count'
	attach 'vfs_fsync nop'
	expect "lines" "$(tail -n +2 "$rvdirect/status" | tr -s ' ')" \
		"$(printf 'rvdirect_test_target 1 count 0 0 - - active\nvfs_fsync 1 nop 0 0 - - active')"
}

attach_prints_what_it_takes()
{
	commands='rvdirect_test_target count
vfs_fsync nop
rvdirect_test:rvdirect_test_shared count
vfs_statx trace args=0
vfs_readlink return args=8
vfs_getattr latency pid=7 comm=a-b hart=0
vfs_[l-m]* !vfs_mkdir count strict
no-such-module:no_such_* nop pending
vfs_fstatat nop disabled
vfs_mkdir override ret=-EPERM every=2 times=3'
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	attach "$commands"
	expect "attach" "$(cat "$rvdirect/attach")" "$commands"
	printed=$(cat "$rvdirect/attach")
	echo '*' >"$rvdirect/detach"
	attach "$printed"
	expect "attach, written back" "$(cat "$rvdirect/attach")" "$commands"
}

opening_for_writing_clears_nothing()
{
	attach 'vfs_fsync nop'
	: >"$rvdirect/attach"
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
}

commands_are_taken_however_they_are_written()
{
	echo vfs_fsync nop >"$rvdirect/attach"
	printf 'vfs_fsync' >"$rvdirect/detach"
	printf '\tvfs_fsync \t nop \r\n\n' >"$rvdirect/attach"
	printf '\n \nvfs_fsync \n\n' >"$rvdirect/detach"
	echo >"$rvdirect/attach"
	printf 'vfs_fsync nop\nvfs_statx nop' >"$rvdirect/attach"
	expect "attach" "$(cat "$rvdirect/attach")" "$(printf 'vfs_fsync nop\nvfs_statx nop')"
	printf 'vfs_fsync\n*\n' >"$rvdirect/detach"
	expect "attach" "$(cat "$rvdirect/attach")" ''
	# Appending is writing.
	echo vfs_fsync nop >>"$rvdirect/attach"
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
}

lines_before_a_bad_one_stand()
{
	fails attach "$(printf 'vfs_fsync nop\n\nvfs_statx nope\nvfs_readlink nop')"
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync nop'
	case $(tail -n 3 "$rvdirect/error_log" | head -n 1) in
	*"] attach:3: error: No caller has that name, see the file callers") ;;
	*) fail "$(cat "$rvdirect/error_log")" ;;
	esac
	grep -qx '  Command: vfs_statx nope' "$rvdirect/error_log"
}

detach_all_takes_nothing_amiss()
{
	echo '*' >"$rvdirect/detach"
	attach "$(printf 'vfs_fsync nop\nvfs_statx count')"
	echo '*' >"$rvdirect/detach"
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

modify_changes_the_caller_and_keeps_the_hits()
{
	attach 'rvdirect_test_target count'
	echo 10 >"$target/call_task"
	write modify 'rvdirect_test_target nop'
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target nop'
	echo 100 >"$target/call_task"
	expect "hits while idle" "$(hits rvdirect_test_target)" 10
	write modify 'rvdirect_test_target nop'
	write modify 'rvdirect_test_target count'
	echo 1000 >"$target/call_task"
	expect "hits" "$(hits rvdirect_test_target)" 1010
}

error_log_keeps_eight_and_is_cleared_by_a_write()
{
	for n in 1 2 3 4 5 6 7 8 9 10; do
		fails attach "f$n nope"
	done
	expect "commands" "$(awk '/Command:/ { print $2 }' "$rvdirect/error_log")" \
		"$(printf 'f%s\n' 3 4 5 6 7 8 9 10)"
	echo >"$rvdirect/error_log"
	expect "error_log" "$(cat "$rvdirect/error_log")" ''
}

# The text is made once, so it does not show what happens while it is read.
a_reader_gets_one_text()
{
	attach 'vfs_fsync nop'
	exec 3<"$rvdirect/attach"
	attach 'vfs_statx nop'
	read -r line <&3
	expect "first line" "$line" 'vfs_fsync nop'
	attach 'vfs_readlink nop'
	expect "what follows" "$(cat <&3)" 'vfs_statx nop'
	exec 3<&-
}

# A reader gets the whole text with a buffer of any size, and from any offset
# on.
a_text_has_offsets()
{
	echo 10000 >"$max_functions"
	attach 'r* count disabled'
	n=0
	while [ $n -lt 100 ]; do
		echo "no_such_module:f_$n nop pending"
		n=$((n + 1))
	done >"$rvdirect/attach"
	cat "$rvdirect/attach" >/tmp/text
	length=$(wc -c </tmp/text)
	[ "$length" -gt 3000 ]
	for size in 1 7 512 4095 4096 100000; do
		dd if="$rvdirect/attach" bs=$size 2>/dev/null | cmp - /tmp/text
	done
	for offset in 1 100 2049 "$length"; do
		dd if="$rvdirect/attach" bs="$offset" skip=1 2>/dev/null >/tmp/rest
		tail -c +$((offset + 1)) /tmp/text | cmp - /tmp/rest
	done
	# A file that can only be written ignores the offset, as in tracefs.
	printf 'r*' | dd of="$rvdirect/detach" bs=2 seek=1000 2>/dev/null
	fails grep -q '^r\*' "$rvdirect/attach"
}

an_open_file_holds_the_module()
{
	for file in attach modify detach enable disable callers status hits hist draining \
		error_log session; do
		case $file in
		modify | detach | *able) exec 3>"$rvdirect/$file" ;;
		*) exec 3<"$rvdirect/$file" ;;
		esac
		fails rmmod rvdirect
		exec 3>&-
	done
	rmmod rvdirect
	[ ! -e "$rvdirect" ]
}

run_tests \
	files_have_their_modes \
	nothing_is_read_or_written_the_wrong_way \
	callers_are_listed \
	status_has_a_header_and_a_line_each \
	attach_prints_what_it_takes \
	opening_for_writing_clears_nothing \
	commands_are_taken_however_they_are_written \
	lines_before_a_bad_one_stand \
	detach_all_takes_nothing_amiss \
	modify_changes_the_caller_and_keeps_the_hits \
	error_log_keeps_eight_and_is_cleared_by_a_write \
	a_reader_gets_one_text \
	a_text_has_offsets \
	an_open_file_holds_the_module
