#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rvdirect and the kernel's other tracers on the same functions. Each caller
# meets each of them, and they come and go in every order, while all harts call
# the functions and tasks sleep in them. After each step, everyone sees each
# call once, or none if he has gone.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=rvdirect_test_pairs
pairs=/sys/kernel/debug/rvdirect_pairs
events=$tracing/events
all='count trace return latency override'
probes='body entry exit kprobe kretprobe'
calls=3

# Who comes or goes at each step: each of them comes and goes while the other is
# there and while it is not, first and last.
steps='rvdirect peer peer peer rvdirect rvdirect rvdirect peer peer rvdirect peer rvdirect'

# beside PEER: takes all steps with that peer, which is a function that gets
# one of these words:
#
#	files	prints the names of files that it needs
#	comes	the peer begins to trace the functions of all callers
#	goes	it ends
#	clears	it forgets what it saw
#	sees	prints a line for each function that it saw: a word, the
#		function, and how many calls
#	should	prints what it should see of the function $function
beside()
{
	peer=$1
	peer_is=gone
	rvdirect_is=gone
	trap tracing_off EXIT
	drained
	for file in $($peer files); do
		needs "$file" "there is no $file"
	done
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	echo 1 >"$events/rvdirect/enable"
	for who in $steps; do
		echo 1 >$pairs/load
		echo 1 >$pairs/sleep
		case $who:$rvdirect_is:$peer_is in
		rvdirect:gone:*) rvdirect_is=there; attach "$(bindings)" ;;
		rvdirect:*) rvdirect_is=gone; write detach '*' ;;
		peer:*:gone) peer_is=there; $peer comes ;;
		peer:*) peer_is=gone; $peer goes ;;
		esac
		echo 0 >$pairs/load
		everyone_sees_each_call
		stacks_are_whole
		echo 0 >$pairs/sleep
		drained
	done
}

tracing_off()
{
	echo 0 >$pairs/load
	echo 0 >$pairs/sleep
	[ "$peer_is" = gone ] || $peer goes
	echo 0 >"$events/rvdirect/enable"
	echo >"$tracing/trace"
}

# The functions of a caller: one, or a group with a function for each probe.
of()
{
	case $peer in
	probes) echo "rvdirect_pair_$1_*" ;;
	*) echo "rvdirect_pair_$1" ;;
	esac
}

# Prints the command for each caller.
bindings()
{
	for caller in $all; do
		case $caller in
		override) echo "$(of override) override ret=1" ;;
		*) echo "$(of "$caller") $caller" ;;
		esac
	done
}

everyone_sees_each_call()
{
	[ "$peer_is" = gone ] || $peer clears
	echo >"$tracing/trace"
	cp "$rvdirect/status" /tmp/before
	overridden=$(cat $pairs/call)
	echo $calls >$pairs/call
	overridden=$(($(cat $pairs/call) - overridden))
	{
		echo "override overridden $overridden"
		awk 'NR == FNR { before[$1] = $4; next }
			$8 == "active" { print $3, "hits", $4 - before[$1] }' \
			/tmp/before "$rvdirect/status"
		in_trace
		[ "$peer_is" = gone ] || $peer sees
	} | sort >/tmp/seen
	should_be_seen | sort >/tmp/should
	diff /tmp/should /tmp/seen ||
		fail "$peer is $peer_is, rvdirect $rvdirect_is: should be -, is +"
}

# Prints the events in the trace, in the form of the peers.
in_trace()
{
	sed -nE 's/^.* ([a-z_]+): .*(rvdirect_pair_[a-z_]+).*/\1 \2/p' "$tracing/trace" |
		sort | uniq -c | awk '{ print $2, $3, $1 }'
}

should_be_seen()
{
	overridden=0
	for caller in $all; do
		hits=0
		for function in $(functions_of_caller "$caller"); do
			hits=$((hits + calls))
			[ "$peer_is" = gone ] || $peer should
			[ "$rvdirect_is" = there ] || continue
			case $caller in
			trace) echo "call $function $calls" ;;
			return) echo "return $function $calls" ;;
			override) overridden=$hits ;;
			esac
		done
		[ "$rvdirect_is" = gone ] || echo "$caller hits $hits"
	done
	echo "override overridden $overridden"
}

functions_of_caller()
{
	case $peer in
	probes)
		for probe in $probes; do
			echo "rvdirect_pair_$1_$probe"
		done
		;;
	*) echo "rvdirect_pair_$1" ;;
	esac
}

# Each stack that sleeps goes from the function down to where a thread begins.
stacks_are_whole()
{
	awk '
		NR == FNR {
			stack = "/proc/" $1 "/stack"
			name[stack] = $2
			ARGV[ARGC++] = stack
			next
		}
		index($2, name[FILENAME] "+") == 1 { name[FILENAME] = "" }
		$2 ~ /^ret_from_fork/ { whole[FILENAME] = 1 }
		END {
			for (stack in name) {
				if (name[stack] != "" || !whole[stack]) {
					print stack, name[stack]
					bad = 1
				}
			}
			exit bad
		}' $pairs/sleep || fail "stack"
}

# A function tracer: all of them have the same filter.
tracer()
{
	case $2 in
	comes)
		functions_of_all >"$tracing/set_ftrace_filter"
		echo "$1" >"$tracing/current_tracer"
		;;
	goes)
		echo nop >"$tracing/current_tracer"
		echo >"$tracing/set_ftrace_filter"
		;;
	should) echo "$1 $function $calls" ;;
	esac
}

functions_of_all()
{
	for caller in $all; do
		functions_of_caller "$caller"
	done
}

function_tracer()
{
	case $1 in
	files) echo "$tracing/set_ftrace_filter" ;;
	sees) count_in_trace function 's/^.* (rvdirect_pair_[a-z_]+) <-.*/\1/p' ;;
	*) tracer function "$1" ;;
	esac
}

# count_in_trace WORD SCRIPT: prints a line for each function that sed's script
# finds.
count_in_trace()
{
	sed -nE "$2" "$tracing/trace" | sort | uniq -c | awk -v word="$1" '{ print word, $2, $1 }'
}

graph_tracer()
{
	case $1 in
	files) echo "$tracing/max_graph_depth" ;;
	sees) count_in_trace function_graph 's/^.*\|  (rvdirect_pair_[a-z_]+).*\(\).*/\1/p' ;;
	*) tracer function_graph "$1" ;;
	esac
}

graph_tracer_to_a_depth()
{
	case $1 in
	comes) echo 1 >"$tracing/max_graph_depth" ;;
	esac
	graph_tracer "$1"
	case $1 in
	goes) echo 0 >"$tracing/max_graph_depth" ;;
	esac
}

function_profiler()
{
	enabled=$tracing/function_profile_enabled
	case $1 in
	files) echo "$enabled" ;;
	comes)
		functions_of_all >"$tracing/set_ftrace_filter"
		echo 1 >"$enabled"
		;;
	goes)
		echo 0 >"$enabled"
		echo >"$tracing/set_ftrace_filter"
		;;
	clears)
		echo 0 >"$enabled"
		echo 1 >"$enabled"
		;;
	sees)
		awk '$1 ~ /^rvdirect_pair_/ { sum[$1] += $2 }
			END { for (name in sum) print "profile", name, sum[name] }' \
			"$tracing"/trace_stat/function*
		;;
	should) echo "profile $function $calls" ;;
	esac
}

stack_tracer()
{
	enabled=/proc/sys/kernel/stack_tracer_enabled
	case $1 in
	files) echo "$tracing/stack_trace_filter" "$enabled" ;;
	comes)
		functions_of_all >"$tracing/stack_trace_filter"
		echo 1 >"$enabled"
		;;
	goes)
		echo 0 >"$enabled"
		echo >"$tracing/stack_trace_filter"
		;;
	clears) echo 0 >"$tracing/stack_max_size" ;;
	sees) grep -c vfs_write "$tracing/stack_trace" ;;
	should) [ "$caller" != count ] || echo 1 ;;
	esac
}

# Triggers on the events that trace and return make.
triggers()
{
	hist=hist:keys=target.sym
	for event in call return; do
		trigger=$events/rvdirect/$event/trigger
		case $1 in
		comes)
			echo $hist >>"$trigger"
			echo stacktrace >>"$trigger"
			;;
		goes)
			echo "!$hist" >>"$trigger"
			echo '!stacktrace' >>"$trigger"
			;;
		clears) echo "$hist:clear" >>"$trigger" ;;
		sees)
			sed -nE 's/.* (rvdirect_pair_[a-z]+) .*hitcount: *([0-9]+).*/hist \1 \2/p' \
				"$events/rvdirect/$event/hist"
			;;
		esac
	done
	case $1:$caller:$rvdirect_is in
	files:*) echo "$events/rvdirect/call/hist" ;;
	sees:*) stacks_in_trace ;;
	should:trace:there | should:return:there)
		echo "hist $function $calls"
		echo "stack $function $calls"
		;;
	esac
}

# Prints how many stacks go from each function down to its caller.
stacks_in_trace()
{
	awk '/<stack trace>/ { name = "" }
		$2 ~ /^rvdirect_pair_/ { name = $2 }
		name != "" && $2 == "vfs_write" { whole[name]++ }
		END { for (name in whole) print "stack", name, whole[name] }' "$tracing/trace"
}

# Events of each probe that the kernel has, each on functions of its own.
probes()
{
	case $1 in
	files) echo "$tracing/dynamic_events" ;;
	comes)
		for caller in $all; do
			name=${caller}_
			at=rvdirect_pair_$name
			echo "p:pairs/${name}body ${at}body+8"
			! can_probe p || echo "p:pairs/${name}kprobe ${at}kprobe
r:pairs/${name}kretprobe ${at}kretprobe"
			! can_probe f || echo "f:pairs/${name}entry ${at}entry
f:pairs/${name}exit ${at}exit%return"
		done >>"$tracing/dynamic_events"
		echo 1 >"$events/pairs/enable"
		;;
	goes)
		echo 0 >"$events/pairs/enable"
		echo >"$tracing/dynamic_events"
		;;
	should)
		[ -d "$events/pairs/${function#rvdirect_pair_}" ] || return 0
		# A call that is overridden does not reach the body.
		case $function:$rvdirect_is in
		*_override_body:there) ;;
		*) echo "${function#rvdirect_pair_} $function $calls" ;;
		esac
		;;
	esac
}

# needs_kprobe_events: skips the test on a kernel such as 6.12, which records nothing
# in a breakpoint on RISC-V, though it counts it.
needs_kprobe_events()
{
	echo 'p:recorded ksys_write+8' >>"$tracing/dynamic_events"
	echo 1 >"$events/kprobes/recorded/enable"
	echo >/dev/null
	echo 0 >"$events/kprobes/recorded/enable"
	recorded=$(grep -c ' recorded: ' "$tracing/trace" || :)
	echo '-:recorded' >>"$tracing/dynamic_events"
	[ "$recorded" != 0 ] || skip "the kernel records no kprobe events"
}

# A BPF program on each function, by a kprobe event in its body: some kernels allow none where
# ftrace patches.
bpf_programs()
{
	for name in $all; do
		case $1 in
		comes)
			echo "p:pairs/bpf_$name rvdirect_pair_$name+8" >>"$tracing/dynamic_events"
			hold_program "$name" kprobe "$(cat "$events/pairs/bpf_$name/id")"
			;;
		goes) end_program "$name" ;;
		clears) runs "$name" >"/tmp/$name.runs" ;;
		sees)
			echo "bpf rvdirect_pair_$name" \
				$(($(runs "$name") - $(cat "/tmp/$name.runs")))
			;;
		esac
	done
	case $1 in
	files) echo "$here/bpf" /proc/sys/kernel/bpf_stats_enabled ;;
	comes) echo 1 >/proc/sys/kernel/bpf_stats_enabled ;;
	goes) echo >"$tracing/dynamic_events" ;;
	should)
		case $function:$rvdirect_is in
		*_override:there) echo "bpf $function 0" ;;
		*) echo "bpf $function $calls" ;;
		esac
		;;
	esac
}

# hold_program NAME ARGUMENT...: runs a BPF program until end_program NAME. Fails
# if the program cannot be attached.
hold_program()
{
	program=/tmp/bpf.$1
	shift
	rm -f "$program"
	"$here/bpf" "$@" >"$program" &
	within 60 test -s "$program"
	echo "/proc/$!/fdinfo/$(cat "$program")" >"$program"
	! grep : "$program"
}

end_program()
{
	pid=$(sed 's,/proc/\([0-9]*\)/.*,\1,' "/tmp/bpf.$1")
	kill "$pid"
	wait "$pid" || [ $? = 143 ]
}

# runs NAME: prints how often the program has run.
runs()
{
	sed -n 's/^run_cnt:[^0-9]*//p' "$(cat "/tmp/bpf.$1")"
}

# bindings_of FUNCTION: prints a command for each caller, which lets all calls
# pass.
bindings_of()
{
	for caller in $all; do
		case $caller in
		override) echo "$1 override ret=0 comm=nobody" ;;
		*) echo "$1 $caller" ;;
		esac
	done
}

# excludes FUNCTION COMES GOES: of rvdirect and another direct caller, which the
# commands bring and take away, only one can have the function.
excludes()
{
	drained
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	comes=$2
	goes=$3
	bindings_of "$1" >/tmp/bindings
	while read -r binding <&3; do
		$comes
		refused attach "$binding" 'Device or resource busy' \
			'Function has another direct caller, see tracing/enabled_functions' "$1"
		$goes
		attach "$binding"
		# shellcheck disable=SC2086 # several words
		fails $comes 2>/dev/null
		write detach "$1"
	done 3</tmp/bindings
}

excludes_a_direct_caller_of_a_module()
{
	needs /modules/ftrace-direct.ko "the kernel has no sample of a direct caller"
	excludes wake_up_process 'modprobe ftrace-direct' 'rmmod ftrace-direct'
}

excludes_a_direct_caller_of_BPF()
{
	needs "$here/bpf" "there is no $here/bpf"
	needs /sys/kernel/btf/vmlinux "the kernel has no CONFIG_DEBUG_INFO_BTF"
	excludes vfs_fsync fentry_comes 'end_program fentry'
}

fentry_comes()
{
	hold_program fentry fentry vfs_fsync
}

tests=
for peer in function_tracer graph_tracer graph_tracer_to_a_depth function_profiler \
	stack_tracer triggers probes bpf_programs; do
	eval "beside_$peer() { beside $peer; }"
	tests="$tests beside_$peer"
done
beside_probes()
{
	needs_kprobe_events
	beside probes
}
# shellcheck disable=SC2086 # several words
run_tests $tests excludes_a_direct_caller_of_a_module excludes_a_direct_caller_of_BPF
