//! `gradus train` beside digits: tables, names, texts, recipes.
#![cfg(unix)]

mod folder;

use std::fmt::Write;
use std::fs;

use folder::{Folder, text};
use serde_json::Value;

/// Houses: size, colour (some missing), an id of texts, price.
fn houses(rows: usize) -> String {
    let mut table = String::from("size,colour,id,price\n");
    for i in 0..rows {
        let (size, colour) = (20 + i * 37 % 100, ["red", "blue", ""][i % 3]);
        let price = 3.0 * size as f64 + if colour == "red" { 50.0 } else { 0.0 } + 0.25;
        let size = if i % 20 == 7 { String::new() } else { size.to_string() };
        writeln!(table, "{size},{colour},house-{i},{price}").unwrap();
    }
    table
}

#[test]
fn a_regression_of_a_table_with_missing_cells_and_texts() {
    let folder = Folder::new("regression");
    folder.write("houses.csv", &houses(300));
    let (stdout, json) = folder.works(&["csv", "houses.csv", "--target", "price"]);
    for part in [
        "a regression of price: 240 examples to learn from, 60 to be tested with",
        "column size: 15 cells are missing and count as the mean",
        "column colour: 100 cells are missing and count as no text",
        "column id holds 300 different texts and is left out",
        "gradcheck passed",
        "learning rate",
        "test error",
    ] {
        assert!(stdout.contains(part), "{part:?} is not in {stdout}");
    }
    // A few sizes are not known.
    assert!(json["test_r2"].as_f64().unwrap() > 0.8, "{json}");
    assert!(json["gradcheck_max_relative_error"].as_f64().unwrap() < 1e-6);
    assert_eq!((&json["model"], &json["train_accuracy"]), (&"mlp".into(), &Value::Null));
}

#[test]
fn a_classification_by_texts_truth_values_and_integers() {
    let folder = Folder::new("classes");
    let mut table = String::from("x,y,kind,big,number\n");
    for i in 0..200 {
        let (x, y) = (f64::from(i % 20) / 10.0 - 1.0, f64::from(i / 20) / 5.0 - 1.0);
        let kind = if x + y > 0.0 { "above" } else { "below" };
        writeln!(table, "{x},{y},{kind},{},{}", x > 0.0, 3 + i / 100 * 4).unwrap();
    }
    folder.write("points.csv", &table);
    for (target, names) in [("kind", "(above, below)"), ("big", "(false, true)"), ("number", "(3, 7)")] {
        let arguments = ["csv", "points.csv", "--target", target, "--model", "linear", "--epochs", "60"];
        let (stdout, json) = folder.works(&arguments);
        assert!(stdout.contains(&format!("a classifier of {target} {names}")), "{stdout}");
        assert!(json["test_accuracy"].as_f64().unwrap() > 0.8, "{target}: {json}");
    }
}

#[test]
fn tables_that_cannot_be_learned_say_what_is_wrong_and_where() {
    let folder = Folder::new("wrong");
    let target = |file: &'static str| ["csv", file, "--target", "b"];
    let tried = |content: &str, parts: &[&str]| {
        folder.write("t.csv", content);
        folder.refuses(&target("t.csv"), parts);
    };
    tried("", &["t.csv", "it has no row"]);
    tried("a,b\n", &["t.csv", "it has a header, and no row behind it"]);
    tried("a,b\n1,2\n", &["1 row has a b; 2 are wanted at least"]);
    tried("a,b\n1,\n2,\n3,4.5\n", &["1 row has a b"]);
    tried("a,c\n1,2\n3,4\n", &["--target b", "no column is named b; there are a, c"]);
    tried("a,b\n1,2\n3\n", &["line 3 has 1 cell, the first has 2"]);
    tried("a,b\n1,\"2\n3,4\n", &["line 2: a quote is opened and never closed"]);
    tried("b\n1.5\n2.5\n3.5\n", &["beside b there is no column to predict it from"]);
    tried("a,b\n1,x\n2,x\n3,x\n", &["column b has one value only"]);
    tried("a,b\n1,2.5\n2,2.5\n3,2.5\n", &["column b has one value only"]);
    tried(
        "a,b\n7,1.5\n7,2.5\n7,3.5\n",
        &["beside b there is no column to predict it from: column a has one value"],
    );
    tried("a,b\n1.5,1.5\ninf,2.5\n2.5,3.5\n", &["line 3, column 1 (a): inf is no finite number"]);
    let mut stray = String::from("b,a\n");
    for i in 0..40 {
        writeln!(stray, "{i}.5,{}", if i == 30 { "12O".to_string() } else { i.to_string() }).unwrap();
    }
    tried(
        &stray,
        &["line 32, column 2 (a): \"12O\" is no number, and 39 of the 40 cells of this column are"],
    );
    folder.refuses(&["csv", "t.csv"], &["csv needs --target NAME, one of b, a"]);
    folder.refuses(&["csv"], &["csv needs a file"]);
    folder.refuses(&["csv", "none.csv", "--target", "b"], &["none.csv"]);
    folder.write("c.toml", "kind = \"regression\"\n");
    folder.write("t.csv", "a,b\n1,x\n2,y\n3,x\n");
    folder.refuses(&["csv", "t.csv", "--target", "b", "--config", "c.toml"], &["column b holds texts"]);
}

#[test]
fn rows_without_target_are_left_out_and_two_rows_are_enough() {
    let folder = Folder::new("few");
    folder.write("t.csv", "a,b\n1,2.5\n2,\n3,4.5\n,NA\n");
    let (stdout, json) = folder.works(&["csv", "t.csv", "--target", "b", "--epochs", "2"]);
    assert!(stdout.contains("2 rows have no b and count for nothing; the first is line 3."), "{stdout}");
    assert_eq!((&json["train_examples"], &json["test_examples"]), (&1.into(), &1.into()));
    // One number has no variance of which a part could be explained.
    assert!(json["test_r2"].is_null() && !stdout.contains("R²"), "{stdout}");
    assert!(stdout.contains("1 example to learn from, 1 to be tested with"), "{stdout}");
}

/// A table whose target column is named `y`: so many rows of these cells.
fn table(head: &str, rows: usize, cells: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..rows).map(cells).collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

fn noise(i: usize) -> f64 {
    (i * 7919 % 101) as f64 / 10.0
}

fn kind(i: usize) -> &'static str {
    ["red", "blue"][usize::from(noise(i) > 5.0)]
}

/// The warnings about a table, one for each part, and what is printed.
fn says(folder: &Folder, name: &str, content: &str, parts: &[&str]) -> String {
    folder.write("t.csv", content);
    let (stdout, json) = folder.works(&["csv", "t.csv", "--target", "y", "--epochs", "1"]);
    let begin = stdout.split("\nThe gradient").next().unwrap();
    let told: Vec<&str> = begin.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(told.len(), parts.len(), "{name}: {begin}");
    for (told, part) in told.iter().zip(parts) {
        assert!(told.contains(part), "{name}: {part:?} is not in {told}");
        let warnings = json["warnings"].as_array().unwrap();
        assert!(warnings.iter().any(|warning| told.ends_with(warning.as_str().unwrap())), "{json}");
    }
    stdout
}

/// What can be learned from in form alone is told before the training, each kind by itself, and a sound table is told nothing.
#[test]
fn tables_that_teach_nothing_are_told() {
    let folder = Folder::new("doubts");
    let says = |name: &str, content: String, parts: &[&str]| says(&folder, name, &content, parts);
    says(
        "sound classes",
        table("a,b,y", 60, |i| format!("{},{},{}", noise(i), noise(i + 7) > 5.0, kind(i + 3))),
        &[],
    );
    says(
        "sound numbers",
        table("a,b,y", 60, |i| format!("{},{},{}", noise(i), i % 7, noise(i) + noise(i + 3))),
        &[],
    );
    says(
        "a class for each row",
        table("a,y", 60, |i| format!("{},place-{i}", noise(i))),
        &["y has 60 classes in 60 rows, one a row"],
    );
    let rare = |i: usize| if i == 4 { "odd" } else { kind(i) };
    says(
        "a class of one row",
        table("a,y", 60, |i| format!("{},{}", noise(i), rare(i))),
        &["1 of 3 classes of y has one row (odd)"],
    );
    let pairs = |i: usize| if i < 160 { format!("pair-{:02}", i / 2) } else { kind(i).to_string() };
    says(
        "classes that the test alone has",
        table("a,y", 200, |i| format!("{},{}", noise(i), pairs(i))),
        &["fell into the test alone (pair-"],
    );
}

/// The same of columns.
#[test]
fn columns_that_teach_nothing_are_told() {
    let folder = Folder::new("doubtful-columns");
    let says = |name: &str, content: String, parts: &[&str]| says(&folder, name, &content, parts);
    says(
        "numbers of rows",
        table("nr,a,y", 60, |i| format!("{},{},{}", 1000 + i * 37 % 60, noise(i), noise(i + 3) + 0.5)),
        &["column nr has different whole numbers in all 60 rows"],
    );
    says(
        "names of rows",
        table("name,a,y", 30, |i| format!("n{i},{},{}", noise(i), kind(i + 3))),
        &["column name has different texts in all 30 rows", "there are 31 inputs and 24 rows to learn from"],
    );
    says(
        "the classes in other words",
        table("a,code,y", 60, |i| {
            format!("{},{},{}", noise(i), if kind(i) == "red" { 7 } else { 3 }, kind(i))
        }),
        &["column code tells y without error"],
    );
    says(
        "the number in another unit",
        table("a,f,y", 60, |i| format!("{},{},{}", noise(i + 3), noise(i) * 1.8 + 32.0, noise(i) + 0.25)),
        &["column f tells y without error"],
    );
    let wide = (0..20).map(|k| format!("x{k}")).collect::<Vec<_>>().join(",");
    says(
        "more inputs than rows",
        table(&format!("{wide},y"), 20, |i| {
            let numbers = (0..20).map(|k| noise(i * 31 + k * k * 17)).chain([noise(i + 5)]);
            numbers.map(|x| x.to_string()).collect::<Vec<_>>().join(",")
        }),
        &["there are 20 inputs and 16 rows to learn from"],
    );
    let stdout = says("a constant", table("a,c,y", 60, |i| format!("{},5,{}", noise(i), kind(i + 3))), &[]);
    assert!(stdout.contains("column c has one value in all rows that are learned from"), "{stdout}");
}

#[test]
fn a_hundred_thousand_rows() {
    let folder = Folder::new("large");
    folder.write("houses.csv", &houses(100_000));
    let arguments = ["csv", "houses.csv", "--target", "price", "--model", "linear", "--epochs", "1"];
    let (_, json) = folder.works(&arguments);
    assert_eq!(json["train_examples"], 80_000);
    assert!(json["test_r2"].as_f64().unwrap() > 0.8, "{json}");
}

#[test]
fn every_model_of_images_learns() {
    let folder = Folder::new("images");
    for (model, least) in [("linear", 0.85), ("lenet", 0.6), ("cnn", 0.5)] {
        let (stdout, json) = folder.works(&["digits", "--model", model, "--epochs", "2"]);
        assert!(stdout.contains("gradcheck passed"), "{stdout}");
        assert!(json["test_accuracy"].as_f64().unwrap() > least, "{model}: {json}");
    }
    folder.refuses(
        &["digits", "--model", "gru"],
        &["--model gru: digits is learned by one of mlp, lenet, cnn, linear"],
    );
}

const NAMES: [&str; 8] = ["anna", "hanna", "johanna", "susanna", "joanna", "marianna", "rosanna", "lianna"];

#[test]
fn every_model_of_names_learns_and_writes() {
    let folder = Folder::new("names");
    folder.write("names.txt", &NAMES.map(|name| format!("{name}\n")).concat().repeat(20));
    for model in ["bigram", "mlp", "gru", "transformer"] {
        let arguments = ["names", "--data", "names.txt", "--model", model, "--epochs", "5"];
        let (stdout, json) = folder.works(&arguments);
        assert!(stdout.contains("gradcheck passed") && stdout.contains("\nsamples:\n"), "{stdout}");
        // 12 letters and the end: ln 13 = 2.56 without learning.
        assert!(json["test_loss"].as_f64().unwrap() < 2.2, "{model}: {json}");
    }
    folder.refuses(&["names"], &["names needs --data FILE"]);
    folder.write("names.txt", "anna\nj.r.\n");
    folder.refuses(&["names", "--data", "names.txt"], &["line 2: a name holds a point"]);
}

#[test]
fn a_text_is_learned_and_gone_on_with() {
    let folder = Folder::new("text");
    folder.write("text.txt", &"the cat sat on the mat and the dog sat on the log.\n".repeat(40));
    folder.write("small.toml", "layers = 1\nheads = 2\nhidden = 16\ncontext = 16\nlr = 0.01\n");
    let arguments = ["text", "text.txt", "--config", "small.toml", "--steps", "60"];
    let (stdout, json) = folder.works(&arguments);
    assert!(stdout.contains("\nsamples:\n") && stdout.contains("learning rate"), "{stdout}");
    assert!(json["test_loss"].as_f64().unwrap() < 2.4, "{json}");
    folder.write("short.txt", "too short");
    folder.refuses(&["text", "short.txt"], &["short.txt: it has 9 letters; a context of 64 wants 650"]);
    folder.write("one.txt", &"a".repeat(1000));
    folder.refuses(&["text", "one.txt"], &["one.txt: it has one letter only"]);
    folder.refuses(&["text"], &["text needs a file"]);
}

#[test]
fn a_recipe_is_printed_and_read() {
    let folder = Folder::new("recipe");
    let output = folder.train(&["digits", "--config"]);
    let recipe = text(&output.stdout);
    assert!(
        output.status.success() && recipe.contains("lr = 0.005\n") && recipe.contains("model = \"mlp\"\n"),
        "{recipe}"
    );
    folder
        .write("r.toml", &recipe.replace("hidden = 256", "hidden = 32").replace("epochs = 60", "epochs = 1"));
    let (_, json) = folder.works(&["digits", "--config", "r.toml"]);
    assert_eq!(
        (&json["epochs"], &json["parameters"]),
        (&1.into(), &(64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10).into())
    );
    for (content, part) in [
        ("hiden = 3", "digits by mlp has no `hiden`; "),
        ("hidden = 0", "hidden is 0; it must be at least 1"),
        ("dropout = 1.5", "dropout is 1.5; it must be at least 0 and below 1"),
        ("lr = -1.0", "lr is -1; it must be a number above 0"),
        ("layers = 3", "digits by mlp has no `layers`"),
        ("lr = ", "r.toml: TOML parse error at line 1"),
        ("model = \"gpt\"", "unknown variant `gpt`"),
    ] {
        folder.write("r.toml", content);
        folder.refuses(&["digits", "--config", "r.toml"], &[part]);
    }
    for arguments in [
        &["digits", "file"][..],
        &["digits", "--target", "x"],
        &["text", "f", "--epochs", "3"],
        &["digits", "--steps", "3"],
        &["csv", "f", "--data", "g"],
        &["digits", "--resume"],
        &["digits", "--checkpoint-every", "3"],
    ] {
        folder.refuses(arguments, &[]);
    }
}

#[test]
fn dead_units_are_told_and_gradients_are_logged() {
    let folder = Folder::new("health");
    folder.write("names.txt", &NAMES.map(|name| format!("{name}\n")).concat().repeat(20));
    let usual = ["names", "--data", "names.txt", "--epochs", "3"];
    let (stdout, json) = folder.works(&[&usual[..], &["--log", "run"]].concat());
    assert!(!stdout.contains("warning: ") && json["warnings"] == Value::Array(Vec::new()), "{stdout}");
    let lines: Vec<Value> =
        text(&folder.read("run/log.jsonl")).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let looks: Vec<&Value> =
        lines.iter().filter(|line| line.get("gradient_norm/2.weight").is_some()).collect();
    assert_eq!(looks.len(), 3, "one an epoch");
    for look in looks {
        assert!(look["gradient_norm/2.weight"].as_f64().unwrap() > 0.0, "{look}");
        assert!(look["update_ratio/4.bias"].as_f64().unwrap() > 0.0, "{look}");
        assert_eq!(look["dead/0.2"], 0.0, "{look}");
    }
    // Weights so large that tanh has slope 0 everywhere.
    let (stdout, json) = folder.works(&[&usual[..], &["--lr", "300"]].concat());
    assert!(stdout.contains("warning: tanh behind 2: ") && stdout.contains(" units are dead"), "{stdout}");
    assert!(!json["warnings"].as_array().unwrap().is_empty(), "{json}");
}

/// Each reader of a text says where it is none.
#[test]
fn texts_that_are_not_utf8_are_refused_with_the_place() {
    let folder = Folder::new("utf8");
    fs::write(folder.0.join("latin1"), b"a,b\n1,2\n3,caf\xe9\n").unwrap();
    for arguments in [
        &["text", "latin1"][..],
        &["names", "--data", "latin1"],
        &["csv", "latin1", "--target", "b"],
        &["digits", "--config", "latin1"],
    ] {
        let place = "line 3: the byte 0xE9 at offset 13 is not UTF-8; save the text as UTF-8";
        folder.refuses(arguments, &["latin1", place]);
    }
    fs::create_dir(folder.0.join("run")).unwrap();
    fs::copy(folder.0.join("latin1"), folder.0.join("run/recipe.toml")).unwrap();
    folder.refuses(&["digits", "--log", "run", "--resume"], &["run/recipe.toml: line 3: the byte 0xE9"]);
}
