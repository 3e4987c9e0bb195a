//! The examples of `gradus COMMAND --help`: each stands in a line of its own, as it can be copied, and runs.

mod snapshot;

use std::path::{Path, PathBuf};
use std::process::Command;

use snapshot::{gradus, text};

/// Columns of a narrow terminal, beyond which the help is wrapped.
const COLUMNS: usize = 80;

const COMMANDS: [&str; 9] =
    ["train", "explain", "check", "race", "theory", "optimizers", "schedule", "find-lr", "puzzle"];

/// The examples at the end of a help.
fn examples(command: &str) -> Vec<String> {
    let help = text(&gradus(&[command, "--help"]).stdout);
    let (_, examples) =
        help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command} has examples: {help}"));
    examples.lines().map(str::to_string).collect()
}

/// The words of a line; words in quotes are one.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate().flat_map(|(i, part)| {
        let whole = if i % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
        whole.into_iter().map(str::to_string).collect::<Vec<_>>()
    });
    parts.collect()
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gradus-help-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// The right exit code of an example: the puzzle's answers may be wrong ones.
fn run(line: &str, folder: &Path) {
    let words = words(line);
    let output = Command::new(env!("CARGO_BIN_EXE_gradus"))
        .args(&words[1..])
        .current_dir(folder)
        .env("GRADUS_PROGRESS", folder.join("progress.json"))
        .output()
        .expect("it starts");
    let code = i32::from(line.contains("puzzle broken 3 mul"));
    assert_eq!(output.status.code(), Some(code), "{line}: {}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn every_example_is_one_line_and_runs() {
    let folder = folder();
    let mut count = 0;
    for command in COMMANDS {
        for line in examples(command) {
            let start = format!("  gradus {command}");
            assert!(line.starts_with(&start) && line.chars().count() < COLUMNS, "{line:?}");
            // What a user has to put in.
            if words(&line).iter().any(|word| ["FILE", "FOLDER", "NAME"].contains(&word.as_str())) {
                continue;
            }
            // A minute each: the digits' trainings are tried elsewhere, shorter, and so is the measuring.
            let long = command == "train" && !line.contains("--config") || line.contains("--measure");
            if !long {
                run(line.trim(), &folder);
            }
            count += 1;
        }
    }
    std::fs::remove_dir_all(&folder).expect("it was there");
    assert!(count > 25, "{count}");
}

/// Nobody has to know the names by heart: an option that there is not is answered with those there are, and an example.
#[test]
fn every_unknown_option_has_an_example() {
    for command in COMMANDS {
        // In its first place an expression may begin with a minus sign, too.
        let output = gradus(&[command, "--zzz", "1"]);
        let message = text(&output.stderr);
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
        let example = format!("as in gradus {command}");
        assert!(
            message.contains(&format!("`gradus {command} --help`")) && message.contains(&example),
            "{message}"
        );
        assert!(message.contains("; the nearest of ") || message.contains("; there are --"), "{message}");
    }
}
