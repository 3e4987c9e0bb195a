//! The command from outside: exit codes, messages, the JSON line, and that a seed fixes every digit.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn gradus(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir();
    Command::new(env!("CARGO_BIN_EXE_gradus"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it starts")
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gradus-cli-{}-{name}", std::process::id()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// It refuses with exit code 2 and one line that holds all parts, before any output.
#[track_caller]
fn refuses(arguments: &[&str], parts: &[&str]) {
    let output = gradus(arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    assert!(message.starts_with("error: "), "{arguments:?}: {message}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?}: {message:?} does not say {part:?}");
    }
}

#[test]
fn lists_and_other_names() {
    let shown = |arguments: &[&str]| {
        let output = gradus(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(shown(&["check", "--list"]), shown(&["check"]));
    assert_eq!(shown(&["explain", "--list"]), shown(&["explain"]));
    assert_eq!(shown(&["optimizers", "adam,sgd"]), shown(&["optimizers", "adam", "sgd"]));
    assert!(shown(&["check", "log"]).starts_with("elementwise ln,"));
}

/// `gradus … | head -1`, also with what is said on standard error: no panic, whoever closes what.
#[test]
fn a_reader_that_leaves() {
    for arguments in [
        "check",
        "explain",
        "optimizers",
        "race --steps 5",
        "schedule",
        "schedule 0.1 --steps 5",
        "find-lr --steps 10",
        "check tanh",
        "check nothing",
        "train --epochs 0",
    ] {
        for redirected in ["", "2>&1"] {
            let gradus = env!("CARGO_BIN_EXE_gradus");
            let line = format!("{{ {gradus} {arguments}; echo $? >&3; }} {redirected} | true");
            let output = Command::new("sh").args(["-c", &format!("{{ {line}; }} 3>&1")]).output().unwrap();
            let code = text(&output.stdout).trim().to_string();
            assert!(["0", "1", "2"].contains(&code.as_str()), "{arguments} {redirected}: {code:?}");
            assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
        }
    }
}

#[test]
fn wrong_values() {
    refuses(&["fly"], &["fly", "; `gradus --help` lists the commands"]);
    refuses(&["trian"], &["'trian'", "; a similar subcommand exists: 'train'"]);
    refuses(&["train", "--epoch", "3"], &["'--epoch'", "; a similar argument exists: '--epochs'"]);
    refuses(&["train", "faces"], &["faces", "digits", "mnist"]);
    refuses(&["train", "--seed", "x"], &["--seed", "x"]);
    refuses(&["train", "--epochs", "0"], &["--epochs", "0"]);
    refuses(
        &["train", "--epochs", "-1"],
        &["'-1' for '--epochs <EPOCHS>': a number of epochs is a whole number"],
    );
    refuses(
        &["train", "--threads", "-1"],
        &["'-1' for '--threads <THREADS>': a number of threads is a whole number"],
    );
    refuses(
        &["train", "--seed", "-1"],
        &["'-1' for '--seed <SEED>': a seed is a whole number from 0 on, as in 7"],
    );
    refuses(&["train", "--batch", "0"], &["'--batch'", "; `gradus train --help` lists the options"]);
    refuses(&["race", "--steps", "-1"], &["'-1' for '--steps <STEPS>'"]);
    refuses(&["race", "--optimizers", "adam,"], &["a name is missing at a comma; write adam,sgd"]);
    refuses(
        &["--fast"],
        &["'--fast'", "; `gradus --help` lists the commands, `gradus COMMAND --help` their options"],
    );
    refuses(&["train", "--lr", "fast"], &["--lr", "fast", "above 0"]);
    refuses(&["train", "--lr", "-0.1"], &["--lr", "-0.1", "above 0"]);
    refuses(&["train", "--lr", "nan"], &["--lr", "nan", "above 0"]);
    refuses(&["train", "--optimizer", "magic"], &["--optimizer", "magic", "sgd", "adam", "adamw"]);
    refuses(&["train", "--threads", "0"], &["--threads", "0"]);
    refuses(&["train", "--colour"], &["--colour"]);
    refuses(&["train", "mnist"], &["--data", "train-images-idx3-ubyte"]);
    refuses(&["train", "digits", "--data", "."], &["--data", "mnist"]);
    refuses(&["train", "--out", "both", "--svg", "both"], &["--svg both", "weights"]);
    refuses(&["train", "--svg", "/nowhere/at/all/x.svg"], &["--svg", "/nowhere/at/all/x.svg"]);
}

#[test]
fn places_that_cannot_be_written() {
    refuses(
        &["train", "--out", "/nowhere/at/all/x.safetensors"],
        &["--out", "/nowhere/at/all/x.safetensors"],
    );
    let folder = std::env::temp_dir();
    refuses(&["train", "--out", &folder.to_string_lossy()], &["--out", "folder"]);
    // The system's own words are said of the folder that they are about.
    if cfg!(target_os = "linux") {
        refuses(&["train", "--log", "/proc/x/y"], &["--log /proc/x/y: the folder /proc/x cannot be made: "]);
        for arguments in [
            &["train", "--out", "/proc/x.svg"][..],
            &["train", "--svg", "/proc/x.svg"],
            &["race", "--svg", "/proc/x.svg"],
        ] {
            refuses(
                arguments,
                &[&format!("{} /proc/x.svg: no file can be made in the folder /proc: ", arguments[1])],
            );
        }
    }
}

/// One line with single blanks, and an example without what is said of it.
#[test]
fn an_option_that_there_is_not() {
    let commands =
        ["train", "explain", "check", "race", "theory", "optimizers", "schedule", "find-lr", "puzzle"];
    for command in commands
        .map(|command| vec![command, "--frobnicate"])
        .iter()
        .chain(&[vec!["--frobnicate"], vec!["-x"]])
    {
        refuses(command, &["--help`"]);
        let message = text(&gradus(command).stderr);
        assert!(!message.contains("  ") && !message.contains("backpropagation"), "{message}");
    }
    refuses(&["--frobnicate"], &["`gradus --help` lists the commands"]);
    refuses(
        &["--epochs", "3"],
        &["--epochs is an option of `gradus train`; as in gradus train digits --epochs 20"],
    );
    refuses(
        &["--svg=x.svg"],
        &["--svg is an option of `gradus train`, `gradus explain`, ", "; as in gradus "],
    );
}

/// An idx file of bytes.
fn idx(path: &Path, sizes: &[u32], data: &[u8]) {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    for size in sizes {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend(data);
    std::fs::write(path, bytes).expect("the temporary folder can be written");
}

/// A folder with tiny sets in the form of MNIST.
fn tiny_mnist(name: &str) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    for part in ["train", "t10k"] {
        let pixels: Vec<u8> = (0..40 * 16).map(|i| (i * 37 % 256) as u8).collect();
        idx(&folder.join(format!("{part}-images-idx3-ubyte")), &[40, 4, 4], &pixels);
        let labels: Vec<u8> = (0..40).map(|i| i % 10).collect();
        idx(&folder.join(format!("{part}-labels-idx1-ubyte")), &[40], &labels);
    }
    folder
}

#[test]
fn data_files() {
    let folder = tiny_mnist("bad");
    let out = folder.join("weights");
    let (data, out) = (folder.to_string_lossy(), out.to_string_lossy());
    let train = ["train", "mnist", "--data", &data, "--out", &out];
    assert!(gradus(&train).status.success());
    let labels = folder.join("train-labels-idx1-ubyte");
    idx(&labels, &[40], &[11; 40]);
    refuses(&train, &["train-labels-idx1-ubyte", "label 11 of example 0", "10 classes"]);
    idx(&labels, &[40], &[1; 12]);
    refuses(&train, &["train-labels-idx1-ubyte", "truncated", "40", "12"]);
    std::fs::write(&labels, b"PK\x03\x04 something else").unwrap();
    refuses(&train, &["train-labels-idx1-ubyte", "of another kind"]);
    std::fs::remove_file(&labels).unwrap();
    refuses(&train, &["train-labels-idx1-ubyte"]);
    refuses(&["train", "mnist", "--data", "/nowhere"], &["--data", "/nowhere"]);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The JSON of a short training, and the bytes of its weights.
fn short(name: &str, more: &[&str]) -> (Value, Vec<u8>, String) {
    let path = scratch(name);
    let out = path.to_string_lossy();
    let output = gradus(&[&["train", "digits", "--epochs", "2", "--json", "--out", &out], more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let stdout = text(&output.stdout);
    let json =
        serde_json::from_str(stdout.lines().last().expect("there is output")).expect("the last line is JSON");
    let weights = std::fs::read(&path).expect("the weights are there");
    std::fs::remove_file(&path).unwrap();
    (json, weights, stdout)
}

#[test]
fn what_a_training_says() {
    let (json, weights, stdout) = short("says", &[]);
    assert_eq!(json["data"], "digits");
    assert_eq!((&json["seed"], &json["epochs"]), (&0.into(), &2.into()));
    assert_eq!((&json["train_examples"], &json["test_examples"]), (&1438.into(), &359.into()));
    assert_eq!(json["parameters"], 64 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10);
    assert!(json["gradcheck_max_relative_error"].as_f64().unwrap() < 1e-6);
    assert!(json["test_accuracy"].as_f64().unwrap() > 0.5);
    assert!(json["train_seconds"].as_f64().unwrap() > 0.0);
    for part in
        ["gradcheck passed", "worst", "epoch   1/2", "epoch   2/2", "true \\ predicted", "weights saved to"]
    {
        assert!(stdout.contains(part), "{stdout}");
    }
    assert!(text(&weights[8..200]).contains("1.weight"));
}

#[test]
fn a_seed_fixes_every_digit_on_any_number_of_threads() {
    let run = |name: &str, more: &[&str]| {
        let (mut json, weights, _) = short(name, more);
        for field in ["threads", "train_seconds", "weights"] {
            assert!(json.as_object_mut().unwrap().remove(field).is_some(), "{field}");
        }
        (json, weights)
    };
    let one = run("one", &["--threads", "1", "--seed", "7"]);
    assert!(one == run("two", &["--threads", "2", "--seed", "7"]));
    assert!(one != run("other", &["--threads", "1", "--seed", "8"]));
}

#[test]
fn every_optimizer_learns() {
    for method in ["sgd", "adam"] {
        let (json, ..) = short(method, &["--optimizer", method]);
        assert!(json["test_accuracy"].as_f64().unwrap() > 0.5, "{json}");
    }
}

#[test]
fn a_training_that_diverges_stops_with_a_hint() {
    let path = scratch("diverges");
    let output = gradus(&["train", "--optimizer", "sgd", "--lr", "1e30", "--out", &path.to_string_lossy()]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: the loss is") && message.contains("--lr"), "{message}");
    assert!(!path.exists());
}

#[test]
fn help_and_version() {
    let start = text(&gradus(&["--help"]).stdout);
    for part in ["Start here:", "gradus check tanh", "cargo install --path crates/cli"] {
        assert!(start.contains(part), "{part}");
    }
    let help = gradus(&["train", "--help"]);
    assert!(help.status.success());
    for option in
        ["--seed", "--epochs", "--lr", "--optimizer", "--threads", "--out", "--json", "--data", "--svg"]
    {
        assert!(text(&help.stdout).contains(option), "{option}");
    }
    assert!(text(&gradus(&["--version"]).stdout).starts_with("gradus "));
}
