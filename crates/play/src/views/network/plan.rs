//! What is asked for a training, and what is made of it: data, model, optimizer. All bounds stand here.

use gradus::data::Dataset;
use gradus::nn::{
    BatchNorm, Celu, Dropout, Elu, Gelu, Hardswish, LeakyRelu, Linear, Mish, Module, Relu, Selu, Sequential,
    Sigmoid, Silu, Softplus, Tanh,
};
use gradus::optim::schedule;
use gradus::optim::{Optimizer, OptimizerSpec};
use gradus::prelude::Params;
use gradus::tensor::rng;
use gradus_cli::optimizers::check_rates;
use serde::Deserialize;

use super::data::{self, Source};
use super::loss::Loss;
use crate::answer::Refusal;

/// Layers between input and output.
const LAYERS: usize = 6;
/// Units of a layer.
const WIDTH: usize = 64;
/// Weights of a model.
pub(super) const WEIGHTS: usize = 10_000;
/// Weights of a model whose Hessian is computed.
const HESSIAN: usize = 600;
/// Examples.
const EXAMPLES: usize = 1000;
/// Steps of a training.
const STEPS: u64 = 1_000_000;
/// Characters of an optimizer or a schedule.
const TEXT: usize = 400;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// `moons`, `circles`, `xor`, `spiral`, `function` or `points`.
    pub data: String,
    /// Of `function`: an expression in x and y. Where it is positive is the second class.
    pub f: String,
    /// Of `points`: across, up, and the class.
    pub points: Vec<(f64, f64, usize)>,
    /// Examples, of data that are made.
    pub n: usize,
    /// Their noise.
    pub noise: f64,
    /// Arms of the spiral.
    pub classes: usize,
    /// The part that is not trained on.
    pub held_out: f64,
    /// The seed of the data.
    pub data_seed: u64,
    /// Units of each layer between input and output.
    pub layers: Vec<usize>,
    /// What follows each of them; `identity` is nothing.
    pub activation: String,
    /// The probability of a zero behind it.
    pub dropout: f64,
    /// Whether its inputs are normalised over the batch.
    pub batch_norm: bool,
    /// The name of a [`Loss`](super::Loss).
    pub loss: String,
    /// An optimizer of the catalogue, with settings: `adam:beta1=0.8`.
    pub optimizer: String,
    /// A schedule, or nothing: then the optimizer's rate.
    pub schedule: String,
    /// Examples of a batch; 0 takes all.
    pub batch: usize,
    /// The seed of the weights, of the order and of dropout.
    pub seed: u64,
    /// Steps until it is over.
    pub steps: u64,
}

impl Default for Request {
    fn default() -> Self {
        let text = str::to_string;
        Self {
            data: text("moons"),
            f: text("sin(3*x) - y"),
            points: Vec::new(),
            n: 200,
            noise: 0.15,
            classes: 2,
            held_out: 0.25,
            data_seed: 0,
            layers: vec![16, 16],
            activation: text("relu"),
            dropout: 0.0,
            batch_norm: false,
            loss: text("binary_cross_entropy_with_logits"),
            optimizer: text("adam:lr=0.01"),
            schedule: String::new(),
            batch: 0,
            seed: 0,
            steps: STEPS,
        }
    }
}

/// Its name, as Rust writes it, and made.
pub(super) type Activation = (&'static str, &'static str, fn() -> Box<dyn Module>);

macro_rules! activations {
    ($($name:literal $make:expr;)*) => {
        /// The activations by name, as Rust writes them, and made.
        pub(super) const ACTIVATIONS: &[Activation] =
            &[$(($name, stringify!($make), || Box::new($make))),*];
    };
}

activations! {
    "relu" Relu;
    "tanh" Tanh;
    "sigmoid" Sigmoid;
    "gelu" Gelu;
    "silu" Silu;
    "leaky_relu" LeakyRelu::default();
    "elu" Elu::default();
    "celu" Celu::default();
    "selu" Selu;
    "softplus" Softplus::default();
    "mish" Mish;
    "hardswish" Hardswish;
}

/// No activation: the layers stay one linear map.
pub(super) const IDENTITY: &str = "identity";

/// A training before its first step.
pub(super) struct Plan {
    pub(super) request: Request,
    pub(super) source: Source,
    pub(super) train: Dataset,
    pub(super) test: Option<Dataset>,
    pub(super) classes: usize,
    pub(super) loss: &'static Loss,
    pub(super) model: Sequential,
    /// Places of the layers whose units are drawn, in the model.
    pub(super) shown: Vec<usize>,
    pub(super) optimizer: Optimizer,
    pub(super) lr: f64,
}

fn between<N: Copy + PartialOrd + std::fmt::Display>(
    name: &str,
    x: N,
    least: N,
    most: N,
) -> Result<(), Refusal> {
    if x >= least && x <= most {
        return Ok(());
    }
    Err(Refusal::value(format!("{name}: {x}; it lies from {least} to {most}")))
}

impl Plan {
    pub(super) fn of(request: Request) -> Result<Self, Refusal> {
        request.bounded()?;
        let loss = Loss::named(&request.loss)?;
        let source = data::source(&request, loss)?;
        let classes = source.classes;
        if classes > 2 && !loss.scores {
            let message = format!(
                "loss: {} tells two classes apart, and there are {classes}; take cross_entropy",
                loss.name
            );
            return Err(Refusal::value(message));
        }
        let (train, test) = source.split(&request);
        let (model, shown) = request.model(if loss.scores { classes } else { 1 })?;
        let (optimizer, lr) = request.optimizer(&model)?;
        Ok(Self { request, source, train, test, classes, loss, model, shown, optimizer, lr })
    }
}

impl Request {
    fn bounded(&self) -> Result<(), Refusal> {
        between("n", self.n, 4, EXAMPLES)?;
        between("points", self.points.len(), 0, EXAMPLES)?;
        between("noise", self.noise, 0.0, 2.0)?;
        between("classes", self.classes, 2, 6)?;
        between("held_out", self.held_out, 0.0, 0.9)?;
        between("data_seed", self.data_seed, 0, u64::from(u32::MAX))?;
        between("seed", self.seed, 0, u64::from(u32::MAX))?;
        between("layers: their number", self.layers.len(), 0, LAYERS)?;
        for &width in &self.layers {
            between("layers: the units of one", width, 1, WIDTH)?;
        }
        between("dropout", self.dropout, 0.0, 0.95)?;
        between("batch", self.batch, 0, EXAMPLES)?;
        between("steps", self.steps, 1, STEPS)?;
        for (name, text) in [("optimizer", &self.optimizer), ("schedule", &self.schedule), ("f", &self.f)] {
            between(&format!("{name}: its characters"), text.len(), 0, TEXT)?;
        }
        Ok(())
    }

    /// The model, and the places of the layers whose units are drawn.
    fn model(&self, outputs: usize) -> Result<(Sequential, Vec<usize>), Refusal> {
        let make = if self.activation == IDENTITY { None } else { Some(self.activation()?.2) };
        let (mut model, mut shown, mut inputs, mut rng) = (Sequential::new(), Vec::new(), 2, rng(self.seed));
        for &width in &self.layers {
            model.push(Linear::new(inputs, width, &mut rng));
            if self.batch_norm {
                model.push(BatchNorm::new(width));
            }
            model.layers.extend(make.map(|make| make()));
            shown.push(model.layers.len() - 1);
            if self.dropout > 0.0 {
                model.push(Dropout { p: self.dropout });
            }
            inputs = width;
        }
        model.push(Linear::new(inputs, outputs, &mut rng));
        let weights = model.trainable_elements();
        if weights > WEIGHTS {
            return Err(Refusal::value(format!(
                "layers: {weights} weights; at most {WEIGHTS} are trained here"
            )));
        }
        Ok((model, shown))
    }

    /// The activation's row.
    pub(super) fn activation(&self) -> Result<&'static Activation, Refusal> {
        ACTIVATIONS.iter().find(|(name, ..)| *name == self.activation).ok_or_else(|| {
            let names: Vec<&str> = ACTIVATIONS.iter().map(|(name, ..)| *name).collect();
            Refusal::value(format!(
                "activation: {}; there are {IDENTITY}, {}",
                self.activation,
                names.join(", ")
            ))
        })
    }

    /// The optimizer and the rate of its catalogue entry.
    fn optimizer(&self, model: &Sequential) -> Result<(Optimizer, f64), Refusal> {
        let wrong = |name: &str, error: &dyn std::fmt::Display| Refusal::value(format!("{name}: {error}"));
        let spec: OptimizerSpec =
            self.optimizer.trim().parse().map_err(|error| wrong("optimizer", &error))?;
        let (rule, lr) = (spec.rule(), spec.named().lr);
        if rule.needs().residuals {
            return Err(wrong(
                "optimizer",
                &format!("{} needs residuals, and a loss is one number", spec.label()),
            ));
        }
        if rule.needs().function {
            self.for_a_method(spec.named().name, model.trainable_elements())?;
        }
        let schedule = self.schedule.trim();
        let optimizer = if schedule.is_empty() {
            if let Some(rate) = spec.rate() {
                check_rates("optimizer", rate, self.steps)?;
            }
            spec.optimizer(lr)
        } else if spec.rate().is_some() {
            return Err(wrong(
                "schedule",
                &"the optimizer has a rate of its own already; leave one of the two out",
            ));
        } else {
            let rate = schedule::parse(schedule).map_err(|error| wrong("schedule", &error))?;
            check_rates("schedule", &rate, self.steps)?;
            Optimizer::new(rule, rate)
        };
        Ok((optimizer.seed(self.seed), lr))
    }

    /// What a method wants that looks at the loss itself.
    fn for_a_method(&self, name: &str, weights: usize) -> Result<(), Refusal> {
        if self.batch != 0 || self.dropout > 0.0 {
            let message = format!(
                "optimizer: {name} compares losses over many steps, so it wants the same function at each: batch 0 (all \
                 examples) and no dropout"
            );
            return Err(Refusal::value(message));
        }
        if name == "newton" && weights > HESSIAN {
            let message = format!(
                "optimizer: newton computes the Hessian of {weights} weights; at most {HESSIAN} are taken here, such as \
                 layers 16,16"
            );
            return Err(Refusal::value(message));
        }
        Ok(())
    }

    /// The schedule or the rate at a step, as text for a program.
    pub(super) fn schedule(&self) -> Option<&str> {
        Some(self.schedule.trim()).filter(|text| !text.is_empty())
    }
}
