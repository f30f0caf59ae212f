# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the scripts share: the parts of the guest, the place of the caches, the
# tools, and the functions that report progress and errors.
#
# Sourced, with $top set to the top of the repository.

# The guest: Debian's source package of its kernel, the suites that have the
# kernel and the user space, and the bindgen version that suits this kernel.
kernel_package=linux-source-7.3
kernel_suites='trixie-backports stable-backports sid'
guest_suites='trixie stable sid'
bindgen_version=0.73.2

cache=${XDG_CACHE_HOME:-$HOME/.cache}/rvdirect

say()
{
	printf 'rvdirect: %s\n' "$*" >&2
}

die()
{
	printf 'rvdirect: error: %s\n' "$*" >&2
	exit 1
}

# run_logged LOG SENTENCE COMMAND...: says what a long command does, and keeps
# its output in LOG. Shows the end of that only if the command fails.
run_logged()
{
	local log=$1 what=$2
	shift 2
	say "$what"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" >&2
		die "$what: failed, all of its output is in $log"
	fi
}

# A cache directory is valid once it has this mark, which is written last. One
# that an interrupted run left behind is made anew.
is_complete()
{
	[ -e "$1/.complete" ]
}

# make_cache DIR COMMAND...: runs the command, which fills DIR, unless DIR is
# complete already. A lock makes a second maker of DIR wait for the first.
make_cache()
{
	local dir=$1
	shift
	is_complete "$dir" && return
	mkdir -p "${dir%/*}"
	(
		flock 9
		is_complete "$dir" && exit
		rm -rf "$dir"
		mkdir "$dir"
		"$@" || exit
		: >"$dir/.complete"
	) 9>"$dir.lock" || exit
}

# key_of: prints a short name for the text on standard input. A cache named by
# the key of all its inputs can never be out of date.
key_of()
{
	sha256sum | cut -c1-16
}

# debian_release: prints the code name of this host's Debian, or nothing.
debian_release()
{
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && (. /etc/os-release && [ "$ID" = debian ] &&
		printf '%s\n' "$VERSION_CODENAME")
}

# use_toolchain: sets the variables by which the kernel's own make knows the
# tools, unless the user set them. Also sets $make_tools, to pass them on its
# command line: it does not take all of them from the environment.
use_toolchain()
{
	local name

	: "${ARCH:=riscv}"
	if [ -z "${LLVM:-}" ]; then
		LLVM=1
		[ -z "$(command -v clang-22)" ] || LLVM=-22
	fi
	if [ "$LLVM" = -22 ] && [ -z "${LIBCLANG_PATH:-}" ]; then
		LIBCLANG_PATH=/usr/lib/llvm-22/lib
	fi
	# Use Debian's own compiler, which comes with the source of its library.
	# One that is earlier in the PATH often does not.
	: "${RUSTC:=/usr/bin/rustc}"
	: "${RUSTFMT:=/usr/bin/rustfmt}"
	: "${CLIPPY_DRIVER:=/usr/bin/clippy-driver}"
	: "${CARGO:=/usr/bin/cargo}"
	: "${BINDGEN:=$cache/bindgen-$bindgen_version/bin/bindgen}"
	[ -z "${LIBCLANG_PATH:-}" ] || export LIBCLANG_PATH

	make_tools=()
	for name in ARCH LLVM RUSTC RUSTFMT CLIPPY_DRIVER BINDGEN RUST_LIB_SRC; do
		[ -z "${!name:-}" ] || make_tools+=("$name=${!name}")
	done
}

# llvm_tool NAME: prints the name of that program for the LLVM in use.
llvm_tool()
{
	case $LLVM in
	*/) printf '%s%s\n' "$LLVM" "$1" ;;
	-*) printf '%s%s\n' "$1" "$LLVM" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# tool_versions: prints the versions that affect the result of a build.
tool_versions()
{
	"$(llvm_tool clang)" --version
	"$RUSTC" --version
	"$BINDGEN" --version
}

# use_own_source: sets $source to the kernel source tree that the user gave.
use_own_source()
{
	[ -f "$KSRC/Kbuild" ] || die "KSRC=$KSRC is not a kernel source tree"
	source=$(cd "$KSRC" && pwd)
}

# own_source_version: prints the version, and the user's changes if git has
# them.
own_source_version()
{
	"${MAKE:-make}" -s -C "$source" kernelversion
	if [ -e "$source/.git" ]; then
		git -C "$source" rev-parse HEAD
		git -C "$source" diff HEAD
	fi
}

# copy_source DIR: copies what Kbuild builds the module from.
copy_source()
{
	rsync --archive --prune-empty-dirs --exclude='*.mod.c' --exclude=bindings_generated.rs \
		--include='*/' --include='*.rs' --include='*.[chS]' --include=Kbuild \
		--include=Makefile --exclude='*' "$top/Kbuild" "$top/asm" "$top/src" "$1/"
}

# kernel_make ARGUMENT...: runs the kernel's own make, from $source into $build.
kernel_make()
{
	"${MAKE:-make}" -C "$source" O="$build" "${make_tools[@]}" "$@"
}

# GNU make prefers GNUmakefile to the kernel's Makefile. With this one, a plain
# "make -C" in the build tree uses the tools that built the kernel.
write_gnumakefile()
{
	local tool

	for tool in "${make_tools[@]}"; do
		echo "tools += \$(if \$(findstring command,\$(origin ${tool%%=*})),,$tool)"
	done
	[ -z "${LIBCLANG_PATH:-}" ] || echo "export LIBCLANG_PATH ?= $LIBCLANG_PATH"
	cat <<-'EOF'
		goals := $(or $(MAKECMDGOALS),all)
		.PHONY: kernel $(goals)
		$(goals): kernel ; @:
		kernel: ; +@$(MAKE) -f Makefile $(tools) $(MAKECMDGOALS)
	EOF
}
