#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the examples of the interface document. The output of each command must
# be that in the document, except: of lines with numbers, only the number of
# words is compared; bars are ignored; and nothing is compared from "..." on.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/functions.sh
. "$here/functions.sh"

# In the repository, or copied next to the tests.
for document in "$here/../Documentation/ABI/testing/debugfs-rvdirect" "$here/debugfs-rvdirect"; do
	[ ! -e "$document" ] || break
done

# example NUMBER: prints its lines. An example is a block of lines indented by
# three tabs, the first of which is a command. Any other line ends it.
example()
{
	awk -v wanted="$1" '
		/^\t\t\t/ && !inside && /^\t\t\t# / { n++; inside = 1 }
		!/^\t\t\t/ { inside = 0 }
		inside && n == wanted { print substr($0, 4) }
	' "$document"
}

# normal: reduces lines to what is compared.
normal()
{
	tr -s ' ' | sed 's/|.*//; s/^ //; s/ $//; s/^.*write error/write error/' |
		awk '/[0-9]/ { print NF, "words"; next } { print }'
}

# check_output: compares the output of the last command with what is expected.
check_output()
{
	if grep -qx '\.\.\.' /tmp/expected; then
		lines=$(($(wc -l </tmp/expected) - 1))
		head -n $lines /tmp/expected >/tmp/first
		mv /tmp/first /tmp/expected
		head -n $lines /tmp/printed >/tmp/first
		mv /tmp/first /tmp/printed
	fi
	expect "output of $command" "$(normal </tmp/printed)" "$(normal </tmp/expected)"
}

# run_example NUMBER
run_example()
{
	example "$1" >/tmp/example.text
	[ -s /tmp/example.text ]
	command=
	cd "$rvdirect"
	: >/tmp/printed
	: >/tmp/expected
	while IFS= read -r line; do
		case $line in
		'# '*)
			check_output
			command=${line#'# '}
			case $command in
			rmmod*) cd / ;;
			esac
			echo "# $command"
			eval "$command" >/tmp/printed 2>&1 </dev/null || [ -s /tmp/printed ]
			cat /tmp/printed
			[ ! -d "$rvdirect" ] || cd "$rvdirect"
			: >/tmp/expected
			;;
		*) echo "$line" >>/tmp/expected ;;
		esac
	done </tmp/example.text
	check_output
	cd /
	write detach '*'
	drained
	rmmod rvdirect
	modprobe rvdirect allow_override=1
}

test_modules=
n=1
tests=
while [ -n "$(example $n)" ]; do
	eval "example_$n() { run_example $n; }"
	tests="$tests example_$n"
	n=$((n + 1))
done
# Allow override for the first example too; run_example does it for the others.
modprobe rvdirect allow_override=1
# shellcheck disable=SC2086 # several words
run_tests $tests
