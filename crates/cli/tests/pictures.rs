//! The pictures of the documents: README names the command of each, and what the command draws is the file.

use approx::abs_diff_eq;
use std::path::Path;
use std::process::Command;

/// Places may differ by this many pixels: a training's last digits depend on the processor.
const PIXELS: f64 = 2.0;
/// Numbers in words, by this much.
const DIGITS: f64 = 0.01;

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

/// The numbers, each with whether it is a place (inside of a tag) or a word, and what is between them.
fn taken_apart(svg: &str) -> (Vec<(f64, bool)>, String) {
    let (mut numbers, mut between, mut rest, mut inside) = (Vec::new(), String::new(), svg, false);
    while let Some(c) = rest.chars().next() {
        let belongs: fn(char) -> bool = match c {
            '#' => |c| c == '#' || c.is_ascii_alphanumeric(),
            '-' | '.' | '0'..='9' => |c| c == '-' || c == '.' || c.is_ascii_digit(),
            _ => |_| false,
        };
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len()).max(c.len_utf8());
        match rest[..end].parse() {
            Ok(number) => {
                numbers.push((number, inside));
                between.push('0');
            }
            Err(_) => between.push_str(&rest[..end]),
        }
        inside = c == '<' || (inside && c != '>');
        rest = &rest[end..];
    }
    (numbers, between)
}

/// Whether two pictures are one but for the last digits.
fn same(a: &str, b: &str) -> bool {
    let ((a, said), (b, known)) = (taken_apart(a), taken_apart(b));
    let near =
        |(x, inside): (f64, bool), y: f64| abs_diff_eq!(x, y, epsilon = if inside { PIXELS } else { DIGITS });
    said == known && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| near(*a, b.0))
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
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
    // Those of the examples begin with the example's number.
    files.retain(|file| !file.to_string_lossy().starts_with(|c: char| c.is_ascii_digit()));
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
