#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # The $ of fetches are for the module.
#
# Events of attachments' own, and the values that they fetch.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules='rvdirect_test rvdirect_test_fields'
values=/sys/kernel/debug/rvdirect_test_fields
einval='Invalid argument'
events=$tracing/events/rvdirect
taken='There is an event rvdirect/ of that name, which may still be in use'

# traced SETTINGS: attaches rvdirect_test_fields to them, with the event "own" enabled.
traced()
{
	within 10 gone
	echo >"$tracing/trace"
	attach "rvdirect_test_fields $1"
	echo 1 >"$events/own/enable"
}

# seen: prints what the event's lines in the trace have behind the caller.
seen()
{
	sed -n 's/.*: own: [^ ]*\( \[[^]]*]\)\? [<-][->] [^ ]*\( \[[^]]*]\)\? *//p' "$tracing/trace"
}

gone()
{
	[ ! -e "$events/own" ]
}

# end: ends the attachment and its event.
end()
{
	echo 0 >"$events/own/enable"
	write detach rvdirect_test_fields
	gone
}

# fetches FIELDS VALUES: VALUES are what "trace" must show of one call.
fetches()
{
	traced "trace name=own $1"
	echo 1 >"$values/call"
	expect "$1" "$(seen)" "$2"
	end
}

arguments_in_registers_and_on_the_stack()
{
	fetches 'b=$arg2:s32 c=$arg3:bool d=$arg4:char e=$arg5:u8 f=$arg6:u16 g=$arg7:u32 h=$arg8' \
		"b=-5 c=1 d='x' e=5 f=6 g=7 h=0x8"
	fetches 'i=$arg9:u64 j=$arg10:s32 k=$stack0:u8 l=$stack1:s64' 'i=9 j=-10 k=9 l=-10'
	fetches 'b=$arg2:x32 b2=$arg2:u16 b3=$arg2:b4@1/8' 'b=0xfffffffb b2=65531 b3=13'
	read -r comm </proc/self/comm
	fetches 'comm=$comm' "comm=\"$comm\""
	# Nothing.
	fetches '' ''
}

values_in_memory()
{
	fetches 'byte=+0($arg1):u8 half=+2($arg1):s16 word=+4($arg1):s32 whole=+8($arg1):x64' \
		'byte=254 half=-2 word=-3 whole=0x1122334455667788'
	fetches 'byte=+0($arg1):s8 half=+2($arg1):x16 word=+4($arg1):u32 part=+0xc($arg1):x32' \
		'byte=-2 half=0xfffe word=4294967293 part=0x11223344'
	fetches 'array=+40($arg1):u16[4] one=+44($arg1):x8[1] bits=+48($arg1):b8@5/32' \
		'array={1,22,333,4444} one={0x4d} bits=165'
	fetches 'self=+0(+56(+0x38(+56($arg1)))):u8' 'self=254'
	traced 'trace name=own f=+104($arg1):symbol'
	echo 1 >"$values/call"
	expect "symbol" "$(seen | sed 's,/.*,,')" 'f=kfree+0x0'
	end
}

strings()
{
	fetches 's=+0(+16($arg1)):string' 's="a \"name\"\nof two lines"'
	fetches 's=+24($arg1):string half=+2($arg1):s16' 's="inside" half=-2'
	fetches 's=+0(+72($arg1)):string' 's="edge"'
	long=$(printf '%255s' '' | tr ' ' l)
	fetches 's=+0(+64($arg1)):string t=+24($arg1):string' "s=\"$long\" t=\"inside\""
}

arrays_of_strings()
{
	fetches 'a=+112($arg1):string[2] b=+0(+56($arg1)):u8' 'a={"one",""} b=254'
	fetches 'a=+112($arg1):string[4] e=$arg5:u8' 'a={"one","",(fault),"(fault)"} e=5'
	# The memory with the addresses is not there, or is not the user's.
	fetches 'a=+0(+144($arg1)):string[2] b=+u112($arg1):string[1]' \
		'a={(fault),(fault)} b={(fault)}'
	traced 'trace name=own a=+112($arg1):string[3] b=+112($arg1):string[2]'
	# perf and trace-cmd could not read the event at all with what the kernel's own have.
	grep -q '^	field:__data_loc char\[\] a;.*	size:12;' "$events/own/format"
	grep -qF 'a={\"%s\",...} b={\"%s\",...}", ' "$events/own/format"
	echo 'faults == 1 && a == "one" && b ~ "o*"' >"$events/own/filter"
	echo 2 >"$values/call"
	expect "filtered" "$(seen)" 'a={"one","",(fault)} b={"one",""}
a={"one","",(fault)} b={"one",""}'
	end
	# Each has a word at least.
	traced 'trace name=own a=+152($arg1):string[64] s=+24($arg1):string'
	echo 1 >"$values/call"
	seen | grep -q '^a={"l\{255\}",\("l\{7,255\}",\)\{62\}"l\{7\}"} s="inside"$'
	end
}

# A path that a program passes is memory of the user.
strings_of_the_user()
{
	attach 'do_sys_openat2 trace name=own s=$arg2:string u=+u0($arg2):string k=+u0($arg3):x64'
	echo 's ~ "*/no-such-*"' >"$events/own/filter"
	echo >"$tracing/trace"
	echo 1 >"$events/own/enable"
	fails cat /no-such-file
	echo 0 >"$events/own/enable"
	# The third argument is in the kernel's memory, of which +u does not read.
	expect "seen" "$(seen)" 's="/no-such-file" u="/no-such-file" k=(fault)'
	write detach '*'
	gone
}

# The second argument of a system call is 88 bytes into its registers.
arrays_of_strings_of_the_user()
{
	fields='a=+0(+88($arg1)):string[4] u=+u0(+88($arg1)):string[2]'
	attach "__riscv_sys_execve trace name=own $fields"
	echo >"$tracing/trace"
	echo 1 >"$events/own/enable"
	busybox true one
	echo 0 >"$events/own/enable"
	expect "seen" "$(seen)" 'a={"busybox","true","one",(fault)} u={"busybox","true"}'
	write detach '*'
	gone
}

faults()
{
	fetches 'a=+0(+88($arg1)):u8 s=+0(+88($arg1)):string b=+0($arg2):x64 c=+0($arg8):u8[2]' \
		'a=(fault) s=(fault) b=(fault) c=(fault)'
	fetches 's=+0(+80($arg1)):string t=+24($arg1):string d=+8(+0(+88($arg1))):u8 e=$arg5:u8' \
		's=(fault) t="inside" d=(fault) e=5'
	# What begins on a page and would end on one that is not there.
	fetches 'a=+1(+72($arg1)):x64 b=+0(+72($arg1)):x32' 'a=(fault) b=0x65676465'
	traced 'trace name=own a=+0(+88($arg1)):u8 e=$arg5:u8'
	echo 'faults == 0' >"$events/own/filter"
	echo 1 >"$values/call"
	expect "without faults" "$(seen)" ''
	echo 'faults == 1' >"$events/own/filter"
	echo 1 >"$values/call"
	expect "with faults" "$(seen)" 'a=(fault) e=5'
	end
	# The memory was freed, which nobody but a sanitizer could tell.
	traced 'trace name=own s=+0(+96($arg1)):string'
	echo 1 >"$values/call"
	[ "$(seen | wc -l)" -gt 0 ]
	end
}

what_is_returned()
{
	traced 'return name=own ret>0 r=$retval:x64 low=$retval:u8 b=$arg2:s32 i=$arg9:u64'
	echo 1 >"$values/call"
	expect "seen" "$(seen | sed 's/duration=[1-9][0-9]* ns/duration=N ns/')" \
		'ret=1234605616436508551 duration=N ns r=0x1122334455667787 low=135 b=-5 i=9'
	end
	traced 'return name=own ret<0 r=$retval'
	echo 1 >"$values/call"
	expect "seen" "$(seen)" ''
	end
}

# matches FILTER LINES: of calls with e=5, so many events match.
matches()
{
	echo "$1" >"$events/own/filter"
	echo >"$tracing/trace"
	echo 3 >"$values/call"
	expect "$1" "$(seen | wc -l)" "$2"
}

filters_know_the_fields()
{
	traced 'trace name=own e=$arg5:u8 b=$arg2:s32 s=+24($arg1):string h=$arg8:x64'
	matches 'e == 5' 3
	matches 'e != 5' 0
	matches 'b < 0 && e > 4' 3
	matches 'b > 0' 0
	matches 's == "inside"' 3
	matches 's == "insid"' 0
	matches 's ~ "*sid*"' 3
	matches 'h & 8' 3
	matches 'e >= 6 || s ~ "x*"' 0
	end
}

triggers_know_the_fields()
{
	needs "$events/call/hist" "the kernel has no CONFIG_HIST_TRIGGERS"
	attach 'rvdirect_test_fields trace name=own e=$arg5:u8 s=+24($arg1):string'
	echo 'hist:keys=s,e' >"$events/own/trigger"
	echo 7 >"$values/call"
	grep -q '{ s: inside *, e: *5 } hitcount: *7$' "$events/own/hist" ||
		fail "$(cat "$events/own/hist")"
	# A trigger uses the event.
	write detach rvdirect_test_fields
	[ -e "$events/own" ]
	echo '!hist:keys=s,e' >>"$events/own/trigger"
	within 10 gone
}

it_comes_and_goes_with_its_attachment()
{
	attach 'rvdirect_test_fields trace a=$arg5:u8'
	[ -e "$events/rvdirect_test_fields/enable" ]
	expect "attach" "$(cat "$rvdirect/attach")" \
		'rvdirect_test_fields trace name=rvdirect_test_fields a=$arg5:u8'
	write detach '*'
	[ ! -e "$events/rvdirect_test_fields" ]
	# What it prints can be written back.
	attach 'rvdirect_test_fields return name=own s=+0(+16($arg1)):string min=1us pid=1 disabled'
	line=$(cat "$rvdirect/attach")
	write detach '*'
	attach "$line"
	expect "attach" "$(cat "$rvdirect/attach")" "$line"
	write detach '*'
	gone
}

it_stays_while_somebody_uses_it()
{
	traced 'trace name=own e=$arg5:u8'
	write detach rvdirect_test_fields
	[ -e "$events/own" ]
	expect "attached" "$(cat "$rvdirect/attach")" ''
	refused attach 'rvdirect_test_fields trace name=own e=$arg5:u8' 'File exists' "$taken" own
	fails rmmod rvdirect 2>/dev/null
	[ -e "$events/own" ]
	echo 0 >"$events/own/enable"
	within 10 gone
	traced 'trace name=own e=$arg5:u8'
	end
}

# The function is free again at once, whoever uses the event.
a_session_takes_it_along()
{
	exec 3<>"$rvdirect/session"
	echo 'attach rvdirect_test_fields trace name=own e=$arg5:u8' >&3
	echo 'session > 0' >"$events/own/filter"
	echo 1 >"$events/own/enable"
	echo >"$tracing/trace"
	echo 1 >"$values/call"
	expect "seen" "$(seen)" 'e=5'
	exec 3>&-
	within 10 prints '' cat "$rvdirect/attach"
	attach 'rvdirect_test_fields count'
	echo 0 >"$events/own/enable"
	within 10 gone
}

instances_have_it()
{
	mkdir "$tracing/instances/fields"
	attach 'rvdirect_test_fields trace name=own e=$arg5:u8 s=+24($arg1):string'
	echo 1 >"$tracing/instances/fields/events/rvdirect/own/enable"
	echo 1 >"$events/own/enable"
	echo >"$tracing/trace"
	echo 2 >"$values/call"
	for buffer in "$tracing" "$tracing/instances/fields"; do
		expect "events in $buffer" "$(grep -c ' own: .* e=5 s="inside"$' "$buffer/trace")" 2
	done
	echo 0 >"$events/own/enable"
	rmdir "$tracing/instances/fields"
	write detach rvdirect_test_fields
	gone
}

# Each interrupt that comes while a record is made has room for its own.
no_event_is_lost_or_torn()
{
	echo 8192 >"$tracing/buffer_size_kb"
	attach 'rvdirect_test_target trace name=own a=$arg1:u64 b=$arg2:u64 comm=$comm'
	echo 1 >"$events/own/enable"
	echo >"$tracing/trace"
	on_each_hart sh -c "echo 500 >$target/call_task; echo 500 >$target/call_irq"
	echo 0 >"$events/own/enable"
	all=$((500 * harts + 500 * harts * harts))
	expect "events" "$(grep -c ' own: .* b=1 comm="..*"$' "$tracing/trace")" $all
	expect "hits" "$(hits rvdirect_test_target)" $all
	write detach '*'
	gone
}

modified_to_other_fields()
{
	traced 'trace name=own e=$arg5:u8'
	echo 0 >"$events/own/enable"
	refused modify 'rvdirect_test_fields trace name=own f=$arg6:u16' 'File exists' "$taken" own
	write modify 'rvdirect_test_fields return name=other f=$arg6:u16'
	within 10 gone
	[ -e "$events/other" ]
	write modify 'rvdirect_test_fields count'
	[ ! -e "$events/other" ]
}

a_group_shares_the_fields()
{
	echo >"$tracing/trace"
	attach 'rvdirect_test_[ft]* trace name=own a=$arg1'
	echo 1 >"$events/own/enable"
	echo 2 >"$target/call_task"
	echo 1 >"$values/call"
	echo 0 >"$events/own/enable"
	expect "events of the target" "$(grep -c ' own: rvdirect_test_target ' "$tracing/trace")" 2
	expect "events of fields" "$(grep -c ' own: rvdirect_test_fields ' "$tracing/trace")" 1
	write detach '*'
}

refusals()
{
	for event in call return; do
		refused attach "vfs_read trace name=$event" 'File exists' "$taken" "$event"
	done
	refused attach 'vfs_* trace a=$arg1' "$einval" \
		'A pattern wants name=EVENT for its event' trace
	refused attach 'vfs_read trace a=$retval' "$einval" 'Only return has $retval' '$retval'
	refused attach 'vfs_read count zz=$arg1' "$einval" 'Caller has no such option' zz
	refused attach 'vfs_read latency zz=$arg1' "$einval" 'Caller has no such option' zz
	refused attach 'vfs_read trace args=2 a=$arg1' "$einval" \
		'An event with fields of its own has no args=' args
	refused attach 'vfs_read trace name=own a=+0(+8($arg1):u8' "$einval" \
		'Fetch wants a ) here' :u8
	refused attach 'vfs_read trace a=$arg1:string[2]' "$einval" \
		'Array is not one of [1] to [64] numbers or strings behind an +OFFSET()' '[2]'
	many='a=+0($arg1):string[64] b=+0($arg1):string[64] c=+0($arg1):string'
	for big in 'a=+0($arg1):u64[64] b=+0($arg1):u64[63]' "$many"; do
		refused attach "vfs_read trace name=own $big" 'Argument list too long' \
			"Event would have more than 32 fields or 128 strings, or more than \
1024 bytes without strings" own
	done
	gone
}

run_tests \
	arguments_in_registers_and_on_the_stack \
	values_in_memory \
	strings \
	arrays_of_strings \
	strings_of_the_user \
	arrays_of_strings_of_the_user \
	faults \
	what_is_returned \
	filters_know_the_fields \
	triggers_know_the_fields \
	it_comes_and_goes_with_its_attachment \
	it_stays_while_somebody_uses_it \
	a_session_takes_it_along \
	instances_have_it \
	no_event_is_lost_or_torn \
	modified_to_other_fields \
	a_group_shares_the_fields \
	refusals
