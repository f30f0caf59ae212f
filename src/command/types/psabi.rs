// SPDX-License-Identifier: GPL-2.0

//! Holds where arguments are against a compiler: it calls functions of random signatures, and what
//! they are called with has to be where the psABI is said to have it.

use crate::types::blob::Blob;
use crate::types::btf::{Id, Parameter, Prototype, Types};
use crate::types::place::{arguments, Place};
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;

const FUNCTIONS: usize = 60;

/// The C type, its bytes, and whether it is at multiples of 16 bytes.
const TYPES: [(&str, usize); 14] = [
    ("char", 1),
    ("unsigned short", 2),
    ("int", 4),
    ("long", 8),
    ("_Bool", 1),
    ("void *", 8),
    ("__int128", 16),
    ("struct none", 0),
    ("struct tiny", 1),
    ("struct word", 8),
    ("struct three", 12),
    ("struct pair", 16),
    ("struct wide", 16),
    ("struct large", 24),
];

/// What each function does: keeps its registers, and what is above its stack pointer.
const C: &str = r#"
#include <stdio.h>
#include <string.h>
struct none { };
struct tiny { char a; };
struct word { short a; int b; };
struct three { int a, b, c; };
struct pair { long a; int b; };
struct wide { __int128 a; };
struct large { long a, b; int c; };
unsigned long words[24];
void capture(void);
asm("capture: la t0, words\n"
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
    "sd a\\n, \\n * 8(t0)\n"
    ".endr\n"
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "ld t1, \\n * 8(sp)\n"
    "sd t1, 64 + \\n * 8(t0)\n"
    ".endr\n"
    "ret\n");
static void show(void)
{
	char *here = __builtin_frame_address(0);
	for (int i = 0; i < 24; i++) {
		char *to = (char *)words[i];
		int is_memory = to >= here && to < here + 65536;
		for (int j = 0; j < 4; j++)
			printf(" %lx", j == 0 ? words[i] : is_memory ? ((long *)to)[j - 1] : 0);
	}
	printf("\n");
}
"#;

fn random(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below as u64) as usize
}

/// The same types in BTF, by their names.
fn types(blob: &mut Blob) -> HashMap<&'static str, u32> {
    let char_ = blob.number("char", 1, 0);
    let short = blob.number("short", 2, 0);
    let int = blob.number("int", 4, 0);
    let long = blob.number("long", 8, 0);
    let wide = blob.number("__int128", 16, 0);
    let words = [("a", short, 0), ("b", int, 32)];
    let three = [("a", int, 0), ("b", int, 32), ("c", int, 64)];
    let pair = [("a", long, 0), ("b", int, 64)];
    let large = [("a", long, 0), ("b", long, 64), ("c", int, 128)];
    HashMap::from([
        ("char", char_),
        ("unsigned short", short),
        ("int", int),
        ("long", long),
        ("_Bool", char_),
        ("void *", blob.pointer(0)),
        ("__int128", wide),
        ("struct none", blob.structure("none", 0, &[])),
        ("struct tiny", blob.structure("tiny", 1, &[("a", char_, 0)])),
        ("struct word", blob.structure("word", 8, &words)),
        ("struct three", blob.structure("three", 12, &three)),
        ("struct pair", blob.structure("pair", 16, &pair)),
        ("struct wide", blob.structure("wide", 16, &[("a", wide, 0)])),
        ("struct large", blob.structure("large", 24, &large)),
    ])
}

/// The bytes of an argument, by what the program printed: four words for each that was kept.
fn found(place: &Place, printed: &[u64]) -> Vec<u8> {
    let number = |name: &str| name.strip_prefix("$arg").unwrap().parse::<usize>().unwrap() - 1;
    let bytes = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    match place {
        Place::Words { words, bit: 0 } => {
            let words: Vec<_> = words.iter().map(|name| printed[number(name) * 4]).collect();
            bytes(&words)
        }
        Place::Memory { address, bit: 0 } => {
            let at = number(address) * 4;
            bytes(&printed[at + 1..at + 4])
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments_are_where_the_compiler_has_them() {
    let mut blob = Blob::new();
    let ids = types(&mut blob);
    let types = Types::of_test(&blob.bytes()).unwrap();
    let mut state = 0x5eed;
    let mut program = C.to_string() + "int main(void)\n{\n";
    let mut functions = Vec::new();
    for _ in 0..FUNCTIONS {
        let returns = ["void", "int", "struct pair", "struct large"][random(&mut state, 4)];
        let count = 1 + random(&mut state, 9);
        let mut parameters = Vec::new();
        program += "\t{\n";
        for at in 0..count {
            let (name, size) = TYPES[random(&mut state, TYPES.len())];
            let byte = |_| match name {
                "_Bool" => random(&mut state, 2) as u8,
                _ => random(&mut state, 256) as u8,
            };
            let value: Vec<u8> = (0..size).map(byte).collect();
            let bytes: Vec<_> = value.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            let text = bytes.concat();
            writeln!(
                program,
                "\t\t{name} v{at}; memcpy(&v{at}, \"{text}\", {size});"
            )
            .unwrap();
            parameters.push((name, value));
        }
        let signature: Vec<_> = parameters.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = (0..count).map(|at| format!("v{at}")).collect();
        let (signature, values) = (signature.join(", "), values.join(", "));
        writeln!(
            program,
            "\t\t(({returns} (*)({signature}))capture)({values});"
        )
        .unwrap();
        program += "\t\tshow();\n\t}\n";
        functions.push((returns, parameters));
    }
    program += "}\n";

    let directory = std::env::temp_dir().join(format!("rvdirect-{}-psabi", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("psabi.c"), program).unwrap();
    let compiled = Command::new("riscv64-linux-gnu-gcc")
        .args(["-static", "-w", "-O1", "-o", "psabi", "psabi.c"])
        .current_dir(&directory)
        .status()
        .expect("the compiler is installed by scripts/setup");
    assert!(compiled.success());
    let output = Command::new("qemu-riscv64")
        .arg(directory.join("psabi"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let output = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines.len(), FUNCTIONS);

    for (line, (returns, parameters)) in lines.iter().zip(functions) {
        let printed = line.split_ascii_whitespace();
        let printed: Vec<_> = printed
            .map(|word| u64::from_str_radix(word, 16).unwrap())
            .collect();
        let parameter = |(name, _): &(&str, _)| Parameter {
            name: String::new(),
            of: Id::of_test(ids[name]),
        };
        let prototype = Prototype {
            parameters: parameters.iter().map(parameter).collect(),
            returns: Id::of_test(ids.get(returns).copied().unwrap_or_default()),
        };
        let places = arguments(&types, &prototype);
        for (at, ((name, value), place)) in parameters.iter().zip(places).enumerate() {
            let found = found(&place.unwrap(), &printed);
            assert_eq!(
                found[..value.len()],
                value[..],
                "{name} {at} of {parameters:?}"
            );
        }
    }
    fs::remove_dir_all(directory).unwrap();
}
