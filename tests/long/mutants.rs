//! Mutants: the library with one mistake, which a test has to find.
//!
//! The tree is copied to a folder under `target/tmp`; the checkout is only read. There one mutation after the other is made,
//! built, and judged by the tests that its entry names. What takes longer than [`PATIENCE`] counts as found: a mistake may make
//! a loop endless.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long the tests of one mutant may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// What the copy needs.
const COPIED: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "rustfmt.toml",
    "src",
    "crates",
    "tests",
    "benches",
    "examples",
];

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

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The entries of `mutations.txt`.
fn mutations() -> Vec<Mutation> {
    let text = fs::read_to_string(root().join("tests/long/mutations.txt")).unwrap();
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
        let text = fs::read_to_string(root().join(file)).unwrap_or_default();
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

/// `MUTANTS=text` tries only those whose area or file contains the text.
#[test]
#[ignore = "builds the library once for each mutation"]
fn mutants_die() {
    let start = Instant::now();
    let copy = Copy::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants"));
    let only = std::env::var("MUTANTS").unwrap_or_default();
    let mut all = mutations();
    all.retain(|m| m.area.contains(&only) || m.file.contains(&only));
    all.sort_by_key(|m| (format!("{:?}", m.judge), m.file.clone()));
    let mut areas: BTreeMap<String, Tally> = BTreeMap::new();
    let mut wrong = copy.unchanged(&all);
    for m in &all {
        let tally = areas.entry(m.area.clone()).or_default();
        let arguments = match &m.judge {
            Judge::Tests(arguments) => arguments,
            Judge::Equivalent(why) => {
                println!("equivalent: {}: `{}` -> `{}`: {why}", m.file, m.old, m.new);
                tally.equivalent += 1;
                continue;
            }
        };
        tally.tried += 1;
        let before = Instant::now();
        let outcome = copy.with(m, || copy.run(arguments));
        let what = format!("{}: `{}` -> `{}` ({arguments})", m.file, m.old, m.new);
        println!("{outcome:?} after {} s: {what}", before.elapsed().as_secs());
        match outcome {
            Outcome::Fails | Outcome::TooLong => tally.killed += 1,
            other => wrong.push(format!("{other:?}: {what}")),
        }
    }
    println!("\n{}", table(&areas, start.elapsed()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn table(areas: &BTreeMap<String, Tally>, time: Duration) -> String {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passes,
    Fails,
    TooLong,
    DoesNotBuild,
    RunsNothing,
}

/// The tree that is changed.
pub(super) struct Copy {
    pub(super) folder: PathBuf,
}

impl Copy {
    /// Brings the folder up to date; files that are equal stay as they are, so that little is built again.
    pub(super) fn new(folder: &Path) -> Self {
        for name in COPIED {
            copy(&root().join(name), &folder.join(name));
        }
        Self { folder: folder.to_path_buf() }
    }

    /// Runs all tests that the entries name without a mutation; what does not pass is told.
    fn unchanged(&self, all: &[Mutation]) -> Vec<String> {
        let mut seen: Vec<&str> = Vec::new();
        let mut wrong = Vec::new();
        for m in all {
            let Judge::Tests(arguments) = &m.judge else { continue };
            if seen.contains(&arguments.as_str()) {
                continue;
            }
            seen.push(arguments);
            let outcome = self.run(arguments);
            println!("{outcome:?} without a mutation: {arguments}");
            if outcome != Outcome::Passes {
                wrong.push(format!("{outcome:?} without a mutation: {arguments}"));
            }
        }
        wrong
    }

    /// Runs `f` while one mutation is in place.
    fn with<R>(&self, m: &Mutation, f: impl FnOnce() -> R) -> R {
        let path = self.folder.join(&m.file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(&m.old).count(), 1, "{}: `{}`", m.file, m.old);
        fs::write(&path, text.replacen(&m.old, &m.new, 1)).unwrap();
        let result = f();
        fs::write(&path, text).unwrap();
        result
    }

    /// Builds and runs `cargo test` with these arguments.
    pub(super) fn run(&self, arguments: &str) -> Outcome {
        self.judge(arguments).0
    }

    /// The same, with what the tests print.
    pub(super) fn judge(&self, arguments: &str) -> (Outcome, String) {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let command = |more: &[&str]| {
            let mut command = Command::new(env!("CARGO"));
            command.args(["test", "--offline", "--quiet"]).args(more).args(&words);
            command.current_dir(&self.folder).env("CARGO_TARGET_DIR", self.folder.join("target"));
            command.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_TEST_DEBUG", "0");
            command
        };
        if !command(&["--no-run"]).output().unwrap().status.success() {
            return (Outcome::DoesNotBuild, String::new());
        }
        let log = self.folder.join("log");
        let out = || Stdio::from(fs::File::options().append(true).create(true).open(&log).unwrap());
        let _ = fs::remove_file(&log);
        let mut tests = command(&[]);
        // A group of its own, so that a test without end can be ended with Cargo.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut tests, 0);
        let mut child = tests.stdout(out()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                let group = format!("-{}", child.id());
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                let _ = child.kill();
                let _ = child.wait();
                return (Outcome::TooLong, String::new());
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let text = fs::read_to_string(&log).unwrap_or_default();
        let outcome = match status.success() {
            false => Outcome::Fails,
            true if text.contains("test result: ok") && !text.contains("ok. 0 passed") => Outcome::Passes,
            true => Outcome::RunsNothing,
        };
        (outcome, text)
    }
}

/// Copies a file or a folder, and removes what is no longer in it.
fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        let new = fs::read(from).unwrap();
        if fs::read(to).ok().as_ref() != Some(&new) {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, new).unwrap();
        }
        return;
    }
    fs::create_dir_all(to).unwrap();
    let names = |folder: &Path| -> Vec<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    for name in names(from).into_iter().filter(|name| name != "target") {
        copy(&from.join(&name), &to.join(&name));
    }
    for name in names(to).into_iter().filter(|name| !from.join(name).exists()) {
        let old = to.join(name);
        let _ = if old.is_dir() { fs::remove_dir_all(old) } else { fs::remove_file(old) };
    }
}
