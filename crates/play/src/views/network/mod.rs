//! A network learns: points of the plane, a model of a few layers, and its training step by step.

mod data;
mod loss;
mod picture;
mod plan;
mod program;

use gradus::autograd::{
    Elements, GradcheckOptions, Gradients, Tape, Var, gradcheck_model, value_and_grad_training,
};
use gradus::data::{Batches, Dataset, Loader};
use gradus::nn::{Module, Sequential};
use gradus::optim::catalog;
use gradus::prelude::Params;
use gradus::tensor::DType;
use gradus::train::Health;
use gradus_cli::text::numbers::number;
use serde::Serialize;

use super::Training;
use super::backprop::Empty;
use crate::answer::{Number, Refusal};
pub use loss::Loss;
pub use picture::{Histogram, Layer, Parameter, Region};
pub use plan::Request;
use plan::{ACTIVATIONS, IDENTITY, Plan};

/// Derivatives of a check; of larger models so many are drawn.
const CHECKED: usize = 400;

/// Points of the curve of a frame.
const POINTS: usize = 50;

/// What can be chosen.
#[derive(Debug, Clone, Serialize)]
pub struct Choices {
    /// The activations.
    pub activations: Vec<&'static str>,
    /// The losses.
    pub losses: &'static [Loss],
    /// The optimizers: name, what it is, and its rate.
    pub optimizers: Vec<(&'static str, &'static str, f64)>,
}

/// The lists of the page's controls.
///
/// # Errors
/// Never.
pub fn choices(_: Empty) -> Result<Choices, Refusal> {
    Ok(Choices {
        activations: std::iter::once(IDENTITY).chain(ACTIVATIONS.iter().map(|(name, ..)| *name)).collect(),
        losses: loss::LOSSES,
        optimizers: catalog::all().map(|named| (named.name, named.about, named.lr)).collect(),
    })
}

/// The training as a program.
#[derive(Debug, Clone, Serialize)]
pub struct Program {
    /// It in Rust.
    pub rust: String,
}

/// The training as a Rust program.
///
/// # Errors
/// As [`begin`].
pub fn program(request: Request) -> Result<Program, Refusal> {
    Ok(Program { rust: program::of(&Plan::of(request)?) })
}

/// What is told before the first step.
#[derive(Debug, Clone, Serialize)]
pub struct Begin {
    /// Examples that are trained on: across, up, the class.
    pub train: Vec<(Number, Number, usize)>,
    /// Those that are held out.
    pub test: Vec<(Number, Number, usize)>,
    /// Across and up: where the plane begins and ends.
    pub plane: [f64; 2],
    /// Classes.
    pub classes: usize,
    /// Weights of the model.
    pub weights: usize,
    /// Whether the share of examples on the right side says something.
    pub classifies: bool,
}

/// How things stand after a step.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// Steps done.
    pub step: u64,
    /// Passes over the examples begun.
    pub epoch: u64,
    /// The rate of the next step.
    pub lr: Number,
    /// The loss of the last batch, before its step; none before the first.
    pub loss: Option<Number>,
    /// Those since the last frame, each with its step; of many the means of neighbours.
    pub losses: Vec<(u64, Number)>,
    /// On all examples that are trained on, with dropout off.
    pub train: Measure,
    /// On those that are held out.
    pub test: Option<Measure>,
    /// The plane.
    pub region: Region,
    /// The hidden layers.
    pub layers: Vec<Layer>,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// What is not as it should be.
    pub warnings: Vec<String>,
    /// Why there is no further step.
    pub over: Option<String>,
    /// Steps, losses and shares in a line.
    pub facts: String,
}

/// A loss, and the share of examples on the right side.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Measure {
    /// The loss.
    pub loss: Number,
    /// The share, where there are classes.
    pub right: Option<Number>,
}

/// A training.
#[expect(missing_debug_implementations, reason = "a closure of the schedule has none")]
pub struct Network {
    plan: Plan,
    loader: Loader,
    batches: Batches,
    epoch: u64,
    loss: Option<f64>,
    since: Vec<(u64, f64)>,
    gradients: Option<Gradients>,
    health: Option<Health>,
    over: Option<String>,
}

/// A training before its first step.
///
/// # Errors
/// If something of the request is out of its bounds, unknown, or does not go together.
pub fn begin(request: Request) -> Result<Network, Refusal> {
    let plan = Plan::of(request)?;
    let loader = plan.loader();
    let batches = loader.epoch(&plan.train, 0);
    let (loss, since, epoch) = (None, Vec::new(), 1);
    let mut it =
        Network { plan, loader, batches, epoch, loss, since, gradients: None, health: None, over: None };
    let first = it.loader.epoch(&it.plan.train, 0).next();
    it.look(&first.ok_or_else(|| Refusal::value("n: no example is left to train on"))?);
    Ok(it)
}

impl Plan {
    fn loader(&self) -> Loader {
        match self.request.batch {
            0 => Loader { batch: self.train.len(), shuffle: None, drop_last: false },
            batch => Loader { batch, shuffle: Some(self.request.seed), drop_last: false },
        }
    }

    /// The loss on some examples, in the float type of the model.
    fn loss<'t>(&self, model: &Sequential, tape: &'t Tape, examples: &Dataset) -> Var<'t> {
        let dtype = model.params()[0].1.value().dtype();
        let labels = &examples.labels;
        let labels = if labels.dtype().is_float() { labels.to(dtype) } else { labels.clone() };
        (self.loss.of)(model.forward(tape.constant(examples.inputs.to(dtype))), &labels)
    }

    fn measure(&self, examples: &Dataset) -> Measure {
        let tape = Tape::inference();
        let scores = self.model.forward(tape.constant(&examples.inputs));
        let loss = (self.loss.of)(scores, &examples.labels).item();
        let right = self.classifies().then(|| Number(self.loss.right(&scores.value(), &examples.labels)));
        Measure { loss: Number(loss), right }
    }

    fn classifies(&self) -> bool {
        self.request.data != "function" || self.loss.targets != loss::Targets::Values
    }
}

impl Measure {
    fn told(&self) -> String {
        let right = self.right.map(|right| format!(", {} % right", number(100.0 * right.0, 4)));
        format!("loss {}{}", number(self.loss.0, 6), right.unwrap_or_default())
    }
}

/// At most [`POINTS`] of a curve: the means of neighbours, at the last step of each.
fn thinned(curve: &[(u64, f64)]) -> Vec<(u64, Number)> {
    let mean = |part: &[(u64, f64)]| part.iter().map(|(_, loss)| loss).sum::<f64>() / part.len() as f64;
    let parts = curve.chunks(curve.len().div_ceil(POINTS).max(1));
    parts.filter_map(|part| Some((part.last()?.0, Number(mean(part))))).collect()
}

impl Network {
    fn next(&mut self) -> Option<Dataset> {
        if let Some(batch) = self.batches.next() {
            return Some(batch);
        }
        self.batches = self.loader.epoch(&self.plan.train, self.epoch);
        self.epoch += 1;
        self.batches.next()
    }

    fn facts(&self, train: Measure, test: Option<Measure>) -> String {
        let optimizer = &self.plan.optimizer;
        let loss = self.loss.map_or("–".to_string(), |loss| number(loss, 6));
        let (step, epoch, rate) = (optimizer.steps(), self.epoch, number(optimizer.lr(), 4));
        let test = test.map(|test| format!(" Held out: {}.", test.told())).unwrap_or_default();
        let over = self.over.as_ref().map(|over| format!(" {over}.")).unwrap_or_default();
        let train = train.told();
        format!(
            "Step {step}, epoch {epoch}, rate {rate}. Batch: loss {loss}. Trained on: {train}.{test}{over}"
        )
    }

    /// The gradient of the step that comes, by the same random numbers, and the state of the model before it.
    fn look(&mut self, batch: &Dataset) {
        let plan = &self.plan;
        // Batch statistics of one example are none.
        if plan.request.batch_norm && batch.len() < 2 {
            return;
        }
        let seed = plan.optimizer.tape_seed();
        self.gradients = Some(value_and_grad_training(seed, |tape| plan.loss(&plan.model, tape, batch)).1);
        self.health = Some(Health::of(&plan.model, |model, tape| plan.loss(model, tape, batch)));
    }
}

impl Training for Network {
    type Begin = Begin;
    type Frame = Frame;

    fn begin(&self) -> Begin {
        let Plan { train, test, source, .. } = &self.plan;
        let points = |examples: &Dataset| {
            let rows = examples.inputs.to_f64_vec();
            let labels = examples.labels.to_f64_vec();
            let middle = if self.plan.loss.targets == loss::Targets::ZeroOne { 0.5 } else { 0.0 };
            let class =
                |label: f64| if self.plan.loss.scores { label as usize } else { usize::from(label > middle) };
            rows.chunks(2)
                .zip(labels)
                .map(|(row, label)| (Number(row[0]), Number(row[1]), class(label)))
                .collect()
        };
        Begin {
            train: points(train),
            test: test.as_ref().map_or_else(Vec::new, points),
            plane: source.plane,
            classes: source.classes,
            weights: self.plan.model.trainable_elements(),
            classifies: self.plan.classifies(),
        }
    }

    fn step(&mut self, look: bool) {
        if self.over() {
            return;
        }
        let Some(batch) = self.next() else { return };
        if self.plan.request.batch_norm && batch.len() < 2 {
            // The last batch of an epoch may be a single example, which has no statistics.
            return;
        }
        if look {
            self.look(&batch);
        }
        let Plan { model, optimizer, loss, .. } = &mut self.plan;
        let value = optimizer.training_step(model, |model, tape| {
            (loss.of)(model.forward(tape.constant(&batch.inputs)), &batch.labels)
        });
        if let Some(health) = self.health.as_mut().filter(|_| look) {
            health.updated(model);
        }
        let step = optimizer.steps();
        self.loss = Some(value);
        self.since.push((step, value));
        if !value.is_finite() {
            self.over = Some(format!("step {step}: the loss is {value}; the training is over"));
        } else if step >= self.plan.request.steps {
            self.over = Some(format!("all {step} steps are done"));
        }
    }

    fn frame(&mut self) -> Frame {
        let (plan, health) = (&self.plan, self.health.as_ref());
        let losses = thinned(&self.since);
        self.since.clear();
        let (train, test) = (plan.measure(&plan.train), plan.test.as_ref().map(|test| plan.measure(test)));
        Frame {
            facts: self.facts(train, test),
            step: plan.optimizer.steps(),
            epoch: self.epoch,
            lr: Number(plan.optimizer.lr()),
            loss: self.loss.map(Number),
            losses,
            train,
            test,
            region: picture::region(&plan.model, plan.loss, plan.source.plane, plan.source.reach),
            layers: picture::layers(plan, health),
            parameters: picture::parameters(&plan.model, self.gradients.as_ref(), health),
            warnings: health.map(Health::warnings).unwrap_or_default(),
            over: self.over.clone(),
        }
    }

    fn over(&self) -> bool {
        self.over.is_some()
    }

    fn check(&mut self) -> Result<String, Refusal> {
        let examples = &self.plan.train;
        let all = self.plan.model.trainable_elements();
        let elements =
            if all > CHECKED { Elements::Sample { count: CHECKED, seed: 0 } } else { Elements::All };
        // Values below 1e-4 count as that: a difference has an absolute error too.
        let options = GradcheckOptions { atol: 1e-10, elements, ..GradcheckOptions::default() };
        let mut model = self.plan.model.clone();
        model.convert(DType::F64);
        let plan = &self.plan;
        let report = gradcheck_model(&mut model, |model, tape| plan.loss(model, tape, examples), &options);
        let of = if all > CHECKED { format!("{CHECKED} of {all}") } else { format!("all {all}") };
        Ok(format!(
            "{of} derivatives of the loss on {} examples, in F64, dropout off:\n{report}",
            examples.len()
        ))
    }
}

#[cfg(test)]
mod tests;
