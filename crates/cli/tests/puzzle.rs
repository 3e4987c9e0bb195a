//! `gradus puzzle` from outside: what it shows, how it judges, what it keeps, and what it says to wrong use.

mod snapshot;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use snapshot::text;

/// A folder for one test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gradus-puzzle-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The command in a folder, with its progress in a file there.
fn puzzle(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(folder).arg("puzzle").args(arguments).args(["--progress", "progress.json"]);
    command.output().expect("it starts")
}

/// What it prints and its exit code.
#[track_caller]
fn said(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = puzzle(folder, arguments);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// A session: each line is a call, its exit code, and what follows is printed.
#[test]
fn a_session() {
    let folder = folder("session");
    let calls: [(i32, &[&str]); 21] = [
        (0, &[]),
        (0, &["7"]),
        (1, &["7", "g * (1 - y^2)"]),
        (1, &["7", "g * y"]),
        (0, &["7", "--hint"]),
        (0, &["7", "--hint"]),
        (0, &["7", "--hint"]),
        (0, &["7", "--hint"]),
        (0, &["7", "g * y * (1 - y)"]),
        (1, &["11", "g"]),
        (1, &["9", "-g*(x > 0)"]),
        (0, &["11", "g.sum(axis=0)"]),
        (0, &["25", "--solution"]),
        (0, &["30"]),
        (0, &["broken"]),
        (0, &["broken", "3"]),
        (0, &["broken", "3", "--check"]),
        (1, &["broken", "3", "mul", "axis"]),
        (1, &["broken", "3", "log_softmax"]),
        (0, &["broken", "3", "%2", "axis"]),
        (0, &[]),
    ];
    let mut all = String::new();
    for (code, arguments) in calls {
        let said = said(&folder, code, arguments);
        all = [all, format!("$ gradus puzzle {}\n{said}\n", arguments.join(" "))].concat();
    }
    snapshot::compare("puzzle_session", &all);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_explained_graph_holds_the_broken_rule() {
    let folder = folder("explain");
    let explained = said(&folder, 0, &["broken", "5", "--explain"]);
    snapshot::compare("puzzle_explain", &explained);
    for number in 1..=10 {
        let explained = said(&folder, 0, &["broken", &number.to_string(), "--explain"]);
        // The loss of digits does not show in differences of this step.
        assert!(explained.contains("DIFFERS") || number == 8, "{number}: {explained}");
        let checked = said(&folder, 0, &["broken", &number.to_string(), "--check"]);
        assert!(checked.contains("wrong rule") || checked.contains("too narrow"), "{number}: {checked}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What is wrong, as the command is called.
const MISTAKES: [&[&str]; 34] = [
    &["31"],
    &["0"],
    &["-1"],
    &["seven"],
    &["7", ""],
    &[""],
    &["7", "g*1e400"],
    &["broken", ""],
    &["7", "--answer", "g"],
    &["7", "--hints"],
    &["7", "g *"],
    &["7", "g * h"],
    &["7", "g * sigmoid"],
    &["7", "g y"],
    &["7", "g * sigmod(x)"],
    &["7", "g * x.foo"],
    &["7", "g * [1, 2]"],
    &["11", "sum(g, axis=2)"],
    &["11", "sum(g, along=0)"],
    &["26", "g @ w"],
    &["7", "g", "*", "y"],
    &["7", "g", "--hint"],
    &["7", "g", "--solution"],
    &["7", "--check"],
    &["7", "--hint", "--solution"],
    &["--hint"],
    &["broken", "11"],
    &["broken", "x"],
    &["broken", "--check"],
    &["broken", "3", "tanh"],
    &["broken", "3", "mul", "colour"],
    &["broken", "3", "mul", "axis", "sign"],
    &["broken", "3", "--hint"],
    &["broken", "3", "mul", "--check"],
];

#[test]
fn mistakes() {
    // None of them reaches the progress.
    let all: Vec<Vec<&str>> = MISTAKES
        .iter()
        .map(|mistake| [*mistake, &["--progress", "gradus-no-progress.json"]].concat())
        .collect();
    let all: Vec<&[&str]> = all.iter().map(Vec::as_slice).collect();
    snapshot::mistakes("puzzle_mistakes", "puzzle", &all);
    assert!(!std::env::temp_dir().join("gradus-no-progress.json").exists());
}

#[test]
fn progress_is_kept() {
    let folder = folder("kept");
    said(&folder, 0, &["1", "--hint"]);
    said(&folder, 1, &["1", "g*x"]);
    said(&folder, 0, &["1", "2*g*x"]);
    said(&folder, 0, &["2", "--solution"]);
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("progress.json")).unwrap()).unwrap();
    let want = serde_json::json!({
        "version": 1,
        "puzzles": {
            "1": { "solved": true, "tries": 2, "hints": 1, "told": false, "answer": "2*g*x" },
            "2": { "solved": false, "tries": 0, "hints": 0, "told": true, "answer": null },
        },
        "broken": {},
    });
    assert_eq!(kept, want);
    // A wrong answer afterwards takes nothing away.
    said(&folder, 1, &["1", "g"]);
    assert!(said(&folder, 0, &[]).contains("solved, 3 tries, 1 hint"));
    // The old file is put aside, and no file that is there already is written over.
    assert!(said(&folder, 0, &["--reset"]).contains("progress.json.old."));
    assert!(said(&folder, 0, &["--reset"]).contains("no progress yet"));
    said(&folder, 0, &["3", "--hint"]);
    assert!(said(&folder, 0, &["--reset"]).contains("progress.json.old1."));
    assert!(fs::read_to_string(folder.join("progress.json.old")).unwrap().contains("2*g*x"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_file_is_named_by_option_variable_or_home() {
    let folder = folder("named");
    let run = |variables: &[(&str, &Path)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.args(["puzzle", "1", "--hint"]).current_dir(&folder);
        command.env_remove("XDG_DATA_HOME").env_remove("HOME").env_remove("GRADUS_PROGRESS");
        command.env_remove("APPDATA").envs(variables.iter().copied()).output().unwrap()
    };
    let file = folder.join("by-variable.json");
    assert!(run(&[("GRADUS_PROGRESS", &file)]).status.success());
    assert!(file.exists());
    if cfg!(target_os = "linux") {
        assert!(run(&[("HOME", &folder)]).status.success());
        assert!(folder.join(".local/share/gradus/puzzles.json").exists());
        assert!(run(&[("HOME", &folder), ("XDG_DATA_HOME", &folder.join("data"))]).status.success());
        assert!(folder.join("data/gradus/puzzles.json").exists());
        let nowhere = run(&[]);
        let message = text(&nowhere.stderr);
        assert_eq!(nowhere.status.code(), Some(2), "{message}");
        assert!(message.contains("--progress FILE, or GRADUS_PROGRESS"), "{message}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_foreign_or_damaged_file_stays() {
    let folder = folder("damaged");
    let file = folder.join("progress.json");
    let good = r#"{"version":1,"puzzles":{"1":{"solved":true,"tries":1,"hints":0,"told":false,"answer":"2*x*g"}},"broken":{}}"#;
    let foreign = [
        &good.as_bytes()[..50],
        b"",
        b"{}",
        b"[1, 2]",
        b"\xff\xfe\x00",
        br#"{"version":2,"puzzles":{},"broken":{}}"#,
        br#"{"version":1,"puzzles":{"1":{"solved":"yes"}},"broken":{}}"#,
        br#"{"version":1,"puzzles":{},"broken":{},"more":0}"#,
    ];
    for bytes in foreign {
        fs::write(&file, bytes).unwrap();
        for arguments in [&[][..], &["1"], &["1", "2*x*g"], &["1", "--hint"], &["broken", "1", "sub", "sign"]]
        {
            let message = said(&folder, 1, arguments);
            let start = "error: progress.json: this is no progress of puzzles: ";
            assert!(message.starts_with(start) && message.contains("--reset"), "{message}");
            assert_eq!(fs::read(&file).unwrap(), bytes, "it is as it was");
        }
    }
    said(&folder, 0, &["--reset"]);
    assert_eq!(fs::read(folder.join("progress.json.old")).unwrap(), foreign[7]);
    said(&folder, 0, &["1", "2*x*g"]);
    // A folder in its place.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(said(&folder, 1, &["1"]).contains("progress.json"));
    fs::remove_dir_all(folder).unwrap();
}

/// The judgement is shown, and what could not be kept is said.
#[test]
fn a_place_that_cannot_be_written() {
    let folder = folder("read-only");
    fs::write(folder.join("file"), "").unwrap();
    let run = |path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.args(["puzzle", "1", "2*x*g", "--progress", path]).current_dir(&folder).output().unwrap()
    };
    let mut places = vec!["file/progress.json", "/proc/progress.json"];
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::create_dir(folder.join("locked")).unwrap();
        fs::set_permissions(folder.join("locked"), fs::Permissions::from_mode(0o555)).unwrap();
        // Root may write there all the same.
        if fs::write(folder.join("locked/probe"), "").is_err() {
            places.push("locked/progress.json");
        }
    }
    for place in
        places.into_iter().filter(|place| !place.starts_with("/proc") || Path::new("/proc/self").exists())
    {
        let output = run(place);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{place}: {message}");
        assert!(
            message.starts_with("error: ") && message.contains(place.split('/').next().unwrap()),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        if place.starts_with("/proc") || place.starts_with("locked") {
            assert!(message.contains("the progress is not kept"), "{message}");
            assert!(text(&output.stdout).starts_with("Right: "), "{place}: {}", text(&output.stdout));
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Killed at any moment, it leaves the old file or the new one.
#[test]
fn killed_while_it_writes() {
    let folder = folder("killed");
    let file = folder.join("progress.json");
    said(&folder, 0, &["1", "2*x*g"]);
    for i in 0..60 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.current_dir(&folder).args(["puzzle", "2", "g*(3*x^2 - 2)", "--progress", "progress.json"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(250 * i));
        let _ = child.kill();
        child.wait().unwrap();
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap())
            .unwrap_or_else(|error| panic!("after {i}: {error}"));
        assert_eq!(kept["puzzles"]["1"]["solved"], true, "after {i}");
    }
    said(&folder, 0, &["2", "g*(3*x^2 - 2)"]);
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["progress.json"], "nothing else is left behind");
    fs::remove_dir_all(folder).unwrap();
}
