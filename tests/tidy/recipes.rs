//! The recipes of CONTRIBUTING.md: their lines stand where they say, and they name every place.

use std::path::PathBuf;

use super::{files, read};

#[test]
fn the_lines_are_real() {
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

/// A recipe ends with the line ``Places of `NAME`: `file`, `file`.`` The name stands in these files and in no other.
#[test]
fn every_place_is_named() {
    let text = read("CONTRIBUTING.md");
    let mut recipes = 0;
    for part in text.split("\nPlaces of `").skip(1) {
        let (name, rest) = part.split_once("`: ").expect("a name, then its places");
        let places = rest.split("\n\n").next().unwrap_or(rest);
        let mut named: Vec<PathBuf> = places.split('`').skip(1).step_by(2).map(PathBuf::from).collect();
        named.sort();
        assert_eq!(mentions(name), named, "the places of {name}");
        recipes += 1;
    }
    assert_eq!(recipes, 7, "a row, an operation, an optimizer, a layer, a schedule, a surface, a data set");
}

/// The files of the crates and the documents that hold a word.
fn mentions(name: &str) -> Vec<PathBuf> {
    let all = ["rs", "txt", "md", "py"].into_iter().flat_map(|extension| {
        ["src", "crates", "docs", "examples"].into_iter().flat_map(move |folder| files(folder, extension))
    });
    let holds = |path: &PathBuf| {
        read(path).split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
    };
    let mut found: Vec<PathBuf> = all.filter(holds).collect();
    found.sort();
    found
}
