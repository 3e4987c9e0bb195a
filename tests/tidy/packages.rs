//! What the packages say of themselves, and what they may bring along: `deny.toml` without the program that reads it.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::{files, read, root};

/// The keys that every package has from the workspace.
const KEYS: [&str; 9] = [
    "version",
    "edition",
    "rust-version",
    "license",
    "repository",
    "authors",
    "readme",
    "keywords",
    "categories",
];

fn manifests() -> Vec<(String, String)> {
    let members = files("crates", "toml").into_iter().map(|path| path.display().to_string());
    members.chain(["Cargo.toml".to_string()]).map(|path| (path.clone(), read(path))).collect()
}

#[test]
fn every_package_says_what_it_is() {
    let workspace = read("Cargo.toml");
    let shared =
        workspace.split("[workspace.package]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    for key in KEYS {
        assert!(shared.contains(&format!("\n{key} = ")), "[workspace.package] has no {key}");
    }
    // A workspace of its own has nothing to inherit.
    for (path, text) in
        manifests().into_iter().filter(|(path, text)| path == "Cargo.toml" || !text.contains("[workspace]"))
    {
        let package = text.split("[package]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
        assert!(package.contains("\ndescription = \""), "{path} has no description");
        for key in KEYS {
            assert!(package.contains(&format!("\n{key}.workspace = true")), "{path} has no {key}.workspace");
        }
    }
}

/// The registry has a package's own folder alone.
#[test]
fn what_is_published_needs_no_file_from_outside() {
    for (path, text) in manifests() {
        let published = !text.contains("\npublish = false");
        let folder = path.trim_end_matches("Cargo.toml");
        for file in files(&format!("{folder}src"), "rs") {
            let depth = file.components().count() - folder.matches('/').count() - 1;
            // From a file that is `depth` folders deep, so many steps lead to the package's folder.
            let outside = "../".repeat(depth + 1);
            let text = read(&file);
            let found = text.lines().find(|line| {
                (line.contains("include") || line.contains("#[path")) && line.contains(&outside)
            });
            assert!(!published || found.is_none(), "{}: {found:?}", file.display());
        }
    }
}

/// The quoted words of a list in `deny.toml`.
fn list(text: &str, key: &str) -> Vec<String> {
    let after =
        text.split(&format!("\n{key} = [")).nth(1).unwrap_or_else(|| panic!("deny.toml has no {key}"));
    let body = after.split("\n]").next().unwrap_or(after);
    let lines = body.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_string).collect()
}

/// All packages that some feature on some system may bring along; `None` where Cargo cannot get at what they say.
fn metadata() -> Option<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--all-features", "--locked"]).current_dir(root());
    let output = cargo.output().expect("Cargo runs");
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("skipped: cargo metadata: {told}");
        return None;
    }
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Whether a licence's expression is met by those that are allowed: its words, `OR` and `AND` from left to right without brackets inside of each other.
fn allowed(expression: &str, allow: &[String]) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let one = |licence: &str| allow.iter().any(|allowed| allowed == licence.trim());
    plain.split(" AND ").all(|part| part.split(" OR ").any(one))
}

#[test]
fn licences_and_sources_are_those_of_the_list() {
    let deny = read("deny.toml");
    let (allow, exceptions) = (list(&deny, "allow"), list(&deny, "exceptions"));
    let Some(all) = metadata() else { return };
    let packages = all["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{} packages", packages.len());
    // Tests alone may use what no program is given.
    let tests = ["tracking-allocator"];
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        let exception = tests.contains(&name) || exceptions.iter().any(|exception| exception == name);
        assert!(exception || allowed(licence, &allow), "{name} has the licence {licence}");
        let source = package["source"].as_str();
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert!(source.is_none_or(|source| source == registry), "{name} is from {source:?}");
    }
    assert!(
        !allowed("GPL-3.0", &allow)
            && !allowed("MIT AND MPL-2.0", &allow)
            && allowed("GPL-3.0 OR MIT", &allow)
    );
}

#[test]
fn two_versions_of_a_crate_have_a_reason() {
    let deny = read("deny.toml");
    let skips = list(&deny, "skip");
    let Some(all) = metadata() else { return };
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in all["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        versions.entry(name).or_default().push(package["version"].as_str().unwrap());
    }
    // Conversions that nalgebra offers and nobody here asks for: Cargo lists them, and builds none.
    versions.remove("glam");
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let skipped = |version: &&&str| {
            skips.iter().any(|skip| {
                skip.split_once('@').is_some_and(|(of, from)| {
                    of == *name && format!("{version}.").starts_with(&format!("{from}."))
                })
            })
        };
        let left = versions.iter().filter(|version| !skipped(version)).count();
        assert!(left <= 1, "{name} is there in {versions:?}: deny.toml gives no reason");
    }
    for skip in skips {
        let (name, _) = skip.split_once('@').expect("name@version");
        assert!(
            versions.get(name).is_some_and(|versions| versions.len() > 1),
            "deny.toml: {skip} is there once"
        );
    }
}

/// The programs of the comparison are those that ran, its lines are theirs, and the tests that it names are there.
#[test]
fn the_comparison_is_of_what_ran() {
    let page = read("COMPARE.md");
    let programs = [
        ("gradus", "gradus.rs"),
        ("PyTorch", "pytorch.py"),
        ("candle", "candle/src/main.rs"),
        ("dfdx", "dfdx/src/main.rs"),
    ];
    for (name, file) in programs {
        let text = read(format!("benches/peers/compare/{file}"));
        assert!(
            page.contains(&format!("\n{}\n```", text.trim_end())),
            "COMPARE.md holds another program than {file}"
        );
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(page.contains(&format!("| {name} | {lines} |")), "{file} has {lines} lines");
    }
    let named: Vec<(&str, &str)> = page.split('`').filter_map(|part| part.split_once(".rs: ")).collect();
    assert!(named.len() > 5);
    for (file, test) in named {
        assert!(read(format!("{file}.rs")).contains(&format!("fn {test}()")), "{file}: {test}");
    }
}
