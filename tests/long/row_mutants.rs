//! The mutants of the elementwise rows. Each is a row of its own in a copy of the tables, which the tape takes in the place of the
//! right one where `GRADUS_MUTANT` says so: one build, and then the tests of that row alone.
//!
//! `row_equals.txt` lists those that are no mistakes, each with its reason. What was tried stands in `target/tmp/row_mutants.txt`;
//! a second run goes on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::rows::{Mutant, TABLES, mutants, rows};
use super::schemata::{CHOICE, Copy, Outcome, Tests, once, source};

const FOLDER: &str = "crates/autograd/src/ops/elementwise";
/// The variable that leaves one row in the table.
const ROW: &str = "GRADUS_ROW";
/// What judges a row, one after the other, and whether only this row is left in the table: the row's own tests, then those that use
/// it with all others.
const JUDGES: [(&str, bool); 4] = [
    ("-p gradus-autograd --test every_op elementwise_rows facts_of_rows", true),
    ("-p gradus-autograd --test slopes slopes_and_curvatures steps_lines edges_", true),
    ("--test conventions", false),
    ("--test oracle", false),
];

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Killed,
    Alive,
    /// No test can find it, and `row_equals.txt` says why.
    Equal,
    /// It does not build.
    Stillborn,
}

/// The mutants that change nothing, and why.
fn equals() -> BTreeMap<String, String> {
    let text = source("tests/long/row_equals.txt");
    let blocks = text.split("\n\n").map(|block| {
        let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
        lines
    });
    let of = |lines: Vec<&str>| {
        let [mutant, why] = lines[..] else { panic!("a mutant and a reason: {lines:?}") };
        (mutant.to_string(), why.to_string())
    };
    blocks.filter(|lines| !lines.is_empty()).map(of).collect()
}

/// The files of the copy: each mutant in a module of its own behind its table.
fn changed(mutants: &[(usize, &Mutant)]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for table in TABLES {
        let file = format!("{FOLDER}/{table}.rs");
        let mut text = source(&file);
        for (number, Mutant { row, body, .. }) in mutants.iter().filter(|(_, mutant)| mutant.row.file == file)
        {
            let form = if text.contains("table::binary!") { "binary" } else { "unary" };
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let head = plain(&row.head).replace("super::", "super::super::");
            let _ = writeln!(
                text,
                "pub(crate) mod m{number} {{ crate::ops::elementwise::table::{form}_mutant! {{ {head} {}; }} }}",
                plain(body)
            );
        }
        files.insert(file, text);
    }
    let list = mutants.iter().map(|(number, Mutant { row, .. })| {
        let table = row.file.trim_start_matches(FOLDER).trim_end_matches(".rs").trim_start_matches('/');
        format!("    ({number}, {table}::ALL, {table}::m{number}::ALL),\n")
    });
    let chooser = CHOOSER.replace("LIST", &list.collect::<String>());
    let page = format!("{FOLDER}/mod.rs");
    let table = ".into_iter().flatten().copied()\n";
    let one = ".into_iter().flatten().copied().filter(|row| std::env::var(\"GRADUS_ROW\").map_or(true, |name| name == row.name))\n";
    files.insert(page.clone(), once(&source(&page), table, one) + &chooser);
    let macros = format!("{FOLDER}/table.rs");
    files.insert(macros.clone(), with_mutants(&source(&macros)));
    let record = "crates/autograd/src/record.rs";
    let mut text = source(record);
    for head in ["x: Var<'t>, c: f64) -> Var<'t> {\n", "x: Var<'t>, y: Var<'t>) -> Var<'t> {\n"] {
        text = once(&text, head, &format!("{head}        let row = crate::ops::elementwise::chosen(row);\n"));
    }
    files.insert(record.into(), text);
    files
}

/// Finds the row that is to be taken for another.
const CHOOSER: &str = "
type Table = &'static [&'static row::Row];
static MUTANTS: &[(usize, Table, Table)] = &[
LIST];
/// The row, or its mutant if that is chosen.
#[inline]
pub(crate) fn chosen(row: &'static row::Row) -> &'static row::Row {
    type Pair = Option<(&'static row::Row, &'static row::Row)>;
    static CHOSEN: std::sync::OnceLock<Pair> = std::sync::OnceLock::new();
    let pair = CHOSEN.get_or_init(|| {
        let number: usize = std::env::var(\"GRADUS_MUTANT\").ok()?.parse().ok()?;
        let (_, rows, new) = MUTANTS.iter().find(|(n, ..)| *n == number).expect(\"a mutant of this number\");
        rows.iter().find(|row| row.name == new[0].name).map(|row| (*row, new[0]))
    });
    match pair {
        Some((old, new)) if std::ptr::eq(*old, row) => new,
        _ => row,
    }
}
";

/// The macros of the tables, once more without methods and functions.
fn with_mutants(text: &str) -> String {
    let mut all = text.to_string();
    for form in ["unary", "binary"] {
        let begin = format!("macro_rules! {form} {{");
        let start = text.find(&begin).expect("the macro of a table");
        let whole = &text[start..start + text[start..].find("\n}\n").expect("its end") + 3];
        let (head, rest) = whole.split_once("        /// Methods, one per row.").expect("its methods");
        let (_, list) = rest.split_once("        /// Every row of this table").expect("its list");
        let short = format!("{head}        /// Every row of this table{list}");
        all += &short.replace(&begin, &format!("macro_rules! {form}_mutant {{"));
    }
    all + "pub(crate) use {binary_mutant, unary_mutant};\n"
}

/// Writes the copy and leaves out what does not build: what an earlier run has found, then what the compiler says.
fn copied(all: &[Mutant], known: &BTreeMap<String, Fate>) -> (Copy, BTreeSet<usize>) {
    let is_known = |(_, mutant): &(usize, &Mutant)| known.get(&mutant.key()) == Some(&Fate::Stillborn);
    let (lost, mut left): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(is_known);
    let mut stillborn: BTreeSet<usize> = lost.into_iter().map(|(number, _)| number).collect();
    loop {
        let files = changed(&left);
        let copy = Copy::new("row_mutants", &files);
        let errors = copy.errors("-p gradus-autograd --lib");
        if errors.is_empty() {
            return (copy, stillborn);
        }
        let before = stillborn.len();
        for (file, line) in &errors {
            let text = files.get(file).and_then(|text| text.lines().nth(line - 1)).unwrap_or_default();
            let number = text.strip_prefix("pub(crate) mod m").and_then(|text| text.split_once(' '));
            stillborn.extend(number.map(|(number, _)| number.parse::<usize>().unwrap()));
        }
        assert!(stillborn.len() > before, "the copy does not build: {errors:?}");
        left.retain(|(number, _)| !stillborn.contains(number));
    }
}

/// What a test says of a mutant.
fn killed(tests: &Tests, alone: bool, number: usize, mutant: &Mutant) -> bool {
    let number = number.to_string();
    let both = [(CHOICE, number.as_str()), (ROW, mutant.row.name.as_str())];
    let variables = if alone { &both[..] } else { &both[..1] };
    matches!(tests.run(variables), Outcome::Fails | Outcome::TooLong)
}

/// What an earlier run has killed, and what did not build in it.
fn known(path: &Path) -> BTreeMap<String, Fate> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let of = |fate: Fate| {
        let lines = text
            .lines()
            .filter_map(move |line| line.strip_prefix(&format!("{fate:?}\t")).map(str::to_string));
        lines.map(move |key| (key, fate))
    };
    of(Fate::Killed).chain(of(Fate::Stillborn)).collect()
}

/// `ROW=tanh` tries the mutants of this row alone.
#[test]
#[ignore = "takes many minutes"]
fn row_mutants_die() {
    let start = Instant::now();
    let only = std::env::var("ROW").ok();
    let mut all: Vec<Mutant> = rows().iter().flat_map(mutants).collect();
    all.retain(|mutant| only.as_ref().is_none_or(|only| *only == mutant.row.name));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("row_mutants.txt");
    let (mut fates, equals) = (known(&path), equals());
    let (copy, stillborn) = copied(&all, &fates);
    let mut file = fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
    for number in &stillborn {
        writeln!(file, "{:?}\t{}", Fate::Stillborn, all[*number].key()).unwrap();
    }
    for (number, mutant) in all.iter().enumerate() {
        let fate = match equals.get(&mutant.key()) {
            _ if stillborn.contains(&number) => Fate::Stillborn,
            Some(_) => Fate::Equal,
            None if fates.get(&mutant.key()) == Some(&Fate::Killed) => Fate::Killed,
            None => Fate::Alive,
        };
        fates.insert(mutant.key(), fate);
    }
    for (judge, alone) in JUDGES {
        let alive = all.iter().enumerate().filter(|(_, mutant)| fates[&mutant.key()] == Fate::Alive);
        let alive: Vec<(usize, &Mutant)> = alive.collect();
        if alive.is_empty() {
            break;
        }
        let tests = copy.tests(judge).expect("tests that build");
        assert_eq!(tests.run(&[]), Outcome::Passes, "{judge}, without a mutant");
        println!("{judge}, built after {} s, for {}", start.elapsed().as_secs(), alive.len());
        for (number, mutant) in alive {
            if killed(&tests, alone, number, mutant) {
                writeln!(file, "{:?}\t{}", Fate::Killed, mutant.key()).unwrap();
                fates.insert(mutant.key(), Fate::Killed);
            }
        }
    }
    report(&all, &fates, start.elapsed());
}

/// A table by operator. Panics if one lives.
fn report(all: &[Mutant], fates: &BTreeMap<String, Fate>, time: Duration) {
    let mut alive = Vec::new();
    let mut table: BTreeMap<&str, BTreeMap<Fate, usize>> = BTreeMap::new();
    for mutant in all {
        let Some(fate) = fates.get(&mutant.key()) else { continue };
        for name in [mutant.operator, "~ all"] {
            *table.entry(name).or_default().entry(*fate).or_default() += 1;
        }
        if *fate == Fate::Alive {
            alive.push(mutant.key());
        }
    }
    println!("\n| operator | tried | killed | alive | equal | does not build |\n|---|---|---|---|---|---|");
    for (operator, fates) in &table {
        let of = |fate| fates.get(&fate).copied().unwrap_or_default();
        let [killed, alive, equal, stillborn] =
            [Fate::Killed, Fate::Alive, Fate::Equal, Fate::Stillborn].map(of);
        let tried = killed + alive;
        println!(
            "| {} | {tried} | {killed} | {alive} | {equal} | {stillborn} |",
            operator.trim_start_matches("~ ")
        );
    }
    println!("{} of {} mutants, {} minutes", fates.len(), all.len(), time.as_secs().div_ceil(60));
    assert!(alive.is_empty(), "alive: {alive:#?}");
}

/// A reason outlives no change of its row.
#[test]
fn every_equal_is_made() {
    // The texts that the copy changes are there.
    changed(&[]);
    let made: BTreeSet<String> = rows().iter().flat_map(mutants).map(|mutant| mutant.key()).collect();
    let lost: Vec<String> = equals().into_keys().filter(|key| !made.contains(key)).collect();
    assert!(lost.is_empty(), "tests/long/row_equals.txt names what is no mutant: {lost:#?}");
}
