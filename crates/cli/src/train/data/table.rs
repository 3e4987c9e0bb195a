//! A table of the user's: columns of numbers are standardised, texts become a column for each, what is missing is the mean.

use std::collections::BTreeSet;
use std::path::Path;

use gradus::data::csv::{Column, CsvOptions, Kind, Table};
use gradus::prelude::*;

use super::doubts::Rows;
use super::fingerprint::Fingerprint;
use super::{End, Feed, Task};
use crate::failure::Failure;
use crate::text::numbers::count;
use crate::train::models;
use crate::train::recipe::{Recipe, Target};

/// A column with more different texts says who a row is, not what it is like.
const MOST_TEXTS: usize = 50;
/// Integers with more different values are an amount, not a class.
const MOST_CLASSES: usize = 20;
/// A column of texts with at least this share of numbers was meant to be one of numbers.
const MOSTLY: f64 = 0.9;
/// Beyond this a number has no place in F32, in which models compute.
const LARGEST: f64 = 1e37;

/// A table with what is said of it.
struct Reader<'p> {
    path: &'p Path,
    table: Table,
    notes: Vec<String>,
}

pub(super) fn load(path: &Path, recipe: &Recipe) -> Result<Task, Failure> {
    let table =
        Table::read(path, &CsvOptions::default()).map_err(|error| Failure::Value(error.to_string()))?;
    let mut reader = Reader { path, table, notes: Vec::new() };
    let target = reader.target(recipe)?;
    reader.check_cells()?;
    reader.drop_rows(&target)?;
    let (labels, classes) = reader.labels(&target, recipe.kind)?;
    let n = reader.table.rows();
    let order = Tensor::permutation(n, &mut rng(recipe.seed)).to_vec::<i64>();
    let tested = ((n as f64 * 0.2).round() as usize).clamp(1, n - 1);
    let (test, train) = order.split_at(tested);
    let (inputs, used) = reader.inputs(&target, train)?;
    let columns: Vec<&Column> = used.iter().map(|&at| &reader.table.columns[at]).collect();
    let (numbers, width) = (labels.to_f64_vec(), inputs.shape()[1]);
    let rows = Rows { target: &target, classes: classes.as_deref(), labels: &numbers, train, test };
    let warnings = rows.doubts(&columns, width);
    let part = |places: &[i64]| {
        Dataset::new(inputs.clone(), labels.clone()).select(&Tensor::from_slice(places, [places.len()]))
    };
    let (mut train, mut test) = (part(train), part(test));
    let names = columns.iter().map(|column| column.name.as_str());
    let texts: Vec<&str> = names.chain(classes.iter().flatten().map(String::as_str)).collect();
    let fingerprint = Fingerprint::of_sets(&train, &test, &texts);
    let scale = Standardizer::per_column(&train.inputs);
    (train, test) = (train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x)));
    let mut end = End::Classes;
    if classes.is_none() {
        let scale = Standardizer::overall(&train.labels);
        end = End::Number { deviation: scale.deviation.item() };
        let scaled = |data: Dataset| Dataset::new(data.inputs, scale.apply(&data.labels).to(DType::F32));
        (train, test) = (scaled(train), scaled(test));
    }
    let outputs = classes.as_ref().map_or(1, Vec::len);
    let what = match &classes {
        Some(classes) => format!("a classifier of {target} ({})", classes.join(", ")),
        None => format!("a regression of {target}"),
    };
    Ok(Task {
        title: what,
        notes: reader.notes,
        warnings,
        model: models::of_rows(recipe, width, outputs, &mut rng(recipe.seed)),
        check: (train.narrow(0, train.len().min(8)), 500),
        feed: Feed::Examples(train),
        test,
        end,
        fingerprint,
    })
}

impl Reader<'_> {
    fn wrong(&self, what: impl std::fmt::Display) -> Failure {
        Failure::Value(format!("{}: {what}", self.path.display()))
    }

    fn target(&self, recipe: &Recipe) -> Result<String, Failure> {
        let names: Vec<&str> = self.table.columns.iter().map(|column| column.name.as_str()).collect();
        let Some(target) = &recipe.target else {
            return Err(Failure::Value(format!("csv needs --target NAME, one of {}", names.join(", "))));
        };
        self.table.column(target).map_err(|error| Failure::Value(format!("--target {target}: {error}")))?;
        if self.table.rows() == 0 {
            return Err(self.wrong("it has a header, and no row behind it"));
        }
        Ok(target.clone())
    }

    /// Refuses cells that spoil a column of numbers: a text among them, an infinity.
    fn check_cells(&self) -> Result<(), Failure> {
        for (at, column) in self.table.columns.iter().enumerate() {
            let here =
                |row: usize| format!("line {}, column {} ({})", self.table.lines[row], at + 1, column.name);
            if let Some(row) = column.values.iter().position(|x| x.abs() > LARGEST) {
                let x = column.values[row];
                let what = if x.is_infinite() { "is no finite number" } else { "is too large to learn from" };
                return Err(
                    self.wrong(format!("{}: {x:e} {what}; correct it, or leave the cell empty", here(row)))
                );
            }
            let is_number = |text: &str| text.parse::<f64>().is_ok();
            let texts: Vec<(usize, &str)> =
                (0..self.table.rows()).filter_map(|row| Some((row, column.category(row)?))).collect();
            let numbers = texts.iter().filter(|(_, text)| is_number(text)).count();
            let stray = texts.iter().find(|(_, text)| !is_number(text));
            if let Some((row, text)) = stray.filter(|_| numbers as f64 >= MOSTLY * texts.len() as f64) {
                return Err(self.wrong(format!(
                    "{}: {text:?} is no number, and {numbers} of the {} cells of this column are; \
                     correct it, or leave the cell empty",
                    here(*row),
                    texts.len()
                )));
            }
        }
        Ok(())
    }

    /// Leaves out the rows whose target is not known.
    fn drop_rows(&mut self, target: &str) -> Result<(), Failure> {
        let column = self.table.column(target).map_err(|error| self.wrong(error))?;
        let known: Vec<usize> = (0..self.table.rows()).filter(|row| !column.values[*row].is_nan()).collect();
        let missing = self.table.rows() - known.len();
        if missing > 0 {
            let first = column.values.iter().position(|x| x.is_nan()).map_or(0, |row| self.table.lines[row]);
            let (have, s) = if missing == 1 { ("has", "s") } else { ("have", "") };
            self.notes.push(format!(
                "{} {have} no {target} and count{s} for nothing; the first is line {first}.",
                count(missing, "row")
            ));
        }
        if known.len() < 2 {
            let have = if known.len() == 1 { "has" } else { "have" };
            return Err(self.wrong(format!(
                "{} {have} a {target}; 2 are wanted at least, one to learn from and one for the test",
                count(known.len(), "row")
            )));
        }
        for column in &mut self.table.columns {
            column.values = known.iter().map(|row| column.values[*row]).collect();
        }
        self.table.lines = known.iter().map(|row| self.table.lines[*row]).collect();
        Ok(())
    }

    /// The labels of the target, and the names of its classes, if it has some.
    fn labels(&self, target: &str, kind: Option<Target>) -> Result<(Tensor, Option<Vec<String>>), Failure> {
        let column = self.table.column(target).map_err(|error| self.wrong(error))?;
        let bits: BTreeSet<i64> = column.values.iter().map(|x| ordered(*x)).collect();
        let text = matches!(column.kind, Kind::Category | Kind::Bool);
        let few = column.kind == Kind::Integer
            && bits.len() <= MOST_CLASSES
            && 2 * bits.len() <= column.values.len();
        let guessed = if text || few { Target::Classification } else { Target::Regression };
        let shape = [column.values.len()];
        match kind.unwrap_or(guessed) {
            Target::Regression if text => {
                Err(self.wrong(format!("column {target} holds texts; they have no regression")))
            }
            _ if bits.len() < 2 => {
                Err(self.wrong(format!("column {target} has one value only; there is nothing to tell apart")))
            }
            Target::Regression => Ok((Tensor::from_slice(&column.values, shape), None)),
            Target::Classification if bits.len() > 1000 => Err(self.wrong(format!(
                "column {target} has {} different values; 1000 classes are the most",
                bits.len()
            ))),
            Target::Classification => {
                let all: Vec<i64> = bits.into_iter().collect();
                let class = |x: &f64| all.binary_search(&ordered(*x)).map_or(0, |class| class as i64);
                let name = |row: usize| class_name(column, row);
                let first = |bits: &i64| {
                    column.values.iter().position(|x| ordered(*x) == *bits).map_or(String::new(), name)
                };
                let labels: Vec<i64> = column.values.iter().map(class).collect();
                Ok((Tensor::from_vec(labels, shape), Some(all.iter().map(first).collect())))
            }
        }
    }

    /// All columns but the target, `[rows, width]`, and which of them are in it. What is missing is the mean of the rows that are
    /// learned from, or no text at all; what is the same in all of them is left out.
    fn inputs(&mut self, target: &str, train: &[i64]) -> Result<(Tensor, Vec<usize>), Failure> {
        let (mut parts, mut used): (Vec<Vec<f64>>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, column) in self.table.columns.iter().enumerate().filter(|(_, column)| column.name != target)
        {
            let (name, before) = (&column.name, parts.len());
            let missing = column.missing();
            let learned = || train.iter().map(|row| column.values[*row as usize]).filter(|x| !x.is_nan());
            let known = learned().count();
            let is_text = column.kind == Kind::Category;
            let same = learned().map(ordered).collect::<BTreeSet<_>>().len() == 1;
            // Of a text it may be told from where there is none.
            let constant = same && train.len() > 1 && (known == train.len() || !is_text);
            if known == 0 {
                self.notes.push(format!("column {name} holds nothing to learn from and is left out."));
            } else if constant {
                self.notes.push(format!(
                    "column {name} has one value in all rows that are learned from, which tells nothing, and is left out."
                ));
            } else if column.categories.len() > MOST_TEXTS {
                let n = column.categories.len();
                self.notes.push(format!(
                    "column {name} holds {n} different texts and is left out; {MOST_TEXTS} are the most."
                ));
            } else if is_text {
                let of = |code: usize| {
                    column.values.iter().map(|x| f64::from(u8::from(*x == code as f64))).collect()
                };
                parts.extend((0..column.categories.len()).map(of));
            } else {
                let mean = learned().sum::<f64>() / known as f64;
                parts.push(column.values.iter().map(|x| if x.is_nan() { mean } else { *x }).collect());
            }
            if parts.len() == before {
                continue;
            }
            used.push(at);
            if missing > 0 {
                let (are, s) = if missing == 1 { ("is", "s") } else { ("are", "") };
                let (cells, filled) = (count(missing, "cell"), if is_text { "no text" } else { "the mean" });
                self.notes.push(format!("column {name}: {cells} {are} missing and count{s} as {filled}."));
            }
        }
        if parts.is_empty() {
            let told =
                self.notes.last().map_or(String::new(), |note| format!(": {}", note.trim_end_matches('.')));
            return Err(self.wrong(format!("beside {target} there is no column to predict it from{told}")));
        }
        let (width, rows) = (parts.len(), self.table.rows());
        Ok((Tensor::from_vec(parts.concat(), [width, rows]).t().to(DType::F32).contiguous(), used))
    }
}

/// A number of which the order is that of the float.
pub(super) fn ordered(x: f64) -> i64 {
    // -0 and 0 are one value.
    let bits = (x + 0.0).to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed())
}

fn class_name(column: &Column, row: usize) -> String {
    match (column.category(row), column.kind) {
        (Some(text), _) => text.to_string(),
        (None, Kind::Bool) => (column.values[row] == 1.0).to_string(),
        (None, _) => column.values[row].to_string(),
    }
}
