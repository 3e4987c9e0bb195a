//! Texts of the command against files: the same words in the same places, numbers to what rounding leaves.

use approx::relative_eq;
use std::path::Path;
use std::process::{Command, Output};

/// Numbers that differ by less than this are equal: the last digits of a difference depend on the processor.
const ROUNDING: f64 = 1e-6;

pub(crate) fn gradus(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir();
    let command = Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output();
    command.expect("it starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the command and compares what it prints, errors behind output, with `tests/snapshots/NAME.txt`.
/// `GRADUS_BLESS=1` writes the file instead.
#[allow(dead_code, reason = "not each file of tests asks for it")]
#[track_caller]
pub(crate) fn snapshot(name: &str, code: i32, arguments: &[&str]) {
    let output = gradus(arguments);
    let got = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {got}");
    compare(name, &got);
}

/// Compares a text with `tests/snapshots/NAME.txt`.
#[allow(dead_code, reason = "not each file of tests asks for it")]
#[track_caller]
pub(crate) fn compare(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.txt"));
    if std::env::var_os("GRADUS_BLESS").is_some() {
        std::fs::write(&path, got).expect("the snapshot can be written");
        return;
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    if same(got, &want) {
        return;
    }
    let lines = got.lines().count().max(want.lines().count());
    let line = |text: &str, i: usize| text.lines().nth(i).unwrap_or("(no line)").to_string();
    let differing = (0..lines).filter(|&i| !same(&line(got, i), &line(&want, i)));
    let shown: Vec<String> = differing
        .map(|i| format!("line {}\n  want {}\n  got  {}", i + 1, line(&want, i), line(got, i)))
        .collect();
    panic!(
        "it differs from {}:\n{}\nIf the new text is right: GRADUS_BLESS=1 cargo test -p gradus-cli",
        path.display(),
        shown.join("\n")
    );
}

/// Runs the command with each of these, which are wrong, and compares what it answers with `tests/snapshots/NAME.txt`.
#[allow(dead_code, reason = "not each file of tests asks for it")]
#[track_caller]
pub(crate) fn mistakes(name: &str, command: &str, all: &[&[&str]]) {
    let (mut said, mut without) = (Vec::new(), Vec::new());
    for arguments in all {
        let output = gradus(&[&[command], *arguments].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        assert!(message.starts_with("error: ") && message.lines().count() <= 3, "{arguments:?}: {message}");
        let example = ["as in ", "as by ", "as it is in ", "write "];
        if !example.iter().any(|words| message.contains(words)) {
            without.push(message.clone());
        }
        said.push(format!("{}\n{message}\n", arguments.join(" ")));
    }
    assert!(without.is_empty(), "each has an example:\n{}", without.concat());
    let said = said.concat();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.txt"));
    if std::env::var_os("GRADUS_BLESS").is_some() {
        std::fs::write(&path, &said).expect("the snapshot can be written");
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    for (got, want) in said.lines().zip(want.lines()) {
        assert_eq!(got, want, "if the new text is right: GRADUS_BLESS=1 cargo test -p gradus-cli");
    }
    assert_eq!(said.lines().count(), want.lines().count());
}

pub(crate) fn same(a: &str, b: &str) -> bool {
    a == b
        || (a.lines().count() == b.lines().count()
            && a.split_whitespace().count() == b.split_whitespace().count()
            && a.split_whitespace().zip(b.split_whitespace()).all(|(a, b)| same_word(a, b)))
}

fn same_word(a: &str, b: &str) -> bool {
    let number = |word: &str| word.trim_matches(|c: char| "[](),;.".contains(c)).parse::<f64>().ok();
    let near = |a: f64, b: f64| relative_eq!(a, b, epsilon = ROUNDING, max_relative = ROUNDING);
    a == b || matches!((number(a), number(b)), (Some(a), Some(b)) if near(a, b))
}
