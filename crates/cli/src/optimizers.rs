//! `gradus optimizers`: the catalogue as a list, and, measured, what each one does.

use std::fmt::Write as _;
use std::io::Write;

use clap::Args;

use crate::failure::Failure;
use crate::optimizers_measure::{ENOUGH, FUNCTIONS, Measured, measure, remark};
use crate::race_run::{Contestant, Kind};

/// Lists the optimizers: name, learning rate, what it is and whose, hyper-parameters.
///
/// With --measure each one trains a classifier of digits and minimises three functions; it fails if one of them does
/// not reach an accuracy of 0.95 or a minimum.
#[derive(Debug, Args)]
pub(crate) struct Optimizers {
    /// Only these; one may have a learning rate of its own for the digits, as in adam:lr=0.01.
    names: Vec<Contestant>,
    /// Measures: takes about two minutes in a release build.
    #[arg(long)]
    measure: bool,
    /// Prints Markdown.
    #[arg(long)]
    markdown: bool,
}

impl Optimizers {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let chosen: Vec<Contestant> = if self.names.is_empty() {
            Kind::all().map(|kind| Contestant { kind, lr: None }).collect()
        } else {
            self.names.clone()
        };
        if self.measure { self.results(out, &chosen) } else { self.list(out, &chosen) }
    }

    fn list(&self, out: &mut dyn Write, chosen: &[Contestant]) -> Result<(), Failure> {
        let kinds = chosen.iter().map(|who| who.kind);
        if self.markdown {
            let code = |text: &str| format!("`{text}`");
            let row = |kind: Kind| {
                vec![code(kind.name()), kind.lr().to_string(), kind.about().to_string(), code(&kind.values())]
            };
            let rows: Vec<Vec<String>> = kinds.map(row).collect();
            return Ok(write!(
                out,
                "{}",
                markdown(&["optimizer", "lr", "what it is; whose", "hyper-parameters"], &rows)
            )?);
        }
        for kind in kinds {
            writeln!(out, "{:20} lr {:<7} {}\n    {}", kind.name(), kind.lr(), kind.about(), kind.values())?;
        }
        Ok(())
    }

    fn results(&self, out: &mut dyn Write, chosen: &[Contestant]) -> Result<(), Failure> {
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        for &who in chosen {
            let measured = measure(who);
            if !measured.passed() {
                failed.push(who.kind.name());
            }
            rows.push(self.row(who, &measured));
        }
        let mut head = vec!["optimizer", "accuracy", "lr", "steps", "batch", "hidden"];
        head.extend(FUNCTIONS);
        self.print(out, &head, &rows)?;
        for remark in chosen.iter().filter_map(|who| remark(who.kind)) {
            writeln!(out, "\n{remark}.")?;
        }
        if failed.is_empty() {
            return Ok(());
        }
        let text = format!("below an accuracy of {ENOUGH} or at no minimum: {}", failed.join(", "));
        Err(Failure::Run(text))
    }

    fn row(&self, who: Contestant, measured: &Measured) -> Vec<String> {
        let name = who.kind.name();
        let training = &measured.training;
        let mut row = vec![
            if self.markdown { format!("`{name}`") } else { name.to_string() },
            format!("{:.3}", measured.accuracy),
            training.lr.to_string(),
            measured.steps.to_string(),
            training.batch.map_or("all".to_string(), |batch| batch.to_string()),
            training.hidden.to_string(),
        ];
        let cell = |arrival: &Option<(usize, f64)>| {
            arrival.map_or("not reached".to_string(), |(steps, lr)| format!("{steps} at {lr}"))
        };
        row.extend(measured.arrivals.iter().map(cell));
        row
    }

    fn print(&self, out: &mut dyn Write, head: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        let text = if self.markdown { markdown(head, rows) } else { plain(head, rows) };
        Ok(write!(out, "{text}")?)
    }
}

fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// Columns as wide as their widest cell.
fn plain(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().map(|row| row[i].chars().count());
        cells.chain([head[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_string()).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}
