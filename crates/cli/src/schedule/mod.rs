//! `gradus schedule`: learning rates by step, as a table, as a picture, and the same training under each.

mod picture;
mod rates;
mod training;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gradus::optim::OptimizerSpec;
use gradus::optim::schedule::FORMS;

use crate::failure::{Failure, check_picture, write_picture};
use crate::optimizers;
use crate::text::arguments::{seed, whole};
use crate::text::lines::cut;
use crate::text::numbers::{count, fixed};
use crate::text::table::Table;
use crate::train;

use picture::picture;
use rates::Candidate;
pub use rates::warnings;
use training::{BATCH, Training, train};

/// Rows of the table of rates, at most.
const ROWS: u64 = 11;
/// Characters of a name in a table.
const NAME: usize = 60;

/// Draws schedules of the learning rate, and trains the same model under each; without a schedule, lists how they are written.
///
/// The model is a softmax regression on the handwritten digits that are part of the program. A schedule is a number or
/// NAME(VALUES); behind it stand .warmup(steps), .then(step, schedule), .times(schedule), .min(schedule) and .max(schedule).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus schedule \"cosine(0.3, 20).warmup(5)\" --steps 30 --svg rates.svg
  gradus schedule \"step(0.3, 10)\" \"plateau(0.3, 0.5, 3)\" --seed 3
  gradus schedule \"one_cycle(0.1, 100)\" --optimizer momentum:beta=0.5")]
pub(crate) struct ScheduleCommand {
    /// Schedules, each in quotes: "cosine(0.3, 20).warmup(5)".
    #[arg(allow_negative_numbers = true)]
    schedules: Vec<String>,
    /// How many steps are drawn and trained.
    #[arg(long, default_value_t = 100, value_parser = whole::<u64>("a number of steps", 2..=100_000, 100), allow_negative_numbers = true)]
    steps: u64,
    /// Whose rate it is: an optimizer of `gradus optimizers`, with settings as in momentum:beta=0.5.
    #[arg(long, value_name = "NAME", default_value = "sgd")]
    optimizer: String,
    /// Fixes the split of the digits, the first weights and the batches.
    #[arg(long, default_value_t = 0, value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// The file for a picture of the rates and of the losses.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl ScheduleCommand {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if self.schedules.is_empty() {
            if self.svg.is_some() {
                let message = "--svg draws schedules, and none is given; give one, as in \"cosine(0.3, 20)\"";
                return Err(Failure::Value(message.to_string()));
            }
            return list(out);
        }
        if let Some(path) = &self.svg {
            check_picture("--svg", path)?;
        }
        let candidates: Vec<Candidate> =
            self.schedules.iter().map(|text| Candidate::read(text, self.steps)).collect::<Result<_, _>>()?;
        let optimizer = self.optimizer()?;
        let (learned, test, _) = train::digits(self.seed)?;
        let runs: Vec<Training> = candidates
            .iter()
            .map(|one| train(one, &optimizer, self.steps, self.seed, (&learned, &test)))
            .collect();
        self.print(out, &runs)?;
        if let Some(path) = &self.svg {
            write_picture(path, &picture(&self.title(), &runs))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
        }
        Ok(())
    }

    /// A rule of the catalogue without a rate of its own.
    fn optimizer(&self) -> Result<OptimizerSpec, Failure> {
        optimizers::read_rule("--optimizer", &self.optimizer, "the schedules are the rates")
    }

    fn title(&self) -> String {
        format!(
            "{} of {} under each schedule: softmax regression on digits, batches of {BATCH}",
            count(self.steps, "step"),
            self.optimizer
        )
    }

    /// The rates step by step, what each training came to, and what may be a mistake.
    fn print(&self, out: &mut dyn Write, runs: &[Training]) -> Result<(), Failure> {
        writeln!(out, "{}, seed {}\n", self.title(), self.seed)?;
        for (i, run) in (1..).zip(runs) {
            writeln!(out, "  {i}  {}", run.name)?;
        }
        let numbers: Vec<String> = (1..=runs.len()).map(|i| i.to_string()).collect();
        let head: Vec<&str> = std::iter::once("step").chain(numbers.iter().map(String::as_str)).collect();
        let mut table = Table::new(&head);
        for step in shown(self.steps) {
            let rates = runs.iter().map(|run| fixed(run.rates[step as usize]));
            table.row(std::iter::once(step.to_string()).chain(rates));
        }
        writeln!(out, "\nlearning rate in force during a step:\n\n{}", table.text())?;
        let mut table = Table::new(&["schedule", "highest rate", "last rate", "loss", "test accuracy"]);
        for run in runs {
            let highest = run.rates.iter().copied().fold(0.0, f64::max);
            let (loss, accuracy) = (fixed(run.last_loss()), format!("{:.4}", run.accuracy));
            table.row([cut(&run.name, NAME), fixed(highest), fixed(run.last_rate()), loss, accuracy]);
        }
        write!(out, "after the training, with the loss of the training set:\n\n{}", table.text())?;
        let warnings: Vec<String> =
            runs.iter().flat_map(|run| rates::warnings(&run.name, &run.rates)).collect();
        for (i, warning) in warnings.iter().enumerate() {
            writeln!(out, "{}warning: {warning}", if i == 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// Steps at even distances, the first and the last among them.
fn shown(steps: u64) -> Vec<u64> {
    let rows = ROWS.min(steps);
    (0..rows).map(|i| i * (steps - 1) / (rows - 1)).collect()
}

fn list(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "gradus schedule SCHEDULE … draws learning rates and trains under each. A schedule is a number, or:\n"
    )?;
    for form in FORMS {
        writeln!(out, "  {}\n    {}, as in {}", form.usage(), form.about, form.example)?;
    }
    writeln!(
        out,
        "  plateau(value, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0)"
    )?;
    writeln!(
        out,
        "    times the factor when the loss no longer falls; ReduceLROnPlateau, as in plateau(0.3, 0.5, 3)"
    )?;
    writeln!(
        out,
        "\nBehind it: .warmup(steps, ramp = linear, start = none), .then(step, schedule), .times(schedule), .min(schedule),\n\
         .max(schedule); a ramp is linear, exponential, constant or cosine. As in cosine(0.3, 20).warmup(5)."
    )?;
    Ok(())
}
