# SPDX-License-Identifier: GPL-2.0
#
# Makes functions of random signatures for rvdirect_test_signatures.c, which show what they were
# called with, and calls of them. Takes the variable seed: the same makes the same functions.

# A type by the name that its functions there have; the registers that it takes, and the fields that
# an event has of it.
function add_type(name, c, words, fields) {
	names[count] = name
	type[count] = c
	words_of[count] = words
	fields_of[count++] = fields
}

BEGIN {
	count = 0
	add_type("s8", "s8", 1, 1)
	add_type("u8", "u8", 1, 1)
	add_type("char", "char", 1, 1)
	add_type("s16", "s16", 1, 1)
	add_type("u16", "u16", 1, 1)
	add_type("s32", "s32", 1, 1)
	add_type("u32", "u32", 1, 1)
	add_type("s64", "s64", 1, 1)
	add_type("u64", "u64", 1, 1)
	add_type("s128", "__int128", 2, 2)
	add_type("bool", "bool", 1, 1)
	add_type("color", "enum color", 1, 1)
	add_type("level", "enum level", 1, 1)
	add_type("bits", "enum bits", 1, 1)
	add_type("pointer", "void *", 1, 1)
	add_type("string", "const char *", 1, 1)
	add_type("function", "action", 1, 1)
	add_type("to_pair", "const struct pair *", 1, 2)
	add_type("none", "struct none", 0, 0)
	add_type("tiny", "struct tiny", 1, 1)
	add_type("word", "struct word", 1, 2)
	add_type("three", "struct three", 2, 3)
	add_type("pair", "struct pair", 2, 2)
	add_type("mixed", "struct mixed", 2, 4)
	add_type("fields", "struct fields", 2, 4)
	add_type("tagged", "struct tagged", 1, 3)
	add_type("wide", "struct wide", 2, 2)
	add_type("large", "struct large", 1, 4)
	add_type("one_of", "union one_of", 1, 4)
	add_type("either", "union either", 2, 3)

	state = 1 + seed % 2147483646
	for (n = 0; n < 50; n++) {
		number_of_function = sprintf("%02d", n)
		add_function("rvdirect_signature_" number_of_function, "call_" number_of_function)
	}
	printf "static void call_all(void)\n{\n%s}\n", calls
}

# A generator of Park and Miller, as each awk has one of its own.
function random(below) {
	state = state * 16807 % 2147483647
	return int(state / 2147483647 * below)
}

function pick(list,   items) {
	return items[1 + random(split(list, items, " "))]
}

# A number of 64 bits, often one at an edge.
function number(   digits, text) {
	if (random(4) == 0)
		return pick("0 1 0x7f 0x80 0xff 0x8000 0x7fffffff 0x80000000 0xffffffff " \
			"0x7fffffffffffffff 0x8000000000000000 0xffffffffffffffff") "ULL"
	for (digits = 1 + random(16); digits > 0; digits--)
		text = text sprintf("%x", random(16))
	return "0x" text "ULL"
}

function value(name,   text) {
	if (name == "bool")
		return pick("true false")
	if (name == "color")
		return pick("RED GREEN BLUE 7")
	if (name == "level")
		return pick("LOWEST LOW HIGH -7")
	if (name == "bits")
		return "(enum bits)" random(16)
	if (name == "pointer")
		return "(void *)" number()
	if (name == "string")
		return "\"" pick("a word \\\"quoted\\\" line\\n") "\""
	if (name == "function")
		return pick("kfree vfree")
	if (name == "s128")
		return sprintf("(__int128)((unsigned __int128)%s << 64 | %s)", number(), number())
	if (name == "to_pair")
		return "&" value("pair")
	if (name == "none")
		return "(struct none){ }"
	if (name == "tiny")
		return sprintf("(struct tiny){ %s }", value("s8"))
	if (name == "word")
		return sprintf("(struct word){ %s, %s }", value("s16"), value("s32"))
	if (name == "three")
		return sprintf("(struct three){ %s, %s, %s }", value("s32"), value("u32"), value("s32"))
	if (name == "pair")
		return sprintf("(struct pair){ %s, %s }", value("s64"), value("s32"))
	if (name == "mixed")
		return sprintf("(struct mixed){ %s, %s, %s, %s }", value("bool"), value("u16"),
			value("level"), value("string"))
	if (name == "fields")
		return sprintf("(struct fields){ %d, %d, %d, %s }", random(8) - 4, random(128),
			random(2048) - 1024, value("pointer"))
	if (name == "tagged")
		return sprintf("(struct tagged){ %s, { %s } }", value("u32"), value("s32"))
	if (name == "wide")
		return sprintf("(struct wide){ %s }", value("s128"))
	if (name == "large")
		return sprintf("(struct large){ %s, %s, %s, %s }", value("s64"), value("pointer"),
			value("u8"), value("color"))
	if (name == "one_of")
		return sprintf("(union one_of){ %s }", value("u64"))
	if (name == "either")
		return sprintf("(union either){ %s }", value("s128"))
	return "(" name ")" number()
}

# What a function returns: no number that could be an error.
function result(name) {
	if (name == "s32")
		return sprintf("(s32)0x%d%04x000", 7 + random(2), random(65536))
	if (name == "u64")
		return sprintf("0x%04x000000000000ULL", random(65536))
	if (name == "pointer")
		return "(void *)" result("u64")
	return value(name)
}

function add_function(name, caller,   n, at, last, words, fields, parameters, shows, values,
		      returns, declaration) {
	returns = pick("void s32 u64 s128 bool level pointer pair large")
	# The address of what is returned in memory.
	words = returns == "large"
	last = 1 + random(random(3) ? 8 : 16)
	for (n = 0; n < last; n++) {
		at = random(count)
		# One word may be left out before two.
		words += words_of[at] + (words_of[at] == 2)
		fields += fields_of[at]
		# What the module fetches at most.
		if (words > 24 || fields > 32)
			break
		parameters = parameters (n ? ", " : "") before(type[at]) "a" n
		shows = shows sprintf("\tshow_%s(\"a%d\", a%d);\n", names[at], n, n)
		values = values (n ? ",\n\t\t" : "") value(names[at])
	}
	# More arguments, of which no type tells.
	if (random(4) == 0) {
		parameters = parameters ", ..."
		values = values sprintf(", %d, %s, \"unnamed\"", random(100), number())
	}
	declaration = sprintf("noinline %s%s(%s)", before(type_of(returns)), name, parameters)
	printf "%s;\n%s\n{\n\tbegin(\"%s\");\n%s", declaration, declaration, name, shows
	printf returns == "void" ? "\tend();\n" : "\treturn end_%s(%s);\n", returns, result(returns)
	printf "}\n\nstatic noinline void %s(void)\n{\n\t%s(%s);\n}\n\n", caller, name, values
	calls = calls sprintf("\t%s();\n", caller)
}

# A type as it stands before a name.
function before(c) {
	return c (c ~ /\*$/ ? "" : " ")
}

function type_of(name,   at) {
	for (at = 0; at < count; at++) {
		if (names[at] == name)
			return type[at]
	}
	return name
}
