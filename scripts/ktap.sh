# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Prints results of a test on the host in KTAP. Sourced, with $work set to a
# directory whose files "out" and "err" are shown when a test fails.

number=0
failures=0

# plan COUNT
plan()
{
	: >"$work/out"
	: >"$work/err"
	echo "TAP version 13"
	echo "1..$1"
}

# result STATUS NAME
result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		sed 's/^/# /' "$work/out" "$work/err"
		echo "not ok $number $2"
		failures=$((failures + 1))
	fi
}

# totals: prints them; fails if a test failed.
totals()
{
	echo "# Totals: pass:$((number - failures)) fail:$failures"
	[ $failures = 0 ]
}
