//! The training that shows what a schedule does: a softmax regression on digits.

use gradus::optim::OptimizerSpec;
use gradus::optim::schedule::Plan;
use gradus::prelude::*;

use super::rates::Candidate;

/// Examples in a batch.
pub(crate) const BATCH: usize = 64;
/// Losses of the training set that are computed, at most.
const LOSSES: u64 = 200;

/// What became of a training.
pub(crate) struct Training {
    /// The schedule.
    pub(crate) name: String,
    /// The rate in force during each step.
    pub(crate) rates: Vec<f64>,
    /// Steps done, and the loss of the training set behind them.
    pub(crate) losses: Vec<(f64, f64)>,
    /// On the test set.
    pub(crate) accuracy: f64,
}

impl Training {
    pub(crate) fn last_loss(&self) -> f64 {
        self.losses.last().map_or(f64::NAN, |(_, loss)| *loss)
    }

    pub(crate) fn last_rate(&self) -> f64 {
        self.rates.last().copied().unwrap_or(f64::NAN)
    }
}

/// Trains under one schedule; all begin with the same weights and see the same batches.
pub(crate) fn train(
    candidate: &Candidate,
    optimizer: &OptimizerSpec,
    steps: u64,
    seed: u64,
    (learned, test): (&Dataset, &Dataset),
) -> Training {
    let mut model = sequential![Linear::new(learned.inputs.shape()[1], 10, &mut rng(seed))];
    let mut plan = candidate.plan.clone();
    let mut by = match &plan {
        Plan::Fixed(rate) => Optimizer::new(optimizer.rule(), rate.clone()),
        Plan::Plateau(rate) => Optimizer::new(optimizer.rule(), rate.value),
    };
    let loader = Loader { batch: BATCH, shuffle: Some(seed), drop_last: false };
    let mut batches = (0..).flat_map(|epoch| loader.epoch(learned, epoch));
    let every = steps.div_ceil(LOSSES);
    let (mut rates, mut losses) = (Vec::new(), vec![(0.0, loss(&model, learned))]);
    for step in 0..steps {
        let batch = batches.next().expect("epochs have no end");
        rates.push(by.lr());
        by.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        });
        let (done, follows) = (step + 1, matches!(plan, Plan::Plateau(_)));
        if done.is_multiple_of(every) || done == steps || follows {
            let now = loss(&model, learned);
            if let Plan::Plateau(rate) = &mut plan {
                by.set_lr(rate.observe(now));
            }
            losses.push((done as f64, now));
        }
    }
    // Of rules with an average, that is the answer.
    let _ = by.answer(&mut model);
    let accuracy = accuracy(&model.predict(&test.inputs), &test.labels);
    Training { name: candidate.name.clone(), rates, losses, accuracy }
}

/// The loss of all examples.
fn loss(model: &Sequential, data: &Dataset) -> f64 {
    let tape = Tape::inference();
    model.forward(tape.constant(&data.inputs)).cross_entropy(&data.labels).item()
}
