// SPDX-License-Identifier: GPL-2.0

//! A function with an event of its own: what the module is to fetch, and what is shown of it.

use crate::files::Files;
use crate::targets::Function;
use crate::types::btf::{Kernel, Kind, Number, Parameter, Prototype, Types};
use crate::types::condition::{self, Field};
use crate::types::expression::{self, Expression, Scope};
use crate::types::names::Names;
use crate::types::value::{Fetches, Seen, Value};

/// What to show of the calls of a function.
pub struct Request<'a> {
    /// Expressions; without any, all arguments are shown.
    pub expressions: &'a [String],
    pub condition: Option<&'a str>,
    /// Whether calls are shown when they return.
    pub returns: bool,
}

pub struct Probe {
    /// The name of the event.
    pub event: String,
    /// The condition of the request, for the event's filter.
    pub filter: Option<String>,
    /// The names of the event's fields with what they fetch.
    fields: Vec<(String, String)>,
    arguments: Vec<(String, Value)>,
    /// By the text of the result alone.
    result: Option<Value>,
}

const SYSTEM_CALL: &str = "__riscv_sys_";

/// A field can be told from what a string has in it by the mark, which nobody knows before.
pub fn mark() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = RandomState::new().build_hasher().finish();
    format!("{:08x}", random as u32)
}

impl Probe {
    /// Decides what to fetch. None if the types do not tell the function's arguments.
    pub fn new(
        files: &Files,
        kernel: &Kernel,
        function: &Function,
        request: &Request,
        (mark, number): (&str, usize),
    ) -> Result<Option<Self>, String> {
        let Some(types) = kernel.types(function.module.as_deref()) else {
            return Ok(None);
        };
        let name = function.source_name();
        let Some(prototype) = types.function(name) else {
            return Ok(None);
        };
        let scope = scope(files, &types, name, &prototype, request.returns);
        let mut fetches = Fetches::default();
        let arguments = match request.expressions {
            [] => scope.all(&mut fetches),
            texts => {
                let one = |text: &String| {
                    let value = expression::parse(text)
                        .and_then(|expression| scope.value(&expression, &mut fetches));
                    let value = value.map_err(|error| format!("{text}: {error}"))?;
                    Ok((text.clone(), value))
                };
                texts.iter().map(one).collect::<Result<Vec<_>, String>>()?
            }
        };
        let result_type = types.kind(prototype.returns);
        let filter = match request.condition {
            Some(text) => {
                let mut field = |expression: &Expression| {
                    field(
                        &scope,
                        &result_type,
                        expression,
                        &mut fetches,
                        request,
                        mark,
                    )
                };
                let filter = condition::compile(text, &mut field);
                Some(filter.map_err(|error| format!("--where: {error}"))?)
            }
            None => None,
        };
        let fields = fetches.fields.into_iter().enumerate();
        Ok(Some(Probe {
            event: event(&function.name, mark, number),
            filter,
            fields: fields
                .map(|(at, fetch)| (field_name(at, mark), fetch))
                .collect(),
            arguments,
            result: request.returns.then(|| result(&result_type)).flatten(),
        }))
    }

    /// The words of an attachment behind the target's caller.
    pub fn words(&self) -> String {
        let mut words = format!("name={}", self.event);
        for (name, fetch) in &self.fields {
            words += &format!(" {name}={fetch}");
        }
        words
    }

    /// Splits the text of an event before its first field, and by its fields.
    pub fn split<'a>(&self, text: &'a str) -> Option<(&'a str, Vec<&'a str>)> {
        let mut rest = text;
        let mut parts = Vec::new();
        for (name, _) in &self.fields {
            let (part, behind) = rest.split_once(&format!(" {name}="))?;
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        let head = parts.remove(0);
        Some((head, parts))
    }

    /// The arguments in an event, by its fields.
    pub fn arguments(&self, fields: &[&str]) -> Vec<(String, Seen)> {
        let arguments = self.arguments.iter();
        arguments
            .map(|(name, value)| (name.clone(), value.seen(fields)))
            .collect()
    }

    /// The result, by its number. None for a function that has none.
    pub fn result(&self, ret: i64) -> Option<Seen> {
        let result = self.result.as_ref()?;
        Some(result.seen(&[&ret.to_string()]))
    }

    /// Whether a result may be an error.
    pub fn can_fail(&self) -> bool {
        match &self.result {
            Some(Value::Number(_, number, ..)) => number.is_signed || number.bytes == 8,
            Some(Value::Address(..)) => true,
            _ => false,
        }
    }
}

fn field_name(at: usize, mark: &str) -> String {
    format!("v{at}_{mark}")
}

/// The field that an expression in a condition stands for.
fn field(
    scope: &Scope,
    result: &Kind,
    expression: &Expression,
    fetches: &mut Fetches,
    request: &Request,
    mark: &str,
) -> Result<Field, String> {
    if let Expression::Name(name) = expression {
        let is_own = ["ret", "duration"].contains(&name.as_str());
        if is_own && !scope.names().any(|known| known == name) {
            return match (request.returns, result) {
                (false, _) => Err(format!("{name} wants --ret")),
                (true, Kind::Enumeration(_, names)) if name == "ret" => {
                    Ok(Field::number(name, names.clone()))
                }
                (true, _) => Ok(Field::number(name, Vec::new())),
            };
        }
    }
    let value = scope.value(expression, fetches)?;
    let (at, is_text) = value.field().ok_or("it is no single value")?;
    let names = match value {
        Value::Enumeration(_, _, _, names) => names,
        _ => Vec::new(),
    };
    Ok(Field {
        is_text,
        ..Field::number(&field_name(at, mark), names)
    })
}

/// A name for an event, that no other one has.
fn event(function: &str, mark: &str, number: usize) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = function.chars().map(clean).take(40).collect();
    format!("{name}_{mark}_{number}")
}

fn result(of: &Kind) -> Option<Value> {
    match of {
        Kind::Void => None,
        // Only the first of its words is known, or the address of it.
        Kind::Structure(_) | Kind::Number(Number { bytes: 16.., .. }) => Some(Value::Hidden),
        Kind::Number(number) => Some(Value::Number(0, *number, None, Names::None)),
        Kind::Enumeration(number, names) => {
            Some(Value::Enumeration(0, *number, None, names.clone()))
        }
        _ => Some(Value::Address(0, 0)),
    }
}

/// The scope of a function, or of the system call that it wraps.
pub fn scope<'a>(
    files: &Files,
    types: &'a Types,
    function: &str,
    prototype: &Prototype,
    returns: bool,
) -> Scope<'a> {
    let wrapped = function.strip_prefix(SYSTEM_CALL).and_then(|call| {
        let arguments = system_call(files, types, call, prototype)?;
        Scope::of_system_call(types, call, &arguments, prototype, returns)
    });
    wrapped.unwrap_or_else(|| Scope::new(types, function, prototype, returns))
}

/// The arguments of a system call, as the kernel's event for it has them.
fn system_call(files: &Files, types: &Types, call: &str, wrapper: &Prototype) -> Option<Prototype> {
    let format = files.text(format!(
        "sys/kernel/tracing/events/syscalls/sys_enter_{call}/format"
    ));
    let fields = format.lines().filter_map(|line| {
        let (field, _) = line.trim().strip_prefix("field:")?.split_once(';')?;
        let name = field.rsplit([' ', '*']).next()?;
        let of = field.strip_suffix(name)?;
        // Newer kernels add what pointers lead to, in fields of a size of their own.
        let is_argument =
            !name.starts_with("common_") && name != "__syscall_nr" && !of.contains("__data_loc ");
        is_argument.then_some((of.trim(), name))
    });
    let parameter = |(of, name): (&str, &str)| {
        Some(Parameter {
            name: name.to_string(),
            of: types.named(of).or_else(|| types.named("unsigned long"))?,
        })
    };
    let parameters = fields.map(parameter).collect::<Option<Vec<_>>>()?;
    (!format.is_empty()).then_some(Prototype {
        parameters,
        returns: wrapper.returns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::blob::{example, Blob};
    use std::fs;
    use std::path::PathBuf;

    /// A system of which only the types are there.
    fn system(name: &str, btf: &[u8]) -> (PathBuf, Files) {
        let root = std::env::temp_dir().join(format!("rvdirect-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (path, bytes) in [
            ("sys/kernel/btf/vmlinux", btf),
            (
                "sys/kernel/tracing/events/syscalls/sys_enter_open/format",
                b"\tfield:int common_pid;\toffset:4;\n\n\tfield:int __syscall_nr;\toffset:8;\n\
                  \tfield:const char * filename;\toffset:16;\n\
                  \tfield:umode_t mode;\toffset:24;\n\
                  \tfield:__data_loc char[] __filename_val;\toffset:28;\n",
            ),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let files = Files::of_test(&root);
        (root, files)
    }

    fn probe(files: &Files, name: &str, request: &Request) -> Result<Option<Probe>, String> {
        let kernel = Kernel::open(files).unwrap();
        let function = Function {
            module: None,
            name: name.to_string(),
        };
        Probe::new(files, &kernel, &function, request, ("5eed", 3))
    }

    const ALL: Request = Request {
        expressions: &[],
        condition: None,
        returns: true,
    };

    #[test]
    fn events_are_shown_by_the_types() {
        let (root, files) = system("shown", &example());
        let open = probe(&files, "do_sys_openat2", &ALL).unwrap().unwrap();
        assert_eq!(
            open.words(),
            "name=do_sys_openat2_5eed_3 v0_5eed=$arg1:s32 v1_5eed=+0($arg2):string \
             v2_5eed=+0($arg3):u64 v3_5eed=+8($arg3):u64"
        );
        // A string can have anything but the mark.
        let event = "f -> g v0_5eed=-100 v1_5eed=\"a\" v2_0000=1\\n\" v2_5eed=0x80000 v3_5eed=0";
        let (head, fields) = open.split(event).unwrap();
        assert_eq!(head, "f -> g");
        let shown = open.arguments(&fields);
        let shown: Vec<_> = shown
            .iter()
            .map(|(name, seen)| format!("{name}={seen}"))
            .collect();
        assert_eq!(
            shown,
            [
                "dfd=AT_FDCWD",
                "filename=\"a\\\" v2_0000=1\\n\"",
                "how={flags=O_RDONLY|O_CLOEXEC, mode=0}"
            ]
        );
        assert!(
            open.split("f -> g v1_5eed=\"a\" v0_5eed=1").is_none(),
            "not complete"
        );
        assert_eq!(open.result(-2).unwrap().to_string(), "-2");
        assert!(open.can_fail());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn results_have_types() {
        let (root, files) = system("results", &example());
        let is_open = probe(&files, "is_open", &ALL).unwrap().unwrap();
        assert_eq!(is_open.result(1).unwrap().to_string(), "true");
        assert!(!is_open.can_fail());
        let many = probe(&files, "many", &ALL).unwrap().unwrap();
        assert_eq!(many.result(-2).unwrap().to_string(), "...");
        assert!(!many.can_fail());
        let close = probe(&files, "close", &ALL).unwrap().unwrap();
        assert_eq!(close.result(5), None);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn system_calls_have_their_arguments_in_memory() {
        let (root, files) = system("calls", &example());
        let open = probe(&files, "__riscv_sys_open", &ALL).unwrap().unwrap();
        assert!(open
            .words()
            .ends_with("v0_5eed=+0(+280($arg1)):string v1_5eed=+11($arg1):u16"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn conditions_add_what_they_need() {
        let (root, files) = system("conditions", &example());
        let expressions = ["count".to_string()];
        let request = |condition| Request {
            expressions: &expressions,
            condition: Some(condition),
            returns: true,
        };
        let found = |condition| probe(&files, "vfs_read", &request(condition));
        let read = found("file->f_mode == RED && ret < 0 && buf == \"x\"")
            .unwrap()
            .unwrap();
        assert!(read.words().contains("v1_5eed=+4($arg1):u32"));
        let filter = "v1_5eed == 1 && ret < 0 && v2_5eed == \"x\"";
        assert_eq!(read.filter.as_deref(), Some(filter));
        for (condition, sentence) in [
            ("none", "--where: there is no argument none"),
            ("*file > 1", "--where: it is no single value"),
        ] {
            assert_eq!(found(condition).err().as_deref(), Some(sentence));
        }
        let call = Request {
            returns: false,
            ..request("ret < 0")
        };
        let refused = probe(&files, "vfs_read", &call).err();
        assert_eq!(refused.as_deref(), Some("--where: ret wants --ret"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn events_have_names_that_the_kernel_takes() {
        assert_eq!(event("f.isra.0", "5eed", 1), "f_isra_0_5eed_1");
        assert!(event(&"f".repeat(500), "5eed", 1).len() < 64);
    }

    /// A pseudorandom number below a bound: the same ones in every run.
    fn random(state: &mut u64, below: usize) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state % below as u64) as usize
    }

    const FUNCTIONS: [&str; 6] = [
        "vfs_read",
        "do_sys_openat2",
        "many",
        "is_open",
        "close",
        "__riscv_sys_open",
    ];

    /// Whatever the types are, they end the command by no panic.
    #[test]
    fn broken_types_are_survived() {
        let whole = Blob::example().bytes();
        let mut state = 0x5eed;
        let (root, files) = system("broken", &whole);
        let paths = ["vmlinux", "module"].map(|name| root.join("sys/kernel/btf").join(name));
        let expressions = ["*file", "file->f_name->text", "pair.two", "how[3].mode"];
        let mut understood = 0;
        for round in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..=random(&mut state, 4) {
                let at = random(&mut state, bytes.len());
                bytes[at] = match round % 3 {
                    0 => random(&mut state, 256) as u8,
                    1 => bytes[at] ^ (1 << random(&mut state, 8)),
                    _ => random(&mut state, 64) as u8,
                };
            }
            if round % 7 == 0 {
                bytes.truncate(random(&mut state, whole.len()));
            }
            // Either the kernel's types are broken, or those of a module.
            let is_module = round % 4 == 0;
            fs::write(&paths[usize::from(is_module)], &bytes).unwrap();
            fs::write(&paths[usize::from(!is_module)], &whole).unwrap();
            let Ok(kernel) = Kernel::open(&files) else {
                continue;
            };
            understood += 1;
            for name in FUNCTIONS {
                let function = Function {
                    module: is_module.then(|| "module".to_string()),
                    name: name.to_string(),
                };
                let chosen = [expressions[round % expressions.len()].to_string()];
                for expressions in [&[], &chosen[..]] {
                    let request = Request {
                        expressions,
                        condition: Some("ret < 0 || count > 1"),
                        returns: round % 2 == 0,
                    };
                    let found = Probe::new(&files, &kernel, &function, &request, ("5eed", 0));
                    if let Ok(Some(probe)) = found {
                        probe.split(&probe.words());
                    }
                }
            }
        }
        assert!(understood > 50, "nothing was tried");
        fs::remove_dir_all(root).unwrap();
    }

    /// Whatever is typed is understood or refused.
    #[test]
    fn random_expressions_are_survived() {
        let (root, files) = system("random", &example());
        let parts = [
            "file", "pos", "how", "->", ".", "f_name", "text", "f_lines", "[1]", "[", "]", "*",
            "&", "&&", "||", "!", "(", ")", " ", "<", "==", "-", "1", "0x", "\"", "ret", "é", "~",
        ];
        let mut state = 0xf00d;
        let kernel = Kernel::open(&files).unwrap();
        let function = Function {
            module: None,
            name: "vfs_read".to_string(),
        };
        let mut taken = 0;
        for _ in 0..5_000 {
            let count = 1 + random(&mut state, 8);
            let text: String = (0..count)
                .map(|_| parts[random(&mut state, parts.len())])
                .collect();
            let expressions = [text.clone()];
            for (expressions, condition) in [(&expressions[..], None), (&[], Some(text.as_str()))] {
                let request = Request {
                    expressions,
                    condition,
                    returns: true,
                };
                let found = Probe::new(&files, &kernel, &function, &request, ("5eed", 0));
                taken += usize::from(matches!(found, Ok(Some(_))));
            }
        }
        assert!(taken > 100, "nothing was taken");
        fs::remove_dir_all(root).unwrap();
    }
}
