# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the tests share. Sourced, with $here set to the directory of the test.
#
# A test is a function. It runs in a subshell with "set -e", so that it fails
# at the first command that does; what it printed is shown then. Before and
# after each test nothing is attached and the error log is empty.

rvdirect=/sys/kernel/debug/rvdirect
target=/sys/kernel/debug/rvdirect_test
tracing=/sys/kernel/tracing

# In the kernel's tree, or carried along.
for helpers in "$here/../kselftest/ktap_helpers.sh" "$here/ktap_helpers.sh"; do
	[ ! -e "$helpers" ] || break
done
if [ ! -e "$helpers" ]; then
	echo "1..0 # SKIP there is no ktap_helpers.sh"
	exit 4
fi
# shellcheck source=/dev/null
. "$helpers"

# The helpers go on with $?: no "set -e" here.

load()
{
	insmod "$here/modules/$1.ko" ${2:+"$2"}
}

load_modules()
{
	if [ -z "$(find "/lib/modules/$(uname -r)/" -name 'rvdirect.ko*')" ]; then
		ktap_skip_all "the module rvdirect is not installed"
		exit "$KSFT_SKIP"
	fi
	modprobe rvdirect
	load rvdirect_test
}

# run_tests FUNCTION...: each a test, named by the function.
run_tests()
{
	log=$(mktemp)
	ktap_print_header
	load_modules
	ktap_set_plan $#
	for test; do
		(
			set -e
			clean_up
			"$test"
			clean_up
		) >"$log" 2>&1 </dev/null
		status=$?
		name=$(echo "$test" | tr _ ' ')
		if [ $status -eq 0 ]; then
			ktap_test_pass "$name"
		else
			sed 's/^/# /' "$log"
			ktap_test_fail "$name"
		fi
	done
	rmmod rvdirect_test
	[ ! -d "$rvdirect" ] || rmmod rvdirect
	rm "$log"
	ktap_finished
}

clean_up()
{
	[ -d "$rvdirect" ] || modprobe rvdirect
	echo '*' >"$rvdirect/detach"
	echo >"$rvdirect/error_log"
	expect "nothing attached" "$(cat "$rvdirect/attach")" ''
	# Nothing of ours is left at any call site.
	fails grep -E 'rvdirect_(count_slots|nop)' "$tracing/enabled_functions"
}

fail()
{
	echo "$*"
	exit 1
}

# fails COMMAND...: "!" would not do, as "set -e" passes over it.
fails()
{
	if "$@"; then
		fail "should have failed: $*"
	fi
}

# expect WHAT ACTUAL EXPECTED
expect()
{
	[ "$2" = "$3" ] || fail "$1: is '$2', should be '$3'"
}

# write FILE LINE
write()
{
	printf '%s\n' "$2" >"$rvdirect/$1"
}

attach()
{
	write attach "$1"
}

# column NUMBER TARGET: a value in the target's line of status.
column()
{
	awk -v n="$1" -v target="$2" '$1 == target { print $n }' "$rvdirect/status"
}

functions_of()
{
	column 2 "$1"
}

hits()
{
	column 4 "$1"
}

# refused FILE LINE ERROR SENTENCE CARET: writing LINE fails with the message
# of that errno, changes nothing, and the last entry of the log says why, with
# its caret under the word CARET (or behind the line, where CARET is empty).
refused()
{
	before=$(cat "$rvdirect/attach")
	sites=$(wc -l <"$tracing/enabled_functions")
	if message=$( { echo "$2" >"$rvdirect/$1"; } 2>&1); then
		fail "'$2' to $1 was taken"
	fi
	case $message in
	*": $3") ;;
	*) fail "'$2' to $1: is '$message', should be '$3'" ;;
	esac
	[ "$(cat "$rvdirect/attach")" = "$before" ] || fail "'$2' changed what is attached"
	expect "call sites after '$2'" "$(wc -l <"$tracing/enabled_functions")" "$sites"
	logged "$1" "$2" "$4" "$5"
}

# logged FILE LINE SENTENCE CARET: see above.
logged()
{
	entry=$(tail -n 3 "$rvdirect/error_log")
	case $(echo "$entry" | head -n 1) in
	*"] $1:1: error: $3") ;;
	*) fail "log of '$2' has no '$3': $entry" ;;
	esac
	expect "command" "$(echo "$entry" | sed -n 2p)" "  Command: $2"
	if [ -n "$4" ]; then
		under=$(echo "$2" | awk -v w="$4" '{ print index($0, w) - 1 }')
	else
		under=$((${#2} + 1))
	fi
	expect "caret" "$(echo "$entry" | sed -n 3p)" "$(printf '%*s^' $((11 + under)) '')"
}
