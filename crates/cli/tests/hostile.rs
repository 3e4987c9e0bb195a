//! Every option of every command with numbers that are none, or too small, or too large: each is refused in one line or works, and
//! nothing panics or goes on for ever. The options are those that `--help` lists; the keys of a recipe those that `--config` prints.
#![cfg(unix)]

mod folder;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use folder::{Folder, text};

const NUMBERS: [&str; 23] = [
    "0",
    "-0",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e400",
    "1e-308",
    "1e-400",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "0x10",
    "1_000",
    "１",
    "",
    " ",
    ",",
    "1,",
];

/// As values of TOML.
const VALUES: [&str; 13] = [
    "0",
    "-1",
    "0.0",
    "-1.0",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "1e-308",
    "4294967296",
    "9223372036854775807",
    "\"many\"",
    "[]",
];

/// Longer takes nothing of what is tried here, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a command said in good time.
fn ended(mut child: Child, what: &str) -> (Option<i32>, String) {
    let begin = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begin.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("{what} has no end");
            }
            None => std::thread::sleep(Duration::from_millis(4)),
        }
    };
    let mut said = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    (status.code(), text(&said))
}

/// Runs the command, which succeeds, or says in one line what is wrong.
fn tried(folder: &Folder, arguments: &[&str]) {
    let what = format!("gradus {}", arguments.join(" "));
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.args(arguments).current_dir(&folder.0).stdout(Stdio::null()).stderr(Stdio::piped());
    let (code, said) = ended(command.spawn().unwrap(), &what);
    let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
    let whole = match code {
        Some(0) => errors == 0,
        Some(1 | 2) => errors == 1 && said.lines().count() <= 3,
        _ => false,
    };
    assert!(whole && !said.contains("panicked"), "{what}: exit code {code:?}: {said}");
}

/// The options of a command that take something else than a file or a name.
fn options(command: &str) -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_gradus")).args([command, "--help"]).output().unwrap();
    let help = text(&help.stdout);
    let lines = help.lines().map(str::trim).filter(|line| line.starts_with('-'));
    let named = lines.filter_map(|line| {
        let (option, value) = line.split_once(" <").or_else(|| line.split_once(" [<"))?;
        let value = value.split('>').next()?;
        let is_file = ["FILE", "DIR", "PATH", "NAME"].contains(&value);
        (!is_file).then(|| option.rsplit(' ').next().unwrap_or_default().to_string())
    });
    named.collect()
}

/// Tries all options of a command beside the usual ones, which they take the place of.
fn all_options(folder: &Folder, words: &[&str], usual: &[[&str; 2]], least: usize) {
    let options = options(words[0]);
    assert!(options.len() >= least, "{words:?} has the options {options:?}");
    for option in &options {
        for number in NUMBERS {
            let others = usual.iter().filter(|[other, _]| other != option).flatten().copied();
            let arguments: Vec<&str> =
                words.iter().copied().chain(others).chain([option.as_str(), number]).collect();
            tried(folder, &arguments);
        }
    }
}

#[test]
fn options_of_the_commands_that_compute_at_once() {
    let folder = Folder::new("hostile");
    all_options(&folder, &["explain", "x^2", "x=1"], &[], 1);
    all_options(&folder, &["check", "tanh"], &[], 2);
    all_options(&folder, &["theory"], &[], 2);
    all_options(&folder, &["optimizers", "sgd"], &[], 0);
    all_options(&folder, &["puzzle", "1"], &[], 0);
}

#[test]
fn options_of_the_commands_that_take_steps() {
    let folder = Folder::new("hostile-steps");
    all_options(&folder, &["race"], &[["--steps", "5"], ["--optimizers", "sgd"]], 5);
    all_options(&folder, &["schedule", "0.1"], &[["--steps", "5"]], 2);
    all_options(&folder, &["find-lr"], &[["--steps", "5"]], 4);
}

/// Data of each kind, small.
fn small(folder: &Folder) -> [(&'static str, Vec<&'static str>); 4] {
    folder.write("names.txt", &"anna\nhanna\njohanna\nrosanna\n".repeat(5));
    folder.write("text.txt", &"the cat sat on the mat.\n".repeat(40));
    let rows: Vec<String> = (0..40).map(|i| format!("{},{}", i * 37 % 20, f64::from(i) + 0.5)).collect();
    folder.write("table.csv", &format!("a,y\n{}\n", rows.join("\n")));
    folder.write("small.toml", "layers = 1\nheads = 1\nhidden = 8\ncontext = 8\n");
    [
        ("digits", vec!["train", "digits", "--epochs", "1"]),
        ("csv", vec!["train", "csv", "table.csv", "--target", "y", "--epochs", "1"]),
        ("names", vec!["train", "names", "--data", "names.txt", "--epochs", "1"]),
        ("text", vec!["train", "text", "text.txt", "--config", "small.toml", "--steps", "2"]),
    ]
}

#[test]
fn options_of_train() {
    let folder = Folder::new("hostile-train");
    let [_, (_, csv), _, (_, text)] = small(&folder);
    let log = [["--log", "run"], ["--epochs", "1"]];
    all_options(&folder, &csv[..5], &log[1..], 6);
    all_options(&folder, &text[..5], &[["--steps", "2"]], 6);
    for number in NUMBERS {
        let usual = [&csv[..5], &["--epochs", "1", "--log", "run", "--checkpoint-every", number]].concat();
        tried(&folder, &usual);
        let _ = std::fs::remove_dir_all(folder.0.join("run"));
    }
}

#[test]
fn keys_of_recipes() {
    let folder = Folder::new("hostile-recipe");
    for (data, arguments) in small(&folder) {
        let printed = folder.train(&[data, "--config"]);
        let printed = text(&printed.stdout);
        let keys: Vec<&str> =
            printed.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).chain(["clip_norm"]).collect();
        assert!(keys.len() > 6, "{data}: {printed}");
        let small = if data == "text" { "layers = 1\nheads = 1\nhidden = 8\ncontext = 8\n" } else { "" };
        for key in keys {
            for value in VALUES {
                let base: String =
                    small.split_inclusive('\n').filter(|line| !line.starts_with(key)).collect();
                folder.write("r.toml", &format!("{base}{key} = {value}\n"));
                let mut arguments: Vec<&str> = arguments.clone();
                arguments.retain(|word| !["--config", "small.toml"].contains(word));
                let length = if data == "text" { "steps" } else { "epochs" };
                if key == length {
                    arguments.truncate(arguments.len() - 2);
                }
                tried(&folder, &[&arguments[..], &["--config", "r.toml"]].concat());
            }
        }
    }
}
