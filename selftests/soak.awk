# SPDX-License-Identifier: GPL-2.0
#
# Prints commands of the shell for a worker of soak.sh, without end, a line each
# after the microseconds to wait. Reads a paragraph of soak.commands. Takes the variables seed and harts.
#
# What changes a result has only targets without one. What waits for the return
# has none in which tasks sleep for good, as in schedule().

function below(n) { return int(rand() * n) }
function pick(list,   words) { return words[1 + below(split(list, words, "|"))] }
function target() {
	return pick("rvdirect_test_target|rvdirect_test_deep|rvdirect_test_*|" \
		"rvdirect_shape_*|rvdirect_test_shapes:rvdirect_shape_s*|rvdirect_shape_sleep|" \
		"rvdirect_test_twin:rvdirect_test_shared|rvdirect_test:*_target|ext4:ext4_*|" \
		"vfs_mkdir,2|vfs_mkdir|vfs_read|vfs_*|vfs_f*|vfs_[a-m]*|seq_*|seq_printf|" \
		"get_signal|module_put|kobject_*")
}
function attachment(  kind, line) {
	kind = below(6)
	if (kind == 0)
		line = pick("rvdirect_test_shared|rvdirect_test:rvdirect_test_shared|" \
			"rvdirect_test_twin:rvdirect_test_shared|rvdirect_test_namesake|" \
			"rvdirect_test_namesake,2") " " pick("override ret=0|test_change|" \
			"override ret=-ENOMEM every=3|override ret=7 times=5|test_exit")
	else if (kind == 1)
		line = "schedule " pick("nop|count|trace|test_empty|test_raw")
	else
		line = target() pick("|| !vfs_read| !vfs_w* !seq_r*| !*_target") " " \
			pick("nop|count|trace|trace args=8|return|return args=1|latency|" \
			"latency min=100us|return ret<0|test_empty|test_check|test_recurse|" \
			"test_raw|trace name=own a=$arg1 s=+0($arg2):string|trace x=$comm|" \
			"return name=own a=+8(+0($arg1)):u8[4] s=+u0($arg2):string")
	return line pick("||| pid=1| tgid=1| comm=sh| comm=d*| cgroup=/| hart=0| hart=1-2| hart=9|" \
			" strict") \
		pick("||| pending| pending| disabled")
}
function command(file) {
	if (!below(10))
		return pick("|vfs_read|vfs_read cuont|no_such_function count| ! |, nop|" \
			"vfs_read trace args=9|vfs_read nop nop|vfs_read override|" \
			"vfs_read count pid=x|memcpy nop|do_exit return|vfs_read,9 nop")
	if (file == "attach" || file == "modify")
		return attachment()
	return below(3) ? target() : "*"
}
# Some lines, sometimes cut, or with a bad character.
function text(file,   lines, left, verb, at) {
	for (left = 1 + below(file == "session" ? 8 : 3); left; left--) {
		verb = file != "session" ? file : pick("attach|attach|modify|detach|disable|show")
		lines = lines (file == "session" ? verb " " : "") (verb != "show" ? \
			command(verb) : pick("status|hits|hist|draining|errors|all")) "\n"
	}
	at = 1 + below(length(lines))
	if (!below(8))
		lines = substr(lines, 1, at)
	else if (!below(12))
		lines = substr(lines, 1, at) pick("\\0000|\\0377|!|,| ") substr(lines, at + 1)
	gsub(/\n/, "\\\\n", lines)
	return "\047" lines "\047"
}
function write(  file) {
	file = pick("attach|attach|attach|modify|detach|enable|disable|session|hist|error_log")
	return pick("put|put|put|killed " below(60000) "|starved " 1 + below(60)) " " \
		file " " text(file)
}
NR == 1 { pause = $2 }
NR > 1 && NF { commands = commands (commands ? "|" : "") $0 }
END {
	srand(seed)
	for (;;) {
		line = commands ? pick(commands) : write()
		gsub(/#/, below(harts), line)
		print below(pause * 1000) " " line
	}
}
