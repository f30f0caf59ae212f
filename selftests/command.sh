#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the command rvdirect as a user would.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

command=rvdirect
target_name=rvdirect_test:rvdirect_test_target
shared_name=rvdirect_test:rvdirect_test_shared
call_both="echo 5 >$target/call_task; echo 7 >$target/call_shared"
cgroups=/sys/fs/cgroup
allow=/sys/module/rvdirect/parameters/allow_override

# nothing_left: whether nothing is left of what the command made.
nothing_left()
{
	nothing_of_a_session &&
		! ls -d "$tracing"/instances/rvdirect-* >/dev/null 2>&1 &&
		! ls -d "$cgroups"/rvdirect-* >/dev/null 2>&1
}

# runs STATUS ARGUMENT...: runs the command, which must exit with STATUS and leave
# nothing behind. Its output is in /tmp/out and /tmp/err.
runs()
{
	expected=$1
	shift
	ended=0
	"$command" "$@" >/tmp/out 2>/tmp/err || ended=$?
	cat /tmp/out /tmp/err
	expect "status of $*" "$ended" "$expected"
	within 10 nothing_left
}

# start ARGUMENT...: runs the command in the background, and waits until it sees
# calls. Sets $started to its pid.
start()
{
	"$command" "$@" >/tmp/out 2>/tmp/err &
	started=$!
	trap 'kill -9 $started 2>/dev/null || :' EXIT
	within 30 is_active
}

is_active()
{
	awk -v pid="$started" 'NR > 1 && $7 == pid && $8 ~ /^active/ { found = 1 }
		END { exit !found }' "$rvdirect/status"
}

# ended STATUS: waits until what was started ends with STATUS.
ended()
{
	status=0
	wait "$started" || status=$?
	cat /tmp/out /tmp/err
	expect "status" "$status" "$1"
	within 10 nothing_left
}

# start_calling: starts a task that calls the target until /tmp/stop, but not so fast
# that calls are lost.
start_calling()
{
	rm -f /tmp/stop
	trap 'touch /tmp/stop' EXIT
	sh -c "while [ ! -e /tmp/stop ]; do echo 1 >$target/call_task; usleep 10000; done" &
}

# sum FIELD KIND: prints the sum of a number in the JSON records of a kind.
sum()
{
	grep "\"type\":\"$2\"" /tmp/out | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

count_shows_a_sorted_table()
{
	runs 0 count 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(awk '{ print $1, $2 }' /tmp/out)" "CALLS FUNCTION
7 $shared_name
5 $target_name"
	expect "err" "$(cat /tmp/err)" ''
	runs 0 count -n 1 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "lines" "$(wc -l </tmp/out)" 2
	runs 0 count 'rvdirect_test_[st]* !*shared' vfs_fsync -- sh -c "$call_both"
	expect "out" "$(awk 'NR > 1 { print $1, $2 }' /tmp/out)" "5 $target_name"
}

count_shows_intervals()
{
	runs 0 count --json -i 0.4 rvdirect_test_target -- sh -c "
		for n in 3 4; do echo \$n >$target/call_task; usleep 600000; done"
	expect "calls of all intervals" "$(sum calls interval)" 7
	expect "calls" "$(sum calls count)" 7
	[ "$(grep -c interval /tmp/out)" -ge 2 ]
}

# Only the calls of COMMAND and of what it starts, unless all are asked for.
a_command_is_told_apart()
{
	start_hitting
	runs 0 count --json rvdirect_test_target -- sh -c "(echo 5 >$target/call_task) & wait"
	expect "calls" "$(sum calls count)" 5
	runs 0 trace --json rvdirect_test_target -- sh -c "echo 3 >$target/call_task"
	expect "calls" "$(grep -c '"type":"call"' /tmp/out)" 3
	runs 0 count --json -a rvdirect_test_target -- usleep 300000
	[ "$(sum calls count)" -gt 0 ]
	stop_hitting
}

filters_are_options()
{
	all="-a rvdirect_test_target -- sh -c"
	for option in '-c no-such-name' '-p 1' '-t 1'; do
		# shellcheck disable=SC2086 # several words
		runs 0 count $option $all "$call_both"
		expect "out" "$(wc -l </tmp/out)" 1
	done
	for option in '-c sh' '-c s*' "-H 0-$((harts - 1))" '-G /'; do
		# shellcheck disable=SC2086
		runs 0 count $option $all "$call_both"
		expect "out of $option" "$(awk 'NR > 1 { print $1 }' /tmp/out)" 5
	done
	ln -sf /bin/busybox '/tmp/busybox 2'
	runs 0 count -c 'busybox 2' rvdirect_test_target -- '/tmp/busybox 2' sh -c "$call_both"
	expect "out" "$(awk 'NR > 1 { print $1 }' /tmp/out)" 5
}

latency_shows_its_own_histograms()
{
	attach 'vfs_fsync latency'
	"$command" latency rvdirect_test_target -- sh -c "$call_both" >/tmp/out
	expect "attach" "$(cat "$rvdirect/attach")" 'vfs_fsync latency'
	expect "out" "$(sed -n 's/ calls, min.*//p' /tmp/out)" 'rvdirect_test_target: 5'
	grep -q 'p50 <= .* [nu]s  p90 <= .*  p99 <= .*  p99.9 <= ' /tmp/out
	grep -q '|####' /tmp/out
	write detach '*'
	drained
	runs 0 latency 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(sed -n 's/ calls, min.*//p' /tmp/out)" "$shared_name: 7
$target_name: 5"
	runs 0 latency --json -n 1 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "out" "$(grep -c '"type":"latency"' /tmp/out)" 1
	runs 0 latency --min 1s rvdirect_test_target -- sh -c "$call_both"
	expect "out" "$(cat /tmp/out)" ''
}

trace_shows_each_call()
{
	runs 0 trace 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "calls" "$(grep -c " $target_name(0x.*) <- " /tmp/out)" 5
	expect "calls" "$(grep -c " $shared_name(0x.*) <- " /tmp/out)" 7
	runs 0 trace --ret vfs_statx -- ls -d /dev
	grep -q ' vfs_statx(.*) = 0 (.*s) <- ' /tmp/out
	runs 1 trace --failed vfs_statx -- ls -d /dev /none
	expect "out" "$(grep -o ' vfs_statx.* = [^ ]*' /tmp/out | sed 's/.* //' | sort -u)" -ENOENT
}

# All of its calls, up to the last one.
trace_loses_nothing()
{
	runs 0 trace rvdirect_test_target -- sh -c "echo 2000 >$target/call_task"
	expect "calls" "$(grep -c " $target_name(" /tmp/out)" 2000
	expect "lines" "$(grep -vc ' <- [^ ]*$' /tmp/out || :)" 0
}

trace_ends_after_so_many_calls()
{
	start_calling
	runs 0 trace -n 3 rvdirect_test_target
	expect "lines" "$(wc -l </tmp/out)" 3
	"$command" trace rvdirect_test_target 2>/tmp/err | head -n 5 >/tmp/out
	expect "lines" "$(wc -l </tmp/out)" 5
	within 10 nothing_left
	touch /tmp/stop
}

two_traces_see_only_their_own()
{
	start trace rvdirect_test_shared
	"$command" trace rvdirect_test_target -- sh -c "$call_both" >/tmp/other
	kill -INT $started
	ended 0
	expect "calls" "$(grep -c " $shared_name(" /tmp/out)" 7
	expect "calls" "$(grep -c "rvdirect_test_target" /tmp/out || :)" 0
	expect "calls" "$(grep -c " $target_name(" /tmp/other)" 5
	expect "calls" "$(grep -c "rvdirect_test_shared" /tmp/other || :)" 0
}

# Writing what it sees must not make more of it.
trace_does_not_show_itself()
{
	start trace vfs_write
	for _ in 1 2 3 4 5; do
		echo 1 >"$target/call_task"
		usleep 100000
	done
	pid=$started
	kill -INT $started
	ended 0
	[ "$(grep -c vfs_write /tmp/out)" -ge 5 ]
	fails grep -e "-$pid " /tmp/out
}

stack_shows_who_calls()
{
	runs 0 stack rvdirect_test_target -- sh -c "$call_both"
	expect "out" "$(head -n 1 /tmp/out)" "5 calls of $target_name"
	grep -q '^    vfs_write$' /tmp/out
	# The function itself stands above, and what handles the call is left out.
	fails grep -e '^ .*rvdirect_test_target' -e '^ .*rvdirect:' /tmp/out
	# A call with interrupts off goes another way to the handler.
	runs 0 stack rvdirect_test_target -- sh -c "echo 3 >$target/call_irq"
	grep -q '^    vfs_write$' /tmp/out
	fails grep '^ .*rvdirect_guarded' /tmp/out
	runs 0 stack --json --flame /tmp/flame.svg 'rvdirect_test_[st]*' -- sh -c "$call_both"
	expect "calls" "$(sum calls stack)" 12
	grep -q "<title>$target_name: 5 calls</title>" /tmp/flame.svg
	expect "end" "$(tail -n 1 /tmp/flame.svg)" '</svg>'
}

top_shows_what_is_called_a_second()
{
	load rvdirect_test_names
	rm -f /tmp/stop
	names=/sys/module/rvdirect_test_names/parameters
	start top -i 0.3 'rvdirect_test_name*'
	sh -c "while [ ! -e /tmp/stop ]; do echo 100 >$names/second; usleep 10000; done" &
	within 30 grep -q '[1-9] .*rvdirect_test_namesake,2$' /tmp/out
	touch /tmp/stop
	kill $started
	ended 143
	rm /tmp/stop
	grep -q 'CALLS/S  *CALLS  FUNCTION$' /tmp/out
	# It is called by the first one's name never, and its file has no colours.
	fails grep 'namesake,1' /tmp/out
	fails grep "$(printf '\033')" /tmp/out
	rmmod rvdirect_test_names
}

a_module_may_come_later()
{
	runs 0 count --pending 'rvdirect_test_names:*' -- sh -c "
		insmod $here/modules/rvdirect_test_names.ko
		echo 5 >/sys/module/rvdirect_test_names/parameters/first"
	rmmod rvdirect_test_names
	grep -q '^ *5  rvdirect_test_names:rvdirect_test_namesake,1$' /tmp/out
	# What initialises it is no longer there.
	grep -q '^ *1  \[freed\]$' /tmp/out
	runs 1 count 'rvdirect_test_names:*' -- true
}

override_needs_leave()
{
	runs 1 override vfs_statx --ret=-EIO -- ls -d /dev
	expect "err" "$(cat /tmp/err)" "rvdirect: vfs_statx: override wants 1 in $allow"
	echo 1 >$allow
	runs 1 override vfs_statx --ret=-EIO -c ls -- sh -c 'test -d /dev && ls -d /dev'
	grep -q 'Input/output error' /tmp/err
	expect "calls" "$(awk '{ print $2 }' /tmp/out)" vfs_statx
	ls -d /dev
	echo 0 >$allow
}

it_ends_as_its_command_does()
{
	runs 3 count vfs_fsync -- sh -c 'exit 3'
	runs 127 count vfs_fsync -- no-such-command
	expect "err" "$(cat /tmp/err)" 'rvdirect: no-such-command: No such file or directory'
	runs 126 count vfs_fsync -- /dev
	runs 1 latency vfs_fsync -- false
	# shellcheck disable=SC2016 # $$ of that shell
	runs 137 count vfs_fsync -- sh -c 'kill -9 $$'
	# A command may have any name.
	mkdir -p /tmp/bin
	printf '#!/bin/sh\necho "$@"\n' >/tmp/bin/top
	chmod +x /tmp/bin/top
	(PATH=/tmp/bin:$PATH runs 0 count vfs_fsync -- top -bn1)
	expect "out" "$(head -n 1 /tmp/out)" -bn1
}

its_signals_reach_the_command()
{
	start count vfs_fsync -- sh -c 'trap "exit 5" TERM; while :; do usleep 50000; done'
	usleep 300000
	kill -TERM $started
	ended 5
	start count vfs_fsync -- sleep 1000
	usleep 300000
	kill -HUP $started
	ended 129
}

it_ends_by_a_signal()
{
	start count 'vfs_*'
	kill -INT $started
	ended 0
	expect "out" "$(awk 'NR == 1 { print $1, $2 }' /tmp/out)" 'CALLS FUNCTION'
	start count 'vfs_*' 100
	kill -TERM $started
	ended 143
	start top 'vfs_*'
	kill -INT $started
	ended 0
	# While it attaches.
	for delay in 0.01 0.1 0.3 1; do
		ended=0
		timeout -s TERM $delay "$command" count 'vfs_*' 'k*' >/dev/null || ended=$?
		[ $ended = 143 ] || [ $ended = 124 ] || fail "ended with $ended"
		within 30 nothing_left
	done
}

nothing_stays_when_it_is_killed()
{
	for action in count latency trace stack 'top -i 0.2'; do
		# shellcheck disable=SC2086 # several words
		start $action rvdirect_test_target -- sleep 3
		kill -9 $started
		wait $started || expect "status" $? 137
		within 10 nothing_left
	done
}

it_ends_when_nobody_reads()
{
	"$command" top -i 0.2 'vfs_*' | head -n 1
	within 10 nothing_left
	"$command" count vfs_fsync 1000 | true
	within 10 nothing_left
}

it_ends_after_some_seconds()
{
	before=$(uptime_of_guest)
	runs 0 count vfs_fsync 2
	[ "$(uptime_of_guest)" -ge $((before + 2)) ]
}

# Patterns are the module's, not the shell's.
targets_are_taken_as_they_are()
{
	mkdir -p /tmp/directory
	touch /tmp/directory/vfs_fsync
	(cd /tmp/directory && runs 0 count --json ' rvdirect_test_[!s]arget*' -- sh -c "$call_both")
	expect "calls" "$(sum calls count)" 5
	runs 0 count 'vfs_[!r]*' -- ls /
	[ "$(wc -l </tmp/out)" -gt 1 ]
}

what_is_not_seen_is_said()
{
	start count 'vfs_f*'
	ended=0
	"$command" count --json 'vfs_[fs]*' 0.1 >/tmp/other 2>/tmp/other.err || ended=$?
	expect "status" $ended 3
	grep -q '"type":"note","kind":"left_out","target":"vfs_\[fs\]\*","count":[1-9]' /tmp/other
	grep -q '^rvdirect: vfs_\[fs\]\*: functions left out, .*: [1-9]' /tmp/other.err
	kill -INT $started
	ended 0
}

a_full_disk_is_an_error()
{
	ended=0
	"$command" count vfs_fsync -- true >/dev/full 2>/tmp/err || ended=$?
	expect "status" $ended 1
	expect "err" "$(cat /tmp/err)" 'rvdirect: No space left on device'
	runs 1 count -o /dev/full vfs_fsync -- true
	runs 0 count -o /tmp/results rvdirect_test_target -- sh -c "$call_both; echo word"
	expect "out" "$(cat /tmp/out)" word
	expect "results" "$(awk 'NR > 1 { print $1 }' /tmp/results)" 5
}

list_and_detach()
{
	attach 'vfs_fsync count
vfs_f* nop
rvdirect_test_target nop'
	"$command" list >/tmp/out
	expect "list" "$(cat /tmp/out)" "$(cat "$rvdirect/status")"
	expect "json" "$("$command" list --json | grep -c '"type":"attachment"')" 3
	fails "$command" count rvdirect_test_target 1 2>/tmp/err
	expect "err" "$(cat /tmp/err)" "rvdirect: rvdirect_test_target: \
Function is attached already, outside of sessions; rvdirect detach ends that"
	"$command" detach 'vfs_f*' vfs_fsync
	expect "attach" "$(cat "$rvdirect/attach")" 'rvdirect_test_target nop'
	"$command" detach
	expect "attach" "$(cat "$rvdirect/attach")" ''
}

# fields KIND: prints the names of values that the manual page has for a kind.
fields()
{
	grep -xF -A 1 "\\fB$1\\fR" "$here/rvdirect.8" | tail -n 1 |
		sed 's/^\\fI//; s/\\fR.*//; s/, / /g'
}

# keys: prints the names of the values in the last JSON record.
keys()
{
	grep -v '"type":"note"' /tmp/out | tail -n 1 | grep -o '"[a-z0-9_]*":' | tr -d '":' |
		grep -vx type | tr '\n' ' ' | sed 's/ $//'
}

programs_can_read_it()
{
	for kind in count latency call return stack attachment check; do
		case $kind in
		call) action=trace ;;
		return) action='trace --ret' ;;
		attachment) action=list ;;
		check) action=doctor ;;
		*) action=$kind ;;
		esac
		case $kind in
		attachment | check)
			attach 'vfs_fsync nop'
			"$command" "$action" --json >/tmp/out
			write detach '*'
			;;
		*)
			# shellcheck disable=SC2086 # several words
			runs 0 $action --csv rvdirect_test_target -- sh -c "$call_both"
			expect "names" "$(head -n 1 /tmp/out | tr ',' ' ')" "$(fields $kind)"
			# shellcheck disable=SC2086
			runs 0 $action --json rvdirect_test_target -- sh -c "$call_both"
			;;
		esac
		expect "keys of $kind" "$(keys)" "$(fields $kind)"
	done
}

# failing STATUS MESSAGE ARGUMENT...
failing()
{
	message=$2
	status=$1
	shift 2
	runs "$status" "$@"
	expect "err of $*" "$(head -n 1 /tmp/err)" "$message"
	expect "out of $*" "$(cat /tmp/out)" ''
}

errors_are_said()
{
	failing 1 "rvdirect: rvdirect_test_targte: No function has that name; the nearest are \
rvdirect_test:rvdirect_test_target" count rvdirect_test_targte 1
	failing 1 'rvdirect: no_such_*: No traceable function matches the pattern' \
		latency 'no_such_*' 1
	failing 1 'rvdirect: vfs_fsync: Target is not attached' detach vfs_fsync
	failing 1 'rvdirect: vfs_fsync: Value is not a list of harts, such as 0-3,5' \
		count -H x vfs_fsync 1
	failing 1 'rvdirect: there is no process 4000000' count -p 4000000 vfs_fsync 1
	failing 1 'rvdirect: there is no thread 4000000' count -t 4000000 vfs_fsync 1
	failing 1 'rvdirect: there is no cgroup /none' count -G /none vfs_fsync 1
	failing 2 'rvdirect: nothing may follow the seconds' count vfs_fsync 1 vfs_statx
	failing 2 'rvdirect: seconds or a command, not both' count vfs_fsync 1 -- true
	failing 2 "error: unexpected argument '-x' found" count -x vfs_fsync
	failing 2 "error: unrecognized subcommand 'no'" no
	runs 0 --help
	grep -q '^Usage: rvdirect ' /tmp/out
	runs 0 count --help
	runs 0 --version
	grep -q '^rvdirect [0-9]' /tmp/out
}

functions_complete_in_the_shell()
{
	_CLAP_COMPLETE_INDEX=2 _CLAP_IFS=' ' COMPLETE=bash "$command" -- \
		rvdirect count rvdirect_test:rvdirect_test_tar >/tmp/out
	expect "out" "$(cat /tmp/out)" "$target_name"
	COMPLETE=zsh "$command" | grep -q '^#compdef rvdirect'
}

# sick SENTENCE: whether doctor and every other subcommand fail, and say it.
sick()
{
	for action in doctor 'count f 1' 'top f' 'trace f' list detach; do
		# shellcheck disable=SC2086 # several words
		if "$command" $action >/tmp/out 2>&1 ||
			! grep -q -e "^bad   $1" -e "^rvdirect: $1" /tmp/out; then
			echo "$action:"
			cat /tmp/out
			return 1
		fi
	done
}

doctor_says_what_is_wrong()
{
	bad=
	runs 0 doctor
	grep -q '^ok    the module is loaded' /tmp/out
	umount /sys/kernel/debug
	sick 'debugfs is not mounted: mount -t debugfs debugfs /sys/kernel/debug' || bad=1
	mount -t debugfs debugfs /sys/kernel/debug
	umount /sys/kernel/tracing
	"$command" doctor >/tmp/out || bad=1
	! "$command" trace vfs_fsync 1 2>/tmp/err || bad=1
	mount -t tracefs tracefs /sys/kernel/tracing
	grep -q '^note  tracefs is not mounted' /tmp/out
	grep -q '^rvdirect: tracefs is not mounted.*: mount -t tracefs' /tmp/err
	# Newer kernels refuse that.
	if echo 0 2>/dev/null >/proc/sys/kernel/ftrace_enabled; then
		sick 'ftrace is switched off: echo 1' || bad=1
		echo 1 >/proc/sys/kernel/ftrace_enabled
	fi
	[ -z "$bad" ]
}

doctor_says_why_there_is_no_module()
{
	bad=
	rmmod rvdirect_test
	rmmod rvdirect
	dep=/lib/modules/$(uname -r)/modules.dep
	cp "$dep" /tmp/modules.dep
	grep -v rvdirect.ko /tmp/modules.dep >"$dep"
	sick 'there is no module rvdirect for this kernel' || bad=1
	cp /tmp/modules.dep "$dep"
	echo 'options rvdirect max_functions=none' >/etc/modprobe.conf
	sick 'the module cannot be loaded: .*Invalid argument' || bad=1
	rm /etc/modprobe.conf
	runs 0 count vfs_fsync -- true
	load rvdirect_test
	[ -z "$bad" ]
}

run_tests \
	count_shows_a_sorted_table \
	count_shows_intervals \
	a_command_is_told_apart \
	filters_are_options \
	latency_shows_its_own_histograms \
	trace_shows_each_call \
	trace_loses_nothing \
	trace_ends_after_so_many_calls \
	two_traces_see_only_their_own \
	trace_does_not_show_itself \
	stack_shows_who_calls \
	top_shows_what_is_called_a_second \
	a_module_may_come_later \
	override_needs_leave \
	it_ends_as_its_command_does \
	its_signals_reach_the_command \
	it_ends_by_a_signal \
	nothing_stays_when_it_is_killed \
	it_ends_when_nobody_reads \
	it_ends_after_some_seconds \
	targets_are_taken_as_they_are \
	what_is_not_seen_is_said \
	a_full_disk_is_an_error \
	list_and_detach \
	programs_can_read_it \
	errors_are_said \
	functions_complete_in_the_shell \
	doctor_says_what_is_wrong \
	doctor_says_why_there_is_no_module
