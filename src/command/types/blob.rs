// SPDX-License-Identifier: GPL-2.0

//! Makes BTF for tests.

/// The kinds of `include/uapi/linux/btf.h`.
const INT: u32 = 1;
const PTR: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const TYPEDEF: u32 = 8;
const CONST: u32 = 10;
const FUNC: u32 = 12;
const FUNC_PROTO: u32 = 13;

const SIGNED: u32 = 1;
const BOOL: u32 = 4;

pub struct Blob {
    types: Vec<u8>,
    strings: Vec<u8>,
    last: u32,
    /// Where the strings begin, in the numbers of all strings.
    first_string: u32,
}

impl Blob {
    pub fn new() -> Self {
        Blob {
            types: Vec::new(),
            strings: vec![0],
            last: 0,
            first_string: 0,
        }
    }

    /// What a module has beside this.
    pub fn split(&self) -> Self {
        Blob {
            types: Vec::new(),
            strings: Vec::new(),
            last: self.last,
            first_string: self.strings.len() as u32,
        }
    }

    pub fn last(&self) -> u32 {
        self.last
    }

    fn name(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let at = self.first_string + self.strings.len() as u32;
        self.strings.extend(name.bytes());
        self.strings.push(0);
        at
    }

    fn add(&mut self, name: &str, info: u32, size_or_type: u32, more: &[u32]) -> u32 {
        let name = self.name(name);
        for word in [&[name, info, size_or_type], more].concat() {
            self.types.extend(word.to_le_bytes());
        }
        self.last += 1;
        self.last
    }

    pub fn number(&mut self, name: &str, bytes: u32, encoding: u32) -> u32 {
        self.add(name, INT << 24, bytes, &[(encoding << 24) | (bytes * 8)])
    }

    pub fn pointer(&mut self, to: u32) -> u32 {
        self.add("", PTR << 24, to, &[])
    }

    pub fn array(&mut self, of: u32, count: u32) -> u32 {
        self.add("", ARRAY << 24, 0, &[of, 0, count])
    }

    pub fn typedef(&mut self, name: &str, of: u32) -> u32 {
        self.add(name, TYPEDEF << 24, of, &[])
    }

    fn members(&mut self, name: &str, info: u32, bytes: u32, members: &[(&str, u32, u32)]) -> u32 {
        let mut words = Vec::new();
        for (name, of, at) in members {
            words.extend([self.name(name), *of, *at]);
        }
        self.add(name, info | members.len() as u32, bytes, &words)
    }

    pub fn structure(&mut self, name: &str, bytes: u32, members: &[(&str, u32, u32)]) -> u32 {
        self.members(name, STRUCT << 24, bytes, members)
    }

    pub fn enumeration(&mut self, name: &str, names: &[(&str, u32)]) -> u32 {
        let mut words = Vec::new();
        for (name, value) in names {
            words.extend([self.name(name), *value]);
        }
        self.add(name, (ENUM << 24) | names.len() as u32, 4, &words)
    }

    pub fn function(&mut self, name: &str, returns: u32, parameters: &[(&str, u32)]) -> u32 {
        let mut words = Vec::new();
        for (name, of) in parameters {
            words.extend([self.name(name), *of]);
        }
        let info = (FUNC_PROTO << 24) | parameters.len() as u32;
        let prototype = self.add("", info, returns, &words);
        self.add(name, FUNC << 24, prototype, &[]);
        prototype
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let types = self.types.len() as u32;
        for word in [24, 0, types, types, self.strings.len() as u32] {
            bytes.extend(u32::to_le_bytes(word));
        }
        [bytes, self.types.clone(), self.strings.clone()].concat()
    }

    /// A small kernel.
    pub fn example() -> Self {
        let mut blob = Blob::new();
        let int = blob.number("int", 4, SIGNED);
        let long = blob.number("long int", 8, SIGNED);
        let ulong = blob.number("long unsigned int", 8, 0);
        let ushort = blob.number("short unsigned int", 2, 0);
        let uchar = blob.number("unsigned char", 1, 0);
        let byte = blob.number("char", 1, 0);
        let truth = blob.number("_Bool", 1, BOOL);
        let wide = blob.number("__int128 unsigned", 16, 0);
        let u8_ = blob.typedef("u8", uchar);
        let umode = blob.typedef("umode_t", ushort);
        let size = blob.typedef("size_t", ulong);
        let constant = blob.add("", CONST << 24, byte, &[]);
        let string = blob.pointer(constant);
        let text = blob.array(byte, 16);
        let numbers = blob.array(int, 3);
        let bytes = blob.pointer(u8_);
        let void = blob.pointer(0);
        let colour = blob.enumeration("colour", &[("RED", 1), ("GREEN", 2), ("BLUE", 4)]);
        let inner = blob.structure("", 8, &[("f_before", int, 0), ("f_inner", int, 32)]);
        let either = blob.members("", UNION << 24, 8, &[("", inner, 0), ("f_all", ulong, 0)]);
        let name = blob.structure("name", 24, &[("length", int, 0), ("text", text, 64)]);
        let named = blob.pointer(name);
        let handler = blob.function("handle", int, &[("code", int)]);
        let handler = blob.pointer(handler);
        // With bitfields, the upper byte of where a member begins is its size.
        let file = blob.members(
            "file",
            (1 << 31) | (STRUCT << 24),
            88,
            &[
                ("f_count", int, 0),
                ("f_mode", colour, 32),
                ("", either, 64),
                ("f_name", named, 128),
                ("f_bits", int, (5 << 24) | (192 + 3)),
                ("f_path", string, 256),
                ("f_op", handler, 320),
                ("f_lines", numbers, 384),
                ("f_is_open", truth, 480),
                ("f_wide", wide, 512),
                ("f_next", name, 640),
            ],
        );
        let file = blob.pointer(file);
        let pos = blob.pointer(long);
        let how = [("flags", ulong, 0), ("mode", ulong, 64)];
        let how = blob.structure("open_how", 16, &how);
        let how_behind = blob.pointer(how);
        let pair = blob.structure("pair", 16, &[("one", long, 0), ("two", int, 64)]);
        let large = blob.structure(
            "large",
            24,
            &[("a", long, 0), ("b", long, 64), ("c", int, 128)],
        );
        let packed = [("low", ushort, 0), ("high", int, 16)];
        let packed = blob.structure("packed", 6, &packed);
        let read = [
            ("file", file),
            ("buf", string),
            ("count", size),
            ("pos", pos),
        ];
        blob.function("vfs_read", long, &read);
        let open = [("dfd", int), ("filename", string), ("how", how_behind)];
        blob.function("do_sys_openat2", int, &open);
        blob.function("printk", int, &[("format", string), ("", 0)]);
        blob.function("ambiguous", int, &[("a", int)]);
        blob.function("ambiguous", int, &[("a", long)]);
        blob.function(
            "is_open",
            truth,
            &[("colour", colour), ("is", truth), ("data", bytes)],
        );
        blob.function("close", 0, &[("file", file), ("p", void)]);
        let many = [
            ("a", int),
            ("pair", pair),
            ("large", large),
            ("packed", packed),
            ("b", int),
            ("split", pair),
            ("wide", wide),
            ("e", umode),
        ];
        blob.function("many", large, &many);
        let regs = [
            ("epc", ulong, 0),
            ("a1", ulong, 88),
            ("orig_a0", ulong, 280 * 8),
        ];
        let regs = blob.structure("pt_regs", 288, &regs);
        let regs = blob.pointer(regs);
        blob.function("__riscv_sys_open", long, &[("regs", regs)]);
        blob
    }
}

pub fn example() -> Vec<u8> {
    Blob::example().bytes()
}
