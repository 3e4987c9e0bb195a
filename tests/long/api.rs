//! All public names, from the JSON of rustdoc (a nightly's), against `tests/long/api.txt`: what a change adds or takes away is seen in review.
//! `GRADUS_BLESS=1` writes the list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::schemata::root;

const LIST: &str = "tests/long/api.txt";
/// The packages that others build on.
const PACKAGES: [&str; 9] = [
    "gradus",
    "gradus-autograd",
    "gradus-data",
    "gradus-nn",
    "gradus-optim",
    "gradus-parallel",
    "gradus-tensor",
    "gradus-train",
    "gradus-viz",
];

/// The items of a package and the names found so far.
struct Names<'j> {
    index: &'j Value,
    found: BTreeSet<String>,
    /// The modules that are being walked: one may export another that exports it.
    open: Vec<String>,
}

fn key(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_string)
}

fn ids(list: &Value) -> impl Iterator<Item = String> + '_ {
    list.as_array().into_iter().flatten().map(key)
}

impl Names<'_> {
    /// An item under the name of what holds it; one that is exported has the name it is exported by.
    fn item(&mut self, id: &str, place: &str, name: Option<&str>) {
        let item = &self.index[id];
        let Some((kind, inner)) = item["inner"].as_object().and_then(|inner| inner.iter().next()) else {
            // Of another package: its own list has what it holds.
            self.found.extend(name.map(|name| format!("{place}::{name} use")));
            return;
        };
        let name = name.or(item["name"].as_str()).unwrap_or_default().to_string();
        let path = format!("{place}::{name}");
        match kind.as_str() {
            "use" => self.export(inner, place),
            "module" => {
                self.found.insert(format!("{path} module"));
                self.members(id, inner, &path);
            }
            "impl" => {}
            _ => {
                self.found.insert(format!("{path} {kind}"));
                self.parts(inner, &path);
            }
        }
    }

    fn members(&mut self, id: &str, module: &Value, path: &str) {
        if self.open.iter().any(|open| open == id) {
            return;
        }
        self.open.push(id.to_string());
        for member in ids(&module["items"]) {
            self.item(&member, path, None);
        }
        self.open.pop();
    }

    fn export(&mut self, inner: &Value, place: &str) {
        let target = key(&inner["id"]);
        if inner["is_glob"].as_bool() == Some(true) {
            let module = self.index[&target]["inner"]["module"].clone();
            if module.is_null() {
                self.found.insert(format!("{place}::* use {}", inner["source"].as_str().unwrap_or_default()));
            }
            self.members(&target, &module, place);
        } else {
            self.item(&target, place, inner["name"].as_str());
        }
    }

    /// Fields, variants, methods: what a type or a trait holds.
    fn parts(&mut self, inner: &Value, path: &str) {
        let fields = &inner["kind"]["plain"]["fields"];
        for id in ids(fields).chain(ids(&inner["variants"])).chain(ids(&inner["items"])) {
            self.item(&id, path, None);
        }
        for id in ids(&inner["impls"]) {
            let block = self.index[&id]["inner"]["impl"].clone();
            // Methods of a trait are the trait's.
            if block["trait"].is_null() {
                for id in ids(&block["items"]) {
                    self.item(&id, path, None);
                }
            }
        }
    }
}

/// The names of a package, one a line.
fn names(package: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("api");
    let mut cargo = Command::new("cargo");
    // The test's own Cargo sets these for its toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        cargo.env_remove(variable);
    }
    cargo.args(["+nightly", "rustdoc", "--quiet", "--lib", "--all-features", "-p", package]);
    cargo.args(["--", "-Zunstable-options", "--output-format", "json"]).current_dir(root());
    let status = cargo.env("CARGO_TARGET_DIR", &folder).status().expect("cargo runs");
    assert!(status.success(), "{package}");
    let name = package.replace('-', "_");
    let text = fs::read_to_string(folder.join(format!("doc/{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut names = Names { index: &json["index"], found: BTreeSet::new(), open: Vec::new() };
    let start = key(&json["root"]);
    names.members(&start, &json["index"][&start]["inner"]["module"], &name);
    names.found
}

#[test]
#[ignore = "documents the library with a nightly"]
fn api() {
    let mut nightly = Command::new("cargo");
    nightly.env_remove("RUSTUP_TOOLCHAIN");
    if !nightly.args(["+nightly", "--version"]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no nightly toolchain");
        return;
    }
    let found: BTreeSet<String> = PACKAGES.iter().flat_map(|package| names(package)).collect();
    assert!(found.len() > 2000, "{} names", found.len());
    assert!(found.contains("gradus_tensor::Tensor::matmul function"), "no Tensor::matmul");
    let path = root().join(LIST);
    if std::env::var_os("GRADUS_BLESS").is_some() {
        let lines: Vec<&str> = found.iter().map(String::as_str).collect();
        fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<String> = text.lines().map(str::to_string).collect();
    let new: Vec<&String> = found.difference(&listed).collect();
    let gone: Vec<&String> = listed.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{LIST}: new {new:#?}, gone {gone:#?}; GRADUS_BLESS=1 writes the list, CHANGELOG.md says why"
    );
    println!("figure: {} public names", found.len());
}
