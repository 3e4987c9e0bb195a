//! The notebook of the course: its cells are the functions of `cells`, so that they compile and run with each test; what it shows
//! is what they show. Where evcxr is installed, its terminal runs the notebook itself.

mod cells;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cells::{checked, gradient, slope, tape, training};
use gradus::notebook::MimeBundle;
use gradus::prelude::*;
use serde_json::{Value, json};

/// The functions in the order of the cells behind the first, with what they show.
fn shown() -> Vec<(&'static str, MimeBundle)> {
    vec![
        ("fn slope() -> Chart {\n", slope().mime_bundle()),
        ("fn tape() -> Tape {\n", tape().mime_bundle()),
        ("fn checked() -> gradus::autograd::Report {\n", checked().mime_bundle()),
        ("fn gradient() -> Tensor {\n", gradient().mime_bundle()),
        ("fn training() -> Chart {\n", training().mime_bundle()),
    ]
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/course/notebook.ipynb")
}

fn notebook() -> Value {
    serde_json::from_str(&std::fs::read_to_string(path()).expect("it is there")).expect("it is JSON")
}

fn source(cell: &Value) -> String {
    cell["source"].as_array().expect("lines").iter().map(|line| line.as_str().expect("a line")).collect()
}

/// The sources of the cells with code.
fn code(notebook: &Value) -> Vec<String> {
    let cells = notebook["cells"].as_array().expect("cells");
    cells.iter().filter(|cell| cell["cell_type"] == "code").map(source).collect()
}

/// Numbers that differ by less than this are equal: the last digits depend on the processor.
const ROUNDING: f64 = 1e-6;

fn near(a: &str, b: &str) -> bool {
    let number = |word: &str| word.trim_matches(|c: char| "[](),".contains(c)).parse::<f64>().ok();
    let same = |(a, b): (&str, &str)| {
        a == b || matches!((number(a), number(b)), (Some(a), Some(b)) if (a - b).abs() < ROUNDING)
    };
    a.split_whitespace().count() == b.split_whitespace().count()
        && a.split_whitespace().zip(b.split_whitespace()).all(same)
}

/// `GRADUS_BLESS=1` writes cells and outputs anew.
#[test]
fn cells_and_outputs_are_those_of_the_functions() {
    let this = include_str!("cells.rs");
    let mut notebook = notebook();
    assert_eq!(notebook["nbformat"], 4);
    let bless = std::env::var_os("GRADUS_BLESS").is_some();
    let mut cells: Vec<&mut Value> = notebook["cells"].as_array_mut().expect("cells").iter_mut().collect();
    cells.retain(|cell| cell["cell_type"] == "code");
    let shown = shown();
    assert_eq!(cells.len(), shown.len() + 1, "the first cell says where the library is");
    let uses: Vec<&str> = this.lines().filter(|line| line.starts_with("use ")).collect();
    let first = format!(":dep gradus = {{ path = \"../..\", features = [\"viz\"] }}\n{}", uses.join("\n"));
    if bless {
        cells[0]["source"] = first.split_inclusive('\n').collect();
    }
    assert_eq!(source(cells[0]), first, "the first cell");
    for (cell, (head, bundle)) in cells.into_iter().skip(1).zip(shown) {
        let body = this
            .split(head)
            .nth(1)
            .and_then(|rest| rest.split("\n}\n").next())
            .expect("the function is here");
        let want = format!("{{\n{body}\n}}");
        let data: Value =
            bundle.iter().map(|(mime, content)| ((*mime).to_string(), json!(content))).collect();
        if bless {
            cell["source"] = want.split_inclusive('\n').collect();
            cell["outputs"] = json!([{ "output_type": "execute_result", "execution_count": null, "metadata": {}, "data": data }]);
            continue;
        }
        assert_eq!(source(cell), want, "{head}");
        let kept = cell["outputs"][0]["data"].as_object().expect("an output").clone();
        assert!(kept.keys().eq(data.as_object().expect("an object").keys()), "{head}");
        let (kept, got) = (kept["text/plain"].as_str().unwrap(), data["text/plain"].as_str().unwrap());
        // A curve in letters may move by one with the last digits.
        assert!(head.contains("Chart") || near(kept, got), "{head} shows\n{got}\nnot\n{kept}");
    }
    if bless {
        std::fs::write(path(), format!("{notebook:#}\n")).expect("it can be written");
    }
}

/// This test is run by the next one as a program of its own, to see what it prints.
#[test]
fn prints() {
    if std::env::var_os("GRADUS_PRINTS").is_some() {
        tape().evcxr_display();
        checked().evcxr_display();
        gradient().evcxr_display();
        slope().evcxr_display();
    }
}

#[test]
fn what_is_printed_is_what_evcxr_reads() {
    let program = std::env::current_exe().expect("it runs");
    let output =
        Command::new(program).args(["--exact", "prints", "--nocapture"]).env("GRADUS_PRINTS", "1").output();
    let text = String::from_utf8(output.expect("it starts").stdout).expect("it is text");
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        // The test's own line may stand before the first.
        if let Some((_, mime)) = line.split_once("EVCXR_BEGIN_CONTENT ") {
            assert!(!open, "a block within a block");
            blocks.push((mime, String::new()));
            open = true;
        } else if line == "EVCXR_END_CONTENT" {
            assert!(open, "an end without a beginning");
            open = false;
        } else if open {
            blocks.last_mut().expect("one is open").1.extend([line, "\n"]);
        }
    }
    assert!(!open, "the last block is ended");
    let types: Vec<&str> = blocks.iter().map(|(mime, _)| *mime).collect();
    let (svg, html, plain) = ("image/svg+xml", "text/html", "text/plain");
    assert_eq!(types, [svg, plain, html, plain, html, plain, svg, plain]);
    for (mime, content) in &blocks {
        let is = match *mime {
            "image/svg+xml" => content.starts_with("<svg") && content.trim_end().ends_with("</svg>"),
            "text/html" => content.contains("<table>") && content.contains("</table>"),
            _ => !content.trim().is_empty(),
        };
        assert!(is, "{mime}: {content}");
    }
    // The drawn tape has its values and gradients: 3·1.5² − 2 = 4.75.
    assert!(blocks[0].1.contains("4.75") && blocks[0].1.contains("gradient"), "{}", blocks[0].1);
    assert!(blocks[1].1.contains("mul(%0, %0)"), "{}", blocks[1].1);
}

/// A tape that is too large to be drawn, or whose values are gone, shows its text.
#[test]
fn what_cannot_be_drawn_is_text() {
    let tape = Tape::new();
    assert_eq!(tape.mime_bundle().len(), 1, "an empty tape");
    let mut x = tape.var(0.5);
    for _ in 0..200 {
        x = x.sin();
    }
    assert_eq!(tape.mime_bundle().iter().map(|(mime, _)| *mime).collect::<Vec<_>>(), ["text/plain"]);
    let freed = Tape::new();
    let y = freed.var(Tensor::linspace(0.1, 0.9, 300)).checkpoint(|x| x.sin().exp());
    let _ = y.sum();
    assert!(freed.mime_bundle().last().unwrap().1.contains("sum"));
    // A vector at the end has no sweep of its own, but a drawing.
    let vector = Tape::new();
    let _ = vector.var(Tensor::from([1.0, 2.0])).sin();
    let drawn = &vector.mime_bundle()[0];
    assert!(drawn.0 == "image/svg+xml" && !drawn.1.contains("gradient"), "{}", drawn.1);
}

/// Whether a terminal of evcxr runs the cells one after the other and shows what they should. Says so where there is none.
#[test]
#[ignore = "builds the library within evcxr, which has to be installed: cargo install --locked evcxr_repl"]
fn evcxr_runs_the_cells() {
    let folder = path().parent().expect("a folder").to_path_buf();
    let mut command = Command::new("evcxr");
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("SKIPPED evcxr_runs_the_cells: there is no evcxr; cargo install --locked evcxr_repl");
        return;
    };
    let input = code(&notebook()).join("\n") + "\n";
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it wrote").expect("it reads");
    let (shown_by_it, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!complaints.contains("error"), "{complaints}\n{shown_by_it}");
    for (head, bundle) in shown() {
        let plain = &bundle.last().expect("there is text").1;
        // The heads of charts and the lines of tables.
        let line = plain.lines().find(|line| !line.trim().is_empty()).expect("a line");
        let found = shown_by_it.lines().any(|other| near(other.trim(), line.trim()));
        assert!(found, "{head} {line} is missing in\n{shown_by_it}\n{complaints}");
    }
}
