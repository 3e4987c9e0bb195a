//! `gradus optimizers`: the catalogue as a list, and, measured, what each one does.

mod contestant;
mod measure;

use std::io::Write;

use clap::Args;
use gradus::optim::catalog::{Named, all};

use crate::failure::Failure;
use crate::text::table::Table;

pub(crate) use contestant::{Contestant, is_method, optimizer};

use measure::{ENOUGH, FUNCTIONS, Measured, measure, remark};

/// Lists the optimizers: name, learning rate, what it is and whose, hyper-parameters.
///
/// With --measure each one trains a classifier of digits and minimises three functions; it fails if one of them does
/// not reach an accuracy of 0.95 or a minimum.
#[derive(Debug, Args)]
pub(crate) struct Optimizers {
    /// Only these; with --measure one may have a learning rate of its own for the digits, as in adam:lr=0.01.
    #[arg(value_delimiter = ',')]
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
            all().map(|named| Contestant { named, lr: None }).collect()
        } else {
            self.names.clone()
        };
        if self.measure {
            return self.results(out, &chosen);
        }
        if let Some(Contestant { named, lr: Some(lr) }) = chosen.iter().find(|who| who.lr.is_some()) {
            let text = format!(
                "{name}:lr={lr}: the list has no use for a learning rate; measure at it by `gradus optimizers \
                 {name}:lr={lr} --measure`, or race at it by `gradus race --optimizers {name}:lr={lr}`",
                name = named.name
            );
            return Err(Failure::Value(text));
        }
        self.list(out, &chosen)
    }

    fn list(&self, out: &mut dyn Write, chosen: &[Contestant]) -> Result<(), Failure> {
        // The hyper-parameters with their defaults, as they are written in Rust.
        let values = |named: &Named| format!("{:?}", (named.make)());
        if self.markdown {
            let code = |text: &str| format!("`{text}`");
            let mut table = Table::new(&["optimizer", "lr", "what it is; whose", "hyper-parameters"]);
            for Contestant { named, .. } in chosen {
                let (lr, about) = (named.lr.to_string(), named.about.to_string());
                table.row([code(named.name), lr, about, code(&values(named))]);
            }
            return Ok(write!(out, "{}", table.markdown())?);
        }
        for Contestant { named, .. } in chosen {
            writeln!(out, "{:20} lr {:<7} {}\n    {}", named.name, named.lr, named.about, values(named))?;
        }
        Ok(())
    }

    fn results(&self, out: &mut dyn Write, chosen: &[Contestant]) -> Result<(), Failure> {
        let mut head = vec!["optimizer", "accuracy", "lr", "steps", "batch", "hidden"];
        head.extend(FUNCTIONS);
        let (mut table, mut failed) = (Table::new(&head), Vec::new());
        for &who in chosen {
            let measured = measure(who);
            if !measured.passed() {
                failed.push(who.named.name);
            }
            table.row(self.row(who, &measured));
        }
        write!(out, "{}", if self.markdown { table.markdown() } else { table.plain() })?;
        for remark in chosen.iter().filter_map(|who| remark(who.named)) {
            writeln!(out, "\n{remark}.")?;
        }
        if failed.is_empty() {
            return Ok(());
        }
        let text = format!("below an accuracy of {ENOUGH} or at no minimum: {}", failed.join(", "));
        Err(Failure::Run(text))
    }

    fn row(&self, who: Contestant, measured: &Measured) -> Vec<String> {
        let name = who.named.name;
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
}
