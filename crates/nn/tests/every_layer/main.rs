//! Every layer of the crate: gradients to second order in input and parameters, both float types, a batch of one and of none,
//! an input with strides, a state dict there and back, clones, wrong input. Fails if a layer is missing here.
//!
//! A family of layers is one file with one table; see [`entry`] for what stands in a row.

mod check;
mod entry;
#[path = "../../../../tests/panics/mod.rs"]
mod panics;

mod activation;
mod conv;
mod norm;
mod pad;
mod plain;
mod pool;
mod sequence;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use entry::Entry;

fn tables() -> Vec<Entry> {
    let mut all = plain::table();
    all.extend(activation::table());
    all.extend(conv::table());
    all.extend(norm::table());
    all.extend(pad::table());
    all.extend(pool::table());
    all.extend(sequence::table());
    all
}

#[test]
fn every_layer() {
    let failures: Vec<String> = tables().iter().flat_map(check::check).collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn no_layer_is_missing() {
    let seen: BTreeSet<String> = tables().iter().map(|entry| entry.name.to_string()).collect();
    let known = layers_in_source();
    assert!(known.len() > 60, "{} layers found: {known:?}", known.len());
    let missing: Vec<&String> = known.difference(&seen).collect();
    assert!(missing.is_empty(), "the tables of every_layer have no entry for {missing:?}");
    let strange: Vec<&String> = seen.difference(&known).collect();
    assert!(
        strange.is_empty(),
        "the tables of every_layer have entries for {strange:?}, which are no layers"
    );
}

/// The text of a module of the crate, of a file or of a folder.
fn text_of(path: &Path) -> String {
    if path.is_file() {
        return fs::read_to_string(path).expect("a source file");
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries.iter().map(|path| text_of(path)).collect()
}

/// What the front page exports and is a layer: it is a `Module`, or has parameters and is no part of another layer.
fn layers_in_source() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let front = text_of(&source.join("lib.rs"));
    let mut found = BTreeSet::new();
    for list in front.split("\npub use ").skip(1).filter_map(|list| list.split(';').next()) {
        let (home, names) = list.split_once("::").expect("a path");
        let path =
            [source.join(format!("{home}.rs")), source.join(home)].into_iter().find(|path| path.exists());
        let Some(text) = path.map(|path| text_of(&path)) else { continue };
        let rows = text.contains("params!($Name {");
        for name in
            names.split(|c: char| !c.is_alphanumeric()).filter(|name| name.starts_with(char::is_uppercase))
        {
            let says = |what: &str| {
                [" ", "<", " {", ";"].iter().any(|end| text.contains(&format!("{what}{name}{end}")))
            };
            let by_hand = ["params!(", " Module for ", " Params for "].iter().any(|what| says(what));
            let by_row = rows && text.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
            if by_hand || by_row && !says("pub struct ") && !says("pub enum ") {
                found.insert(name.to_string());
            }
        }
    }
    // What a layer holds, and what only the doctests of others build.
    for part in ["Running", "RecurrentWeights"] {
        assert!(found.remove(part), "{part} is no part of a layer any more");
    }
    found
}
