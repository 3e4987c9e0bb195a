//! The course: what its pages say that a command prints is what it prints, and each picture is what its command draws.
//!
//! A page shows an answer as a block of `console`: a line with the command behind a dollar, `gradus …` or
//! `cargo run --release --example …`, and below it the lines of the answer, `…` for those that are left out. A picture stands above a block of `sh` with the one line that draws it.
//! Examples are built by `cargo test --workspace`; one that is not there is built here.

#[allow(dead_code, reason = "the course asks for its comparison and its place")]
mod snapshot;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use snapshot::{same, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(root().join("docs/course")).expect("the course is there");
    let files = files.map(|entry| entry.expect("it can be read").path());
    let mut pages: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    pages.sort();
    pages.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("a page"))).collect()
}

/// The blocks of a language, as they stand.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("\n```{language}\n");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// The words of a command; words in quotes are one.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate().flat_map(|(i, part)| {
        let whole = if i % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
        whole.into_iter().map(str::to_string).collect::<Vec<_>>()
    });
    parts.collect()
}

/// The program of an example in the folder of this build.
fn example(name: &str) -> PathBuf {
    let command = Path::new(env!("CARGO_BIN_EXE_gradus"));
    let path = command.with_file_name("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if !path.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--example", name]).current_dir(root());
        assert!(build.status().expect("cargo starts").success(), "{name} is not built");
    }
    path
}

/// Runs a line of a page in a folder of its own.
fn run(line: &str, folder: &Path) -> Output {
    let mut words = words(line);
    let mut command = if words[0] == "gradus" {
        words.remove(0);
        Command::new(env!("CARGO_BIN_EXE_gradus"))
    } else {
        let known = ["cargo", "run", "--release", "--example"];
        assert!(words.len() > 4 && words[..4] == known, "{line}: gradus, or cargo run --release --example");
        let command = Command::new(example(&words[4]));
        words.drain(..words.len().min(if words.get(5).is_some_and(|word| word == "--") { 6 } else { 5 }));
        command
    };
    command.args(&words).current_dir(folder).output().expect("it starts")
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gradus-course-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for what is drawn");
    folder
}

/// Whether the lines of an answer are those of the page, where `…` stands for any number of lines.
fn answers(got: &str, shown: &str) -> bool {
    let got: Vec<&str> = got.trim_end().lines().collect();
    let parts: Vec<Vec<&str>> = shown.split('…').map(|part| part.lines().collect()).collect();
    // What stands before and behind a `…` on its line is nothing.
    let parts: Vec<Vec<&str>> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            let from = usize::from(i > 0 && part.first() == Some(&""));
            part[from.min(part.len())..].to_vec()
        })
        .collect();
    let mut at = 0;
    for (i, part) in parts.iter().enumerate() {
        let fits = |from: &usize| {
            got[*from..].len() >= part.len()
                && got[*from..].iter().zip(part).all(|(got, shown)| same(got, shown))
        };
        let last = got.len().saturating_sub(part.len());
        let found = match (i == 0, i + 1 == parts.len()) {
            (true, true) => (got.len() == part.len()).then_some(0).filter(fits),
            (true, false) => Some(0).filter(fits),
            (false, true) => (last >= at).then_some(last).filter(fits),
            (false, false) => (at..=got.len()).find(fits),
        };
        let Some(found) = found else { return false };
        at = found + part.len();
    }
    true
}

#[test]
fn every_answer_is_what_the_command_says() {
    let folder = folder("answers");
    let mut count = 0;
    for (path, page) in pages() {
        let mut blessed = page.clone();
        for block in blocks(&page, "console") {
            let (line, shown) = block.split_once('\n').unwrap_or((block, ""));
            let line = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{}: {line}", path.display()));
            let output = run(line, &folder);
            let got = text(&output.stdout) + &text(&output.stderr);
            count += 1;
            if answers(&got, shown) {
                continue;
            }
            let whole = !shown.lines().any(|line| line == "…");
            if whole && std::env::var_os("GRADUS_BLESS").is_some() {
                blessed = blessed.replace(block, &format!("$ {line}\n{}", got.trim_end()));
                continue;
            }
            panic!("{}: `{line}` answers\n{got}\nand the page shows\n{shown}", path.display());
        }
        if blessed != page {
            fs::write(&path, blessed).expect("the page can be written");
        }
    }
    fs::remove_dir_all(&folder).expect("the folder was there");
    assert!(count >= 20, "{count} answers");
}

#[test]
fn every_picture_is_what_its_command_draws() {
    let folder = folder("pictures");
    let mut drawn = Vec::new();
    for (path, page) in pages() {
        for line in blocks(&page, "sh").into_iter().filter(|line| line.rsplit('.').next() == Some("svg")) {
            let (before, file) = line.rsplit_once(' ').expect("a file behind the command");
            if drawn.contains(&file.to_string()) {
                continue;
            }
            let scratch = folder.join("picture.svg");
            let output = run(&format!("{before} {}", scratch.display()), &folder);
            assert!(output.status.success(), "{}: {line}: {}", path.display(), text(&output.stderr));
            let got = fs::read_to_string(&scratch).expect("it draws");
            fs::remove_file(&scratch).expect("it was drawn");
            if std::env::var_os("GRADUS_BLESS").is_some() {
                fs::write(root().join(file), &got).expect("the picture can be written");
            }
            let want = fs::read_to_string(root().join(file)).unwrap_or_default();
            assert!(
                got == want,
                "{file} is not what `{line}` draws; if the new one is right: GRADUS_BLESS=1 cargo test -p gradus-cli"
            );
            drawn.push(file.to_string());
        }
    }
    fs::remove_dir_all(&folder).expect("the folder was there");
    let own = fs::read_dir(root().join("docs/course/pictures")).expect("it has pictures");
    for picture in own {
        let name = picture.expect("it can be read").file_name();
        let file = format!("docs/course/pictures/{}", name.to_string_lossy());
        assert!(drawn.contains(&file), "no command of the course draws {file}");
    }
    assert!(drawn.len() >= 12, "{} pictures", drawn.len());
}

/// An address of the page that shows an expression can be computed: its gradients agree with differences.
#[test]
fn every_expression_of_an_address_is_one() {
    let mut count = 0;
    for (path, page) in pages() {
        for address in page.split('`').filter(|code| code.starts_with('#') && code.contains("?f=")) {
            let settings = address.split_once("?f=").map_or("", |(_, settings)| settings);
            let (f, at) = settings.split_once("&at=").unwrap_or((settings, ""));
            let decoded = [f, at].map(|text| text.replace("%2B", "+").replace("%20", " "));
            let values = decoded[1].split(';').filter(|pair| !pair.is_empty());
            let arguments: Vec<&str> = ["explain", decoded[0].as_str()].into_iter().chain(values).collect();
            let output = snapshot::gradus(&arguments);
            let said = text(&output.stdout) + &text(&output.stderr);
            assert!(output.status.success(), "{}: {address}: {said}", path.display());
            let agrees =
                said.lines().any(|line| line.contains(" agree: ") || line.starts_with("It agrees: "));
            assert!(agrees, "{}: {address}: {said}", path.display());
            count += 1;
        }
    }
    assert!(count >= 6, "{count} expressions");
}

#[test]
fn answers_are_told_apart() {
    let got = "a 1\nb 2\n\nc 3\nd 4\n";
    for shown in ["a 1\nb 2\n\nc 3\nd 4", "a 1\n…\nd 4", "…\nb 2\n…", "…\nb 2\n\nc 3\n…", "a 1\n…\nc 3\n…"]
    {
        assert!(answers(got, shown), "{shown}");
    }
    for shown in ["a 1\nb 2", "…\nb 3\n…", "…\nd 4\n…\nb 2\n…", "b 2\n…", "…\nc 3", "…\nb 2\nc 3\n…"]
    {
        assert!(!answers(got, shown), "{shown}");
    }
    assert_eq!(words("gradus check \"x^3/3 - x\" x=0.8"), ["gradus", "check", "x^3/3 - x", "x=0.8"]);
}
