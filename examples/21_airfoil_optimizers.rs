//! Eight optimizers on measured data: what each leaves of half the mean squared error (least squares leaves 0.2417) with the rates
//! that a course gives it, from twenty seeds beside the course's one run.
//!
//! The recipes of the first block have the factor ½ in their loss and two epochs, those of the second ("concise") PyTorch's
//! optimizers, no factor, and four epochs.

#[path = "common/airfoil.rs"]
mod airfoil;
#[path = "common/published.rs"]
mod published;

use airfoil::{Training, train};
use gradus::optim::{Adadelta, Adagrad, RmsProp, Rule, Yogi};
use gradus::prelude::*;
use published::Published;

/// A name, the batch, the rate, a new rule, the published loss.
type Recipe = (&'static str, usize, f64, fn() -> Box<dyn Rule>, &'static str);

fn sgd() -> Box<dyn Rule> {
    Sgd::default().into()
}

/// Momentum in the form without a factor at the gradient.
fn momentum(momentum: f64) -> Box<dyn Rule> {
    Sgd { momentum, ..Sgd::default() }.into()
}

/// From their formulas.
const BY_HAND: [Recipe; 11] = [
    ("gradient descent, all rows, 10 epochs", 1500, 1.0, sgd, "0.247"),
    ("SGD, one row", 1, 0.005, sgd, "0.245"),
    ("SGD, 100 rows", 100, 0.4, sgd, "0.246"),
    ("SGD", 10, 0.05, sgd, "0.246"),
    ("momentum 0.5", 10, 0.02, || momentum(0.5), "0.245"),
    ("momentum 0.9", 10, 0.005, || momentum(0.9), "0.243"),
    ("AdaGrad", 10, 0.1, || Adagrad { eps: 1e-6, eps_inside: true, ..Adagrad::default() }.into(), "0.243"),
    (
        "RMSProp",
        10,
        0.01,
        || RmsProp { alpha: 0.9, eps: 1e-6, eps_inside: true, ..RmsProp::default() }.into(),
        "0.245",
    ),
    ("Adadelta", 10, 1.0, || Adadelta { eps: 1e-5, ..Adadelta::default() }.into(), "0.245"),
    ("Adam", 10, 0.01, || Adam { eps: 1e-6, ..Adam::default() }.into(), "0.243"),
    ("Yogi", 10, 0.01, || Yogi { initial: 0.0, ..Yogi::default() }.into(), "0.243"),
];

/// As a library has them.
const CONCISE: [Recipe; 6] = [
    ("SGD", 10, 0.01, sgd, "0.243"),
    ("momentum 0.9", 10, 0.005, || momentum(0.9), "0.250"),
    ("AdaGrad", 10, 0.1, || Adagrad::default().into(), "0.242"),
    ("RMSProp", 10, 0.01, || RmsProp { alpha: 0.9, ..RmsProp::default() }.into(), "0.246"),
    ("Adadelta", 10, 1.0, || Adadelta::default().into(), "0.243"),
    ("Adam", 10, 0.01, || Adam::default().into(), "0.243"),
];

fn main() {
    let source = "github.com/d2l-ai/d2l-pytorch-colab, chapter_optimization: minibatch-sgd … adam";
    let run = Published::new("Optimizers on the noise of an airfoil", source, 20);
    let Some(data) = airfoil::data() else { return };
    let before = 0.5 * data.labels.square().mean().item(); // all weights are nearly 0
    for (recipes, factor, epochs) in [(&BY_HAND[..], 0.5, 2), (&CONCISE[..], 1.0, 4)] {
        println!("the loss {factor} times the mean squared error, {epochs} epochs");
        for &(name, batch, lr, rule, published) in recipes {
            let epochs = if batch == 1500 { 10 } else { epochs };
            let how = Training { batch, epochs, factor };
            let one = |seed| train(&data, how, Optimizer::new(rule(), lr), seed);
            let ours: Vec<f64> = (0..run.seeds).map(one).collect();
            run.row(&format!("{name}, rate {lr}"), published, &ours);
            let mean = ours.iter().sum::<f64>() / ours.len() as f64;
            run.falls(name, before, mean);
            let away = (mean - published.parse::<f64>().expect("a number")).abs();
            assert!(run.quick || away <= 0.003, "{name}: {mean} is {away} away from {published}");
        }
        println!();
    }
    run.done();
}
