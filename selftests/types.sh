#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Traces with the command rvdirect by the types that the kernel's BTF tells.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

test_modules=rvdirect_test_signatures
command=rvdirect
btf=/sys/kernel/btf
signatures=/sys/kernel/debug/rvdirect_test_signatures
text=/tmp/text

# traces ARGUMENT...: traces, and leaves nothing behind. Its output is in /tmp/out and
# /tmp/err.
traces()
{
	"$command" trace "$@" >/tmp/out 2>/tmp/err || cat /tmp/err
	cat /tmp/out
	within 10 nothing_of_a_session
	expect "events" "$(find "$tracing/events/rvdirect" -mindepth 1 -type d | wc -l)" 2
}

# refuses SENTENCE ARGUMENT...
refuses()
{
	sentence=$1
	shift
	fails "$command" trace "$@" 2>/tmp/err
	expect "err" "$(cat /tmp/err)" "rvdirect: $sentence"
}

needs_types()
{
	needs $btf/vmlinux 'the kernel has no BTF'
}

# shown FUNCTION: prints what is shown of its calls, without times and callers.
shown()
{
	sed -n "s/^.*\] \([a-z_]*:\)\?\($1(.*\) <- .*/\2/p" /tmp/out | sed 's/ ([0-9.]* [num]*s)$//'
}

arguments_have_names_and_types()
{
	needs_types
	traces do_sys_openat2 --ret -- cat $text
	expect "calls" "$(shown do_sys_openat2 | grep text)" "do_sys_openat2(dfd=AT_FDCWD, \
filename=\"$text\", how={flags=O_RDONLY|O_LARGEFILE, mode=0, resolve=0}) = 3"
	expect "err" "$(cat /tmp/err)" ''
}

system_calls_have_their_own()
{
	needs_types
	traces __riscv_sys_openat --ret -- cat /none
	expect "calls" "$(shown __riscv_sys_openat | grep none)" "__riscv_sys_openat(\
dfd=AT_FDCWD, filename=\"/none\", flags=O_RDONLY, mode=0) = -ENOENT"
}

results_have_types()
{
	needs_types
	traces kfree capable --ret -- busybox mknod /tmp/device c 1 3
	rm /tmp/device
	shown kfree | grep -q '^kfree([a-z]*=[0-9a-fxNUL]*) = void$'
	shown capable | grep -q '^capable(cap=27) = true$'
}

expressions_choose()
{
	needs_types
	traces 'vfs_open path->dentry->d_name.name *path &file->f_flags' -- cat $text
	shown vfs_open | sed 's/0x[0-9a-f]*/0x/g' | grep text >/tmp/shown
	expect "calls" "$(cat /tmp/shown)" 'vfs_open(path->dentry->d_name.name="text", '\
'*path={mnt=0x, dentry=0x}, &file->f_flags=0x)'
}

conditions_are_the_kernels()
{
	needs_types
	traces do_sys_openat2 --ret --where "ret == -ENOENT && filename ~ \"*none\"" -- \
		cat $text /none /nowhere
	expect "calls" "$(shown do_sys_openat2 | grep -o 'filename="[^"]*"')" 'filename="/none"'
}

# strings_may_have_anything: what looks like another value, or ends a line.
strings_may_have_anything()
{
	needs_types
	name='/tmp/a "b v1=x
é ā'
	cp $text "$name"
	traces do_sys_openat2 --json -- cat "$name"
	grep -q '"filename":"/tmp/a \\"b v1=x\\né ā","how":{' /tmp/out
	traces do_sys_openat2 -- cat "$name"
	shown do_sys_openat2 | grep -q 'filename="/tmp/a \\"b v1=x\\né ā", how='
	rm "$name"
}

memory_may_not_be_there()
{
	needs_types
	traces 'do_sys_openat2 how[-10000000].mode' -- cat $text
	shown do_sys_openat2 | grep -qF 'do_sys_openat2(how[-10000000].mode=(fault))'
}

programs_get_names()
{
	needs_types
	traces do_sys_openat2 --ret --json -- cat $text
	expect "calls" "$(sed -n 's/.*"args":\(.*\),"duration_ns.*/\1/p' /tmp/out | grep text)" \
		"{\"dfd\":\"AT_FDCWD\",\"filename\":\"$text\",\
\"how\":{\"flags\":\"O_RDONLY|O_LARGEFILE\",\"mode\":0,\"resolve\":0}},\"ret\":3,\"error\":null"
}

modules_have_types()
{
	needs_types
	modprobe virtio_mmio
	needs $btf/virtio_mmio 'the module has no BTF'
	function=virtio_mmio:vm_interrupt
	expect "candidates" "$(COMPLETE=fish "$command" -- rvdirect trace "$function i")" \
		"$function irq"
	traces "$function irq opaque" -- true
	expect "err" "$(cat /tmp/err)" ''
}

# What functions of random signatures say they were called with, and return, is what is shown.
arguments_are_where_the_compiler_has_them()
{
	needs_types
	needs $btf/rvdirect_test_signatures 'the module has no BTF'
	for functions in '[0-2]' '[34]'; do
		for ret in '' --ret; do
			traces "rvdirect_signature_$functions*" $ret -- \
				sh -c "cat $signatures >/tmp/called"
			expect "err" "$(cat /tmp/err)" ''
			grep "^rvdirect_signature_$functions" /tmp/called >/tmp/expected
			[ -n "$ret" ] || sed -i 's/) = .*/)/' /tmp/expected
			shown 'rvdirect_signature_[0-9]*' >/tmp/shown
			diff /tmp/expected /tmp/shown
			[ "$(wc -l </tmp/expected)" -ge 20 ]
		done
	done
}

# Each function of a pattern by its own types, unless there are many.
patterns_have_types()
{
	needs_types
	traces 'vfs_fstat*' -- ls -d /dev
	shown vfs_fstatat | grep -q '^vfs_fstatat(dfd=AT_FDCWD, filename="/dev", stat=0x'
	traces 'vfs_*' -- ls -d /dev
	grep -q '^rvdirect: vfs_\*: registers are shown, as these are [0-9]* functions' /tmp/err
	shown vfs_fstatat | grep -q '^vfs_fstatat(0xffffffffffffff9c, '
}

clones_are_warned_of()
{
	needs_types
	clone=$(grep -m 1 '^[a-z0-9_]*\.isra\.0$' "$tracing/available_filter_functions") ||
		skip "the compiler has changed no function"
	traces "$clone" -- true
	grep -q -e "$clone: the compiler has changed" -e "$clone: registers are shown" /tmp/err
}

wrong_expressions_are_refused()
{
	needs_types
	refuses 'vfs_read: nope: there is no argument nope' 'vfs_read nope' -- true
	refuses 'vfs_read: file->nope: file has no member nope' 'vfs_read file->nope' -- true
	refuses 'vfs_read: --where: count is no pointer' vfs_read --where 'count->x' -- true
	refuses 'vfs_read: --where: ret wants --ret' vfs_read --where 'ret < 0' -- true
}

the_shell_completes_them()
{
	needs_types
	expect "candidates" "$(COMPLETE=fish "$command" -- rvdirect trace 'vfs_read file->f_mo')" \
		'vfs_read file->f_mode'
}

without_types_registers_are_shown()
{
	[ ! -e $btf/vmlinux ] || skip 'the kernel has BTF'
	traces vfs_statx -- ls -d /dev
	grep -q '^rvdirect: registers are shown, as there are no types: ' /tmp/err
	shown vfs_statx | grep -q '^vfs_statx(0xffffffffffffff9c, '
	refuses 'registers are shown, as there are no types: '"$btf/vmlinux: \
No such file or directory
rvdirect: vfs_read: count cannot be shown, as the kernel does not tell its types" \
		'vfs_read count' -- true
}

echo words >$text
run_tests arguments_have_names_and_types system_calls_have_their_own results_have_types \
	expressions_choose conditions_are_the_kernels strings_may_have_anything \
	memory_may_not_be_there programs_get_names modules_have_types \
	arguments_are_where_the_compiler_has_them patterns_have_types \
	clones_are_warned_of wrong_expressions_are_refused the_shell_completes_them \
	without_types_registers_are_shown
