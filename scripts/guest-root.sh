# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Tests in the Debian root file system of the guest, in KTAP. Sourced there.

root=/disks/root
number=0
failures=0

# plan COUNT
plan()
{
	# Nobody boots the initramfs, which takes minutes to make here.
	export DEBIAN_FRONTEND=noninteractive INITRD=No
	echo 'TAP version 13'
	echo "1..$1"
}

# in_root NAME COMMAND: the command must succeed there. What it prints is shown when it
# fails.
in_root()
{
	number=$((number + 1))
	result='not ok'
	since=$(date +%s)
	if chroot $root /bin/sh -c "$2" >/tmp/out 2>&1 </dev/null; then
		result=ok
	else
		tail -n 60 /tmp/out | sed 's/^/# /'
		failures=$((failures + 1))
	fi
	echo "# $(($(date +%s) - since)) s"
	echo "$result $number $1"
}

# totals: prints them, and ends.
totals()
{
	echo "# Totals: pass:$((number - failures)) fail:$failures"
	exit $((failures > 0))
}
