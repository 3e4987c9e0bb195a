//! The loop: steps, what is said and logged of them, checkpoints.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use gradus::data::text::random_windows;
use gradus::parallel::Communicator;
use gradus::prelude::*;
use gradus::train::{Checkpoint, Error, Progress, Run, RunOptions};

use super::data::{Feed, Task};
use super::health::{look, warnings};
use super::many::{self, Ranks};
use super::picture::Epoch;
use super::recipe::Recipe;
use super::rescue::Stop;
use super::{Train, kept};
use crate::failure::Failure;

/// A text has no epochs; this many times it is said how it stands.
const PARTS: u64 = 20;

/// What a training leaves.
pub(super) struct Outcome {
    /// Of each epoch.
    pub(super) epochs: Vec<Epoch>,
    pub(super) seconds: f64,
    /// What is not as it should be in the trained model.
    pub(super) warnings: Vec<String>,
}

/// A training before its first step.
pub(super) struct Begun {
    run: Run,
    optimizer: Optimizer,
    /// Steps of an epoch, and of all.
    part: u64,
    steps: u64,
    /// What is another than before it was interrupted.
    changes: Vec<String>,
    ranks: Option<Ranks>,
}

impl Outcome {
    /// Loss and accuracy of the last epoch.
    pub(super) fn last(&self) -> Epoch {
        self.epochs.last().copied().unwrap_or((f64::NAN, f64::NAN))
    }
}

/// Steps of an epoch, and of the whole training.
fn counts(recipe: &Recipe, task: &Task) -> (u64, u64) {
    match &task.feed {
        Feed::Examples(data) => {
            let batches = loader(recipe).batches(data.len()) as u64;
            (batches, recipe.epochs.unwrap_or(1) * batches)
        }
        Feed::Windows(..) => {
            let steps = recipe.steps.unwrap_or(1);
            ((steps / PARTS).max(1), steps)
        }
    }
}

fn loader(recipe: &Recipe) -> Loader {
    Loader { batch: recipe.batch, shuffle: Some(recipe.seed), drop_last: false }
}

/// The batches that are left.
fn batches<'r>(run: &'r Run, recipe: &'r Recipe, task: &'r Task) -> Box<dyn Iterator<Item = Dataset> + 'r> {
    match &task.feed {
        Feed::Examples(data) => Box::new(run.batches(&loader(recipe), data)),
        Feed::Windows(tokens, length) => Box::new(run.steps().map(move |_| {
            random_windows(tokens, *length, recipe.batch, &mut run.rng("windows", recipe.seed))
        })),
    }
}

/// Finds or makes the folder of the training; a model that goes on gets its weights.
pub(super) fn begin(
    train: &Train,
    recipe: &Recipe,
    task: &Task,
    model: &mut Sequential,
    comm: Option<Arc<dyn Communicator>>,
) -> Result<Begun, Failure> {
    let (part, steps) = counts(recipe, task);
    let mut optimizer = recipe.optimizer(steps);
    let mut changes = train.changes(recipe)?;
    let options = RunOptions {
        folder: train.log.clone(),
        every: train.checkpoint_every.unwrap_or(part),
        resume: train.resume,
        // Whether the rate is that of the recipe or was another one is asked of the checkpoint: `start`.
        new_rate: train.resume,
        progress: false,
        ..RunOptions::steps(steps)
    };
    let run = match &comm {
        Some(comm) => many::start(train, recipe, task, comm, options, model, &mut optimizer)?,
        None => start(train, recipe, task, options, model, &mut optimizer)?,
    };
    if !changes.iter().any(|change| change.starts_with("lr ")) {
        changes.extend(kept::other_rate(&run, recipe));
    }
    kept::set(&run, recipe, train.subject.data_set, task)?;
    let ranks = comm.map(|comm| Ranks::new(comm, model)).transpose()?;
    Ok(Begun { run, optimizer, part, steps, changes, ranks })
}

/// None under `mpirun`, which keeps rank 0 waiting with a bar half drawn when it is to end.
fn progress(steps: u64) -> Progress {
    if crate::ranks::is_under_mpirun() { Progress::silent(steps) } else { Progress::new(steps) }
}

pub(super) fn fit(
    train: &Train,
    out: &mut dyn Write,
    recipe: &Recipe,
    task: &Task,
    model: &mut Sequential,
    Begun { run, mut optimizer, part, steps, changes, mut ranks }: Begun,
) -> Result<Outcome, Failure> {
    announce(out, &run, changes)?;
    let (mut progress, stop, begin) = (progress(steps), Stop::on_signals()?, Instant::now());
    let mut epochs = run.get("epochs").map_or(Vec::new(), |known| pairs(&known.to_f64_vec()));
    for batch in batches(&run, recipe, task) {
        let (lr, done) = (optimizer.lr(), run.step() + 1);
        let ends = done.is_multiple_of(part) || done == steps;
        let mut health = (ends && train.log.is_some()).then(|| look(task, recipe, model));
        let (loss, hits, asked) = match &mut ranks {
            Some(ranks) => ranks.step(task, model, &mut optimizer, &batch, stop.is_asked())?,
            None => step(task, model, &mut optimizer, &batch, &stop),
        };
        let mean = run.mean("loss", loss, batch.len() as f64);
        let right = hits.map(|hits| run.mean("accuracy", hits, batch.len() as f64));
        let more = health.as_mut().map_or(Vec::new(), |health| {
            health.updated(model);
            health.scalars()
        });
        let mut numbers = vec![("loss", loss), ("lr", lr)];
        numbers.extend(hits.map(|hits| ("accuracy", hits)));
        numbers.extend(more.iter().map(|(name, value)| (&name[..], *value)));
        warn(train, recipe, run.log(&numbers))?;
        progress.set(done);
        if ends {
            epochs.push((mean, right.unwrap_or(f64::NAN)));
            run.take_mean("loss");
            run.take_mean("accuracy");
            run.set("epochs", numbers_of(&epochs));
            progress.say(out, &standing(recipe, done, part, (mean, right, lr)))?;
        }
        if asked && done < steps {
            run.stop();
        }
        warn(train, recipe, run.checkpoint(model, &optimizer).map(drop))?;
    }
    progress.finish();
    warn(train, recipe, run.finish(model, &optimizer).map(drop))?;
    if run.is_stopped() {
        return Err(train.interrupted(run.step()));
    }
    let seconds = begin.elapsed().as_secs_f64();
    Ok(Outcome { epochs, seconds, warnings: warnings(task, recipe, model) })
}

/// Where a training goes on, and what is another than it was.
fn announce(out: &mut dyn Write, run: &Run, changes: Vec<String>) -> Result<(), Failure> {
    if run.resumed().is_some() {
        let words = [vec![format!("goes on after step {}", run.step())], changes].concat();
        writeln!(out, "{}", words.join(", "))?;
    }
    Ok(())
}

fn numbers_of(epochs: &[Epoch]) -> Tensor {
    let numbers = epochs.iter().flat_map(|epoch| [epoch.0, epoch.1]).collect();
    Tensor::from_vec(numbers, 2 * epochs.len())
}

fn pairs(numbers: &[f64]) -> Vec<Epoch> {
    numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// What is said of an epoch.
fn standing(recipe: &Recipe, done: u64, part: u64, (loss, right, lr): (f64, Option<f64>, f64)) -> String {
    let right = right.map_or(String::new(), |right| format!("  train accuracy {right:.4}"));
    let place = match recipe.epochs {
        Some(epochs) => format!("epoch {:>3}/{epochs}", done.div_ceil(part)),
        None => format!("step {done:>6}"),
    };
    format!("{place}  loss {loss:.4}{right}  learning rate {lr:.2e}")
}

/// What could not be written costs no training: it is said, and the training goes on. One that diverges ends.
fn warn(train: &Train, recipe: &Recipe, result: Result<(), Error>) -> Result<(), Failure> {
    match result {
        Ok(()) => Ok(()),
        Err(Error::Diverged { step, name, value, checkpoint }) => {
            let clipping = match recipe.clip_norm {
                None => ", or clip the gradients (clip_norm = 1.0 in the recipe of --config)".to_string(),
                Some(norm) => format!(" (the gradients are clipped to {norm} already)"),
            };
            let again = || train.resume(Some(recipe.lr / 10.0)).unwrap_or_default();
            let place = checkpoint.map_or(String::new(), |path| {
                format!("; the last good checkpoint is {}; to go on there: {}", path.display(), again())
            });
            Err(Failure::Run(format!(
                "{name} is {value} at step {step}: the training diverges; try a smaller --lr{clipping}{place}"
            )))
        }
        Err(error) => {
            crate::complain(&format!("warning: {error}; the training goes on"));
            Ok(())
        }
    }
}

/// The run in the folder, if there is one to be; all that can be wrong with it is said here.
pub(super) fn start(
    train: &Train,
    recipe: &Recipe,
    task: &Task,
    options: RunOptions,
    model: &mut Sequential,
    optimizer: &mut Optimizer,
) -> Result<Run, Failure> {
    let text = recipe.toml(train.subject.data_set)?;
    let place = train.log.clone().unwrap_or_default();
    let wrong = |error| {
        Failure::Value(match error {
            Error::Occupied { folder } => format!(
                "--log {}: a training is there; go on with it (--resume), or choose another folder",
                folder.display()
            ),
            // Their words begin with no file.
            other @ (Error::Model(_) | Error::ElementType { .. } | Error::Optimizer(_)) => {
                format!("--log {}: {other}", place.display())
            }
            other => format!("--log {other}"),
        })
    };
    let Some(folder) = &train.log else { return Run::start(options, model, optimizer).map_err(wrong) };
    match Checkpoint::newest(folder) {
        Ok(None) if train.resume => return Err(kept::no_checkpoint(folder)),
        Ok(None) => train.check_recipe(folder, &text)?,
        Ok(Some(newest)) if train.resume => {
            Train::check_settings(recipe, &newest)?;
            Train::check_data(task, &newest)?;
            train.check_rate(recipe, options.steps, &newest)?;
        }
        // What is wrong with a folder is said by the run.
        Ok(Some(_)) | Err(_) => {}
    }
    let run = Run::start(options, model, optimizer).map_err(wrong)?;
    for warning in run.warnings() {
        crate::complain(&format!("warning: {warning}"));
    }
    kept::write(folder, &text, train.subject.path())?;
    Ok(run)
}

impl Train {
    /// What is said of a training that somebody stopped, before its weights are saved.
    fn interrupted(&self, steps: u64) -> Failure {
        Failure::Interrupted { steps, saved: None, kept: None, resume: self.resume(None) }
    }

    /// The command that goes on with this training, at another rate if one is given.
    fn resume(&self, lr: Option<f64>) -> Option<String> {
        self.log.as_ref()?;
        let mut words: Vec<String> =
            std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        if lr.is_some() {
            let mut is_rate = false;
            words.retain(|word| {
                let kept = !is_rate && word != "--lr" && !word.starts_with("--lr=");
                is_rate = word == "--lr";
                kept
            });
        }
        words.extend((!self.resume).then(|| "--resume".to_string()));
        words.extend(lr.iter().flat_map(|lr| ["--lr".to_string(), lr.to_string()]));
        Some(kept::command(&words))
    }
}

/// One step; the batch's loss and accuracy before it, and whether somebody has asked for the end.
fn step(
    task: &Task,
    model: &mut Sequential,
    optimizer: &mut Optimizer,
    batch: &Dataset,
    stop: &Stop,
) -> (f64, Option<f64>, bool) {
    let mut hits = None;
    let loss = optimizer.training_step(model, |model, tape| {
        let scores = model.forward(tape.constant(&batch.inputs));
        hits = task.hits(&scores.value(), &batch.labels);
        task.loss(scores, &batch.labels)
    });
    (loss, hits, stop.is_asked())
}
