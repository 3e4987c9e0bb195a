//! `gradus train`: a model from data to saved weights, with its gradient checked on the way.

mod check;
mod data;
mod fit;
mod health;
mod kept;
mod many;
mod models;
mod picture;
mod recipe;
mod rescue;
mod subject;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use gradus::parallel::Communicator;
use gradus::prelude::*;
use serde_json::{Map, Value, json};

use crate::failure::{Failure, check_picture, check_writable, write_picture};
use crate::text::arguments::{learning_rate, seed, whole};
use crate::text::numbers::count;

pub(crate) use data::{Data, Feed, Task};
use fit::Outcome;
use picture::picture;
use recipe::Method;
pub(crate) use recipe::Recipe;
use rescue::{UntilClosed, earlier, save};
pub(crate) use subject::Subject;

/// The word for no file behind `--config`.
const PRINT: &str = "-";
/// The usual learning rate of SGD with momentum.
const SGD_LR: f64 = 0.05;

/// The digits to learn from and to be tested with, standardised, and the new model of `gradus train digits`.
pub(crate) fn digits(seed: u64) -> Result<(Dataset, Dataset, Sequential), Failure> {
    let recipe = Recipe { seed, ..Recipe::of(Data::Digits, None)? };
    let task = Data::Digits.load(None, &recipe)?;
    match task.feed {
        Feed::Examples(train) => Ok((train, task.test, task.model)),
        Feed::Windows(..) => Err(Failure::Run("digits are no text".to_string())),
    }
}

/// Trains a model, tests it and saves its weights.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus train digits --epochs 20 --lr 0.002 --seed 3
  gradus train digits --model lenet --svg train.svg --out weights.safetensors
  gradus train digits --optimizer sgd --log run --checkpoint-every 100 --json
  gradus train digits --threads 2 --log run --resume
  gradus train digits --config
  gradus train csv FILE --target NAME
  gradus train text FILE --steps 2000
  gradus train mnist --data FOLDER")]
pub(crate) struct Train {
    #[command(flatten)]
    subject: Subject,
    /// Fixes the split, the first weights, the order of the batches and the dropout [default: 0].
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Passes over the training set [default: 60 for digits, 5 for mnist, as the recipe says].
    #[arg(long, value_parser = whole::<u64>("a number of epochs", 1..=100_000, 20), allow_negative_numbers = true)]
    epochs: Option<u64>,
    /// Batches of a text [default: 2000].
    #[arg(long, value_parser = whole::<u64>("a number of steps", 1..=100_000_000, 2000), allow_negative_numbers = true)]
    steps: Option<u64>,
    /// The highest learning rate [default: 0.005 for digits, 0.002 for mnist, 0.05 for sgd, as the recipe says].
    #[arg(long, value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// The method of optimisation [default: adamw].
    #[arg(long, value_enum)]
    optimizer: Option<Method>,
    /// Reads the recipe from a TOML file; without a file prints the recipe in force.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = PRINT)]
    config: Option<PathBuf>,
    /// The folder for the log (JSON lines, TensorBoard's events), the recipe and the checkpoints.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// Goes on with the training in the folder of --log; --lr, and clip_norm of --config, may be others than they were.
    #[arg(long, requires = "log")]
    resume: bool,
    /// Saves a checkpoint after each N steps [default: after each epoch].
    #[arg(long, value_name = "N", requires = "log", allow_negative_numbers = true)]
    #[arg(value_parser = whole::<u64>("a number of steps", 1.., 500))]
    checkpoint_every: Option<u64>,
    /// Threads to compute with; the results do not depend on it [default: all cores].
    #[arg(long, value_parser = whole::<u64>("a number of threads", 1..=256, 2), allow_negative_numbers = true)]
    threads: Option<u64>,
    /// The file for the weights [default: gradus-DATA.safetensors]; those of an earlier training there are kept as FILE.old.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The file for a picture of loss and accuracy, epoch by epoch.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Train {
    /// `gradus train digits` without options.
    pub(crate) fn digits() -> Self {
        Self {
            subject: Subject::digits(),
            seed: None,
            epochs: None,
            steps: None,
            lr: None,
            optimizer: None,
            config: None,
            log: None,
            resume: false,
            checkpoint_every: None,
            threads: None,
            out: None,
            svg: None,
            json: false,
        }
    }

    pub(crate) fn run(
        &self,
        out: &mut dyn Write,
        comm: Option<Arc<dyn Communicator>>,
    ) -> Result<(), Failure> {
        // Whoever reads the output may have seen enough; the training is for its weights.
        let out: &mut dyn Write = &mut UntilClosed { out, closed: false };
        self.check_options()?;
        let recipe = self.recipe()?;
        if self.config.as_deref() == Some(Path::new(PRINT)) {
            return Ok(write!(out, "{}", recipe.toml(self.subject.data_set)?)?);
        }
        let path = self.weights();
        let first = comm.as_ref().is_none_or(|comm| comm.rank() == 0);
        if first {
            self.check_files(&path)?;
        }
        self.set_threads(comm.is_some());
        let task = self.subject.load(&recipe)?;
        let mut model = task.model.clone();
        let begun = fit::begin(self, &recipe, &task, &mut model, comm)?;
        Self::announce(out, &recipe, &task)?;
        writeln!(out, "\n{}", summary(&task.model))?;
        let report = check::gradient(out, &task, recipe.seed)?;
        let outcome = fit::fit(self, out, &recipe, &task, &mut model, begun);
        if !first {
            return outcome.map(drop);
        }
        let outcome = outcome.map_err(|failure| Self::keep(&model, &path, failure))?;
        let kept = save(&model, &path)?;
        writeln!(out, "\ntrained in {:.2} s", outcome.seconds)?;
        for warning in &outcome.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        let mut found = task.finish(&model, &recipe, out)?;
        writeln!(out, "weights saved to {}{}", path.display(), Failure::kept(kept.as_deref()))?;
        self.draw(out, &recipe, &outcome, found.get("test_accuracy").and_then(Value::as_f64))?;
        if self.json {
            let [train, test] = task.sizes();
            found.insert("gradcheck_compared".to_string(), json!(report.compared));
            found.insert("gradcheck_max_relative_error".to_string(), json!(report.max_relative_error()));
            found.insert("train_examples".to_string(), json!(train));
            found.insert("test_examples".to_string(), json!(test));
            found.insert("parameters".to_string(), json!(model.trainable_elements()));
            found.insert("weights".to_string(), json!(path.to_string_lossy()));
            found.insert("warnings".to_string(), json!([&task.warnings[..], &outcome.warnings].concat()));
            writeln!(out, "{}", self.line(&recipe, &outcome, found))?;
        }
        Ok(())
    }

    /// Of several ranks, those on this machine share its cores.
    fn set_threads(&self, shared: bool) {
        let share = || (gradus::threads() / crate::ranks::on_this_machine()).max(1);
        let threads = self.threads.map(|threads| threads as usize);
        if let Some(threads) = threads.or_else(|| shared.then(share)) {
            gradus::set_threads(threads);
        }
    }

    /// The last line of `--json`.
    fn line(&self, recipe: &Recipe, outcome: &Outcome, mut all: Map<String, Value>) -> Value {
        let (loss, accuracy) = outcome.last();
        let own = json!({
            "data": self.subject.data_set.name(),
            "model": recipe.model.name(),
            "seed": recipe.seed,
            "batch": recipe.batch,
            "optimizer": recipe.optimizer.name(),
            "lr": recipe.lr,
            "threads": gradus::threads(),
            "train_loss": loss,
            "train_accuracy": accuracy,
            "train_seconds": outcome.seconds,
        });
        all.extend(own.as_object().cloned().unwrap_or_default());
        all.extend(recipe.epochs.map(|epochs| ("epochs".to_string(), json!(epochs))));
        all.extend(recipe.steps.map(|steps| ("steps".to_string(), json!(steps))));
        all.extend(crate::ranks::processes().map(|ranks| ("ranks".to_string(), json!(ranks))));
        Value::Object(all)
    }

    /// Refuses options that the data set has no use for.
    fn check_options(&self) -> Result<(), Failure> {
        self.subject.check()?;
        self.check_log()?;
        let (data, name) = (self.subject.data_set, self.subject.data_set.name());
        let refused = if self.epochs.is_some() && data == Data::Text {
            "--epochs: a text is trained for a number of --steps".to_string()
        } else if self.steps.is_some() && data != Data::Text {
            format!("--steps is for text; {name} is trained for a number of --epochs")
        } else {
            return Ok(());
        };
        Err(Failure::Value(refused))
    }

    /// The recipe in force: of a file, of the training that goes on, or the program's; then what the options say.
    fn recipe(&self) -> Result<Recipe, Failure> {
        let named = self.config.as_deref().filter(|file| *file != Path::new(PRINT));
        let mut recipe = match (named, self.kept()?) {
            (Some(file), _) => Recipe::read(file, self.subject.data_set, self.subject.model)?,
            (None, Some(kept)) => Recipe { model: self.subject.model.unwrap_or(kept.model), ..kept },
            (None, None) => {
                let usual = Recipe::of(self.subject.data_set, self.subject.model)?;
                let lr = if self.optimizer == Some(Method::Sgd) { SGD_LR } else { usual.lr };
                Recipe { lr, ..usual }
            }
        };
        recipe.optimizer = self.optimizer.unwrap_or(recipe.optimizer);
        recipe.seed = self.seed.unwrap_or(recipe.seed);
        recipe.lr = self.lr.unwrap_or(recipe.lr);
        recipe.epochs = self.epochs.or(recipe.epochs);
        recipe.steps = self.steps.or(recipe.steps);
        recipe.target = self.subject.target.clone().or(recipe.target);
        Ok(recipe)
    }

    /// The file for the weights.
    fn weights(&self) -> PathBuf {
        self.out
            .clone()
            .unwrap_or_else(|| format!("gradus-{}.safetensors", self.subject.data_set.name()).into())
    }

    /// The picture, if one is wanted.
    fn draw(
        &self,
        out: &mut dyn Write,
        recipe: &Recipe,
        outcome: &Outcome,
        test_accuracy: Option<f64>,
    ) -> Result<(), Failure> {
        let Some(svg) = &self.svg else { return Ok(()) };
        let title = format!("gradus train {}: {}", self.subject.data_set.name(), Self::method(recipe));
        write_picture(svg, &picture(&title, &outcome.epochs, test_accuracy))?;
        writeln!(out, "picture saved to {}", svg.display())?;
        Ok(())
    }

    /// Refuses places for the weights, those of before and the picture that cannot be written, before the training.
    fn check_files(&self, weights: &Path) -> Result<(), Failure> {
        check_writable("--out", weights)?;
        let apart = |option: &str, path: &Path| {
            self.subject.check_apart(option, path, self.config.as_deref(), self.log.as_deref())
        };
        apart("--out", weights)?;
        let before = earlier(weights);
        if weights.is_file() {
            check_writable("--out", &before)?;
            apart("--out", &before)?;
        }
        let Some(svg) = &self.svg else { return Ok(()) };
        apart("--svg", svg)?;
        if svg == weights || *svg == before {
            return Err(Failure::Value(format!("--svg {}: the weights go there", svg.display())));
        }
        check_picture("--svg", svg)
    }

    /// Saves what was learned until a training was stopped; one that diverged has learned nothing.
    fn keep(model: &Sequential, path: &Path, failure: Failure) -> Failure {
        let worth = matches!(failure, Failure::Interrupted { steps: 1.., .. } | Failure::Output(_));
        match (worth.then(|| save(model, path)), failure) {
            (Some(Err(failed)), _) => failed,
            (Some(Ok(kept)), Failure::Interrupted { steps, resume, .. }) => {
                Failure::Interrupted { steps, saved: Some(path.to_path_buf()), kept, resume }
            }
            (_, failure) => failure,
        }
    }

    /// How it is trained, in a line.
    fn method(recipe: &Recipe) -> String {
        let Recipe { batch, seed, lr, .. } = recipe;
        let (model, method) = (recipe.model.name(), recipe.optimizer.name());
        let (n, what) = recipe.steps.map_or((recipe.epochs.unwrap_or(1), "epoch"), |steps| (steps, "step"));
        format!(
            "{model}, {} in batches of {batch}, {method}, learning rate up to {lr}, seed {seed}",
            count(n, what)
        )
    }

    fn announce(out: &mut dyn Write, recipe: &Recipe, task: &Task) -> Result<(), Failure> {
        let ([train, test], title) = (task.sizes(), &task.title);
        let train = count(train, "example");
        writeln!(out, "gradus trains {title}: {train} to learn from, {test} to be tested with.")?;
        for note in &task.notes {
            writeln!(out, "{note}")?;
        }
        for warning in &task.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        let ranks = crate::ranks::processes().map_or(String::new(), |n| format!(" on each of {n} ranks"));
        writeln!(out, "{}, threads {}{ranks}.", Self::method(recipe), gradus::threads())?;
        Ok(())
    }
}
