//! What a command reads it never writes over; numbers beyond a machine or a type are refused.
#![cfg(unix)]

mod folder;

use std::process::{Command, Output};

use folder::Folder;

const TABLE: &str = "a,b\n1.5,2.5\n2.5,3.5\n3.5,4.5\n4.5,5.5\n";

fn find_lr(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.arg("find-lr").args(arguments).current_dir(&folder.0).output().unwrap()
}

#[test]
fn what_is_read_is_not_written_over() {
    let folder = Folder::new("apart");
    let recipe = folder.train(&["digits", "--config"]);
    let recipe = format!("# gradus train digits\n{}", folder::text(&recipe.stdout));
    let files = [
        ("t.csv", TABLE),
        ("t.svg", TABLE),
        ("t.txt", "a text of some letters, again and again"),
        ("n.txt", "anna\nbert\ncora\n"),
        ("r.toml", "hidden = 8\n"),
        ("lg/log.jsonl", "{\"step\":1}\n"),
        ("lg/recipe.toml", &recipe),
        ("idx/train-images-idx3-ubyte", "bytes"),
    ];
    for name in ["lg", "idx"] {
        std::fs::create_dir(folder.0.join(name)).unwrap();
    }
    for (name, content) in files {
        folder.write(name, content);
    }
    std::os::unix::fs::symlink("t.csv", folder.0.join("same.csv")).unwrap();
    let again = "take another name, so that nothing is lost";
    for (arguments, said) in [
        (&["csv", "t.csv", "--target", "b", "--out", "t.csv"][..], "--out t.csv: the data come from there"),
        (&["csv", "t.csv", "--target", "b", "--out", "./t.csv"], "--out ./t.csv: the data"),
        (&["csv", "same.csv", "--target", "b", "--out", "t.csv"], "the data come from there"),
        (&["csv", "t.csv", "--target", "b", "--out", "same.csv"], "the data come from there"),
        (&["csv", "t.svg", "--target", "b", "--svg", "t.svg"], "--svg t.svg: the data come from there"),
        (&["text", "t.txt", "--out", "t.txt"], "the data come from there"),
        (&["names", "--data", "n.txt", "--out", "n.txt"], "--data come from there"),
        (&["mnist", "--data", "idx", "--out", "idx/train-images-idx3-ubyte"], "--data come from there"),
        (&["digits", "--config", "r.toml", "--out", "r.toml"], "the recipe of --config stands there"),
        (&["digits", "--log", "lg", "--resume", "--out", "lg/log.jsonl"], "--log keeps its own there"),
        (&["digits", "--log", "lg", "--out", "lg/recipe.toml"], "--log keeps its own there"),
    ] {
        folder.refuses(arguments, &[said, again]);
    }
    let find = find_lr(&folder, &["csv", "t.svg", "--target", "b", "--svg", "t.svg"]);
    assert!(folder::text(&find.stderr).contains(again), "{}", folder::text(&find.stderr));
    for (name, content) in files {
        assert_eq!(folder.read(name), content.as_bytes(), "{name}");
    }
}

#[test]
fn numbers_beyond_a_machine_or_a_type_are_refused() {
    let folder = Folder::new("beyond");
    for (key, n, most) in [("hidden", 100_000_000u64, 16_384), ("batch", 100_000_000, 1_000_000)] {
        folder.write("r.toml", &format!("{key} = {n}\n"));
        let said = format!("{key} is {n}; it can be at most {most}");
        folder.refuses(&["digits", "--config", "r.toml"], &[&said]);
    }
    folder.write("t.csv", "a,b\n1.5,2.5\n2.5,1e300\n3.5,4.5\n");
    folder.refuses(
        &["csv", "t.csv", "--target", "b"],
        &["line 3, column 2 (b): 1e300 is too large to learn from"],
    );
}

#[test]
fn a_range_in_which_nothing_is_learned_is_told() {
    let folder = Folder::new("hardly");
    let output = find_lr(&folder, &["--from", "1e-8", "--to", "1e-6"]);
    let said = folder::text(&output.stdout);
    assert!(
        output.status.success() && said.contains("warning: the loss hardly fell") && said.contains("--to"),
        "{said}"
    );
    let output = find_lr(&folder, &[]);
    assert!(!folder::text(&output.stdout).contains("hardly"), "{}", folder::text(&output.stdout));
}
