//! Empty texts: each is called empty, with an example, and by none is a value taken that nobody gave.

mod snapshot;

use snapshot::{gradus, text};

#[test]
fn what_is_empty_is_called_so() {
    for arguments in [
        &["explain", ""][..],
        &["explain", " "],
        &["explain", "", "x=1"],
        &["explain", "x", ""],
        &["check", ""],
        &["check", " ", "x=1"],
        &["check", "x", ""],
        &["race", "--surface", ""],
        &["race", "--surface", " "],
        &["race", "--optimizers", ""],
        &["race", "--optimizers", "sgd:schedule="],
        &["schedule", ""],
        &["schedule", " "],
        &["schedule", "0.1", ""],
        &["schedule", "0.1", "--optimizer", ""],
        &["find-lr", "--optimizer", " "],
        &["optimizers", ""],
        &["optimizers", "adam", ""],
        &["puzzle", "7", "", "--progress", "gradus-no-progress.json"],
        &["puzzle", "", "--progress", "gradus-no-progress.json"],
        &["puzzle", "broken", "", "--progress", "gradus-no-progress.json"],
    ] {
        let output = gradus(arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(
            (text(&output.stdout), message.lines().count()),
            (String::new(), 1),
            "{arguments:?}: {message}"
        );
        let example = message.contains("as in ") || message.contains("write ");
        assert!(message.contains(" is empty") && example, "{arguments:?}: {message}");
    }
}

/// The values that the parser of arguments reads itself.
#[test]
fn empty_values_of_options() {
    for arguments in [
        &["race", "--start", ""][..],
        &["race", "--lr", ""],
        &["race", "--svg", ""],
        &["race", "--steps", ""],
        &["theory", "--beta", ""],
        &["theory", "--svg", ""],
        &["find-lr", "--model", ""],
        &["find-lr", ""],
        &["check", "tanh", "--curve", ""],
        &["check", "tanh", "--scheme", ""],
        &["explain", "x", "x=1", "--svg", ""],
        &["puzzle", "--progress", ""],
        &["train", "--out", ""],
        &["train", "--optimizer", ""],
    ] {
        let output = gradus(arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(
            (text(&output.stdout), message.lines().count()),
            (String::new(), 1),
            "{arguments:?}: {message}"
        );
        assert!(message.contains("as in "), "{arguments:?}: {message}");
    }
}
