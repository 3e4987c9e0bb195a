//! The same training on several ranks: its steps, and a run whose files are those of rank 0.

use std::sync::{Arc, Mutex, PoisonError};

use gradus::parallel::{self, Communicator, DataParallel, Error, ParallelOptions, Statistics, Values};
use gradus::prelude::*;
use gradus::train::{Run, RunOptions};

use super::Train;
use super::data::Task;
use super::fit;
use super::recipe::Recipe;
use crate::failure::Failure;

/// The model on all ranks.
pub(super) struct Ranks(DataParallel<Arc<dyn Communicator>>);

fn failure(error: &Error) -> Failure {
    Failure::Run(error.to_string())
}

impl Ranks {
    /// Batch statistics are those of the whole batch, as in one process.
    pub(super) fn new(comm: Arc<dyn Communicator>, model: &mut Sequential) -> Result<Self, Failure> {
        let options = ParallelOptions { statistics: Statistics::Synchronised, ..ParallelOptions::default() };
        DataParallel::with_options(comm, model, options).map(Self).map_err(|error| failure(&error))
    }

    /// One step; the batch's loss and accuracy before it, and whether a rank was asked to stop.
    pub(super) fn step(
        &mut self,
        task: &Task,
        model: &mut Sequential,
        optimizer: &mut Optimizer,
        batch: &Dataset,
        stop: bool,
    ) -> Result<(f64, Option<f64>, bool), Failure> {
        let hits = Mutex::new(None);
        let loss = self.0.training_step(optimizer, model, batch.len(), |model, tape, part| {
            let part = batch.narrow(part.start, part.len());
            let scores = model.forward(tape.constant(&part.inputs));
            let right =
                task.hits(&scores.value(), &part.labels).map(|hits| (hits * part.len() as f64).round());
            let mut hits = hits.lock().unwrap_or_else(PoisonError::into_inner);
            *hits = right.map(|right| hits.unwrap_or(0.0) + right);
            task.loss(scores, &part.labels)
        });
        let loss = loss.map_err(|error| failure(&error))?;
        let hits = hits.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut sums = [hits.unwrap_or(0.0), f64::from(u8::from(hits.is_some())), f64::from(u8::from(stop))];
        self.0.comm().all_reduce_sum(Values::F64(&mut sums)).map_err(|error| failure(&error))?;
        let [right, counted, asked] = sums;
        Ok((loss, (counted > 0.0).then(|| right / batch.len() as f64), asked > 0.0))
    }
}

/// The run of rank 0, and those of the others, which have no files.
pub(super) fn start(
    train: &Train,
    recipe: &Recipe,
    task: &Task,
    comm: &Arc<dyn Communicator>,
    options: RunOptions,
    model: &mut Sequential,
    optimizer: &mut Optimizer,
) -> Result<Run, Failure> {
    let mut first = None;
    let result = parallel::start_by(comm, options, model, optimizer, |options, model, optimizer| {
        match fit::start(train, recipe, task, options, model, optimizer) {
            Ok(run) => Ok(run),
            Err(failure) => {
                let said = failure.to_string();
                first = Some(failure);
                Err(said)
            }
        }
    });
    match (result, first) {
        (Ok(run), _) => Ok(run),
        (Err(_), Some(failure)) => Err(failure),
        (Err(Error::Run(text)), None) => Err(Failure::Value(text)),
        (Err(error), None) => Err(self::failure(&error)),
    }
}
