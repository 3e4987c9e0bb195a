//! All optimizers by name, in teaching order, with the learning rate that goes with their defaults.
//!
//! Steps until within 0.1 of the minimum, at the best of thirteen rates
//! (`cargo test --release -p gradus-optim --test descent -- --nocapture`):
//!
//! | optimizer | quadratic | booth | rosenbrock |
//! | --- | --- | --- | --- |
//! | sgd | 47 steps at 0.4 | 21 steps at 0.1 | 2803 steps at 0.002 |
//! | momentum | 41 steps at 0.2 | 44 steps at 0.1 | 21 steps at 0.002 |
//! | momentum-velocity | 41 steps at 0.2 | 44 steps at 0.1 | 21 steps at 0.002 |
//! | momentum-average | 58 steps at 3 | 44 steps at 1 | 21 steps at 0.02 |
//! | momentum-physical | 41 steps at 0.2 | 44 steps at 0.1 | 21 steps at 0.002 |
//! | nesterov | 14 steps at 0.1 | 14 steps at 0.05 | 522 steps at 0.001 |
//! | nesterov-ahead | 15 steps at 0.1 | 15 steps at 0.05 | 523 steps at 0.001 |
//! | adagrad | 5 steps at 3 | 72 steps at 3 | 2550 steps at 1 |
//! | rmsprop | 5 steps at 0.4 | 18 steps at 1 | 1393 steps at 0.4 |
//! | adadelta | 505 steps at 3 | 812 steps at 3 | 4038 steps at 0.1 |
//! | adam | 31 steps at 0.2 | 51 steps at 3 | 282 steps at 1 |
//! | amsgrad | 31 steps at 0.2 | 51 steps at 3 | 296 steps at 1 |
//! | adamw | 30 steps at 0.2 | 26 steps at 3 | 1849 steps at 0.1 |
//! | adamax | 46 steps at 3 | 43 steps at 3 | 956 steps at 1 |
//! | nadam | 22 steps at 0.4 | 19 steps at 3 | 1807 steps at 0.02 |
//! | radam | 81 steps at 1 | 515 steps at 0.2 | 7015 steps at 0.005 |
//! | sparse-adam | 31 steps at 0.2 | 51 steps at 3 | 282 steps at 1 |
//! | rprop | 11 steps at 3 | 25 steps at 0.4 | 1173 steps at 0.002 |
//! | asgd | 47 steps at 0.4 | 21 steps at 0.1 | 2806 steps at 0.002 |
//! | adafactor | 36 steps at 1 | 134 steps at 1 | 3387 steps at 1 |
//! | lars | 127 steps at 3 | 264 steps at 3 | 612 steps at 3 |
//! | lamb | 32 steps at 0.4 | 150 steps at 0.1 | 467 steps at 0.05 |
//! | lion | 100 steps at 0.05 | 34 steps at 1 | 190 steps at 0.02 |
//! | signum | 68 steps at 0.1 | 32 steps at 1 | 160 steps at 0.1 |
//! | yogi | 31 steps at 0.2 | 51 steps at 3 | 297 steps at 1 |
//! | adabelief | 16 steps at 1 | 48 steps at 1 | 41 steps at 3 |
//! | novograd | 25 steps at 0.1 | 38 steps at 0.4 | 56 steps at 0.05 |
//! | adan | 14 steps at 3 | 46 steps at 3 | 42 steps at 1 |
//! | adopt | 38 steps at 1 | 55 steps at 3 | 177 steps at 3 |
//! | ademamix | 31 steps at 0.2 | 51 steps at 3 | 256 steps at 1 |
//! | mars | 10 steps at 3 | 23 steps at 3 | 30 steps at 1 |
//! | madgrad | 33 steps at 0.2 | 30 steps at 3 | 121 steps at 0.1 |
//! | lookahead | 20 steps at 3 | 23 steps at 3 | 543 steps at 0.4 |
//! | cautious | 2 steps at 3 | 37 steps at 3 | 23 steps at 3 |
//! | schedule-free-sgd | 18 steps at 1 | 13 steps at 0.4 | 872 steps at 0.005 |
//! | schedule-free | 10 steps at 3 | 27 steps at 3 | 208 steps at 1 |
//! | schedule-free-radam | 50 steps at 3 | 173 steps at 3 | 201 steps at 3 |
//! | prodigy | 37 steps at 0.4 | 44 steps at 0.4 | 26 steps at 3 |
//! | d-adapt-adam | 46 steps at 1 | 67 steps at 0.4 | 167 steps at 1 |
//! | dog | 66 steps at 3 | 51 steps at 3 | 6332 steps at 1 |
//! | langevin | 48 steps at 0.4 | 21 steps at 0.1 | 3093 steps at 0.002 |
//! | sophia | 46 steps at 0.2 | 88 steps at 0.4 | 27 steps at 0.2 |
//! | adahessian | 1 steps at 1 | 19 steps at 0.4 | 435 steps at 3 |
//! | muon | 30 steps at 0.2 | 26 steps at 3 | 1849 steps at 0.1 |
//! | shampoo | 5 steps at 3 | 72 steps at 3 | 2550 steps at 1 |
//! | soap | 62 steps at 3 | 74 steps at 1 | 16 steps at 1 |

use crate::error::Error;
use crate::methods::{ConjugateGradients, Lbfgs, LineSearch, Method, Newton, PolyakStep};
use crate::rule::Rule;
use crate::rules as r;

/// An update rule under a name.
#[derive(Debug, Clone, Copy)]
pub struct NamedRule {
    /// The name.
    pub name: &'static str,
    /// The learning rate of its source.
    pub lr: f64,
    /// Makes it, with its default hyper-parameters.
    pub make: fn() -> Box<dyn Rule>,
}

/// A method under a name.
#[derive(Debug, Clone, Copy)]
pub struct NamedMethod {
    /// The name.
    pub name: &'static str,
    /// The learning rate of its source.
    pub lr: f64,
    /// Makes it, with its default hyper-parameters.
    pub make: fn() -> Box<dyn Method>,
}

macro_rules! rules {
    ($($name:literal $lr:literal $make:expr;)*) => {
        /// Every rule, in teaching order.
        pub const RULES: &[NamedRule] =
            &[$(NamedRule { name: $name, lr: $lr, make: || Box::new($make) },)*];
    };
}

rules! {
    "sgd" 1e-2 r::Sgd::default();
    "momentum" 1e-2 r::Sgd { momentum: 0.9, ..r::Sgd::default() };
    "momentum-velocity" 1e-2 r::Momentum { form: r::MomentumForm::Velocity, ..r::Momentum::default() };
    "momentum-average" 1e-1 r::Momentum { form: r::MomentumForm::Average, ..r::Momentum::default() };
    "momentum-physical" 1e-2 r::Momentum { form: r::MomentumForm::Physical, ..r::Momentum::default() };
    "nesterov" 1e-2 r::Sgd { momentum: 0.9, nesterov: true, ..r::Sgd::default() };
    "nesterov-ahead" 1e-2 r::Nesterov::default();
    "adagrad" 1e-2 r::Adagrad::default();
    "rmsprop" 1e-2 r::RmsProp::default();
    "adadelta" 1.0 r::Adadelta::default();
    "adam" 1e-3 r::Adam::default();
    "amsgrad" 1e-3 r::Adam { amsgrad: true, ..r::Adam::default() };
    "adamw" 1e-3 r::AdamW::default();
    "adamax" 2e-3 r::Adamax::default();
    "nadam" 2e-3 r::NAdam::default();
    "radam" 1e-3 r::RAdam::default();
    "sparse-adam" 1e-3 r::SparseAdam::default();
    "rprop" 1e-2 r::Rprop::default();
    "asgd" 1e-2 r::Asgd::default();
    "adafactor" 1e-2 r::Adafactor::default();
    "lars" 1.0 r::Lars::default();
    "lamb" 1e-2 r::Lamb::default();
    "lion" 1e-4 r::Lion::default();
    "signum" 1e-4 r::Signum::default();
    "yogi" 1e-2 r::Yogi::default();
    "adabelief" 1e-3 r::AdaBelief::default();
    "novograd" 1e-2 r::NovoGrad::default();
    "adan" 1e-3 r::Adan::default();
    "adopt" 1e-3 r::Adopt::default();
    "ademamix" 1e-3 r::AdEmaMix::default();
    "mars" 3e-3 r::Mars::default();
    "madgrad" 1e-2 r::Madgrad::default();
    "lookahead" 1e-3 r::Lookahead::new(r::Adam::default());
    "cautious" 1e-3 r::Cautious { rule: r::AdamW::default() };
    "schedule-free-sgd" 1.0 r::ScheduleFree::sgd();
    "schedule-free" 2.5e-3 r::ScheduleFree::adamw();
    "schedule-free-radam" 2.5e-3 r::ScheduleFree::radam();
    "prodigy" 1.0 r::Prodigy::default();
    "d-adapt-adam" 1.0 r::DAdaptAdam::default();
    "dog" 1.0 r::Dog::default();
    "langevin" 1e-2 r::Langevin::default();
    "sophia" 1e-3 r::Sophia::default();
    "adahessian" 0.15 r::AdaHessian::default();
    "muon" 1e-3 r::Muon::default();
    "shampoo" 0.1 r::Shampoo::default();
    "soap" 3e-3 r::Soap::default();
}

/// Every method that needs the function, in teaching order. (Levenberg–Marquardt needs residuals too.)
pub const METHODS: &[NamedMethod] = &[
    NamedMethod { name: "polyak", lr: 1.0, make: || Box::new(PolyakStep::default()) },
    NamedMethod { name: "conjugate-gradients", lr: 1e-2, make: || Box::new(ConjugateGradients::default()) },
    NamedMethod { name: "newton", lr: 1.0, make: || Box::new(Newton::default()) },
    NamedMethod {
        name: "lbfgs",
        lr: 1.0,
        make: || Box::new(Lbfgs { line_search: LineSearch::StrongWolfe, ..Lbfgs::default() }),
    },
];

/// The rule of a name.
///
/// # Errors
/// If there is none; the error lists the names.
pub fn rule(name: &str) -> Result<&'static NamedRule, Error> {
    let known = || RULES.iter().map(|rule| rule.name.to_string()).collect();
    RULES
        .iter()
        .find(|rule| rule.name == name)
        .ok_or_else(|| Error::Unknown { name: name.to_string(), known: known() })
}
