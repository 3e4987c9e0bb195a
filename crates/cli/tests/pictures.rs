//! The pictures of the documents: README names the command of each, and what the command draws is the file.

#[path = "../../../examples/common/same_picture.rs"]
mod same_picture;

use std::path::Path;
use std::process::Command;

use same_picture::{same, taken_apart};

/// The commands in README that draw a file under `docs/pictures`, as words.
fn commands() -> Vec<Vec<String>> {
    let readme = include_str!("../../../README.md");
    let lines = readme.lines().filter(|line| line.starts_with("gradus ") && line.contains("docs/pictures/"));
    // Words in quotes are one argument.
    let words = |line: &str| {
        let parts = line.split('"').enumerate().flat_map(|(i, part)| {
            let whole = if i % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
            whole.into_iter().map(str::to_string).collect::<Vec<_>>()
        });
        parts.take_while(|word| word != "#").skip(1).collect()
    };
    lines.map(words).collect()
}

#[test]
fn every_picture_is_what_its_command_draws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let commands = commands();
    let mut drawn = Vec::new();
    for mut words in commands {
        let place = words.iter().position(|word| word.starts_with("docs/pictures/")).expect("it draws one");
        let file = root.join(&words[place]);
        drawn.push(file.file_name().unwrap().to_owned());
        let scratch = std::env::temp_dir().join(format!("gradus-picture-{}-{place}.svg", std::process::id()));
        let weights = scratch.with_extension("safetensors");
        words[place] = scratch.to_string_lossy().into_owned();
        if words[0] == "train" {
            words.extend(["--out".to_string(), weights.to_string_lossy().into_owned()]);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_gradus")).args(&words).output().expect("it starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let got = std::fs::read_to_string(&scratch).expect("it draws");
        std::fs::remove_file(&scratch).unwrap();
        if words[0] == "train" {
            std::fs::remove_file(&weights).unwrap();
        }
        if std::env::var_os("GRADUS_BLESS").is_some() {
            std::fs::write(&file, &got).expect("the picture can be written");
            continue;
        }
        let want = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            same(&got, &want),
            "{} is not what its command draws; if the new one is right: GRADUS_BLESS=1 cargo test -p gradus-cli",
            file.display()
        );
    }
    let files = std::fs::read_dir(root.join("docs/pictures")).expect("the pictures are there");
    let files = files.map(|entry| entry.unwrap().file_name());
    // An example draws the picture of its name.
    let (examples, mut files): (Vec<_>, Vec<_>) =
        files.partition(|name| name.to_string_lossy().starts_with(|c: char| c.is_ascii_digit()));
    for name in examples {
        let example = root.join("examples").join(&name).with_extension("rs");
        assert!(example.exists(), "no example draws docs/pictures/{}", name.display());
    }
    files.sort();
    drawn.sort();
    assert_eq!(files, drawn, "README names the command of each picture");
    assert!(files.len() >= 3);
}

#[test]
fn the_pictures_are_shown() {
    let readme = include_str!("../../../README.md");
    for words in commands() {
        let file = words.iter().find(|word| word.starts_with("docs/pictures/")).unwrap();
        assert!(readme.contains(&format!("]({file})")), "README.md does not show {file}");
    }
}

#[test]
fn pictures_are_told_apart() {
    let picture = "<path d=\"M1.5 -2L3 4\" stroke=\"#0072b2\"/>lr 0.4";
    assert_eq!(taken_apart(picture).0.len(), 5);
    assert!(same(picture, &picture.replace("1.5", "2.5")) && same(picture, &picture.replace("0.4", "0.401")));
    for (old, new) in
        [("1.5", "4.5"), ("lr", "rate"), ("0.4", "1"), ("#0072b2", "#0072b3"), ("L3 4", "L3 4L5 6")]
    {
        assert!(!same(picture, &picture.replace(old, new)), "{old} → {new}");
    }
}
