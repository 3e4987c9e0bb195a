//! `gradus train`: a classifier from data to saved weights, with its gradient checked on the way.

mod picture;
mod progress;
mod recipe;
mod rescue;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use gradus::autograd::{Elements, GradcheckOptions, Report};
use gradus::nn::Confusion;
use gradus::prelude::*;
use serde_json::json;

use crate::failure::{Failure, check_writable, write_picture};
use crate::text::arguments::learning_rate;

pub(crate) use recipe::Data;

use picture::{Epoch, picture};
use progress::Progress;
use recipe::{Method, Recipe};
use rescue::{Stop, UntilClosed, save};

/// The gradient check passes below this relative error.
const GRADCHECK_BOUND: f64 = 1e-6;
/// The error is relative to the derivative, or to this if it is smaller: differences have an absolute error too.
const FLOOR: f64 = 1e-4;
/// Examples in the gradient check, and how many derivatives it compares.
const GRADCHECK_EXAMPLES: usize = 8;
const GRADCHECK_ELEMENTS: usize = 1000;

/// Trains a classifier, tests it and saves its weights.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// The data set.
    #[arg(value_enum, default_value = "digits")]
    data_set: Data,
    /// The folder with the idx files of mnist, plain or .gz.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Fixes the split, the first weights, the order of the batches and the dropout.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// Passes over the training set [default: 60 for digits, 5 for mnist].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000), allow_negative_numbers = true)]
    epochs: Option<u64>,
    /// The highest learning rate [default: 0.005 for digits, 0.002 for mnist, 0.05 for sgd].
    #[arg(long, value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// The method of optimisation.
    #[arg(long, value_enum, default_value = "adamw")]
    optimizer: Method,
    /// Threads to compute with; the results do not depend on it [default: all cores].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=256), allow_negative_numbers = true)]
    threads: Option<u64>,
    /// The file for the weights [default: gradus-digits.safetensors or gradus-mnist.safetensors].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The file for a picture of loss and accuracy, epoch by epoch.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// What a training leaves.
struct Outcome {
    /// Of each epoch.
    epochs: Vec<Epoch>,
    seconds: f64,
}

impl Outcome {
    /// Loss and accuracy of the last epoch.
    fn last(&self) -> Epoch {
        self.epochs.last().copied().unwrap_or((f64::NAN, f64::NAN))
    }
}

impl Train {
    /// `gradus train digits` without options.
    pub(crate) fn digits() -> Self {
        Self {
            data_set: Data::Digits,
            data: None,
            seed: 0,
            epochs: None,
            lr: None,
            optimizer: Method::Adamw,
            threads: None,
            out: None,
            svg: None,
            json: false,
        }
    }

    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        // Whoever reads the output may have seen enough; the training is for its weights.
        let out: &mut dyn Write = &mut UntilClosed { out, closed: false };
        let path = self.weights();
        self.check_files(&path)?;
        if let Some(threads) = self.threads {
            gradus::set_threads(threads as usize);
        }
        let recipe = self.data_set.recipe();
        let (train, test) = self.data_set.load(self.data.as_deref(), self.seed)?;
        let mut rng = rng(self.seed);
        let mut model = recipe.model(train.inputs.shape()[1], 10, &mut rng);
        self.announce(out, &recipe, [train.len(), test.len()])?;
        writeln!(out, "\n{}", summary(&model))?;

        let report = self.check_gradient(out, &mut model, &train)?;
        let outcome = self.fit(out, &recipe, &mut model, &train);
        let outcome = outcome.map_err(|failure| Self::keep(&model, &path, failure))?;
        save(&model, &path)?;

        let scores = model.predict(&test.inputs);
        let confusion = Confusion::of(&scores, &test.labels);
        writeln!(out, "\ntrained in {:.2} s", outcome.seconds)?;
        writeln!(out, "test accuracy {:.4} on {} examples\n\n{confusion}", confusion.accuracy(), test.len())?;
        writeln!(out, "weights saved to {}", path.display())?;
        self.draw(out, &recipe, &outcome.epochs, confusion.accuracy())?;
        if self.json {
            let line = json!({
                "data": self.data_set.name(),
                "seed": self.seed,
                "epochs": self.epochs.unwrap_or(recipe.epochs),
                "batch": recipe.batch,
                "optimizer": self.optimizer.name(),
                "lr": self.lr.unwrap_or(recipe.lr(self.optimizer)),
                "threads": gradus::threads(),
                "parameters": model.trainable_elements(),
                "train_examples": train.len(),
                "test_examples": test.len(),
                "gradcheck_compared": report.compared,
                "gradcheck_max_relative_error": report.max_relative_error(),
                "train_loss": outcome.last().0,
                "train_accuracy": outcome.last().1,
                "train_seconds": outcome.seconds,
                "test_accuracy": confusion.accuracy(),
                "weights": path.to_string_lossy(),
            });
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    /// The file for the weights.
    fn weights(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| format!("gradus-{}.safetensors", self.data_set.name()).into())
    }

    /// The picture, if one is wanted.
    fn draw(
        &self,
        out: &mut dyn Write,
        recipe: &Recipe,
        epochs: &[Epoch],
        test_accuracy: f64,
    ) -> Result<(), Failure> {
        let Some(svg) = &self.svg else { return Ok(()) };
        let title = format!("gradus train {}: {}", self.data_set.name(), self.method(recipe));
        write_picture(svg, &picture(&title, epochs, test_accuracy))?;
        writeln!(out, "picture saved to {}", svg.display())?;
        Ok(())
    }

    /// Refuses places for the weights and the picture that cannot be written, before the training.
    fn check_files(&self, weights: &Path) -> Result<(), Failure> {
        check_writable("--out", weights)?;
        let Some(svg) = &self.svg else { return Ok(()) };
        if svg == weights {
            return Err(Failure::Value(format!("--svg {}: the weights go there", svg.display())));
        }
        check_writable("--svg", svg)
    }

    /// Saves what was learned until a training was stopped; one that diverged has learned nothing.
    fn keep(model: &Sequential, path: &Path, failure: Failure) -> Failure {
        let worth = matches!(failure, Failure::Interrupted { steps: 1.., .. } | Failure::Output(_));
        match (worth.then(|| save(model, path)), failure) {
            (Some(Err(failed)), _) => failed,
            (Some(Ok(())), Failure::Interrupted { steps, .. }) => {
                Failure::Interrupted { steps, saved: Some(path.to_path_buf()) }
            }
            (_, failure) => failure,
        }
    }

    /// How it is trained, in a line.
    fn method(&self, recipe: &Recipe) -> String {
        let (epochs, lr) =
            (self.epochs.unwrap_or(recipe.epochs), self.lr.unwrap_or(recipe.lr(self.optimizer)));
        let (batch, method, seed) = (recipe.batch, self.optimizer.name(), self.seed);
        let s = if epochs == 1 { "" } else { "s" };
        format!("{epochs} epoch{s} in batches of {batch}, {method}, learning rate up to {lr}, seed {seed}")
    }

    fn announce(
        &self,
        out: &mut dyn Write,
        recipe: &Recipe,
        [train, test]: [usize; 2],
    ) -> Result<(), Failure> {
        let name = self.data_set.name();
        writeln!(
            out,
            "gradus trains a classifier of {name}: {train} examples to learn from, {test} to be tested with."
        )?;
        writeln!(out, "{}, threads {}.", self.method(recipe), gradus::threads())?;
        Ok(())
    }

    /// Autograd against central differences in F64, on a small batch and with dropout off.
    fn check_gradient(
        &self,
        out: &mut dyn Write,
        model: &mut Sequential,
        train: &Dataset,
    ) -> Result<Report, Failure> {
        let batch = train.narrow(0, train.len().min(GRADCHECK_EXAMPLES));
        let inputs = batch.inputs.to(DType::F64);
        let options = GradcheckOptions {
            rtol: GRADCHECK_BOUND,
            atol: FLOOR * GRADCHECK_BOUND,
            elements: Elements::Sample { count: GRADCHECK_ELEMENTS, seed: self.seed },
            ..GradcheckOptions::default()
        };
        let report = gradcheck_model(
            model,
            |model, tape| model.forward(tape.constant(&inputs)).cross_entropy(&batch.labels),
            &options,
        );
        let all = model.trainable_elements();
        writeln!(out, "The gradient on {} examples, tape against central differences, in F64:", batch.len())?;
        writeln!(out, "{report}")?;
        writeln!(out, "  of {all} in all; values below {FLOOR:.0e} count as {FLOOR:.0e}\n")?;
        if report.passed() { Ok(report) } else { Err(Failure::Run("the gradient check failed".to_string())) }
    }

    fn fit(
        &self,
        out: &mut dyn Write,
        recipe: &Recipe,
        model: &mut Sequential,
        train: &Dataset,
    ) -> Result<Outcome, Failure> {
        let epochs = self.epochs.unwrap_or(recipe.epochs);
        let loader = Loader { batch: recipe.batch, shuffle: Some(self.seed), drop_last: false };
        let batches = loader.batches(train.len());
        let lr = self.lr.unwrap_or(recipe.lr(self.optimizer));
        let mut optimizer = recipe.optimizer(self.optimizer, lr, epochs * batches as u64).seed(self.seed);
        let progress = Progress::new(epochs, batches);
        let stop = Stop::on_signals()?;
        let start = Instant::now();
        let mut outcome = Outcome { epochs: Vec::new(), seconds: 0.0 };
        for epoch in 0..epochs {
            let (mut loss_sum, mut right) = (0.0, 0.0);
            for batch in loader.epoch(train, epoch) {
                if stop.is_asked() {
                    return Err(Failure::Interrupted { steps: optimizer.steps(), saved: None });
                }
                let (loss, hits) = Self::step(model, &mut optimizer, &batch)?;
                loss_sum += loss * batch.len() as f64;
                right += hits * batch.len() as f64;
                progress.batch();
            }
            let (loss, accuracy) = (loss_sum / train.len() as f64, right / train.len() as f64);
            outcome.epochs.push((loss, accuracy));
            progress.epoch(out, epoch, loss, accuracy)?;
        }
        outcome.seconds = start.elapsed().as_secs_f64();
        progress.finish();
        Ok(outcome)
    }

    /// One step; the batch's loss and accuracy before it.
    fn step(
        model: &mut Sequential,
        optimizer: &mut Optimizer,
        batch: &Dataset,
    ) -> Result<(f64, f64), Failure> {
        let (step, mut hits) = (optimizer.steps(), 0.0);
        let loss = optimizer.training_step(model, |model, tape| {
            let scores = model.forward(tape.constant(&batch.inputs));
            hits = accuracy(&scores.value(), &batch.labels);
            scores.cross_entropy(&batch.labels)
        });
        if !loss.is_finite() {
            return Err(Failure::Run(format!("the loss is {loss} at step {step}; try a smaller --lr")));
        }
        Ok((loss, hits))
    }
}
