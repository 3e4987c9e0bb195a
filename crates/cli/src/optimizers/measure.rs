//! What `gradus optimizers --measure` does with each one: a classifier of digits, and three functions.

use gradus::optim::catalog::RATES;
use gradus::optim::{DAdaptAdam, Objective, OnTape, OptimizerSpec, Rule, surfaces};
use gradus::prelude::*;

use super::is_method;
use crate::train;

/// The accuracy on the test set that each one has to reach.
pub(crate) const ENOUGH: f64 = 0.95;
/// The standard functions, each from its usual start.
pub(crate) const FUNCTIONS: [&str; 3] = ["quadratic", "booth", "rosenbrock"];
/// A minimum is reached within this distance.
const NEAR: f64 = 0.1;
/// The slow ones get more.
const BUDGETS: [usize; 2] = [3000, 30_000];
/// Of the split, the first weights and the batches.
const SEED: u64 = 0;

/// How one is trained on digits: by a network with one hidden layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    pub(crate) lr: f64,
    /// All examples if there is none.
    pub(crate) batch: Option<usize>,
    pub(crate) epochs: u64,
    /// Units of the hidden layer.
    pub(crate) hidden: usize,
}

/// The rule with other hyper-parameters than its defaults, by name, with the reason.
const OTHER: (&str, fn() -> DAdaptAdam, &str) = (
    "d-adapt-adam",
    || DAdaptAdam { growth: 1.02, ..DAdaptAdam::default() },
    "d-adapt-adam trains the digits with growth: 1.02, a value that its authors name; without a limit the estimate of the \
     distance overshoots here",
);

/// What the table does not say about one.
pub(crate) fn remark(who: &OptimizerSpec) -> Option<&'static str> {
    (who.label() == OTHER.0).then_some(OTHER.2)
}

/// The rule that learns the digits.
fn rule(who: &OptimizerSpec) -> Box<dyn Rule> {
    if who.label() == OTHER.0 { OTHER.1().into() } else { who.rule() }
}

impl Training {
    /// Batches of 64, 30 epochs, a hidden layer of 64, and the rate of the optimizer's source; but for some that rate
    /// is meant for larger problems, and some need all examples at once.
    pub(crate) fn of(who: &OptimizerSpec) -> Self {
        let usual = Self { lr: who.named().lr, batch: Some(64), epochs: 30, hidden: 64 };
        let at = |lr| Self { lr, ..usual };
        let full = |steps| Self { batch: None, epochs: steps, ..usual };
        let chosen = match who.named().name {
            "sgd" | "asgd" | "langevin" => at(0.1),
            "muon" => at(0.02),
            "schedule-free-radam" => at(0.01),
            "radam" | "adan" => at(0.005),
            "lookahead" => at(0.003),
            "lion" | "signum" => at(0.001),
            // Noise of small batches turns signs. More steps fit the training set too closely.
            "rprop" => Self { hidden: 256, ..full(60) },
            "polyak" => full(300),
            "conjugate-gradients" => full(100),
            "lbfgs" => full(20),
            // Its Hessian has as many rows as there are parameters, 910 here.
            "newton" => Self { hidden: 12, ..full(20) },
            _ => usual,
        };
        Self { lr: who.lr().unwrap_or(chosen.lr), ..chosen }
    }
}

/// What one has done.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) training: Training,
    pub(crate) steps: u64,
    pub(crate) accuracy: f64,
    /// For each function the steps to its minimum, and the rate at which they were fewest.
    pub(crate) arrivals: Vec<Option<(usize, f64)>>,
}

impl Measured {
    pub(crate) fn passed(&self) -> bool {
        self.accuracy >= ENOUGH && self.arrivals.iter().all(Option::is_some)
    }
}

pub(crate) fn measure(who: &OptimizerSpec) -> Measured {
    let training = Training::of(who);
    let (accuracy, steps) = digits(who, training);
    let arrivals = FUNCTIONS.iter().map(|name| arrival(who, name)).collect();
    Measured { training, steps, accuracy, arrivals }
}

/// The fewest steps to a minimum and their rate: the catalogue's for a method, the best of all for a rule.
fn arrival(who: &OptimizerSpec, name: &str) -> Option<(usize, f64)> {
    let rates = if is_method(who) { vec![who.named().lr] } else { RATES.to_vec() };
    BUDGETS.into_iter().find_map(|budget| {
        let mut best: Option<(usize, f64)> = None;
        for &lr in &rates {
            let most = best.map_or(budget, |(steps, _)| steps - 1);
            if let Some(steps) = steps_to_minimum(who, name, lr, most) {
                best = Some((steps, lr));
            }
        }
        best
    })
}

fn steps_to_minimum(who: &OptimizerSpec, name: &str, lr: f64, most: usize) -> Option<usize> {
    let surface = surfaces::surface(name).expect("a standard function is a surface");
    let mut f = OnTape(surface.f);
    let f: &mut dyn Objective = &mut f;
    let (mut by, mut x) = (Optimizer::new(who.rule(), lr), Param::new(surface.start));
    for step in 1..=most {
        by.advance(&mut x, f);
        let distance = surface.distance(&x.value().to_f64_vec());
        if distance < NEAR {
            return Some(step);
        }
        if !distance.is_finite() {
            return None;
        }
    }
    None
}

/// The accuracy on the test set after a training, and its steps.
fn digits(who: &OptimizerSpec, training: Training) -> (f64, u64) {
    let (train, test, _) = train::digits(SEED).expect("the digits are part of the program");
    let (mut rng, inputs, hidden) = (rng(SEED), train.inputs.shape()[1], training.hidden);
    let mut model =
        sequential![Linear::new(inputs, hidden, &mut rng), Gelu, Linear::new(hidden, 10, &mut rng)];
    let steps = fit(who, training, &mut model, &train);
    (accuracy(&model.predict(&test.inputs), &test.labels), steps)
}

/// Trains a model and returns the number of steps. Rules: with a warm-up over a twentieth of the steps, then half a cosine
/// down to 0, as `gradus train` does it. Methods find the length of their steps, and take the examples in their order.
fn fit(who: &OptimizerSpec, training: Training, model: &mut Sequential, train: &Dataset) -> u64 {
    let method = is_method(who);
    let batch = training.batch.unwrap_or(train.len());
    let loader = Loader { batch, shuffle: (!method).then_some(SEED), drop_last: false };
    let steps = training.epochs * loader.batches(train.len()) as u64;
    let warmup = steps / 20;
    let cosine = Cosine { peak: training.lr, end: 0.0, steps: (steps - warmup).max(1) }.warmup(warmup);
    let rate: Box<dyn Schedule> = if method { Box::new(training.lr) } else { Box::new(cosine) };
    let mut optimizer = Optimizer::new(rule(who), rate);
    for epoch in 0..training.epochs {
        for batch in loader.epoch(train, epoch) {
            optimizer.training_step(model, |model, tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            });
        }
    }
    // Of rules with an average, that is the answer.
    let _ = optimizer.answer(model);
    steps
}
