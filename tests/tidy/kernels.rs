//! `docs/unsafe.md` against the code: each place where a kernel leaves the compiler's checks has its row, and its `SAFETY` line.

use std::collections::BTreeMap;

use super::{files, read};

/// Split, so that the test of all other folders does not find it.
const WORD: &str = concat!("uns", "afe");
const PAGE: &str = concat!("docs/uns", "afe.md");

/// How often the word stands in each function of a file, or in the head of an implementation.
fn found(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut function = String::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or(line);
        if let Some((_, after)) = format!(" {code}").split_once(" fn ") {
            function = after.split(['(', '<']).next().unwrap_or(after).to_string();
        }
        let count =
            code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|token| *token == WORD).count();
        if count > 0 {
            let head = code.trim().strip_prefix(WORD).and_then(|rest| rest.strip_prefix(" impl"));
            let head = head.map(|head| head.split(" {").next().unwrap_or(head));
            let name = head.map(|head| head.trim_start_matches("<T: Send>").trim().to_string());
            *found.entry(name.unwrap_or_else(|| function.clone())).or_default() += count;
        }
    }
    found
}

/// The rows of the page: file, place, number.
fn listed() -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut all: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let mut file = String::new();
    for line in read(PAGE).lines() {
        if let Some(name) = line.strip_prefix("## ") {
            file = name.trim_matches('`').to_string();
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if let [place, count, ..] = cells[..]
            && let Ok(count) = count.parse()
        {
            let before =
                all.entry(file.clone()).or_default().insert(place.trim_matches('`').to_string(), count);
            assert!(before.is_none() && cells.len() == 5, "{PAGE}: {line}");
        }
    }
    all
}

#[test]
fn each_place_has_its_argument() {
    let mut listed = listed();
    for path in files("crates/tensor/src/kernel", "rs") {
        let found = found(&read(&path));
        let rows = listed.remove(&path.display().to_string()).unwrap_or_default();
        assert!(found == rows, "{}: found {found:?}, {PAGE} has {rows:?}", path.display());
    }
    assert!(listed.is_empty(), "{PAGE} has files that are not there: {listed:?}");
}

#[test]
fn each_place_says_why() {
    for path in files("crates/tensor/src/kernel", "rs") {
        let text = read(&path);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            let begins = [" {", " impl"].iter().any(|what| code.contains(&format!("{WORD}{what}")));
            let said = lines[at.saturating_sub(5)..at].iter().any(|above| above.contains("// SAFETY:"));
            assert!(!begins || said, "{}:{}: no `// SAFETY:` above", path.display(), at + 1);
        }
    }
}

#[test]
fn places_are_found() {
    let text = format!(
        "{WORD} impl<T: Send> Sync for Shared<T> {{}}\npub({WORD}) {WORD} fn at(&self) {{\n    {WORD} {{ a }} // {WORD}\n}}"
    );
    let want = [("Sync for Shared<T>".to_string(), 1), ("at".to_string(), 3)];
    assert_eq!(found(&text), want.into_iter().collect());
}
