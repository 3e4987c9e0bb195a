//! The house's order: which crate knows which, how long files are, what is listed where.

mod course;
mod docs;
mod engine;
mod kernels;
mod lists;
mod notes;
mod packages;
mod recipes;

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const LONGEST: usize = 400;
/// Lines that a function may have.
const LONGEST_FUNCTION: usize = 50;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Folders that are not of this workspace: build products, and the other frameworks that the benches compare with.
const FOREIGN: [&str; 2] = ["target", "peers"];

/// All files below a folder with this extension, as paths from the root.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && !FOREIGN.iter().any(|foreign| path.ends_with(foreign)) {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.strip_prefix(root()).expect("it lies below the root").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    ["src", "crates", "examples", "tests", "benches"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

/// The crates of this workspace that a manifest names as dependencies.
fn dependencies(manifest: &str) -> Vec<String> {
    let after = manifest.split("[dependencies]").nth(1).expect("a manifest has dependencies");
    let section = after.split("\n[").next().unwrap_or(after);
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| name.starts_with("gradus")).map(str::to_string).collect()
}

#[test]
fn crates_know_each_other_in_one_direction() {
    let allowed: [(&str, &[&str]); 12] = [
        ("crates/tensor", &[]),
        ("crates/autograd", &["gradus-tensor"]),
        ("crates/nn", &["gradus-tensor", "gradus-autograd"]),
        ("crates/optim", &["gradus-tensor", "gradus-autograd"]),
        ("crates/data", &["gradus-tensor"]),
        ("crates/viz", &[]),
        ("crates/train", &["gradus-tensor", "gradus-autograd", "gradus-nn", "gradus-optim", "gradus-data"]),
        (
            "crates/parallel",
            &["gradus-tensor", "gradus-autograd", "gradus-optim", "gradus-data", "gradus-train"],
        ),
        (
            ".",
            &[
                "gradus-tensor",
                "gradus-autograd",
                "gradus-nn",
                "gradus-optim",
                "gradus-data",
                "gradus-train",
                "gradus-parallel",
                "gradus-viz",
            ],
        ),
        ("crates/cli", &["gradus", "gradus-viz"]),
        ("crates/play", &["gradus", "gradus-cli"]),
        ("crates/parallel-mpi", &["gradus-parallel", "gradus-cli"]),
    ];
    for (folder, allowed) in allowed {
        for name in dependencies(&read(format!("{folder}/Cargo.toml"))) {
            assert!(allowed.contains(&name.as_str()), "{folder} must not depend on {name}");
        }
    }
}

#[test]
fn files_and_functions_are_of_a_readers_size() {
    let mut long = Vec::new();
    for path in sources() {
        let text = read(&path);
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > LONGEST {
            long.push(format!("{}: {} lines", path.display(), lines.len()));
        }
        for (name, length) in functions(&lines).filter(|(_, length)| *length > LONGEST_FUNCTION) {
            long.push(format!("{}: {name} has {length} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "files above {LONGEST} lines, functions above {LONGEST_FUNCTION}: {long:#?}");
}

/// The functions of a formatted file with their lengths: from `fn` to the closing bracket in the same column.
fn functions<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = (&'a str, usize)> {
    lines.iter().enumerate().filter_map(move |(start, line)| {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let at = if code.starts_with("fn ") { 0 } else { code.find(" fn ")? + 1 };
        if code[..at].contains(['/', '"', '=']) {
            return None;
        }
        let name = code[at + 3..].split('(').next()?;
        if line.ends_with(['}', ';']) {
            return None;
        }
        // A declaration without a body ends where a function's arguments do.
        let closes = |line: &&str| {
            line.len() > indent && line[..indent].trim().is_empty() && line[indent..].starts_with('}')
        };
        let length = lines[start + 1..].iter().position(closes)? + 2;
        let declared =
            |line: &&str| line.get(indent..).is_some_and(|rest| rest.starts_with(')') && rest.ends_with(';'));
        (!lines[start..start + length].iter().any(declared)).then_some((name, length))
    })
}

#[test]
fn the_length_of_a_function_is_found() {
    let text = [
        "impl A {",
        "    pub(crate) fn long<T>(",
        "        x: T,",
        "    ) {",
        "        if x {",
        "        }",
        "    }",
        "}",
    ];
    assert_eq!(functions(&text).collect::<Vec<_>>(), [("long<T>", 6)]);
}

#[test]
fn examples_are_short_and_listed() {
    let list = read("examples/README.md");
    let shared = Path::new("examples/common");
    let examples: Vec<PathBuf> = files("examples", "rs");
    assert!(!examples.is_empty());
    for path in examples {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().to_string();
        let listed = path.starts_with(shared) || list.contains(&format!("| `{name}` |"));
        assert!(listed, "examples/README.md does not list {name}");
        let lines = read(&path).lines().count();
        assert!(lines <= 120, "{name}: {lines} lines");
    }
}

#[test]
fn nothing_is_left_open() {
    // Split, so that this file does not find itself.
    for word in [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")] {
        for path in sources() {
            assert!(!read(&path).contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn unsafe_code_stands_in_the_kernels_only() {
    let word = concat!("uns", "afe");
    let kernels = Path::new("crates/tensor/src/kernel");
    for path in sources().into_iter().filter(|path| !path.starts_with(kernels)) {
        for (number, line) in read(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            let found = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|token| token == word);
            assert!(!found, "{}:{}: {line}", path.display(), number + 1);
        }
    }
    for crate_root in
        files("crates", "rs").into_iter().filter(|p| p.ends_with("src/lib.rs") || p.ends_with("src/main.rs"))
    {
        if !crate_root.starts_with("crates/tensor") {
            let text = read(&crate_root);
            assert!(text.contains("#![forbid(unsafe_code)]"), "{}: no forbid", crate_root.display());
        }
    }
}

/// Tests say how near two floats are by the macros of `approx`, not by hand.
#[test]
fn floats_are_compared_by_approx() {
    let by_hand = |condition: &str| {
        condition.contains(").abs() <") && (condition.contains(" - ") || condition.contains(" + "))
    };
    let mut found = Vec::new();
    for path in sources() {
        let text = read(&path);
        let below =
            path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "examples")
                || path.file_name().is_some_and(|name| name == "tests.rs");
        let start = if below { Some(0) } else { text.find("#[cfg(test)]") };
        let Some(start) = start else { continue };
        let line_before = text[..start].lines().count();
        for (number, line) in text[start..].lines().enumerate() {
            let condition = line.split_once("assert!(").map_or("", |(_, condition)| condition);
            if by_hand(condition) && !condition.contains("diff_eq!(") {
                found.push(format!("{}:{}: {}", path.display(), line_before + number, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "use abs_diff_eq! or relative_eq!:\n{}", found.join("\n"));
}

/// A tolerance that grows with what is compared is `relative_eq!`'s `max_relative`: `abs_diff_eq!` with an infinite `epsilon`
/// takes anything for infinity.
#[test]
fn tolerances_that_grow_are_relative() {
    let name = ["abs_diff", "_eq!("].concat();
    let grows = |call: &&str| {
        let epsilon = call.split_once("epsilon = ").map_or("", |(_, epsilon)| epsilon);
        let mut depth = 0;
        let end = epsilon.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0 || depth == 0 && (c == ',' || c == ';')
        });
        epsilon[..end.unwrap_or(epsilon.len())].contains(".abs()")
    };
    let mut found = Vec::new();
    for path in sources() {
        let text = read(&path);
        let calls = text.split(name.as_str()).skip(1);
        found.extend(calls.filter(grows).map(|call| {
            format!("{}: {}", path.display(), call.lines().take(3).map(str::trim).collect::<String>())
        }));
    }
    assert!(found.is_empty(), "use relative_eq! with max_relative:\n{}", found.join("\n"));
}

/// A largest distance that drops NaN finds nothing wrong with it: `max_by(f64::total_cmp)` keeps it, where all are positive.
#[test]
fn largest_distances_keep_nan() {
    let judges = |path: &Path| {
        path.starts_with("examples")
            || path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
    };
    let names = ["fold(0.0, f64", "reduce(f64"].map(|start| [start, "::max)"].concat());
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|path| judges(path))
        .filter(|path| names.iter().any(|name| read(path).contains(name)))
        .collect();
    assert!(found.is_empty(), "use max_by(f64::total_cmp): {found:#?}");
}
