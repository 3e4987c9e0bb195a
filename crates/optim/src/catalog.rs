//! All optimizers by name, in teaching order, with the learning rate that goes with their defaults.
//!
//! `docs/optimizers.md` lists them with their hyper-parameters, with the steps that each one takes to three minima
//! and with the accuracy that it reaches on handwritten digits; `gradus optimizers` prints it.

use crate::error::Error;
use crate::methods::{ConjugateGradients, Lbfgs, LineSearch, Newton, PolyakStep};
use crate::rule::Rule;
use crate::rules as r;

/// The learning rates among which `gradus race` chooses where none is given.
pub const RATES: [f64; 13] = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.4, 1.0, 3.0];

/// A rule or a method under a name.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// What it is, and whose.
    pub about: &'static str,
    /// The learning rate of its source.
    pub lr: f64,
    /// Makes it, with its default hyper-parameters.
    pub make: fn() -> Box<dyn Rule>,
}

macro_rules! catalog {
    ($(#[$doc:meta])* $list:ident: $($name:literal $lr:literal $about:literal $make:expr;)*) => {
        $(#[$doc])*
        pub const $list: &[Named] =
            &[$(Named { name: $name, about: $about, lr: $lr, make: || Box::new($make) },)*];
    };
}

catalog! {
    /// Every rule that is handed gradients, in teaching order. [`Sam`](crate::Sam), which goes around any of them, is not
    /// among them: at a fixed distance it keeps away from the minimum of a narrow valley, where each of these arrives.
    RULES:
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

catalog! {
    /// Every method that evaluates the loss itself, in teaching order. (Levenberg–Marquardt needs residuals too.)
    METHODS:
    "polyak" 1.0 "the rate from the value at the minimum; Polyak 1987"
        PolyakStep::default();
    "conjugate-gradients" 1e-2 "conjugate directions and line searches; Nocedal and Wright 2006"
        ConjugateGradients::default();
    "newton" 1.0 "Newton's method, damped; Nocedal and Wright 2006"
        Newton::default();
    "lbfgs" 1.0 "the Hessian from the last gradients; Liu and Nocedal 1989"
        Lbfgs { line_search: LineSearch::StrongWolfe, ..Lbfgs::default() };
}

/// The same rule with more settings, where PyTorch's form, which has the name, has fewer: `beta` and `form` of
/// [`Momentum`](crate::Momentum); `reach` of a true look-ahead.
pub(crate) fn in_full(name: &str) -> Option<Box<dyn Rule>> {
    match name {
        "momentum" => Some(r::Momentum::default().into()),
        "nesterov" => Some(r::Nesterov::default().into()),
        _ => None,
    }
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Named> {
    RULES.iter().chain(METHODS)
}

/// The rule or method of a name.
///
/// # Errors
/// If there is none; the error lists the names.
pub fn named(name: &str) -> Result<&'static Named, Error> {
    let known = || all().map(|named| named.name.to_string()).collect();
    all()
        .find(|named| named.name == name)
        .ok_or_else(|| Error::Unknown { name: name.to_string(), known: known() })
}
