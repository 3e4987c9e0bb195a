//! Mutants: the library with one mistake, which a test has to find.
//!
//! The tree is copied to a folder under `target/tmp`; the checkout is only read. Each mistake of `mutations.txt` is a branch there, so
//! that one build serves all; what is no expression and no statement is built by itself. What takes longer than five minutes
//! counts as found: a mistake may make a loop endless.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::schemata::{CHOICE, Copy, Outcome, Tests, once, root, source};
use super::wrap::wrapped;

/// The function that every branch asks; `tensor` is below all crates that have mutants.
const CHOOSER: &str = "
extern crate self as gradus_tensor;
/// Whether the mutant of this number is chosen.
#[doc(hidden)]
#[inline]
pub fn mutant(number: usize) -> bool {
    static CHOSEN: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let chosen = || std::env::var(\"GRADUS_MUTANT\").ok().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX);
    *CHOSEN.get_or_init(chosen) == number
}
";

/// The crates that have mutants, with what is behind features in them.
const PACKAGES: &str = "-p gradus-tensor -p gradus-autograd -p gradus-nn -p gradus-optim -p gradus-data \
    -p gradus-train -p gradus-parallel --features gradus-tensor/zip,gradus-autograd/linalg";

/// A change of one place in the source.
#[derive(Debug, Clone)]
struct Mutation {
    area: String,
    file: String,
    old: String,
    new: String,
    judge: Judge,
}

#[derive(Debug, Clone)]
enum Judge {
    /// Arguments of `cargo test`: with this mutation these tests must fail.
    Tests(String),
    /// Nothing can notice it, for this reason.
    Equivalent(String),
}

impl Mutation {
    /// Arguments of `cargo test`.
    fn tests(&self) -> Option<&str> {
        if let Judge::Tests(arguments) = &self.judge { Some(arguments) } else { None }
    }
}

/// The entries of `mutations.txt`.
fn mutations() -> Vec<Mutation> {
    let text = source("tests/long/mutations.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let blocks = lines.split(|line| line.trim().is_empty()).filter(|block| !block.is_empty());
    blocks.map(parse).collect()
}

fn parse(block: &[&str]) -> Mutation {
    let pairs: Vec<(&str, &str)> = block.iter().filter_map(|line| line.split_once(": ")).collect();
    let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
    let known = ["area", "file", "old", "new"];
    assert!(keys.len() == 5 && block.len() == 5 && keys[..4] == known, "no entry: {block:#?}");
    let value = |i: usize| pairs[i].1.to_string();
    let judge = match keys[4] {
        "test" => Judge::Tests(value(4)),
        "equivalent" => Judge::Equivalent(value(4)),
        other => panic!("neither test nor equivalent: {other}"),
    };
    Mutation { area: value(0), file: value(1), old: value(2), new: value(3), judge }
}

/// The list cannot go stale: a changed line takes its entry along.
#[test]
fn every_text_occurs_once() {
    let all = mutations();
    let mut wrong = Vec::new();
    for Mutation { file, old, new, .. } in &all {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        let count = text.matches(old.as_str()).count();
        if count != 1 || old == new {
            wrong.push(format!("{file}: `{old}` occurs {count} times"));
        }
    }
    assert!(wrong.is_empty(), "tests/long/mutations.txt: {wrong:#?}");
    let mut places: Vec<_> = all.iter().map(|m| (&m.file, &m.old, &m.new)).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), all.len(), "a mutation is listed twice");
    assert!(all.len() >= 60, "{} mutations", all.len());
}

/// What became of the mutants of one area.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    killed: usize,
    equivalent: usize,
}

/// A text of a file with all its mutants as branches.
fn branched(all: &[(usize, &Mutation)]) -> BTreeMap<String, String> {
    let root = "crates/tensor/src/lib.rs".to_string();
    let mut files = BTreeMap::from([(root.clone(), source(&root) + CHOOSER)]);
    for (number, Mutation { file, old, new, .. }) in all {
        let text = files.entry(file.clone()).or_insert_with(|| source(file));
        if let Some(more) = wrapped(text, old, new, *number) {
            *text = more;
        }
    }
    files
}

/// The numbers of the branches in a line.
fn numbers(line: &str) -> impl Iterator<Item = usize> + '_ {
    let calls = line.split("gradus_tensor::mutant(").skip(1);
    calls.filter_map(|call| call.split_once(')')?.0.parse().ok())
}

/// The branches that stand in a line, or else in the last one before it that has some: an expression may take several.
fn near(text: &str, line: usize) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    lines
        .iter()
        .rev()
        .take(20)
        .map(|line| numbers(line).collect())
        .find(|found: &Vec<_>| !found.is_empty())
        .unwrap_or_default()
}

/// The copy with the branches that build, and their numbers.
fn copied(all: &[Mutation], packages: &str) -> (Copy, BTreeSet<usize>) {
    let mut left: Vec<(usize, &Mutation)> = all.iter().enumerate().collect();
    loop {
        let files = branched(&left);
        let copy = Copy::new("mutants", &files);
        let errors = copy.errors(&format!("{packages} --lib"));
        if errors.is_empty() {
            return (copy, files.values().flat_map(|text| text.lines().flat_map(numbers)).collect());
        }
        let wrong: BTreeSet<usize> = errors
            .iter()
            .flat_map(|(file, line)| near(files.get(file).map_or("", String::as_str), *line))
            .collect();
        println!("no branch: {wrong:?}");
        assert!(!wrong.is_empty(), "the copy does not build: {errors:?}");
        left.retain(|(number, _)| !wrong.contains(number));
    }
}

/// `MUTANTS=text` tries only those whose area or file contains the text.
#[test]
#[ignore = "takes many minutes"]
fn mutants_die() {
    let start = Instant::now();
    let only = std::env::var("MUTANTS").unwrap_or_default();
    let mut all = mutations();
    all.retain(|m| m.area.contains(&only) || m.file.contains(&only));
    let (copy, branches) = copied(&all, PACKAGES);
    let mut judges: BTreeMap<&str, Tests> = BTreeMap::new();
    let mut wrong = Vec::new();
    for arguments in all.iter().filter_map(Mutation::tests).collect::<BTreeSet<_>>() {
        let tests = copy.tests(arguments).unwrap_or_else(|| panic!("{arguments} builds nothing"));
        let outcome = tests.run(&[]);
        println!("{outcome:?} without a mutation: {arguments}");
        if outcome != Outcome::Passes {
            wrong.push(format!("{outcome:?} without a mutation: {arguments}"));
        }
        judges.insert(arguments, tests);
    }
    println!("built after {} s", start.elapsed().as_secs());
    let mut areas: BTreeMap<&str, Tally> = BTreeMap::new();
    for (number, m) in all.iter().enumerate() {
        let tally = areas.entry(m.area.as_str()).or_default();
        let what = format!("{}: `{}` -> `{}`", m.file, m.old, m.new);
        let arguments = match &m.judge {
            Judge::Tests(arguments) => arguments.as_str(),
            Judge::Equivalent(why) => {
                println!("equivalent: {what}: {why}");
                tally.equivalent += 1;
                continue;
            }
        };
        tally.tried += 1;
        let before = Instant::now();
        let outcome = if branches.contains(&number) {
            judges[arguments].run(&[(CHOICE, &number.to_string())])
        } else {
            alone(m, arguments)
        };
        println!("{outcome:?} after {} s: {what} ({arguments})", before.elapsed().as_secs());
        match outcome {
            Outcome::Fails | Outcome::TooLong => tally.killed += 1,
            other => wrong.push(format!("{other:?}: {what} ({arguments})")),
        }
    }
    println!("\n{}", table(&areas, start.elapsed()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Builds a mutant that is no branch, in a copy of its own.
fn alone(m: &Mutation, arguments: &str) -> Outcome {
    let text = once(&source(&m.file), &m.old, &m.new);
    let copy = Copy::new("mutant", &BTreeMap::from([(m.file.clone(), text)]));
    copy.tests(arguments).map_or(Outcome::DoesNotBuild, |tests| tests.run(&[]))
}

fn table(areas: &BTreeMap<&str, Tally>, time: Duration) -> String {
    let mut text = String::from("| area | tried | killed | alive | equivalent |\n|---|---|---|---|---|\n");
    let mut sum = Tally::default();
    for (area, Tally { tried, killed, equivalent }) in areas {
        let _ = writeln!(text, "| {area} | {tried} | {killed} | {} | {equivalent} |", tried - killed);
        sum.tried += tried;
        sum.killed += killed;
        sum.equivalent += equivalent;
    }
    let Tally { tried, killed, equivalent } = sum;
    let _ = writeln!(text, "| all | {tried} | {killed} | {} | {equivalent} |", tried - killed);
    let _ = write!(text, "{} minutes", time.as_secs().div_ceil(60));
    text
}
