//! Many mutants in one build: a copy of the tree in which each mistake is a branch, and a number in the environment
//! (`GRADUS_MUTANT`) says which is taken. One build serves them all, so that a mutant costs what its tests cost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long the tests of one mutant may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// The variable that chooses a mutant.
pub(super) const CHOICE: &str = "GRADUS_MUTANT";
/// What the copy needs.
const COPIED: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "rustfmt.toml",
    "src",
    "crates",
    "tests",
    "benches",
    "examples",
    "docs",
];

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the tree.
pub(super) fn source(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Puts `new` in the place of a text that occurs once.
pub(super) fn once(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "`{old}`");
    text.replacen(old, new, 1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passes,
    Fails,
    TooLong,
    DoesNotBuild,
    RunsNothing,
}

/// A tree with changed files.
pub(super) struct Copy {
    folder: PathBuf,
}

/// Tests that are built.
pub(super) struct Tests {
    /// Each with the folder that it runs in.
    executables: Vec<(PathBuf, PathBuf)>,
    filters: Vec<String>,
}

impl Copy {
    /// Brings a folder up to date; files that are equal stay as they are, so that little is built again.
    pub(super) fn new(name: &str, changed: &BTreeMap<String, String>) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for name in COPIED {
            copy(name, &folder, changed);
        }
        Self { folder }
    }

    /// In a folder for what is built of its own: Cargo would take the copy's crates for those of the tree.
    fn cargo(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments.split_whitespace()).arg("--offline").current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target")).env("CARGO_INCREMENTAL", "0");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
        command.stderr(Stdio::inherit());
        command
    }

    /// The lines of the errors of `cargo check`, each with its file: where it is, and the calls of macros that it is in.
    pub(super) fn errors(&self, arguments: &str) -> BTreeSet<(String, usize)> {
        let mut found = BTreeSet::new();
        let output =
            self.cargo(&format!("check --keep-going --message-format=json {arguments}")).output().unwrap();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            if message["message"]["level"] == "error" {
                let spans = message["message"]["spans"].as_array().unwrap();
                spans
                    .iter()
                    .filter(|span| span["is_primary"] == true)
                    .for_each(|span| places(span, &mut found));
            }
        }
        assert!(
            output.status.success() || !found.is_empty(),
            "cargo check {arguments} fails without a place"
        );
        found
    }

    /// Builds the tests that these arguments of `cargo test` name.
    pub(super) fn tests(&self, arguments: &str) -> Option<Tests> {
        let words = arguments.split_whitespace();
        let (mut options, mut filters) = (Vec::new(), Vec::new());
        let mut value = false;
        for word in words {
            if value || word.starts_with('-') {
                options.push(word);
            } else {
                filters.push(word.to_string());
            }
            value = ["-p", "--test", "--features"].contains(&word);
        }
        let command = format!("test --no-run --message-format=json {}", options.join(" "));
        let output = self.cargo(&command).output().unwrap();
        let mut executables = Vec::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            if let (Some(executable), Some(manifest)) =
                (message["executable"].as_str(), message["manifest_path"].as_str())
                && message["profile"]["test"] == true
            {
                executables.push((executable.into(), Path::new(manifest).parent().unwrap().into()));
            }
        }
        (output.status.success() && !executables.is_empty()).then_some(Tests { executables, filters })
    }
}

impl Tests {
    /// Runs them with these variables set.
    pub(super) fn run(&self, variables: &[(&str, &str)]) -> Outcome {
        let mut ran = false;
        for (executable, folder) in &self.executables {
            let mut command = Command::new(executable);
            command.args(&self.filters).arg("--quiet").current_dir(folder).env("CARGO_MANIFEST_DIR", folder);
            command.envs(variables.iter().copied()).stderr(Stdio::null());
            match ended(&mut command) {
                (Outcome::Passes, text) => ran |= !text.contains("ok. 0 passed"),
                (other, _) => return other,
            }
        }
        if ran { Outcome::Passes } else { Outcome::RunsNothing }
    }
}

/// Runs a command to its end, or to the end of patience.
fn ended(command: &mut Command) -> (Outcome, String) {
    let name = format!("mutants.{}.{:?}.log", std::process::id(), std::thread::current().id());
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    command.stdout(fs::File::create(&log).unwrap());
    // A group of its own, so that a test without end can be ended with what it has started.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let outcome = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break if status.success() { Outcome::Passes } else { Outcome::Fails };
        }
        if start.elapsed() > PATIENCE {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = child.kill();
            let _ = child.wait();
            break Outcome::TooLong;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let text = fs::read_to_string(&log).unwrap_or_default();
    let _ = fs::remove_file(log);
    (outcome, text)
}

/// The place of a message, and those of the macros around it.
fn places(span: &serde_json::Value, found: &mut BTreeSet<(String, usize)>) {
    if let (Some(file), Some(line)) = (span["file_name"].as_str(), span["line_start"].as_u64()) {
        found.insert((file.to_string(), line as usize));
    }
    if span["expansion"].is_object() {
        places(&span["expansion"]["span"], found);
    }
}

/// Copies a file or a folder, changed where it is to be, and removes what is no longer in it.
fn copy(name: &str, folder: &Path, changed: &BTreeMap<String, String>) {
    let (from, to) = (root().join(name), folder.join(name));
    if from.is_file() {
        let new = changed.get(name).map_or_else(|| fs::read(&from).unwrap(), |text| text.as_bytes().to_vec());
        if fs::read(&to).ok().as_ref() != Some(&new) {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, new).unwrap();
        }
        return;
    }
    fs::create_dir_all(&to).unwrap();
    let names = |folder: &Path| -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    };
    for inner in names(&from).into_iter().filter(|name| name != "target") {
        copy(&format!("{name}/{inner}"), folder, changed);
    }
    for name in names(&to).into_iter().filter(|name| !from.join(name).exists()) {
        let old = to.join(name);
        let _ = if old.is_dir() { fs::remove_dir_all(old) } else { fs::remove_file(old) };
    }
}
