//! `gradus find-lr`: the range test of the learning rate, on the data and the model that `gradus train` has.

mod picture;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gradus::data::text::random_windows;
use gradus::optim::{LrSearch, lr_finder};
use gradus::prelude::*;

use crate::failure::{Failure, check_picture, write_picture};
use crate::optimizers;
use crate::text::arguments::{learning_rate, seed, whole};
use crate::text::numbers::{count, fixed, number};
use crate::text::table::Table;
use crate::train::{Feed, Recipe, Subject, Task};

use picture::picture;

/// A loss that falls by less than this share of its first value has not been changed by any rate.
const HARDLY: f64 = 0.02;
/// Rows of the table, at most.
const ROWS: usize = 13;

/// Looks for a learning rate: a short training in which it grows until the loss explodes.
///
/// Suggested is the rate at which the smoothed loss falls fastest; the usual peak of a schedule lies there or a little above.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus find-lr --svg range.svg
  gradus find-lr digits --model lenet --optimizer momentum:momentum=0.8
  gradus find-lr --from 1e-4 --to 1 --steps 50 --seed 3
  gradus find-lr csv FILE --target NAME
  gradus find-lr mnist --data FOLDER")]
pub(crate) struct FindLr {
    #[command(flatten)]
    subject: Subject,
    /// A rule of `gradus optimizers`, with settings as in adamw:weight-decay=0.1.
    #[arg(long, value_name = "NAME", default_value = "adamw")]
    optimizer: String,
    /// The first rate.
    #[arg(long, value_name = "LR", default_value_t = 1e-5, value_parser = learning_rate, allow_negative_numbers = true)]
    from: f64,
    /// The last rate.
    #[arg(long, value_name = "LR", default_value_t = 10.0, value_parser = learning_rate, allow_negative_numbers = true)]
    to: f64,
    /// Steps from the first rate to the last.
    #[arg(long, default_value_t = 100, value_parser = whole::<u64>("a number of steps", 10..=100_000, 100), allow_negative_numbers = true)]
    steps: u64,
    /// Fixes the first weights and the batches.
    #[arg(long, default_value_t = 0, value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// The file for a picture of the loss against the rate.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl FindLr {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(path) = &self.svg {
            check_picture("--svg", path)?;
            self.subject.check_apart("--svg", path, None, None)?;
        }
        let Self { from, to, .. } = self;
        if from >= to {
            let text = format!(
                "--from {from} --to {to}: the rate grows; give a larger --to, as in --from 1e-5 --to 10"
            );
            return Err(Failure::Value(text));
        }
        if !(to / from).is_finite() {
            let text = format!(
                "--from {from:e} --to {to:e}: the last rate is more than 1e308 times the first; give nearer ones, as in --from 1e-5 --to 10"
            );
            return Err(Failure::Value(text));
        }
        let rule =
            optimizers::read_rule("--optimizer", &self.optimizer, "the rate is what is looked for")?.rule();
        let subject = &self.subject;
        subject.check()?;
        let own = Recipe::of(subject.data_set, subject.model)?;
        let recipe = Recipe { seed: self.seed, target: subject.target.clone(), ..own };
        let task = subject.load(&recipe)?;
        let search = self.search(&task, &recipe, Optimizer::new(rule, *from));
        self.print(out, &task, &recipe, &search)?;
        if let Some(path) = &self.svg {
            write_picture(path, &picture(&self.title(&task, &recipe), &search))?;
            writeln!(out, "\npicture saved to {}", path.display())?;
        }
        Ok(())
    }

    /// The training whose rate grows.
    fn search(&self, task: &Task, recipe: &Recipe, optimizer: Optimizer) -> LrSearch {
        let (mut model, mut optimizer) = (task.model.clone(), optimizer.seed(self.seed));
        let mut batches = batches(task, recipe);
        lr_finder(self.from, self.to, self.steps as usize, |rate| {
            let batch = batches.next().expect("batches have no end");
            optimizer.set_lr(rate);
            optimizer.training_step(&mut model, |model, tape| {
                task.loss(model.forward(tape.constant(&batch.inputs)), &batch.labels)
            })
        })
    }

    fn title(&self, task: &Task, recipe: &Recipe) -> String {
        let (model, batch) = (recipe.model.name(), recipe.batch);
        format!("{}, {model}, batches of {batch}, {}: the range test", task.title, self.optimizer)
    }

    fn print(
        &self,
        out: &mut dyn Write,
        task: &Task,
        recipe: &Recipe,
        search: &LrSearch,
    ) -> Result<(), Failure> {
        let Self { from, to, steps, seed, .. } = self;
        writeln!(
            out,
            "{}, seed {seed}\nthe rate grows from {from} to {to} in {}\n",
            self.title(task, recipe),
            count(*steps, "step")
        )?;
        let (n, mut table) = (search.rates.len(), Table::new(&["step", "learning rate", "smoothed loss"]));
        let rows = ROWS.min(n);
        for i in (0..rows).map(|row| row * (n - 1) / (rows - 1).max(1)) {
            table.row([i.to_string(), number(search.rates[i], 3), fixed(search.losses[i])]);
        }
        writeln!(out, "{}", table.text())?;
        if n < *steps as usize {
            let n = count(n, "step");
            writeln!(out, "it ended after {n}: the loss was four times its best, or not finite")?;
        }
        let Some(rate) = search.steepest() else {
            let text = format!(
                "the loss never fell between the rates {from} and {to}; try a smaller --from, or more --steps"
            );
            return Err(Failure::Run(text));
        };
        let (first, best) = (search.losses[0], search.losses.iter().copied().fold(f64::INFINITY, f64::min));
        if first - best < HARDLY * first.abs() {
            writeln!(
                out,
                "warning: the loss hardly fell, from {} to {}, so that what is suggested says little; try a larger --to, or more --steps",
                fixed(first),
                fixed(best)
            )?;
        }
        writeln!(out, "lowest loss at the learning rate {}", number(lowest(search), 2))?;
        writeln!(out, "suggested learning rate, where the loss falls fastest: {}", number(rate, 2))?;
        Ok(())
    }
}

/// The rate at the lowest loss.
fn lowest(search: &LrSearch) -> f64 {
    let pairs = search.rates.iter().zip(&search.losses);
    pairs.min_by(|a, b| a.1.total_cmp(b.1)).map_or(f64::NAN, |(rate, _)| *rate)
}

/// Batches without end, in the order of the seed.
fn batches<'t>(task: &'t Task, recipe: &'t Recipe) -> Box<dyn Iterator<Item = Dataset> + 't> {
    match &task.feed {
        Feed::Examples(data) => {
            let loader = Loader { batch: recipe.batch, shuffle: Some(recipe.seed), drop_last: false };
            Box::new((0..).flat_map(move |epoch| loader.epoch(data, epoch)))
        }
        Feed::Windows(tokens, length) => {
            let mut random = rng(recipe.seed);
            Box::new(std::iter::repeat_with(move || {
                random_windows(tokens, *length, recipe.batch, &mut random)
            }))
        }
    }
}
