//! What the documentation shows: examples, formulas that stay whole, links that lead somewhere.

use std::path::Path;

use super::{files, read, root};

/// The doc comments of a file, each with the number of its first line: lines without their slashes.
fn comments(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim_start();
        let Some(doc) = code.strip_prefix("///").or(code.strip_prefix("//!")) else {
            open = false;
            continue;
        };
        if !open {
            found.push((number, String::new()));
        }
        open = true;
        let (_, comment) = found.last_mut().expect("one is open");
        comment.push_str(doc.strip_prefix(' ').unwrap_or(doc));
        comment.push('\n');
    }
    found
}

/// A comment without its fenced blocks, and the contents of those of mathematics.
fn without_blocks(comment: &str) -> (String, Vec<String>) {
    let (mut prose, mut formulas, mut inside) = (String::new(), Vec::new(), None);
    for line in comment.lines() {
        match (&inside, line.trim_start().strip_prefix("```")) {
            (None, Some(kind)) => {
                inside = Some(kind.trim() == "math");
                if kind.trim() == "math" {
                    formulas.push(String::new());
                }
            }
            (Some(_), Some(_)) => inside = None,
            (Some(true), None) => formulas.last_mut().expect("a block is open").push_str(line),
            (Some(false), None) => {}
            (None, None) => prose.extend([line, "\n"]),
        }
    }
    (prose, formulas)
}

/// What is wrong with the formulas of a comment. Outside of code, markdown would eat `_` and `\\` of a formula.
fn broken_formulas(comment: &str) -> Vec<String> {
    let (prose, mut formulas) = without_blocks(comment);
    let mut broken = Vec::new();
    for (i, part) in prose.split('`').enumerate().filter(|(_, part)| part.contains('$')) {
        // `$name` is a variable of a macro.
        let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
        match part.strip_prefix('$') {
            _ if i % 2 == 0 => broken.push(format!("outside of code: {}", part.trim())),
            Some(rest) if word(rest) => {}
            Some(rest) if rest.find('$') == Some(rest.len() - 1) => formulas.push(rest.to_string()),
            _ => broken.push(format!("no whole formula: {part}")),
        }
    }
    for formula in formulas {
        let plain = formula.replace("\\{", "").replace("\\}", "");
        let count = |what: &str| plain.matches(what).count();
        let even = count("{") == count("}") && count("\\left") == count("\\right") + count("\\leftarrow");
        if !even && !plain.contains("arrow") {
            broken.push(format!("brackets do not match: {formula}"));
        }
    }
    broken
}

#[test]
fn formulas_stay_whole() {
    let mut count = 0;
    for path in ["crates", "src"].iter().flat_map(|folder| files(folder, "rs")) {
        for (line, comment) in comments(&read(&path)) {
            let broken = broken_formulas(&comment);
            assert!(broken.is_empty(), "{}:{line}: {broken:#?}", path.display());
            count += comment.matches("`$").count();
        }
    }
    assert!(count > 800, "{count} formulas found");
}

#[test]
fn a_broken_formula_is_found() {
    for (comment, fault) in [
        ("The sum $a_i + b_i$.", "outside of code"),
        ("`$x \\cdot$ relu(x)`", "no whole formula"),
        ("`$\\frac{a}{b$`", "brackets do not match"),
        ("```math\n\\sqrt{x\n```", "brackets do not match"),
    ] {
        let found = broken_formulas(comment);
        assert!(found.len() == 1 && found[0].starts_with(fault), "{comment}: {found:?}");
    }
    assert!(broken_formulas("`$a_i$`, `$T`, ``[`x`]``\n```\nlet a = \"$\";\n```").is_empty());
}

/// The compiler of the documentation checks links to items; links to files lead nowhere from its pages.
#[test]
fn links_of_the_documentation_are_no_paths() {
    for path in ["crates", "src"].iter().flat_map(|folder| files(folder, "rs")) {
        for (line, comment) in comments(&read(&path)) {
            let (prose, _) = without_blocks(&comment);
            for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let web = target.starts_with("https://") || target.starts_with('#');
                assert!(web || !target.contains(['/', '.']), "{}:{line}: {target}", path.display());
            }
        }
    }
    let front = read("src/lib.rs");
    assert!(!front.contains("#![doc = include_str"), "the front page would have the paths of the README");
}

#[test]
fn every_package_renders_its_formulas() {
    let header = read("docs/katex.html");
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("\"docs/katex.html\"]"), "Cargo.toml names no header");
    assert!(read(".cargo/config.toml").contains("docs/katex.html"), "cargo mathdoc has no header");
    for path in files("crates", "toml").into_iter().filter(|path| !path.starts_with("crates/cli")) {
        assert!(read(&path).contains("\"--html-in-header\", \"katex.html\"]"), "{}", path.display());
        let copy = path.with_file_name("katex.html");
        assert!(read(&copy) == header, "{} is no copy of docs/katex.html", copy.display());
    }
}

#[test]
fn the_types_of_the_prelude_have_examples() {
    let prelude = read("src/prelude.rs");
    let names: Vec<&str> = prelude
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(char::is_uppercase))
        .collect();
    assert!(names.len() > 30, "{names:?}");
    let texts: Vec<String> =
        ["crates", "src"].iter().flat_map(|folder| files(folder, "rs")).map(read).collect();
    for name in names {
        let shown = texts.iter().any(|text| {
            text.split_inclusive('\n').any(|line| declares(line, name)) && has_example(text, name)
        });
        assert!(shown, "{name} has no example in its documentation");
    }
}

/// Whether a line declares a public type of this name, itself or as a row of a macro.
fn declares(line: &str, name: &str) -> bool {
    let word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
    let item = kinds.iter().find_map(|kind| line.trim_start().strip_prefix(kind));
    let row = line.strip_prefix("    ").and_then(|row| row.strip_prefix(name));
    item.and_then(|code| code.strip_prefix(name)).is_some_and(word)
        || row.is_some_and(|rest| word(rest) && rest.starts_with(' '))
}

/// Whether the comment above such a line, or the macro that makes it, shows an example.
fn has_example(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.iter().enumerate().filter(|(_, line)| declares(line, name));
    found.into_iter().any(|(at, _)| {
        let above = lines[..at].iter().rev();
        let own = above.take_while(|line| {
            let code = line.trim_start();
            code.starts_with("///") || code.starts_with("#[") || code.starts_with("//!")
        });
        let own: Vec<&&str> = own.collect();
        let included = own.iter().any(|line| line.contains("include_str!(\"var.md\")"));
        let macro_made = lines[at].starts_with("    ")
            && lines[..at].iter().any(|line| line.trim_start() == "/// ```" && line.starts_with("        "));
        included || macro_made || own.iter().any(|line| line.trim_start() == "/// ```")
    })
}

/// Each row is whole and of an example that exists; each example that prints a published figure has a row.
#[test]
fn published_results_are_of_examples() {
    let page = read("docs/results.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what |"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    for row in &rows {
        assert_eq!(row.len(), 8, "docs/results.md: a row has eight cells: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "docs/results.md: an empty cell: {row:?}");
        let example = row[6].trim_matches('`');
        let file = Path::new("examples").join(format!("{example}.rs"));
        assert!(root().join(file).is_file(), "docs/results.md: there is no example {example}");
        assert!(row[7].len() >= 7, "docs/results.md: no commit in {row:?}");
    }
    for path in files("examples", "rs") {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().to_string();
        let prints = read(&path).contains(".row(") && !path.starts_with("examples/common");
        let shown = rows.iter().any(|row| row[6].trim_matches('`') == name);
        assert!(shown || !prints, "docs/results.md has no row of {name}");
    }
}
