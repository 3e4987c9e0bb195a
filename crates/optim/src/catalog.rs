//! All optimizers by name, in teaching order, with the learning rate that goes with their defaults.

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
