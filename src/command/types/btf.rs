// SPDX-License-Identifier: GPL-2.0

//! The types of the running kernel and its modules, from `/sys/kernel/btf`.
//!
//! The files may be broken: no walk through them may go on for ever, or deeper than the stack.

use crate::failure::{Failure, Outcome};
use crate::files::Files;
use crate::targets::Function;
use btf_rs::{Backend, Btf, BtfType, Type};
use nix::sys::memfd::{memfd_create, MFdFlags};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::rc::Rc;

/// Types that lead to another one, as typedefs do, lead there after so many at most.
const MOST_LINKS: usize = 32;

/// The most bytes that anything may have: offsets in it cannot overflow.
const MOST_BYTES: u64 = 1 << 32;

/// The types of the kernel, and those of its modules as they are asked for.
pub struct Kernel<'a> {
    files: &'a Files,
    base: Rc<Btf>,
    modules: RefCell<HashMap<String, Option<Types>>>,
}

/// All types that a function may use.
#[derive(Clone)]
pub struct Types(Rc<Btf>);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Id(u32);

#[cfg(test)]
impl Id {
    pub fn of_test(number: u32) -> Self {
        Id(number)
    }
}

/// What a type is, behind typedefs and qualifiers.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Void,
    Number(Number),
    /// With the enumerators' names.
    Enumeration(Number, Vec<(i64, String)>),
    Pointer(Id),
    Array(Id, u64),
    Structure(Structure),
    Function(Prototype),
    /// What is only declared, or has no place in a kernel.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    pub bytes: u64,
    pub is_signed: bool,
    pub is_bool: bool,
}

/// A structure or a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    pub name: String,
    pub bytes: u64,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// None if its own members are named instead.
    pub name: String,
    pub of: Id,
    /// Where it begins.
    pub bit: u64,
    /// How many bits it has, if it is a bitfield.
    pub bits: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Prototype {
    pub parameters: Vec<Parameter>,
    pub returns: Id,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub of: Id,
}

/// Copies a file to memory where it can be mapped, as few kernels let `vmlinux` be. Few types of it
/// are asked for: to map it takes a fraction of the time and memory of reading all of them.
fn copy(path: &Path) -> io::Result<File> {
    let mut copy = File::from(memfd_create("btf", MFdFlags::MFD_CLOEXEC)?);
    io::copy(&mut File::open(path)?, &mut copy)?;
    Ok(copy)
}

impl<'a> Kernel<'a> {
    pub fn open(files: &'a Files) -> Outcome<Self> {
        let path = files.at("sys/kernel/btf/vmlinux");
        let name = path.display().to_string();
        let copy = copy(&path).map_err(|error| Failure::from(error).about(&name))?;
        let copy = format!("/proc/self/fd/{}", copy.as_raw_fd());
        let base = Btf::from_file_with_backend(copy, Backend::Mmap)
            .map_err(|error| Failure::new(error.to_string()).about(&name))?;
        Ok(Kernel {
            files,
            base: Rc::new(base),
            modules: RefCell::default(),
        })
    }

    /// Whether the types tell the function's arguments.
    pub fn knows(&self, function: &Function) -> bool {
        let types = self.types(function.module.as_deref());
        types.is_some_and(|types| types.function(function.source_name()).is_some())
    }

    /// The types that functions of a module may use, or those of the kernel itself.
    pub fn types(&self, module: Option<&str>) -> Option<Types> {
        let Some(module) = module else {
            return Some(Types(self.base.clone()));
        };
        let read = || {
            let bytes = fs::read(self.files.at("sys/kernel/btf").join(module)).ok()?;
            let split = Btf::from_split_bytes(&bytes, &self.base).ok()?;
            Some(Types(Rc::new(split)))
        };
        let mut modules = self.modules.borrow_mut();
        modules
            .entry(module.to_string())
            .or_insert_with(read)
            .clone()
    }
}

impl Types {
    #[cfg(test)]
    pub fn of_test(bytes: &[u8]) -> Option<Self> {
        Some(Types(Rc::new(Btf::from_bytes(bytes).ok()?)))
    }

    fn get(&self, id: Id) -> Option<Type> {
        self.0.resolve_type_by_id(id.0).ok()
    }

    fn name(&self, of: &dyn BtfType) -> String {
        match of.get_name_offset() {
            None | Some(0) => String::new(),
            Some(_) => self.0.resolve_name(of).unwrap_or_default(),
        }
    }

    /// The prototype of a function, if all functions of that name have the same.
    pub fn function(&self, name: &str) -> Option<Prototype> {
        let ids = self.0.resolve_ids_by_name(name).ok()?;
        let prototype = |id| match self.get(Id(id)) {
            Some(Type::Func(function)) => match self.kind(Id(function.get_type_id()?)) {
                Kind::Function(prototype) => Some(prototype),
                _ => None,
            },
            _ => None,
        };
        let mut found = ids.into_iter().filter_map(prototype);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    /// The type that C calls so: a name, or a pointer to what has one.
    pub fn named(&self, text: &str) -> Option<Id> {
        let words = text.replace('*', " * ");
        let mut words: Vec<_> = words
            .split_ascii_whitespace()
            .filter(|word| !["const", "volatile", "__user"].contains(word))
            .collect();
        if words.last() == Some(&"*") {
            words.pop();
            return self.pointer_to(&words);
        }
        self.plain(&words)
    }

    /// The type of a name without pointers. Compilers put the words of a number in their own order.
    fn plain(&self, words: &[&str]) -> Option<Id> {
        let (name, is_structure) = match words {
            ["struct" | "union", name] => (name.to_string(), true),
            ["enum", name] => (name.to_string(), false),
            ["unsigned"] => ("unsigned int".to_string(), false),
            ["unsigned", "long"] => ("long unsigned int".to_string(), false),
            ["long"] => ("long int".to_string(), false),
            words => (words.join(" "), false),
        };
        let ids = self.0.resolve_ids_by_name(&name).ok()?;
        let mut ids = ids
            .into_iter()
            .chain(self.0.resolve_ids_by_name(&words.join(" ")).ok()?);
        ids.find(|id| match self.get(Id(*id)) {
            Some(Type::Struct(_) | Type::Union(_)) => is_structure,
            Some(Type::Int(_) | Type::Typedef(_) | Type::Enum(_) | Type::Enum64(_)) => {
                !is_structure
            }
            _ => false,
        })
        .map(Id)
    }

    fn pointer_to(&self, words: &[&str]) -> Option<Id> {
        let to = self.plain(words);
        let is_such = |id: Id| match to {
            Some(to) => self.follow(id).0 == self.follow(to).0,
            // Of what is not known, only the address is shown.
            None => self.kind(id) == Kind::Void,
        };
        let (_, last) = self.0.base().type_id_range();
        (1..=last).map(Id).find(|id| match self.get(*id) {
            Some(Type::Ptr(_)) => matches!(self.kind(*id), Kind::Pointer(to) if is_such(to)),
            _ => false,
        })
    }

    /// Follows typedefs and qualifiers.
    fn follow(&self, mut id: Id) -> (Id, Option<Type>) {
        for _ in 0..MOST_LINKS {
            let next = match self.get(id) {
                Some(Type::Typedef(link)) => link.get_type_id(),
                Some(Type::Const(link) | Type::Volatile(link) | Type::Restrict(link)) => {
                    link.get_type_id()
                }
                Some(Type::TypeTag(tag)) => tag.get_type_id(),
                other => return (id, other),
            };
            let Some(next) = next else { break };
            id = Id(next);
        }
        (id, None)
    }

    pub fn kind(&self, id: Id) -> Kind {
        let link = |of: &dyn BtfType| of.get_type_id().map(Id);
        match self.follow(id).1 {
            Some(Type::Void) => Kind::Void,
            Some(Type::Int(int)) => Kind::Number(Number {
                bytes: int.size() as u64,
                is_signed: int.is_signed(),
                is_bool: int.is_bool(),
            }),
            Some(Type::Enum(of)) => {
                let value = |value: u32| match of.is_signed() {
                    true => i64::from(value as i32),
                    false => i64::from(value),
                };
                let names = of.members.iter();
                Kind::Enumeration(
                    integer(of.size(), of.is_signed()),
                    names
                        .map(|one| (value(one.val()), self.name(one)))
                        .collect(),
                )
            }
            Some(Type::Enum64(of)) => {
                let names = of.members.iter();
                Kind::Enumeration(
                    integer(of.size(), of.is_signed()),
                    names
                        .map(|one| (one.val() as i64, self.name(one)))
                        .collect(),
                )
            }
            Some(Type::Ptr(pointer)) => link(&pointer).map_or(Kind::Unknown, Kind::Pointer),
            Some(Type::Array(array)) => {
                link(&array).map_or(Kind::Unknown, |of| Kind::Array(of, array.len() as u64))
            }
            Some(Type::Struct(of) | Type::Union(of)) => Kind::Structure(Structure {
                name: self.name(&of),
                bytes: of.size() as u64,
                members: of
                    .members
                    .iter()
                    .map(|member| Member {
                        name: self.name(member),
                        of: Id(member.get_type_id().unwrap_or_default()),
                        bit: member.bit_offset().into(),
                        bits: member
                            .bitfield_size()
                            .filter(|bits| *bits > 0)
                            .map(u64::from),
                    })
                    .collect(),
            }),
            Some(Type::FuncProto(of)) => Kind::Function(Prototype {
                returns: Id(of.return_type_id()),
                parameters: of
                    .parameters
                    .iter()
                    .filter(|parameter| !parameter.is_variadic())
                    .map(|parameter| Parameter {
                        name: self.name(parameter),
                        of: Id(parameter.get_type_id().unwrap_or_default()),
                    })
                    .collect(),
            }),
            _ => Kind::Unknown,
        }
    }

    /// How many bytes a value of a type has. A function has none.
    pub fn bytes(&self, id: Id) -> Option<u64> {
        let mut id = id;
        let mut times: u64 = 1;
        for _ in 0..MOST_LINKS {
            let bytes = match self.kind(id) {
                Kind::Number(number) | Kind::Enumeration(number, _) => number.bytes,
                Kind::Pointer(_) => 8,
                Kind::Structure(structure) => structure.bytes,
                Kind::Array(of, count) => {
                    times = times.checked_mul(count)?;
                    id = of;
                    continue;
                }
                Kind::Void | Kind::Function(_) | Kind::Unknown => return None,
            };
            return times
                .checked_mul(bytes)
                .filter(|bytes| *bytes <= MOST_BYTES);
        }
        None
    }

    /// Whether a type is a character, of which a pointer leads to a string. `u8` is none, although
    /// it is an unsigned char.
    pub fn is_char(&self, id: Id) -> bool {
        let mut id = id;
        for _ in 0..MOST_LINKS {
            let next = match self.get(id) {
                // The compilers do not mark it as one.
                Some(Type::Int(int)) => {
                    return ["char", "unsigned char"].contains(&self.name(&int).as_str())
                }
                Some(Type::Const(link) | Type::Volatile(link)) => link.get_type_id(),
                Some(Type::TypeTag(tag)) => tag.get_type_id(),
                _ => None,
            };
            let Some(next) = next else { break };
            id = Id(next);
        }
        false
    }

    /// The member of that name, also of a member without one. Its bit is that in the structure.
    pub fn member(&self, structure: &Structure, name: &str) -> Option<Member> {
        let mut seen = HashSet::new();
        let mut left = vec![(structure.clone(), 0)];
        while let Some((structure, bit)) = left.pop() {
            for member in structure.members {
                let at = bit + member.bit;
                if member.name == name {
                    return Some(Member { bit: at, ..member });
                }
                if member.name.is_empty() && seen.insert(member.of) {
                    if let Kind::Structure(inner) = self.kind(member.of) {
                        left.push((inner, at));
                    }
                }
            }
        }
        None
    }

    /// The names that members have, also those of members without one.
    pub fn member_names(&self, structure: &Structure) -> Vec<String> {
        let mut names = Vec::new();
        self.add_names(structure, &mut HashSet::new(), &mut names);
        names
    }

    fn add_names(&self, structure: &Structure, seen: &mut HashSet<Id>, names: &mut Vec<String>) {
        for member in &structure.members {
            if !member.name.is_empty() {
                names.push(member.name.clone());
            } else if seen.len() < MOST_LINKS && seen.insert(member.of) {
                if let Kind::Structure(inner) = self.kind(member.of) {
                    self.add_names(&inner, seen, names);
                }
            }
        }
    }

    /// Whether a value begins at multiples of 16 bytes, as those of `__int128` do.
    pub fn is_wide(&self, id: Id) -> bool {
        let is_wide = |id| matches!(self.kind(id), Kind::Number(number) if number.bytes == 16);
        match self.kind(id) {
            Kind::Structure(structure) => structure.members.iter().any(|one| is_wide(one.of)),
            _ => is_wide(id),
        }
    }
}

fn integer(bytes: usize, is_signed: bool) -> Number {
    Number {
        bytes: bytes as u64,
        is_signed,
        is_bool: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::blob::{example, Blob};

    fn structure(types: &Types, name: &str) -> Structure {
        let id = types.plain(&["struct", name]).unwrap();
        match types.kind(id) {
            Kind::Structure(structure) => structure,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn functions_have_prototypes() {
        let types = Types::of_test(&example()).unwrap();
        let read = types.function("vfs_read").unwrap();
        let names: Vec<_> = read
            .parameters
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["file", "buf", "count", "pos"]);
        assert!(matches!(types.kind(read.returns), Kind::Number(number) if number.is_signed));
        assert_eq!(
            types.function("printk").unwrap().parameters.len(),
            1,
            "named"
        );
        assert_eq!(types.function("file"), None, "no function");
        assert_eq!(types.function("ambiguous"), None, "two prototypes");
    }

    #[test]
    fn members_may_be_in_members_without_a_name() {
        let types = Types::of_test(&example()).unwrap();
        let file = structure(&types, "file");
        assert_eq!(types.member(&file, "f_mode").unwrap().bit, 32);
        assert_eq!(types.member(&file, "f_inner").unwrap().bit, 64 + 32);
        assert_eq!(types.member(&file, "none"), None);
        let low = types.member(&file, "f_bits").unwrap();
        assert_eq!((low.bit, low.bits), (192 + 3, Some(5)));
        let names = types.member_names(&file);
        assert!(names.contains(&"f_inner".to_string()) && !names.contains(&String::new()));
    }

    #[test]
    fn types_are_found_by_what_c_calls_them() {
        let types = Types::of_test(&example()).unwrap();
        let kind = |text| types.named(text).map(|id| types.kind(id));
        assert!(matches!(kind("unsigned long"), Some(Kind::Number(number)) if number.bytes == 8));
        assert!(matches!(kind("umode_t"), Some(Kind::Number(number)) if number.bytes == 2));
        let Some(Kind::Pointer(pointer)) = kind("const char *") else {
            panic!("no pointer");
        };
        assert!(types.is_char(pointer));
        assert!(matches!(kind("struct file *"), Some(Kind::Pointer(to))
            if matches!(types.kind(to), Kind::Structure(_))));
        assert!(matches!(kind("struct unknown *"), Some(Kind::Pointer(to))
            if types.kind(to) == Kind::Void));
        assert_eq!(kind("file"), None);
    }

    #[test]
    fn modules_go_on_where_the_kernel_ends() {
        let base = Blob::example();
        let mut split = base.split();
        let number = base.last();
        split.typedef("module_int", number);
        let kernel = Btf::from_bytes(&base.bytes()).unwrap();
        let types = Types(Rc::new(
            Btf::from_split_bytes(&split.bytes(), &kernel).unwrap(),
        ));
        let id = types.plain(&["module_int"]).unwrap();
        assert_eq!(types.kind(id), types.kind(Id(number)));
        assert!(types.function("vfs_read").is_some());
    }

    #[test]
    fn what_never_ends_is_unknown() {
        let mut blob = Blob::new();
        let this = blob.last() + 1;
        blob.typedef("loop", this);
        let array = blob.last() + 1;
        blob.array(array, u32::MAX);
        let structure = blob.last() + 1;
        blob.structure("s", u32::MAX, &[("", structure, 0), ("x", array, 0)]);
        let types = Types::of_test(&blob.bytes()).unwrap();
        assert_eq!(types.kind(Id(this)), Kind::Unknown);
        assert_eq!(
            (types.bytes(Id(this)), types.bytes(Id(array))),
            (None, None)
        );
        let Kind::Structure(inner) = types.kind(Id(structure)) else {
            panic!("no structure");
        };
        assert_eq!(types.member(&inner, "none"), None);
        assert_eq!(types.member_names(&inner), ["x", "x"]);
    }
}
