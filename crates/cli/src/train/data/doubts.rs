//! What of a table makes a training worthless without making it fail: said in front of the training, which goes on.

use std::collections::{BTreeMap, BTreeSet};

use gradus::data::csv::{Column, Kind};

use super::table::ordered;
use crate::text::numbers::count;

/// So many names are listed; of more the first.
const LISTED: usize = 5;
/// Fewer rows than these may well have different numbers by chance.
const FEW: usize = 10;
/// A correlation that differs from 1 by less is one of a formula.
const ROUNDING: f64 = 1e-12;

/// The rows of a table, as they are used.
pub(super) struct Rows<'r> {
    pub(super) target: &'r str,
    /// The names of the classes, if the target has some.
    pub(super) classes: Option<&'r [String]>,
    /// The numbers or classes of the target.
    pub(super) labels: &'r [f64],
    pub(super) train: &'r [i64],
    pub(super) test: &'r [i64],
}

impl Rows<'_> {
    /// All that is doubtful, a sentence each; `used` are the columns that are learned from, `width` the inputs made of them.
    pub(super) fn doubts(&self, used: &[&Column], width: usize) -> Vec<String> {
        let mut all = match self.classes {
            Some(names) => self.of_classes(names),
            None => self.of_numbers(),
        };
        all.extend(used.iter().filter_map(|column| self.of_column(column)));
        if self.train.len() < width {
            all.push(format!(
                "there are {} and {} to learn from: more inputs than rows fit any {}, also by chance; take more rows or fewer columns",
                count(width, "input"),
                count(self.train.len(), "row"),
                self.target
            ));
        }
        all
    }

    /// Classes with one row, and classes that only the test has.
    fn of_classes(&self, names: &[String]) -> Vec<String> {
        let numbers = |rows: &[i64]| {
            let mut numbers = vec![0usize; names.len()];
            for &row in rows {
                numbers[self.labels[row as usize] as usize] += 1;
            }
            numbers
        };
        let (learned, tested) = (numbers(self.train), numbers(self.test));
        let (target, classes) = (self.target, count(names.len(), "class"));
        let of = |holds: &dyn Fn(usize) -> bool| (0..names.len()).filter(|&i| holds(i)).collect::<Vec<_>>();
        let single = of(&|i| learned[i] + tested[i] == 1);
        if single.len() == names.len() {
            return vec![format!(
                "{target} has {classes} in {}, one a row: no row tells of another, and no class of the test was learned; \
                 is {target} the name of a row?",
                count(names.len(), "row")
            )];
        }
        let unseen = of(&|i| learned[i] == 0 && tested[i] > 1);
        let mut all = Vec::new();
        if !single.is_empty() {
            let have = if single.len() == 1 { "has" } else { "have" };
            all.push(format!(
                "{} of {classes} of {target} {have} one row ({}): such a class is learned or tested, never both",
                single.len(),
                listed(names, &single)
            ));
        }
        if !unseen.is_empty() {
            all.push(format!(
                "{} of {classes} of {target} fell into the test alone ({}): nothing is learned of it; take another --seed, or more rows",
                unseen.len(),
                listed(names, &unseen)
            ));
        }
        all
    }

    /// A target that does not vary where it is learned.
    fn of_numbers(&self) -> Vec<String> {
        let learned: BTreeSet<i64> =
            self.train.iter().map(|&row| ordered(self.labels[row as usize])).collect();
        let one = || {
            format!(
                "{} has one value in the {} that is learned from; nothing but that value can be learned",
                self.target,
                count(self.train.len(), "row")
            )
        };
        (learned.len() == 1).then(one).into_iter().collect()
    }

    /// A column that is an answer or a name, not a property.
    fn of_column(&self, column: &Column) -> Option<String> {
        let (name, target, rows) = (&column.name, self.target, column.values.len());
        if self.is_told_by(column) {
            return Some(format!(
                "column {name} tells {target} without error; if it is known only together with {target}, leave it out"
            ));
        }
        let different: BTreeSet<i64> = column.values.iter().map(|x| ordered(*x)).collect();
        let counts = matches!(column.kind, Kind::Integer | Kind::Category);
        (counts && rows >= FEW && different.len() == rows).then(|| {
            let what = if column.kind == Kind::Integer { "whole numbers" } else { "texts" };
            format!(
                "column {name} has different {what} in all {rows} rows, as names and numbers of rows have; \
                 if it is one, leave it out"
            )
        })
    }

    /// Whether the target is this column in other words: of classes one value for each, of numbers a factor and a constant apart.
    fn is_told_by(&self, column: &Column) -> bool {
        let known = column.values.iter().zip(self.labels).filter(|(x, _)| !x.is_nan());
        if self.classes.is_some() {
            let mut label_of = BTreeMap::new();
            let mut agree = true;
            for (x, label) in known.clone() {
                agree &= *label_of.entry(ordered(*x)).or_insert(ordered(*label)) == ordered(*label);
            }
            let labels: BTreeSet<i64> = label_of.values().copied().collect();
            return agree
                && labels.len() > 1
                && labels.len() == label_of.len()
                && known.count() > labels.len();
        }
        let n = known.clone().count() as f64;
        let (sum_x, sum_y) = known.clone().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        let (mean_x, mean_y) = (sum_x / n, sum_y / n);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in known {
            let (x, y) = (x - mean_x, y - mean_y);
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        }
        n > 2.0 && xx > 0.0 && yy > 0.0 && xy.abs() / (xx.sqrt() * yy.sqrt()) > 1.0 - ROUNDING
    }
}

/// The first of some names.
fn listed(names: &[String], which: &[usize]) -> String {
    let first: Vec<&str> = which.iter().take(LISTED).map(|&i| names[i].as_str()).collect();
    let more = if which.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}
