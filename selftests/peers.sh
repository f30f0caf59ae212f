#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What rvdirect and the kernel's other tracers cost for the same jobs: in
# instructions a call above an unpatched call of int_pow(), and in the guest's
# time for attaching and detaching, in which an instruction takes a nanosecond
# and waiting takes what it takes. Run by scripts/peers, with one hart and
# instructions counted.
#
# Prints lines for the cells of the table: "# cell: PEER|JOB|VALUE". VALUE is a
# number, or a word that says why there is none. Of a cell's lines, the last one
# holds.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules='rvdirect_test rvdirect_test_peers'
probes=/sys/kernel/debug/rvdirect_peers
events=$tracing/events
traced=int_pow
calls=2000
# How many microseconds, by what fewer functions took, a number of functions may
# take.
patience=25000000

cell()
{
	echo "$peer|$1|$2" >>/tmp/cells
}

# no WORD JOB...: says why the peer does not do these jobs.
no()
{
	why=$1
	shift
	for job; do
		cell "$job" "$why"
	done
}

# nothing_by WORD: why the peer does none of the jobs, but for those that it does
# afterwards.
nothing_by()
{
	no "$1" nothing count histogram event 'return event' override
	for number in $numbers; do
		no "$1" "attach $number" "detach $number"
	done
}

# measure JOB: what a call costs now. Events make calls differ in cost, so this
# is the mean, rounded up.
measure()
{
	patched=$(cat "$target/instructions_$traced")
	cell "$1" $(((patched - unpatched + calls - 1) / calls))
	[ "$patched" -gt "$unpatched" ]
}

# measure_override JOB: the function does not run, so this is the whole call.
measure_override()
{
	patched=$(cat "$target/instructions_$traced")
	cell "$1" $(((patched - $(cat "$target/instructions_least")) / calls + 1))
}

# texts FILES COMMAND...: makes the text by which each number of functions is
# attached, from the names or the pattern.
texts()
{
	files=$1
	shift
	for number in $numbers; do
		"$@" <"/tmp/$files.$number" >"/tmp/text.$number"
	done
}

# scale COMMAND NUMBERS: measures attaching and detaching each number of
# functions. The command, which gets the number, sets $attaching and $detaching to
# the microseconds. What would take too long is not tried.
scale()
{
	took=0
	functions=1
	for number in $2; do
		more=$(wc -l <"/tmp/names.$number")
		if [ $((took * more / functions)) -gt $patience ]; then
			no slow "attach $number" "detach $number"
			continue
		fi
		functions=$more
		$1 "$number"
		cell "attach $number" "$attaching"
		cell "detach $number" "$detaching"
		took=$((attaching + detaching))
	done
}

# by_shell COMES GOES NUMBER: COMES writes $text. The shell must not fork in both
# commands.
by_shell()
{
	text=$(cat "/tmp/text.$3")
	read -r start <$probes/clock
	"$1"
	read -r attached <$probes/clock
	"$2"
	read -r end <$probes/clock
	attaching=$(((attached - start) / 1000))
	detaching=$(((end - attached) / 1000))
}

# How many functions are attached. Of those that are named one by one, "all" are
# all with a name of their own.
each='1 60 1000'
numbers="$each all"

# name_functions: writes functions to /tmp/names.NUMBER, a line each, and to
# /tmp/pattern.NUMBER a pattern that means a few more than that. All of them are
# functions that every peer can attach to: they have a name that is theirs alone,
# may have a kprobe, and are in the kernel's BTF, if it has any.
name_functions()
{
	awk '!/\[/ { print $1 }' "$tracing/available_filter_functions" | sort >/tmp/functions
	{
		awk '{ print $3 }' /proc/kallsyms | sort | uniq -d
		cut -f 2 /sys/kernel/debug/kprobes/blacklist
	} | awk 'NR == FNR { bad[$1] = 1; next }
		!($1 in bad) && !/[.]/' - /tmp/functions >/tmp/names
	if [ -e /sys/kernel/btf/vmlinux ]; then
		"$here/peers" /tmp/names >/tmp/known
		mv /tmp/known /tmp/names
	fi
	pattern=vfs_fsync
	for number in $each; do
		[ "$number" = 1 ] || pattern=$(pattern_of "$number" /tmp/names)
		echo "$pattern" >"/tmp/pattern.$number"
		grep "^${pattern%\*}" /tmp/names | head -n "$number" >"/tmp/names.$number"
		[ "$(wc -l <"/tmp/names.$number")" = "$number" ]
		case $pattern in
		*\*) echo "$number|$pattern|$(grep -c "^${pattern%\*}" /tmp/functions)" ;;
		esac >>/tmp/patterns
	done
	echo '*' >/tmp/pattern.all
	cp /tmp/names /tmp/names.all
	{
		echo "all|*|$(wc -l </tmp/functions)"
		echo "named||$(wc -l </tmp/names)"
	} >>/tmp/patterns
}

begin()
{
	peer=$1
	[ -s /tmp/names.1000 ] || name_functions
	unpatched=$(cat "$target/instructions_$traced")
}

# With rvdirect's own callers. It attaches a pattern as one.
rvdirect_by_a_pattern()
{
	begin rvdirect
	rmmod rvdirect
	modprobe rvdirect allow_override=1
	echo 100000 >$max_functions
	rvdirect_does nothing nop
	rvdirect_does count count
	rvdirect_does histogram latency
	echo 1 >"$events/rvdirect/enable"
	rvdirect_does event 'trace args=2'
	rvdirect_does 'return event' 'return args=2'
	echo 0 >"$events/rvdirect/enable"
	echo >"$tracing/trace"
	attach "$traced override ret=0"
	measure_override override
	write detach '*'
	texts pattern sed 's/$/ count/'
	scale "by_shell rvdirect_comes rvdirect_goes" "$numbers"
}

rvdirect_does()
{
	attach "$traced $2"
	measure "$1"
	write detach '*'
}

rvdirect_comes()
{
	echo "$text" >"$rvdirect/attach"
}

rvdirect_goes()
{
	write detach '*'
}

# With an empty handler in C.
rvdirect_by_a_handler()
{
	begin 'rvdirect, C handler'
	nothing_by -
	load rvdirect_test_callers
	rvdirect_does nothing test_empty
	rmmod rvdirect_test_callers
}

# Attaching each function by a line of its own, all lines in one write. There are
# at most 1024.
rvdirect_by_lines()
{
	begin 'rvdirect, a line each'
	nothing_by -
	texts names sed 's/$/ count/'
	scale "by_shell rvdirect_comes rvdirect_goes" "$each"
}

# module PROBE JOB...: jobs that a probe of the test module does.
module()
{
	probe=$1
	shift
	for job; do
		echo "$probe $job $traced" >$probes/attach
		case $job in
		override) measure_override override ;;
		*) measure "$job" ;;
		esac
		echo 1 >$probes/detach
	done
	texts names sed "1i$probe count"
}

probes_come()
{
	echo "$text" >$probes/attach
}

probes_go()
{
	echo 1 >$probes/detach
}

# Not on all functions: our own kernel bears kprobes there, but the test did not
# end in minutes on Debian's; nor with kprobe events on our own.
kprobe()
{
	begin kprobe
	module kprobe nothing count override
	no kretprobe histogram 'return event'
	no own event
	no slow 'attach all' 'detach all'
	scale "by_shell probes_come probes_go" "$each"
}

kretprobe()
{
	begin kretprobe
	module kretprobe nothing count histogram
	no own event 'return event'
	no runs override
	no slow 'attach all' 'detach all'
	scale "by_shell probes_come probes_go" "$each"
}

fprobe()
{
	begin fprobe
	module fprobe nothing count histogram
	no own event 'return event'
	no runs override
	scale "by_shell probes_come probes_go" "$numbers"
}

events_come()
{
	echo "$text" >"$tracing/dynamic_events"
	echo 1 >"$events/peers/enable"
}

events_go()
{
	echo 0 >"$events/peers/enable"
	echo >"$tracing/dynamic_events"
	echo >"$tracing/trace"
}

# probe_events ENTRY EXIT SUFFIX: events of one kind, by the letters that begin
# their definitions and by what follows the function's name on return.
probe_events()
{
	no event nothing
	no runs override
	echo "$1:peers/entry $traced \$arg1 \$arg2" >"$tracing/dynamic_events"
	echo hist:keys=common_cpu >"$events/peers/entry/trigger"
	measure count
	echo '!hist:keys=common_cpu' >"$events/peers/entry/trigger"
	echo 1 >"$events/peers/enable"
	measure event
	events_go
	echo "$2:peers/exit $traced$3 \$retval" >"$tracing/dynamic_events"
	echo 1 >"$events/peers/enable"
	measure 'return event'
	events_go
	events_histogram "$1" "$2" "$3"
	texts names sed "s/.*/$1:peers\/& &/"
	no slow 'attach all' 'detach all'
	scale "by_shell events_come events_go" "$each"
}

# By two events, of which a third is made.
events_histogram()
{
	start='hist:keys=common_pid:start=common_timestamp'
	end="hist:keys=common_pid:time=common_timestamp-\$start"
	end="$end:onmatch(peers.entry).trace(peers_latency,\$time)"
	echo "$1:peers/entry $traced" >"$tracing/dynamic_events"
	echo "$2:peers/exit $traced$3" >>"$tracing/dynamic_events"
	echo 's:peers_latency u64 time' >>"$tracing/dynamic_events"
	echo "$start" >"$events/peers/entry/trigger"
	echo "$end" >"$events/peers/exit/trigger"
	echo hist:keys=time.log2 >"$events/synthetic/peers_latency/trigger"
	measure histogram
	echo '!hist:keys=time.log2' >"$events/synthetic/peers_latency/trigger"
	echo "!$end" >"$events/peers/exit/trigger"
	echo "!$start" >"$events/peers/entry/trigger"
	echo >"$tracing/dynamic_events"
}

kprobe_events()
{
	begin 'kprobe events'
	probe_events p r ''
}

fprobe_events()
{
	begin 'fprobe events'
	probe_events f f '%return'
}

tracer_comes()
{
	echo "$text" >"$tracing/set_ftrace_filter"
	echo "$tracer" >"$tracing/current_tracer"
}

tracer_goes()
{
	echo nop >"$tracing/current_tracer"
	echo >"$tracing/set_ftrace_filter"
	echo >"$tracing/trace"
}

# trace_with TRACER OPTION JOB: measures the job, with the arguments if the kernel
# has that option.
trace_with()
{
	tracer=$1
	text=$traced
	[ ! -e "$tracing/options/$2" ] || echo 1 >"$tracing/options/$2"
	tracer_comes
	measure "$3"
	tracer_goes
	[ ! -e "$tracing/options/$2" ] || echo 0 >"$tracing/options/$2"
	texts pattern cat
	scale "by_shell tracer_comes tracer_goes" "$numbers"
}

function_tracer()
{
	begin 'function tracer'
	no event nothing count histogram 'return event'
	no runs override
	trace_with function func-args event
}

function_graph()
{
	begin function_graph
	no event nothing count histogram event
	no runs override
	trace_with function_graph funcgraph-args 'return event'
}

profiler_comes()
{
	echo "$text" >"$tracing/set_ftrace_filter"
	echo 1 >"$tracing/function_profile_enabled"
}

profiler_goes()
{
	echo 0 >"$tracing/function_profile_enabled"
	echo >"$tracing/set_ftrace_filter"
}

function_profiler()
{
	begin 'function profiler'
	if [ ! -e "$tracing/function_profile_enabled" ]; then
		nothing_by config
		return
	fi
	nothing_by counts
	no mean histogram
	text=$traced
	profiler_comes
	measure count
	profiler_goes
	texts pattern cat
	scale "by_shell profiler_comes profiler_goes" "$numbers"
}

# bpf NAME KIND: BPF programs of that kind, with the JIT compiler and without it.
bpf()
{
	kind=$2
	jit=/proc/sys/net/core/bpf_jit_enable
	begin "$1"
	if [ ! -e $jit ]; then
		nothing_by config
	else
		echo 1 >$jit
		bpf_jobs
		echo 0 >$jit
	fi
	begin "$1, interpreted"
	bpf_jobs
}

bpf_jobs()
{
	if [ "$kind" = fentry ] && [ ! -e /sys/kernel/btf/vmlinux ]; then
		nothing_by config
		return
	fi
	case $kind in
	fentry) context=fentry returning=fexit ;;
	*) context=kprobe returning=kprobe ;;
	esac
	echo $traced >/tmp/names.this
	bpf_does nothing nothing
	bpf_does count count
	bpf_does histogram begin end
	bpf_does event ${context}_event
	bpf_does 'return event' - ${returning}_return
	no config override
	if [ "$kind" = multi ]; then
		scale by_bpf "$numbers"
	else
		no slow 'attach all' 'detach all'
		scale by_bpf "$each"
	fi
}

# bpf_does JOB PROGRAM [RETURN_PROGRAM]
bpf_does()
{
	run_bpf "$2" "${3:--}" this
	cell "$1" $(((patched - unpatched + calls - 1) / calls))
	[ "$patched" -gt "$unpatched" ]
}

by_bpf()
{
	run_bpf count - "$1"
}

# run_bpf PROGRAM RETURN_PROGRAM NAMES: sets what by_shell sets, and $patched to
# the instructions of the calls.
run_bpf()
{
	taken=$("$here/peers" "$kind" "$(file_of "$1")" "$(file_of "$2")" "/tmp/names.$3" \
		"$target/instructions_$traced") || fail "$kind $1 $2 $3: $taken"
	# shellcheck disable=SC2086 # three words
	set -- $taken
	attaching=$(($1 / 1000))
	patched=$2
	detaching=$(($3 / 1000))
}

file_of()
{
	case $1 in
	-) echo - ;;
	*) echo "$here/job_$1" ;;
	esac
}

bpf_kprobe()
{
	bpf 'BPF kprobe' kprobe
}

bpf_kprobe_multi()
{
	bpf 'BPF kprobe.multi' multi
}

bpf_fentry()
{
	bpf 'BPF fentry, fexit' fentry
}

print_cells()
{
	echo "# kernel: $(uname -r)"
	sed 's/^/# cell: /' /tmp/cells
	sed 's/^/# functions: /' /tmp/patterns
}

: >/tmp/cells
: >/tmp/patterns
trap print_cells EXIT
run_tests \
	rvdirect_by_a_pattern \
	rvdirect_by_a_handler \
	rvdirect_by_lines \
	kprobe \
	kretprobe \
	fprobe \
	kprobe_events \
	fprobe_events \
	function_tracer \
	function_profiler \
	function_graph \
	bpf_kprobe \
	bpf_kprobe_multi \
	bpf_fentry
