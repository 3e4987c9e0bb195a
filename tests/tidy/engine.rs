//! The two rooms of the engine: what it means, and what makes it fast.

use std::path::Path;

use gradus::autograd::ops::elementwise::table;

use super::{files, read};

/// Lines of the room of meaning, with docs. (Its rows stand with their table.)
const MEANING: usize = 1000;

const ENGINE: &str = "crates/autograd/src";

/// What the meaning of the engine is written in, in the order in which it is read.
const ORDER: [&str; 9] = ["lib", "tape", "node", "var", "record", "op", "recorded", "gradients", "transform"];

#[test]
fn the_meaning_is_read_in_one_sitting() {
    let here = |path: &Path| path.parent() == Some(Path::new(ENGINE));
    let root: Vec<_> = files(ENGINE, "rs").into_iter().filter(|path| here(path)).collect();
    let mut names: Vec<_> = root.iter().map(|path| path.file_stem().unwrap().to_string_lossy()).collect();
    let mut order = ORDER;
    order.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, order, "a new room goes into a folder");
    let lines: usize = root.iter().map(|path| read(path).lines().count()).sum();
    assert!(lines <= MEANING, "the room of meaning has {lines} lines");
    let page = read("ARCHITECTURE.md");
    let stated = ORDER.map(|name| format!("`{name}`")).join(" ");
    assert!(page.contains(&stated), "ARCHITECTURE.md does not state the order {stated}");
}

/// The modules that a file imports from its own crate: `crate::a::b` as `a::b`.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1)).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        rest[..end].trim_end_matches(':')
    })
}

#[test]
fn the_fast_room_knows_no_operation() {
    for path in files("crates/autograd/src/fast", "rs") {
        let text = read(&path);
        for module in imports(&text).filter(|module| module.starts_with("ops")) {
            let row = module.starts_with("ops::elementwise::row");
            assert!(
                row,
                "{} imports {module}: fast/ knows rows and ops by what they say, not by name",
                path.display()
            );
        }
    }
}

#[test]
fn only_these_look_into_the_fast_room() {
    // The room of meaning where it starts an evaluation or hands it on; operations that bring kernels; what looks at nodes
    // from outside.
    let meaning = ["tape", "node", "record", "op", "gradients", "transform"];
    for path in files(ENGINE, "rs") {
        let inside = path.strip_prefix(ENGINE).unwrap();
        let text = read(&path);
        let fast: Vec<&str> = imports(&text).filter(|module| module.starts_with("fast::")).collect();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().to_string();
        let allowed = match first.as_str() {
            "fast" | "check" | "functions" | "model" | "lib.rs" => true,
            "ops" => fast.iter().all(|module| module.starts_with("fast::runs")),
            file => fast.is_empty() || meaning.contains(&file.trim_end_matches(".rs")),
        };
        assert!(allowed, "{} imports {fast:?}", path.display());
    }
}

#[test]
fn the_table_holds_every_row() {
    let mut written = 0;
    for path in files("crates/autograd/src/ops/elementwise", "rs") {
        let text = read(&path);
        let Some(rows) =
            text.split("table::unary! {").nth(1).or_else(|| text.split("table::binary! {").nth(1))
        else {
            continue;
        };
        let is_row = |line: &&str| {
            let name = line.strip_prefix("    ").and_then(|line| line.split(" [").next()).unwrap_or("");
            line.contains(" [") && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        written += rows.lines().filter(is_row).count();
    }
    assert!(written > 90, "{written} rows found");
    assert_eq!(table().count(), written);
    let mut names: Vec<&str> = table().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), written, "two rows have one name");
}
