// SPDX-License-Identifier: GPL-2.0

//! Which functions a target means.

/// A function, by the names of its module and itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub module: Option<String>,
    pub name: String,
}

/// What the compiler puts behind the name of a function that it changed.
const CLONES: [&str; 4] = [".isra.", ".constprop.", ".part.", ".cold"];

impl Function {
    /// The name in the source.
    pub fn source_name(&self) -> &str {
        let ends = CLONES.iter().filter_map(|suffix| self.name.find(suffix));
        let end = ends.min().unwrap_or(self.name.len());
        self.name.get(..end).unwrap_or(&self.name)
    }

    /// Whether the compiler has changed it.
    pub fn is_clone(&self) -> bool {
        self.source_name() != self.name
    }
}

/// What stands in the argument of a target: the target, and then what to show of it.
#[derive(Debug, PartialEq)]
pub struct Words {
    /// With its exclusions.
    pub target: String,
    pub expressions: Vec<String>,
}

impl Words {
    pub fn of(text: &str) -> Self {
        let mut words = text.split_ascii_whitespace();
        let first = words.next().unwrap_or_default();
        let (exclusions, expressions): (Vec<_>, Vec<_>) =
            words.partition(|word| word.starts_with('!'));
        Words {
            target: [vec![first], exclusions].concat().join(" "),
            expressions: expressions.into_iter().map(String::from).collect(),
        }
    }

    /// Whether the target may be several functions of different names.
    fn is_pattern(&self) -> bool {
        self.target.contains(['*', '?', '['])
    }

    /// A target that is one of the functions that this one means.
    pub fn target_of(&self, function: &Function) -> String {
        match &function.module {
            _ if !self.is_pattern() => self.target.clone(),
            Some(module) if self.target.contains(':') => format!("{module}:{}", function.name),
            _ => function.name.clone(),
        }
    }

    /// The function that the target means, if it tells that by itself. Without a module, it may be
    /// of any.
    pub fn function(&self) -> Option<Function> {
        if self.is_pattern() {
            return None;
        }
        let target = self.target.split([' ', ',']).next()?;
        let (module, name) = match target.split_once(':') {
            Some((module, name)) => (Some(module.to_string()), name),
            None => (None, target),
        };
        Some(Function {
            module,
            name: name.to_string(),
        })
    }

    /// The functions that the target means, of all that ftrace can patch.
    pub fn functions(&self, traceable: &str) -> Vec<Function> {
        let mut words = self.target.split(' ');
        let target = words.next().unwrap_or_default();
        let exclusions: Vec<_> = words.map(|word| word.trim_start_matches('!')).collect();
        let mut found: Vec<Function> = Vec::new();
        for line in traceable.lines() {
            let (name, module) = match line.split_once(" [") {
                Some((name, module)) => (name, Some(module.trim_end_matches(']'))),
                None => (line, None),
            };
            let is_meant = |pattern: &str| means(pattern, module, name);
            let is_known = |known: &Function| {
                // Without a module, all functions of a name are attached as one.
                known.name == name && (!target.contains(':') || known.module.as_deref() == module)
            };
            if is_meant(target)
                && !exclusions.iter().any(|pattern| is_meant(pattern))
                && !found.iter().rev().any(is_known)
            {
                found.push(Function {
                    module: module.map(String::from),
                    name: name.to_string(),
                });
            }
        }
        found
    }
}

fn means(pattern: &str, module: Option<&str>, name: &str) -> bool {
    let pattern = match pattern.split_once(':') {
        Some((wanted, pattern)) if module == Some(wanted) => pattern,
        Some(_) => return false,
        None => pattern,
    };
    let (pattern, _) = pattern.split_once(',').unwrap_or((pattern, ""));
    matches(pattern.as_bytes(), name.as_bytes())
}

/// As the module matches, which is as the kernel's `glob_match()` does.
fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // Where the last "*" may take a character more.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        let step = match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                again = Some((rest, name));
                pattern = rest;
                continue;
            }
            ([], []) => return true,
            ([], _) | (_, []) => None,
            (_, [first, behind @ ..]) => one(pattern, *first).map(|rest| (rest, behind)),
        };
        (pattern, name) = match (step, again) {
            (Some(step), _) => step,
            (None, Some((rest, [_, behind @ ..]))) => {
                again = Some((rest, behind));
                (rest, behind)
            }
            (None, _) => return false,
        };
    }
}

/// Whether the pattern begins with what stands for the character. Returns the rest of it.
fn one(pattern: &[u8], c: u8) -> Option<&[u8]> {
    match pattern {
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => {
            let (is_not, class) = match rest {
                [b'!', class @ ..] => (true, class),
                class => (false, class),
            };
            // The first one may be a bracket.
            let end = class.iter().skip(1).position(|c| *c == b']')? + 1;
            let (class, rest) = (&class[..end], &class[end + 1..]);
            let mut is_in = false;
            let mut left = class;
            while let [first, more @ ..] = left {
                let (last, more) = match more {
                    [b'-', last, more @ ..] => (last, more),
                    _ => (first, more),
                };
                is_in |= (*first..=*last).contains(&c);
                left = more;
            }
            (is_in != is_not).then_some(rest)
        }
        [first, rest @ ..] if *first == c => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_exclusions() {
        let words = Words::of("vfs_* !vfs_read file->f_mode  !vfs_f* count");
        assert_eq!(words.target, "vfs_* !vfs_read !vfs_f*");
        assert_eq!(words.expressions, ["file->f_mode", "count"]);
        assert!(words.is_pattern() && !Words::of("f,2 x[2]").is_pattern());
    }

    #[test]
    fn patterns_match_as_in_the_kernel() {
        for (pattern, name, is_match) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*b*d", "abcbd", true),
            ("*b*d", "abcbde", false),
            ("?b", "ab", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[!a-c]x", "dx", true),
            ("[]a]", "]", true),
            ("[a", "a", false),
            ("", "", true),
        ] {
            let found = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(found, is_match, "{pattern} {name}");
        }
    }

    #[test]
    fn targets_mean_functions() {
        let traceable = "vfs_read\nvfs_write\nsame\nsame\nsame [m]\next_read [m]\n";
        let names = |target| -> Vec<String> {
            let functions = Words::of(target).functions(traceable);
            let name = |one: &Function| match &one.module {
                Some(module) => format!("{module}:{}", one.name),
                None => one.name.clone(),
            };
            functions.iter().map(name).collect()
        };
        assert_eq!(names("vfs_*"), ["vfs_read", "vfs_write"]);
        assert_eq!(names("vfs_* !*read"), ["vfs_write"]);
        assert_eq!(names("*read"), ["vfs_read", "m:ext_read"]);
        assert_eq!(names("same"), ["same"]);
        assert_eq!(names("same,2"), ["same"]);
        assert_eq!(names("m:*"), ["m:same", "m:ext_read"]);
        assert_eq!(names("m:none"), Vec::<String>::new());
    }

    #[test]
    fn clones_are_known_by_their_names() {
        for (name, source) in [
            ("f", "f"),
            ("f.isra.0", "f"),
            ("f.constprop.0.isra.0", "f"),
            ("f.cold", "f"),
            ("f.x", "f.x"),
        ] {
            let function = Function {
                module: None,
                name: name.to_string(),
            };
            assert_eq!(function.source_name(), source);
            assert_eq!(function.is_clone(), source != name);
        }
    }
}
