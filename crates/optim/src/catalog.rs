//! All optimizers by name, in teaching order, with the learning rate that goes with their defaults.
//!
//! `docs/optimizers.md` lists them with their hyper-parameters, with the steps that each one takes to three minima
//! and with the accuracy that it reaches on handwritten digits; `gradus optimizers` prints it.

use crate::error::Error;
use crate::methods::{ConjugateGradients, Lbfgs, LineSearch, Method, Newton, PolyakStep};
use crate::rule::Rule;
use crate::rules as r;

/// The learning rates among which `gradus race` chooses where none is given.
pub const RATES: [f64; 13] = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.4, 1.0, 3.0];

/// An update rule under a name.
#[derive(Debug, Clone, Copy)]
pub struct NamedRule {
    /// The name.
    pub name: &'static str,
    /// What it is, and whose.
    pub about: &'static str,
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
    /// What it is, and whose.
    pub about: &'static str,
    /// The learning rate of its source.
    pub lr: f64,
    /// Makes it, with its default hyper-parameters.
    pub make: fn() -> Box<dyn Method>,
}

macro_rules! rules {
    ($($name:literal $lr:literal $about:literal $make:expr;)*) => {
        /// Every rule, in teaching order.
        pub const RULES: &[NamedRule] =
            &[$(NamedRule { name: $name, about: $about, lr: $lr, make: || Box::new($make) },)*];
    };
}

rules! {
    "sgd" 1e-2 "gradient descent; Robbins and Monro 1951"
        r::Sgd::default();
    "momentum" 1e-2 "the velocity is a leaky sum of gradients; Polyak 1964"
        r::Sgd { momentum: 0.9, ..r::Sgd::default() };
    "momentum-velocity" 1e-2 "the learning rate inside the velocity; Polyak 1964"
        r::Momentum { form: r::MomentumForm::Velocity, ..r::Momentum::default() };
    "momentum-average" 1e-1 "the velocity is an exponential average; Polyak 1964"
        r::Momentum { form: r::MomentumForm::Average, ..r::Momentum::default() };
    "momentum-physical" 1e-2 "a body with mass and friction; Polyak 1964"
        r::Momentum { form: r::MomentumForm::Physical, ..r::Momentum::default() };
    "nesterov" 1e-2 "Nesterov's momentum as PyTorch rearranges it; Sutskever et al. 2013"
        r::Sgd { momentum: 0.9, nesterov: true, ..r::Sgd::default() };
    "nesterov-ahead" 1e-2 "the gradient is taken a velocity ahead; Nesterov 1983"
        r::Nesterov::default();
    "adagrad" 1e-2 "a rate per element from the sum of squares; Duchi et al. 2011"
        r::Adagrad::default();
    "rmsprop" 1e-2 "a rate per element from the mean of squares; Tieleman and Hinton 2012"
        r::RmsProp::default();
    "adadelta" 1.0 "steps in the parameter's own unit; Zeiler 2012"
        r::Adadelta::default();
    "adam" 1e-3 "momentum and RMSProp, bias corrected; Kingma and Ba 2015"
        r::Adam::default();
    "amsgrad" 1e-3 "Adam with the largest mean of squares so far; Reddi et al. 2018"
        r::Adam { amsgrad: true, ..r::Adam::default() };
    "adamw" 1e-3 "Adam with decoupled decay; Loshchilov and Hutter 2019"
        r::AdamW::default();
    "adamax" 2e-3 "Adam with the largest gradient instead of squares; Kingma and Ba 2015"
        r::Adamax::default();
    "nadam" 2e-3 "Adam with Nesterov's momentum; Dozat 2016"
        r::NAdam::default();
    "radam" 1e-3 "Adam that waits until its variance is known; Liu et al. 2020"
        r::RAdam::default();
    "sparse-adam" 1e-3 "Adam of the rows that have gradients; PyTorch"
        r::SparseAdam::default();
    "rprop" 1e-2 "signs of gradients with a step size per element; Riedmiller and Braun 1993"
        r::Rprop::default();
    "asgd" 1e-2 "gradient descent with an averaged answer; Polyak and Juditsky 1992"
        r::Asgd::default();
    "adafactor" 1e-2 "squares kept as rows and columns; Shazeer and Stern 2018"
        r::Adafactor::default();
    "lars" 1.0 "a rate per tensor from its norm; You et al. 2017"
        r::Lars::default();
    "lamb" 1e-2 "LARS for Adam; You et al. 2020"
        r::Lamb::default();
    "lion" 1e-4 "the sign of an interpolated momentum; Chen et al. 2023"
        r::Lion::default();
    "signum" 1e-4 "the sign of the momentum; Bernstein et al. 2018"
        r::Signum::default();
    "yogi" 1e-2 "Adam whose squares change by signs; Zaheer et al. 2018"
        r::Yogi::default();
    "adabelief" 1e-3 "Adam with the variance around its mean; Zhuang et al. 2020"
        r::AdaBelief::default();
    "novograd" 1e-2 "Adam with one square per tensor; Ginsburg et al. 2019"
        r::NovoGrad::default();
    "adan" 1e-3 "Nesterov's momentum from differences of gradients; Xie et al. 2022"
        r::Adan::default();
    "adopt" 1e-3 "Adam normalised before the momentum; Taniguchi et al. 2024"
        r::Adopt::default();
    "ademamix" 1e-3 "Adam with a second, slow momentum; Pagliardini et al. 2024"
        r::AdEmaMix::default();
    "mars" 3e-3 "AdamW of variance-reduced gradients; Yuan et al. 2024"
        r::Mars::default();
    "madgrad" 1e-2 "dual averaging with cube roots; Defazio and Jelassi 2022"
        r::Madgrad::default();
    "lookahead" 1e-3 "slow weights follow Adam's fast ones; Zhang et al. 2019"
        r::Lookahead::new(r::Adam::default());
    "cautious" 1e-3 "AdamW without the steps against the gradient; Liang et al. 2024"
        r::Cautious { rule: r::AdamW::default() };
    "schedule-free-sgd" 1.0 "gradient descent with averages instead of a schedule; Defazio et al. 2024"
        r::ScheduleFree::sgd();
    "schedule-free" 2.5e-3 "AdamW with averages instead of a schedule; Defazio et al. 2024"
        r::ScheduleFree::adamw();
    "schedule-free-radam" 2.5e-3 "RAdam with averages instead of a schedule; Defazio et al. 2024"
        r::ScheduleFree::radam();
    "prodigy" 1.0 "Adam that estimates its rate; Mishchenko and Defazio 2023"
        r::Prodigy::default();
    "d-adapt-adam" 1.0 "Adam that estimates its rate; Defazio and Mishchenko 2023"
        r::DAdaptAdam::default();
    "dog" 1.0 "distance over gradients as rate; Ivgi et al. 2023"
        r::Dog::default();
    "langevin" 1e-2 "gradient descent with noise; Welling and Teh 2011"
        r::Langevin::default();
    "sophia" 1e-3 "clipped Newton steps on the Hessian's diagonal; Liu et al. 2023"
        r::Sophia::default();
    "adahessian" 0.15 "Adam with the Hessian's diagonal; Yao et al. 2021"
        r::AdaHessian::default();
    "muon" 1e-3 "orthogonal steps for matrices, AdamW for the rest; Jordan et al. 2024"
        r::Muon::default();
    "shampoo" 0.1 "a matrix root for each axis; Gupta et al. 2018"
        r::Shampoo::default();
    "soap" 3e-3 "Adam in Shampoo's basis; Vyas et al. 2024"
        r::Soap::default();
}

/// Every method that needs the function, in teaching order. (Levenberg–Marquardt needs residuals too.)
pub const METHODS: &[NamedMethod] = &[
    NamedMethod {
        name: "polyak",
        about: "the rate from the value at the minimum; Polyak 1987",
        lr: 1.0,
        make: || Box::new(PolyakStep::default()),
    },
    NamedMethod {
        name: "conjugate-gradients",
        about: "conjugate directions and line searches; Nocedal and Wright 2006",
        lr: 1e-2,
        make: || Box::new(ConjugateGradients::default()),
    },
    NamedMethod {
        name: "newton",
        about: "Newton's method, damped; Nocedal and Wright 2006",
        lr: 1.0,
        make: || Box::new(Newton::default()),
    },
    NamedMethod {
        name: "lbfgs",
        about: "the Hessian from the last gradients; Liu and Nocedal 1989",
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
