//! `gradus optimizers`: the catalogue as a list, and, measured, what each one does.

mod measure;

use std::io::Write;

use clap::Args;
use gradus::optim::catalog::all;
use gradus::optim::schedule::Schedule;
use gradus::optim::{Error, OptimizerSpec, split_list};

use crate::failure::Failure;
use crate::text::numbers::number;
use crate::text::table::Table;

use measure::{ENOUGH, FUNCTIONS, Measured, measure, remark};

/// The optimizers of a list such as `adam,sgd:lr=0.1`; `of` is the option that has it.
pub(crate) fn read(of: &str, list: &str) -> Result<Vec<OptimizerSpec>, Failure> {
    let example = if of == "--optimizer" { "momentum:beta=0.5" } else { "adam,sgd:lr=0.1" };
    if list.trim().is_empty() {
        let of = if of.is_empty() { "the list" } else { of };
        return Err(Failure::Value(format!("{of} is empty; name what is to be taken, as in {example}")));
    }
    let one = |text: &str| {
        text.trim().parse().map_err(|error| {
            // Other messages begin with the text that is wrong, which stands behind the option as it was given.
            let unknown = matches!(error, Error::Unknown { .. });
            let behind = if unknown || text.trim().is_empty() { ": " } else { " " };
            let of = if of.is_empty() { String::new() } else { format!("{of}{behind}") };
            let all = if unknown { "; `gradus optimizers` lists all; write it as in " } else { "" };
            Failure::Value(format!("{of}{error}{all}{}", if unknown { example } else { "" }))
        })
    };
    split_list(list).into_iter().map(one).collect()
}

/// One rule without a rate of its own; `why` says who has the rate.
pub(crate) fn read_rule(of: &str, text: &str, why: &str) -> Result<OptimizerSpec, Failure> {
    let wrong = |what: String| Failure::Value(format!("{of} {text}: {what}"));
    match &read(of, text)?[..] {
        [who] if is_method(who) => {
            Err(wrong(format!("it finds the length of its steps itself; take a rule, as in {of} adamw")))
        }
        [who] if who.rate().is_some() => Err(wrong(format!("{why}; write {}", who.named().name))),
        [who] => Ok(who.clone()),
        _ => Err(wrong("one optimizer is wanted, as in adamw:weight-decay=0.1".to_string())),
    }
}

/// Whether it evaluates the loss itself, and so finds the length of its steps.
pub fn is_method(who: &OptimizerSpec) -> bool {
    who.rule().method().is_some()
}

/// The largest rate that is taken.
const LARGEST: f64 = OptimizerSpec::LARGEST_RATE;

/// Refuses a schedule with a rate that is none, somewhere in so many steps; messages call it `of`.
///
/// # Errors
/// If a rate is below 0, above [`OptimizerSpec::LARGEST_RATE`] or no number.
pub fn check_rates(of: &str, rate: &dyn Schedule, steps: u64) -> Result<(), Failure> {
    let rate_of = |step| rate.at(step);
    let wrong =
        (0..steps).map(|step| (step, rate_of(step))).find(|(_, rate)| !(0.0..=LARGEST).contains(rate));
    let Some((step, rate)) = wrong else { return Ok(()) };
    let help = match rate {
        _ if (0..steps).all(|step| rate_of(step) <= 0.0) => {
            "write it without the minus sign, as in cosine(0.3, 20)"
        }
        rate if rate < 0.0 => "end it at 0, as by .max(0)",
        // Also at its least it is too large.
        _ if (0..steps).all(|step| rate_of(step) > LARGEST) => "write a smaller one, as in cosine(0.3, 20)",
        _ => "limit it, as by .min(1)",
    };
    Err(Failure::Value(format!(
        "{of}: the rate at step {step} is {}, and a rate is a number from 0 to {LARGEST:e}; {help}",
        number(rate, 6)
    )))
}

/// Lists the optimizers: name, learning rate, what it is and whose, hyper-parameters.
///
/// With --measure each one trains a classifier of digits and minimises three functions; it fails if one of them does
/// not reach an accuracy of 0.95 or a minimum.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus optimizers
  gradus optimizers adam,sgd --markdown
  gradus optimizers adam:lr=0.01 sgd --measure")]
pub(crate) struct Optimizers {
    /// Only these, with commas or blanks between them; each may have settings, as in adam:beta1=0.5, and with --measure a
    /// learning rate of its own for the digits, as in adam:lr=0.01.
    names: Vec<String>,
    /// Measures: takes about two minutes in a release build.
    #[arg(long)]
    measure: bool,
    /// Prints Markdown.
    #[arg(long)]
    markdown: bool,
}

impl Optimizers {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let chosen: Vec<OptimizerSpec> = if self.names.is_empty() {
            all().map(OptimizerSpec::of).collect()
        } else {
            self.names.iter().map(|list| read("", list)).collect::<Result<Vec<_>, _>>()?.concat()
        };
        if let Some(who) = chosen.iter().find(|who| who.rate().is_some() && who.lr().is_none()) {
            let label = who.label();
            let text = format!(
                "{label}: a schedule is raced by `gradus race --optimizers \"{label}\"`; leave it out"
            );
            return Err(Failure::Value(text));
        }
        if self.measure {
            return self.results(out, &chosen);
        }
        if let Some((who, lr)) = chosen.iter().find_map(|who| Some((who.label(), who.lr()?))) {
            let text = format!(
                "{who}:lr={lr}: the list has no use for a learning rate; measure at it by `gradus optimizers \
                 {who}:lr={lr} --measure`, or race at it by `gradus race --optimizers {who}:lr={lr}`"
            );
            return Err(Failure::Value(text));
        }
        self.list(out, &chosen)
    }

    fn list(&self, out: &mut dyn Write, chosen: &[OptimizerSpec]) -> Result<(), Failure> {
        // The hyper-parameters with their defaults, as they are written in Rust.
        let values = |who: &OptimizerSpec| format!("{:?}", who.rule());
        if self.markdown {
            let code = |text: &str| format!("`{text}`");
            let mut table = Table::new(&["optimizer", "lr", "what it is; whose", "hyper-parameters"]);
            for who in chosen {
                let named = who.named();
                let (lr, about) = (named.lr.to_string(), named.about.to_string());
                table.row([code(who.label()), lr, about, code(&values(who))]);
            }
            return Ok(write!(out, "{}", table.markdown())?);
        }
        for who in chosen {
            let named = who.named();
            writeln!(out, "{:20} lr {:<7} {}\n    {}", who.label(), named.lr, named.about, values(who))?;
        }
        Ok(())
    }

    fn results(&self, out: &mut dyn Write, chosen: &[OptimizerSpec]) -> Result<(), Failure> {
        let mut head = vec!["optimizer", "accuracy", "lr", "steps", "batch", "hidden"];
        head.extend(FUNCTIONS);
        let (mut table, mut failed) = (Table::new(&head), Vec::new());
        for who in chosen {
            let measured = measure(who);
            if !measured.passed() {
                failed.push(who.label());
            }
            table.row(self.row(who, &measured));
        }
        write!(out, "{}", if self.markdown { table.markdown() } else { table.plain() })?;
        for remark in chosen.iter().filter_map(remark) {
            writeln!(out, "\n{remark}.")?;
        }
        if failed.is_empty() {
            return Ok(());
        }
        let text = format!("below an accuracy of {ENOUGH} or at no minimum: {}", failed.join(", "));
        Err(Failure::Run(text))
    }

    fn row(&self, who: &OptimizerSpec, measured: &Measured) -> Vec<String> {
        let name = who.label();
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
