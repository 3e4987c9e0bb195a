//! The house's order: which crate knows which, how long files are, what is listed where.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const LONGEST: usize = 450;

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
    let allowed: [(&str, &[&str]); 8] = [
        ("crates/tensor", &[]),
        ("crates/autograd", &["gradus-tensor"]),
        ("crates/nn", &["gradus-tensor", "gradus-autograd"]),
        ("crates/optim", &["gradus-tensor", "gradus-autograd"]),
        ("crates/data", &["gradus-tensor"]),
        ("crates/viz", &[]),
        (".", &["gradus-tensor", "gradus-autograd", "gradus-nn", "gradus-optim", "gradus-data"]),
        ("crates/cli", &["gradus", "gradus-viz"]),
    ];
    for (folder, allowed) in allowed {
        for name in dependencies(&read(format!("{folder}/Cargo.toml"))) {
            assert!(allowed.contains(&name.as_str()), "{folder} must not depend on {name}");
        }
    }
}

#[test]
fn files_are_of_a_readers_size() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{} ({lines})", path.display()))
        .collect();
    assert!(long.is_empty(), "more than {LONGEST} lines: {long:?}");
}

#[test]
fn examples_are_short_and_listed() {
    let readme = read("README.md");
    let examples = files("examples", "rs");
    assert!(!examples.is_empty());
    for path in examples {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().to_string();
        assert!(readme.contains(&format!("`{name}`")), "README.md does not list {name}");
        let lines = read(&path).lines().count();
        assert!(lines <= 120, "{name}: {lines} lines");
    }
}

#[test]
fn every_optimizer_names_its_source() {
    for path in files("crates/optim/src/rules", "rs") {
        let text = read(&path);
        if text.contains("\nimpl Rule for ") {
            assert!(text.contains("/// # Source"), "{} names no source", path.display());
        }
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

#[test]
fn the_recipes_are_real() {
    let text = read("CONTRIBUTING.md");
    let mut target = String::new();
    let mut checked = 0;
    for block in text.split("```diff\n").skip(1) {
        for line in block.split("```").next().unwrap_or("").lines() {
            if let Some(path) = line.strip_prefix("+++ ") {
                target = read(path);
            } else if let Some(added) = line.strip_prefix('+') {
                assert!(target.lines().any(|line| line == added), "CONTRIBUTING.md: no longer true: {added}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "the recipes were not found");
}
