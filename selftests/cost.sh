#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What a call costs, in instructions above an unpatched call. Exact only where
# instructions are counted: under QEMU with one hart and -icount, which the
# kernel's command line says by the word "icount".
#
# Prints a table beside the test results.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

calls=2000

if ! grep -qw icount /proc/cmdline; then
	ktap_print_header
	ktap_skip_all "instructions are not counted here"
	exit "$KSFT_SKIP"
fi

# cost CALLER: in instructions a call; the loop around it is the same.
cost()
{
	write detach '*'
	unpatched=$(cat "$target/instructions")
	attach "rvdirect_test_target $1"
	patched=$(cat "$target/instructions")
	expect "instructions, measured again" "$(cat "$target/instructions")" "$patched"
	write detach '*'
	expect "instructions, unpatched again" "$(cat "$target/instructions")" "$unpatched"
	expect "what is left over" $(((patched - unpatched) % calls)) 0
	echo $(((patched - unpatched) / calls))
}

# at_most CALLER LIMIT
at_most()
{
	cost=$(cost "$1") || fail "$cost"
	echo "$1 $cost" >>/tmp/costs
	[ "$cost" -gt 0 ]
	[ "$cost" -le "$2" ] || fail "$1 costs $cost instructions, at most $2 are allowed"
}

nop_costs_6_at_most()
{
	at_most nop 6
}

count_costs_16_at_most()
{
	at_most count 16
}

: >/tmp/costs
trap 'sed "s/^/# cost: /" /tmp/costs' EXIT
run_tests nop_costs_6_at_most count_costs_16_at_most
