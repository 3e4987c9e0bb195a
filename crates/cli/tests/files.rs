//! What the command does with files that cannot be written, and with signals: no training is lost.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-cli-files-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn gradus(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.args(arguments).current_dir(&self.0);
        command
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Starts a long training, and waits until it has learned something.
fn training(folder: &Folder, out: &str, epochs: &str) -> Child {
    begun(&mut folder.gradus(&["train", "digits", "--epochs", epochs, "--out", out]))
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
}

fn begun(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before its first epoch");
    }
    child.stdout = Some(lines.into_inner());
    child
}

fn weights(path: &Path) -> usize {
    gradus::tensor::io::safetensors::load(path).unwrap().len()
}

fn message(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn places_that_cannot_be_written_are_refused_before_training() {
    let folder = Folder::new("refused");
    assert!(Command::new("mkfifo").arg(folder.0.join("pipe")).status().unwrap().success());
    fs::write(folder.0.join("kept"), b"old").unwrap();
    let mut permissions = fs::metadata(folder.0.join("kept")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.0.join("kept"), permissions).unwrap();
    for out in ["results/", "results/x", "pipe", "kept", "."] {
        for arguments in [vec!["train", "--out", out], vec!["theory", "--svg", out]] {
            let output = folder.gradus(&arguments).output().unwrap();
            let text = message(&output);
            assert_eq!(
                (output.status.code(), &output.stdout[..]),
                (Some(2), &b""[..]),
                "{arguments:?}: {text}"
            );
            assert!(text.contains(&format!("{} {out}: ", arguments[arguments.len() - 2])), "{text}");
        }
    }
    assert!(fs::metadata(folder.0.join("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(fs::read(folder.0.join("kept")).unwrap(), b"old");
    assert_eq!(folder.names().len(), 2);
}

/// No command makes a folder that was perhaps misspelt, and all say so in the same words.
#[test]
fn a_folder_that_is_not_there_is_told_and_not_made() {
    let folder = Folder::new("missing");
    for arguments in [
        &["train", "--out"][..],
        &["train", "--svg"],
        &["explain", "x^2", "x=1", "--svg"],
        &["check", "tanh", "--curve"],
        &["race", "--svg"],
        &["theory", "--svg"],
        &["schedule", "0.1", "--svg"],
        &["find-lr", "--svg"],
        &["puzzle", "--progress"],
        &["puzzle", "7", "--progress"],
        &["puzzle", "1", "g", "--progress"],
        &["puzzle", "1", "--hint", "--progress"],
    ] {
        let option = arguments[arguments.len() - 1];
        let output = folder.gradus(&[arguments, &["none/x.svg"]].concat()).output().unwrap();
        let text = message(&output);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(2), &b""[..]), "{arguments:?}: {text}");
        let said = format!(
            "error: {option} none/x.svg: there is no folder none; make it, or take one that there is, as in {option} x.svg\n"
        );
        assert_eq!(text, said, "{arguments:?}");
        assert!(folder.names().is_empty(), "{arguments:?} makes {:?}", folder.names());
    }
    let output =
        folder.gradus(&["puzzle", "1", "--hint"]).env("GRADUS_PROGRESS", "none/x.json").output().unwrap();
    assert!(message(&output).starts_with("error: GRADUS_PROGRESS none/x.json: there is no folder none"));
    assert!(folder.names().is_empty());
}

#[test]
fn a_device_stays_one() {
    let folder = Folder::new("device");
    let output = folder.gradus(&["train", "digits", "--epochs", "1", "--out", "/dev/null"]).output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(folder.names().is_empty());
}

#[test]
fn a_write_that_fails_at_the_end_goes_elsewhere() {
    let folder = Folder::new("elsewhere");
    // A device that takes nothing.
    if Path::new("/dev/full").exists() {
        let output =
            folder.gradus(&["train", "digits", "--epochs", "1", "--out", "/dev/full"]).output().unwrap();
        let [name] = &folder.names()[..] else { panic!("{:?}", folder.names()) };
        assert_eq!(output.status.code(), Some(1));
        let text = message(&output);
        assert!(text.starts_with("error: /dev/full: "), "{text}");
        assert!(text.contains(&format!("the weights are saved to {name} instead")), "{text}");
        assert_eq!(weights(&folder.0.join(name)), 6);
    }
}

/// Whether these tests were started with SIGHUP ignored, as by `nohup`: then the command ignores it, too.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored =
        mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1));
    if ignored {
        eprintln!("skipped for SIGHUP, which is ignored here (nohup)");
    }
    ignored
}

#[test]
fn an_interrupted_training_keeps_what_it_has_learned() {
    for (signal, code) in [("INT", 130), ("TERM", 130), ("HUP", 130)] {
        if signal == "HUP" && hangup_is_ignored() {
            continue;
        }
        let folder = Folder::new(signal);
        let child = training(&folder, "weights", "400");
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        let text = message(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.starts_with("error: interrupted after ") && text.contains("saved to weights"), "{text}");
        assert_eq!(weights(&folder.0.join("weights")), 6);
    }
}

/// With a log there is a checkpoint, too, and the message says how to go on.
#[test]
fn a_closed_terminal_leaves_a_checkpoint() {
    if hangup_is_ignored() {
        return;
    }
    let folder = Folder::new("hangup");
    let mut command =
        folder.gradus(&["train", "digits", "--epochs", "400", "--out", "weights", "--log", "run"]);
    let child = begun(&mut command);
    send("HUP", &child);
    let text = message(&child.wait_with_output().unwrap());
    assert!(
        text.contains("; to go on: gradus train digits --epochs 400 ") && text.contains(" --resume"),
        "{text}"
    );
    assert_eq!(weights(&folder.0.join("weights")), 6);
    let checkpoints = fs::read_dir(folder.0.join("run")).unwrap();
    let is_one = |name: String| name.ends_with(".checkpoint");
    assert!(checkpoints.map(|e| e.unwrap().file_name().into_string().unwrap()).any(is_one));
}

/// What `nohup` started goes on when the terminal is closed.
#[test]
#[cfg(target_os = "linux")]
fn a_training_under_nohup_goes_on() {
    let folder = Folder::new("nohup");
    let gradus = env!("CARGO_BIN_EXE_gradus");
    let line = format!("trap '' HUP; exec {gradus} train digits --epochs 20 --out weights");
    let mut command = Command::new("sh");
    let child = begun(command.args(["-c", &line]).current_dir(&folder.0));
    send("HUP", &child);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
    assert_eq!(weights(&folder.0.join("weights")), 6);
}

/// A second training of the same name costs the first nothing.
#[test]
fn earlier_weights_are_kept() {
    let folder = Folder::new("earlier");
    let train = |more: &[&str]| {
        let usual = ["train", "digits", "--epochs", "1", "--out", "w.safetensors"];
        let output = folder.gradus(&[&usual[..], more].concat()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap(), message(&output))
    };
    let read = |name: &str| fs::read(folder.0.join(name)).unwrap();
    assert!(train(&[]).1.contains("weights saved to w.safetensors\n"));
    let first = read("w.safetensors");
    // The same training again: nothing is lost, and nothing is kept twice.
    assert!(train(&[]).1.contains("weights saved to w.safetensors\n"));
    assert_eq!((read("w.safetensors"), folder.names().len()), (first.clone(), 1));
    let (_, said, _) = train(&["--seed", "1"]);
    let kept = "weights saved to w.safetensors (those that were there: w.safetensors.old)\n";
    assert!(said.contains(kept), "{said}");
    assert!(read("w.safetensors") != first && read("w.safetensors.old") == first);
    assert_eq!(weights(&folder.0.join("w.safetensors.old")), 6);
    // What stands in the way of that is told before the training.
    let usual = ["csv", "w.safetensors.old", "--target", "x"];
    let output =
        folder.gradus(&[&["train"][..], &usual, &["--out", "w.safetensors"]].concat()).output().unwrap();
    let said = message(&output);
    assert!(said.contains("--out w.safetensors.old: the data come from there"), "{said}");
    fs::remove_file(folder.0.join("w.safetensors.old")).unwrap();
    fs::create_dir(folder.0.join("w.safetensors.old")).unwrap();
    let (code, said, error) = train(&["--seed", "2"]);
    assert_eq!((code, said.as_str()), (Some(2), ""), "{error}");
    assert!(error.starts_with("error: --out w.safetensors.old: "), "{error}");
}

#[test]
fn a_reader_that_leaves_does_not_take_the_model_along() {
    let folder = Folder::new("reader");
    let mut child = training(&folder, "weights", "40");
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    assert_eq!(weights(&folder.0.join("weights")), 6);
}

/// It trains to the end all the same, also if the reader leaves before the training begins.
#[test]
fn a_reader_that_leaves_at_once() {
    let folder = Folder::new("head");
    let mut command = folder.gradus(&["train", "digits", "--epochs", "2", "--out", "weights"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
    assert_eq!(weights(&folder.0.join("weights")), 6);
}

#[test]
fn a_killed_training_leaves_the_old_file() {
    let folder = Folder::new("killed");
    fs::write(folder.0.join("weights"), b"old").unwrap();
    let mut child = training(&folder, "weights", "400");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read(folder.0.join("weights")).unwrap(), b"old");
    assert_eq!(folder.names(), ["weights"]);
}
