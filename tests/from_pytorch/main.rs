//! The tables of `src/from_pytorch` against the names of PyTorch, and `docs/from-pytorch.md` against the tables. That what they
//! link to exists, the build of the documentation checks. `GRADUS_BLESS=1` writes the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The files of the tables, in the order of the page.
const TABLES: [&str; 4] = [
    include_str!("../../src/from_pytorch/layers.rs"),
    include_str!("../../src/from_pytorch/functions.rs"),
    include_str!("../../src/from_pytorch/tensors.rs"),
    include_str!("../../src/from_pytorch/training.rs"),
];
/// `module: names` in each line.
const NAMES: &str = include_str!("names.txt");

/// The text of a file's document.
fn document(file: &str) -> String {
    let lines = file.lines().map(|line| line.strip_prefix("//!").expect("documents alone"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The names between backticks in the first cell of the rows, by the module that the head of their table names.
fn rows() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in TABLES {
        let (text, mut module) = (document(file), String::new());
        for line in text.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let names = cells[0].split('`').skip(1).step_by(2).map(str::to_string);
            if matches!(cells[1], "gradus" | "why") {
                module = names.last().expect("the module of a table");
            } else {
                assert!(!cells[1].is_empty(), "neither a name nor a reason: {line}");
                all.entry(module.clone()).or_default().extend(names);
            }
        }
    }
    all
}

#[test]
fn every_name_has_one_row() {
    let mut rows = rows();
    for line in NAMES.lines().filter(|line| !line.starts_with('#')) {
        let (module, names) = line.split_once(": ").expect("`module: names`");
        let mut want: Vec<&str> = names.split(' ').collect();
        let mut got = rows.remove(module).unwrap_or_default();
        want.sort_unstable();
        got.sort_unstable();
        let missing: Vec<_> = want.iter().filter(|name| !got.iter().any(|g| g == *name)).collect();
        assert!(missing.is_empty(), "{module}: no row for {missing:?}");
        assert_eq!(got, want, "{module}: a name stands twice, or PyTorch does not know it");
    }
    assert!(rows.is_empty(), "no such modules: {:?}", rows.keys());
}

/// Links to items, ``[`Var::conv`](crate::…)``, as the names alone.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[`") {
        let (before, link) = rest.split_at(at);
        let (name, after) = link[1..].split_once("](").expect("a link");
        plain += before;
        plain += name;
        rest = after.split_once(')').expect("the end of a link").1;
    }
    plain + rest
}

#[test]
fn the_page_is_the_tables() {
    let mut page = String::from(
        "# From PyTorch to gradus\n\nWritten from `src/from_pytorch` by `tests/from_pytorch`; the same tables with links are in the library's documentation.\n",
    );
    for file in TABLES {
        // One level lower than in the documentation.
        let text = without_links(&document(file)).replace("\n## ", "\n### ");
        write!(page, "\n#{text}").expect("strings take everything");
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/from-pytorch.md");
    if std::env::var_os("GRADUS_BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == page, "docs/from-pytorch.md is not what the tables say; GRADUS_BLESS=1 writes it");
}
