//! `gradus train --log`: trainings that are interrupted, diverge or lose their folder, and go on.
#![cfg(unix)]

mod folder;

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use folder::{Folder, text};

/// Weights, log and JSON of a training that was interrupted and gone on with are those of one that was not.
#[test]
fn an_interrupted_training_goes_on_to_the_same_bits() {
    let folder = Folder::new("resume");
    let whole = ["digits", "--epochs", "30", "--log", "whole", "--out", "w1", "--checkpoint-every", "7"];
    let (_, json) = folder.works(&whole);
    let parts = ["digits", "--epochs", "30", "--log", "parts", "--out", "w2", "--checkpoint-every", "7"];
    let mut child = folder.command(&parts).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before its first epoch");
    }
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
    child.stdout = Some(lines.into_inner());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    let again =
        "to go on: gradus train digits --epochs 30 --log parts --out w2 --checkpoint-every 7 --resume";
    assert!(message.contains(again), "{message}");
    folder.refuses(&parts, &["--log parts: a training is there; go on with it (--resume)"]);
    for (arguments, part) in [
        (&["--seed", "7"][..], "seed is 7, and was 0"),
        (&["--epochs", "31"], "epochs is 31, and was 30"),
        (&["--optimizer", "sgd"], "optimizer is \"sgd\", and was \"adamw\""),
        (&["--model", "linear"], "model is \"linear\", and was \"mlp\""),
    ] {
        let arguments = [&["digits", "--log", "parts", "--resume"][..], arguments].concat();
        folder.refuses(&arguments, &["--resume: ", part, "lr and clip_norm alone may be others"]);
    }
    let other = ["mnist", "--data", ".", "--log", "parts", "--resume"];
    let parts_of = "the training is of mnist, that of parts/recipe.toml of digits; to go on: gradus train digits --log parts --resume";
    folder.refuses(&other, &[parts_of]);
    let (stdout, found) = folder.works(&["digits", "--log", "parts", "--resume", "--out", "w2"]);
    assert!(stdout.contains("goes on after step "), "{stdout}");
    assert!(folder.read("w1") == folder.read("w2"), "other weights");
    for field in ["test_accuracy", "test_loss", "train_loss", "train_accuracy", "epochs"] {
        assert_eq!(found[field], json[field], "{field}");
    }
    // All but the time, the last field of a line.
    let log = |name: &str| -> Vec<String> {
        let lines = text(&folder.read(&format!("{name}/log.jsonl")));
        lines.lines().map(|line| line.split(",\"time\":").next().unwrap().to_string()).collect()
    };
    assert_eq!(log("whole"), log("parts"));
    assert!(log("whole").len() == 30 * 23 && log("whole")[0].contains("\"lr\":"));
    folder.refuses(&["digits", "--log", "empty", "--resume"], &["--resume: empty holds no checkpoint"]);
    folder.write("file", "x");
    folder.refuses(&["digits", "--log", "file"], &["--log file"]);
}

/// An occupied folder and a file of the user's are told before anything is computed or written.
#[test]
fn a_folder_that_is_taken_is_told_before_the_gradient_check() {
    let folder = Folder::new("taken");
    let arguments = ["digits", "--model", "linear", "--epochs", "1", "--log", "run"];
    folder.works(&arguments);
    let log = folder.read("run/log.jsonl");
    let output = folder.train(&arguments);
    assert!(text(&output.stderr).contains("--log run: a training is there"), "{}", text(&output.stderr));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    assert!(folder.read("run/log.jsonl") == log);
    fs::create_dir(folder.0.join("notes")).unwrap();
    folder.write("notes/log.jsonl", "my notes\n");
    folder.refuses(&["digits", "--log", "notes"], &["notes/log.jsonl: line 1: it has no step"]);
    assert_eq!(folder.read("notes/log.jsonl"), b"my notes\n");
    fs::create_dir(folder.0.join("mine")).unwrap();
    folder.write("mine/recipe.toml", "epochs = 1\n");
    folder.refuses(
        &["digits", "--log", "mine", "--config", "mine/recipe.toml"],
        &["--log mine/recipe.toml: another recipe is there, and is not overwritten"],
    );
    assert_eq!(folder.read("mine/recipe.toml"), b"epochs = 1\n");
    let printed = folder.train(&["digits", "--model", "linear", "--epochs", "1", "--config"]);
    fs::write(folder.0.join("mine/recipe.toml"), &printed.stdout).unwrap();
    folder.works(&["digits", "--log", "mine", "--config", "mine/recipe.toml"]);
    assert_eq!(folder.read("mine/recipe.toml"), printed.stdout);
}

#[test]
fn a_training_that_diverges_names_its_last_good_checkpoint() {
    let folder = Folder::new("diverges");
    let mut table = String::from("a,b\n");
    (0..40).for_each(|i| writeln!(table, "{i}.5,{i}.25").unwrap());
    folder.write("t.csv", &table);
    let usual = ["csv", "t.csv", "--target", "b", "--model", "linear", "--optimizer", "sgd"];
    let output = folder.train(
        &[&usual[..], &["--log", "run", "--lr", "30", "--epochs", "500", "--checkpoint-every", "5"]].concat(),
    );
    let message = text(&output.stderr);
    assert_eq!((output.status.code(), message.lines().count()), (Some(1), 1), "{message}");
    for part in ["error: the loss is ", " at step ", "smaller --lr", "clip_norm", "checkpoint is run/step-"] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert!(!folder.0.join("gradus-csv.safetensors").exists());
    let log = text(&folder.read("run/log.jsonl"));
    let last = log.lines().last().unwrap();
    assert!(last.contains("\"loss\":\"Infinity\"") || last.contains("\"loss\":\"NaN\""), "{last}");
    // It goes on from there at the rate that the message proposes, and the folder knows it.
    let again = "; to go on there: gradus train csv t.csv --target b --model linear --optimizer sgd --log run \
                 --epochs 500 --checkpoint-every 5 --resume --lr 3\n";
    assert!(message.ends_with(again), "{message}");
    let log = ["--log", "run", "--resume", "--lr", "0.01"];
    let (stdout, json) = folder.works(&[&usual[..], &log].concat());
    assert!(
        stdout.contains("goes on after step ") && stdout.contains(", lr 0.01 in place of 30.0"),
        "{stdout}"
    );
    let kept = last.split(':').nth(1).unwrap().split(',').next().unwrap().parse::<usize>().unwrap() / 5 * 5;
    let lines = text(&folder.read("run/log.jsonl"));
    let loss = |line: &str| line.split("\"loss\":").nth(1).unwrap().split(',').next().unwrap().parse::<f64>();
    let first = loss(lines.lines().nth(kept).unwrap()).unwrap();
    assert!(
        lines.lines().count() == 500 && json["train_loss"].as_f64().unwrap() < 1e-6 * first,
        "{first}, {json}"
    );
    assert!(text(&folder.read("run/recipe.toml")).contains("lr = 0.01\n"));
    // Of a recipe in a file too, and with clipped gradients.
    let known = text(&folder.read("run/recipe.toml"));
    folder.write("r.toml", &format!("{}clip_norm = 1.0\n", known.replace("lr = 0.01", "lr = 0.02")));
    let (stdout, _) = folder.works(&["csv", "t.csv", "--config", "r.toml", "--log", "run", "--resume"]);
    assert!(stdout.contains(", lr 0.02 in place of 0.01, clip_norm 1.0 in place of none"), "{stdout}");
}

/// The folder of the log vanishes while it trains: the weights are saved all the same.
#[test]
fn a_log_that_cannot_be_written_costs_no_training() {
    let folder = Folder::new("vanishes");
    let mut child = folder
        .command(&["digits", "--epochs", "20", "--log", "run", "--out", "weights"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before its first epoch");
    }
    // A checkpoint that is on its way makes the folder anew meanwhile: again, until a file is in its place.
    let run = folder.0.join("run");
    let replaced = || {
        let _ = fs::remove_dir_all(&run);
        fs::write(&run, "a file")
    };
    assert!((0..1000).any(|_| replaced().is_ok()), "{:?}", replaced());
    child.stdout = Some(lines.into_inner());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert!(message.contains("warning: ") && message.contains("the training goes on"), "{message}");
    assert!(message.contains(" instead; to go on from it, move it to run/step-"), "{message}");
    assert!(folder.0.join("weights").exists());
    for word in message.split_whitespace().filter(|word| word.contains("gradus-rescued-")) {
        let _ = fs::remove_file(word);
    }
}

/// Starts a training, ends it by a signal after its first epoch, and gives what it had written.
fn ended(folder: &Folder, arguments: &[&str], signal: &str) -> String {
    let mut child = folder.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let (mut said, mut line) = (String::new(), String::new());
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "{arguments:?} ended before its first epoch");
        said.push_str(&line);
    }
    assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
    child.stdout = Some(lines.into_inner());
    assert!(!child.wait_with_output().unwrap().status.success(), "it ended before the signal");
    said
}

/// The recipe has the new rate then, and the newest checkpoint the old one.
#[test]
fn a_training_that_is_killed_behind_a_change_of_its_rate_goes_on_at_the_new_one() {
    let folder = Folder::new("rate");
    let new = ["digits", "--epochs", "30", "--log", "run", "--checkpoint-every", "100000"];
    ended(&folder, &new, "INT");
    let plain = [&new[..], &["--resume"]].concat();
    let other = [&plain[..], &["--lr", "0.002"]].concat();
    let change = ", lr 0.002 in place of 0.005\n";
    for arguments in [&other, &plain, &other] {
        let said = ended(&folder, arguments, "KILL");
        assert!(said.contains("goes on after step ") && said.contains(change), "{said}");
        assert!(text(&folder.read("run/recipe.toml")).contains("lr = 0.002\n"));
    }
    // Nor does it matter that a checkpoint behind the change is lost.
    folder.write("run/step-000000600.checkpoint", "damaged");
    let (said, json) = folder.works(&plain);
    assert!(said.contains(change) && json["lr"] == 0.002, "{said}");
    assert_eq!(text(&folder.read("run/log.jsonl")).lines().count(), 30 * 23);
    // Behind its next checkpoint the rate is no other any more.
    let (said, _) = folder.works(&plain);
    assert!(said.contains("goes on after step 690\n"), "{said}");
}

/// It has left nothing to go on with, and nothing to protect.
#[test]
fn a_training_that_diverged_at_once_begins_anew_in_its_folder() {
    let folder = Folder::new("anew");
    let usual = ["digits", "--epochs", "2", "--log", "run"];
    let output = folder.train(&[&usual[..], &["--lr", "1e30"]].concat());
    assert!(text(&output.stderr).contains("smaller --lr"), "{}", text(&output.stderr));
    let parts = ["--resume: run holds no checkpoint; begin anew there without --resume"];
    folder.refuses(&[&usual[..], &["--resume"]].concat(), &parts);
    // A recipe that somebody has written into stays.
    let recipe = text(&folder.read("run/recipe.toml"));
    folder.write("run/recipe.toml", &format!("{recipe}# mine\n"));
    folder.refuses(&usual, &["another recipe is there, and is not overwritten"]);
    folder.write("run/recipe.toml", &recipe);
    folder.works(&usual);
    assert_eq!(text(&folder.read("run/log.jsonl")).lines().count(), 2 * 23);
    assert!(text(&folder.read("run/recipe.toml")).contains("lr = 0.005\n"));
}

/// What is not there is said, and nothing is made.
#[test]
fn files_and_folders_that_are_not_what_they_should_be() {
    let folder = Folder::new("others");
    folder.write("file", "x");
    fs::create_dir(folder.0.join("nm")).unwrap();
    for (arguments, part) in [
        (&["digits", "--log", "l2", "--resume"][..], "--resume: l2 holds no checkpoint; begin anew"),
        (&["digits", "--log", "file"], "--log file: file is a file; a log wants a folder of its own"),
        (&["digits", "--log", "file/x", "--resume"], "--log file/x: file is a file"),
        (&["mnist", "--data", "nm"], "--data nm: train-images-idx3-ubyte is not there, plain or .gz; name"),
        (&["mnist", "--data", "file"], "--data file: it is no folder; name the one with the four files"),
        (
            &["digits", "--config", "no.toml"],
            "--config no.toml: there is no such file; name one that there is",
        ),
    ] {
        folder.refuses(arguments, &[part]);
        assert!(!text(&folder.train(arguments).stderr).contains("os error"), "{arguments:?}");
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
}

/// The recipe of a folder is the training's own: one that was emptied or cut is named, with what is missing.
#[test]
fn a_recipe_that_lacks_something_is_named() {
    let folder = Folder::new("lacking");
    folder.works(&["digits", "--epochs", "1", "--log", "run"]);
    let whole = text(&folder.read("run/recipe.toml"));
    let without =
        |key: &str| -> String { whole.split_inclusive('\n').filter(|line| !line.starts_with(key)).collect() };
    for (content, said) in [
        (String::new(), "--resume run/recipe.toml: it is empty"),
        (without("lr"), "--resume run/recipe.toml: it has no lr; "),
        (
            "# gradus train digits\nseed = 0\n".to_string(),
            "--resume run/recipe.toml: it has no batch, dropout, epochs, ",
        ),
        ("seed = ".to_string(), "--resume run/recipe.toml: TOML parse error at line 1"),
    ] {
        folder.write("run/recipe.toml", &content);
        folder.refuses(&["digits", "--log", "run", "--resume"], &[said]);
    }
    folder.write("run/recipe.toml", &whole);
    folder.works(&["digits", "--log", "run", "--resume"]);
}
