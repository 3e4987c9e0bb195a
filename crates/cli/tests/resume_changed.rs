//! `gradus train --resume` where something is not as the training left it: its data, its newest checkpoint, the command.
#![cfg(unix)]

mod folder;

use std::fs;

use folder::{Folder, text};

/// The number of rows, the columns, a number, a name, the order: each is told, whatever the options are and from whichever checkpoint
/// it would go on.
#[test]
fn a_table_that_is_another_is_not_gone_on_with() {
    let folder = Folder::new("grown");
    let rows = |rows: u32| {
        (0..rows).fold(String::from("a,b,c\n"), |all, i| format!("{all}{i}.5,{i}.25,{}\n", i * i % 7))
    };
    folder.write("t.csv", &rows(40));
    let usual = ["csv", "t.csv", "--target", "b", "--model", "linear", "--epochs", "3", "--log", "run"];
    folder.works(&usual);
    // The place in the schedule would be right with any data here.
    fs::remove_file(folder.0.join("run/step-000000003.checkpoint")).unwrap();
    let sizes = "there are 320 to learn from and 80 to be tested with, and were 32 to learn from and 8 to be tested with";
    let content = "numbers, names or their order are others (checksum ";
    let table = rows(40);
    let lines: Vec<&str> = table.lines().collect();
    let turned = [&lines[..5], &[lines[6], lines[5]], &lines[7..]].concat().join("\n");
    for (content, said) in [
        (rows(400), sizes),
        (rows(2), "there are 1 to learn from and 1 to be tested with"),
        (
            table.lines().map(|line| line.rsplit_once(',').unwrap().0).collect::<Vec<_>>().join("\n"),
            "an example has 1 input, and had 2",
        ),
        (table.replacen("7.5,", "7.6,", 1), content),
        (table.replacen("7.25", "7.26", 1), content),
        (table.replacen("a,b,c", "d,b,c", 1), content),
        (turned, content),
    ] {
        folder.write("t.csv", &content);
        for more in [&["--resume"][..], &["--resume", "--lr", "0.5"]] {
            let parts = [
                "--resume: the data are others than those of this training (run/step-",
                said,
                "; take the data that",
            ];
            folder.refuses(&[&usual[..], more].concat(), &parts);
        }
    }
    // Written in another way the numbers are the same.
    folder.write("t.csv", &table.replace("\n7.5,", "\n 7.50 ,").replace('\n', "\r\n"));
    let output = folder.train(&[&usual[..], &["--resume"]].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// As a table, so names, a text and the files of MNIST.
#[test]
fn other_data_of_each_kind_are_not_gone_on_with() {
    let folder = Folder::new("other-data");
    let names: Vec<String> = (0..40u32).map(|i| format!("n{}{}", i % 7, i)).collect();
    let words = "to be or not to be, that is the question. ".repeat(40);
    let images = |last: u8| {
        for part in ["train", "t10k"] {
            let pixels: Vec<u8> = (0..20 * 784u32).map(|i| (i % 251) as u8).chain([last]).skip(1).collect();
            let head = [0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 28, 0, 0, 0, 28];
            fs::write(folder.0.join(format!("m/{part}-images-idx3-ubyte")), [&head[..], &pixels].concat())
                .unwrap();
            let labels: Vec<u8> = (0..20).map(|i| i % 10).collect();
            let head = [0, 0, 8, 1, 0, 0, 0, 20];
            fs::write(folder.0.join(format!("m/{part}-labels-idx1-ubyte")), [&head[..], &labels].concat())
                .unwrap();
        }
    };
    fs::create_dir(folder.0.join("m")).unwrap();
    let write = |other: bool| {
        let mut names = names.clone();
        names.swap(3, if other { 4 } else { 3 });
        folder.write("names", &names.join("\n"));
        folder.write("text", &if other { words.replacen("be", "eb", 1) } else { words.clone() });
        images(u8::from(other));
    };
    for arguments in [
        &["names", "--data", "names", "--model", "bigram", "--epochs", "2", "--log", "r1"][..],
        &["text", "text", "--steps", "2", "--log", "r2", "--config", "small.toml"],
        &["mnist", "--data", "m", "--model", "linear", "--epochs", "2", "--log", "r3"],
    ] {
        folder.write("small.toml", "hidden = 8\nheads = 1\nlayers = 1\ncontext = 8\n");
        write(false);
        folder.works(arguments);
        let again = [arguments, &["--resume"]].concat();
        write(true);
        folder.refuses(
            &again,
            &["the data are others than", "numbers, names or their order are others (checksum "],
        );
        write(false);
        folder.works(&again);
    }
}

/// A run of an earlier gradus has checkpoints that do not tell of their data: it goes on, says so, and tells from then on.
#[test]
fn a_checkpoint_that_does_not_tell_its_data_is_gone_on_with() {
    let folder = Folder::new("untold");
    folder.works(&["digits", "--model", "linear", "--epochs", "2", "--log", "run"]);
    fs::remove_file(folder.0.join("run/step-000000046.checkpoint")).unwrap();
    let path = folder.0.join("run/step-000000023.checkpoint");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|window| window == b"user/data").unwrap();
    bytes[at + 8] = b'_';
    let body = bytes.len() - 8;
    let checksum = crc::Crc::<u64>::new(&crc::CRC_64_XZ).checksum(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let again = ["digits", "--log", "run", "--resume"];
    let output = folder.train(&again);
    let said = text(&output.stderr);
    let warning = "warning: run/step-000000023.checkpoint does not tell of which data it is";
    assert!(output.status.success() && said.starts_with(warning) && said.lines().count() == 1, "{said}");
    let output = folder.train(&again);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// The command that goes on is said whole, where the data set or its file is left out.
#[test]
fn a_training_of_a_file_is_gone_on_with_by_the_command_that_is_said() {
    let folder = Folder::new("command");
    let table = (0..40).fold(String::from("a,b\n"), |all, i| format!("{all}{i}.5,{i}.25\n"));
    folder.write("my table.csv", &table);
    let begin = |file: &str| {
        let options = ["--target", "b", "--model", "linear", "--epochs", "1", "--log", "run"];
        folder.works(&[&["csv", file][..], &options].concat());
    };
    begin("my table.csv");
    let command = "; to go on: gradus train csv 'my table.csv' --log run --resume\n";
    let said = [
        (
            &["--log", "run", "--resume"][..],
            "--resume: the training is of digits, that of run/recipe.toml of csv",
        ),
        (&["csv", "--log", "run", "--resume"], "--resume: csv needs its file"),
    ];
    for (arguments, part) in said {
        folder.refuses(arguments, &[part, command]);
    }
    folder.works(&["csv", "my table.csv", "--log", "run", "--resume"]);
    // Where the data are is no part of the recipe: a training that has left no checkpoint begins anew from another place.
    folder.write("other.csv", &table);
    fs::remove_file(folder.0.join("run/step-000000001.checkpoint")).unwrap();
    begin("other.csv");
    assert!(
        text(&folder.read("run/recipe.toml"))
            .starts_with("# gradus train csv --config FILE\n# data: other.csv\n")
    );
}

/// It is told, kept under another name, and never written over.
#[test]
fn a_newest_checkpoint_that_is_damaged_is_told_and_kept() {
    let folder = Folder::new("damaged");
    let usual = ["digits", "--model", "linear", "--epochs", "3", "--log", "run"];
    folder.works(&usual);
    let whole = weights(&folder);
    let again = [&usual[..], &["--resume"]].concat();
    let newest = "run/step-000000069.checkpoint";
    let bytes = folder.read(newest);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for (place, content, what) in [
        ("", bytes[..100].to_vec(), "it is truncated: 100 of "),
        (".2", flipped, "its checksum is wrong: it was changed after it was written"),
        (".3", Vec::new(), "it is truncated: 0 of 28 bytes"),
        (".4", b"<html>".to_vec(), "it is an HTML page"),
    ] {
        fs::write(folder.0.join(newest), &content).unwrap();
        let output = folder.train(&again);
        let (said, kept) = (text(&output.stderr), format!("{newest}.damaged{place}"));
        assert!(output.status.success() && said.lines().count() == 1, "{said}");
        let rest = format!(
            "; it is kept as {kept}; the run goes on after step 46, with run/step-000000046.checkpoint\n"
        );
        assert!(said.starts_with(&format!("warning: {newest}: {what}")) && said.ends_with(&rest), "{said}");
        assert!(!said.contains("go on from an earlier"), "{said}");
        assert!(folder.read(&kept) == content, "{kept}");
        assert!(folder.read(newest) == bytes && weights(&folder) == whole);
    }
    // What is refused leaves the folder as it is.
    folder.write(newest, "damaged");
    folder.refuses(&[&again[..], &["--seed", "7"]].concat(), &["seed is 7, and was 0"]);
    assert_eq!(folder.read(newest), b"damaged");
}

fn weights(folder: &Folder) -> Vec<u8> {
    folder.read("gradus-digits.safetensors")
}

/// A line of the recipe in the folder is changed, or the recipe is gone and the options are others.
#[test]
fn a_recipe_that_was_edited_is_not_gone_on_with() {
    let folder = Folder::new("edited");
    let usual = ["digits", "--epochs", "1", "--log", "run"];
    folder.works(&usual);
    let path = folder.0.join("run/recipe.toml");
    let recipe = fs::read_to_string(&path).unwrap();
    let line = recipe.lines().find(|line| line.starts_with("weight_decay")).unwrap();
    fs::write(&path, recipe.replace(line, "weight_decay = 9.0")).unwrap();
    let said =
        ["--resume: the recipe is another than that of run/step-", "weight_decay = 9.0, and was 0.1; lr and"];
    folder.refuses(&[&usual[..], &["--resume"]].concat(), &said);
    fs::remove_file(&path).unwrap();
    let said = [
        "--resume: the recipe is another than that of run/step-",
        "seed = 3, and was 0; lr and clip_norm alone",
    ];
    folder.refuses(&[&usual[..], &["--resume", "--seed", "3"]].concat(), &said);
}
