//! Optimizers and learning-rate schedules.
#![forbid(unsafe_code)]

mod average;
pub mod catalog;
mod curvature;
mod describe;
mod error;
mod fused;
mod gradient;
mod group;
mod linalg;
mod lr_finder;
mod methods;
mod minimize;
mod optimizer;
mod rule;
mod rules;
mod sam;
pub mod schedule;
mod state;
mod step;
pub mod surfaces;
pub mod theory;

pub use error::Error;
pub use optimizer::Optimizer;
pub use step::Kept;
pub use rule::{Global, Rule, Slot, Step, number, zeros};
pub use rules::{
    AdEmaMix, AdaBelief, AdaHessian, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Adopt, Asgd, Cautious,
    DAdaptAdam, Dog, Lamb, Langevin, Lars, Lion, Lookahead, Madgrad, Mars, Momentum, MomentumForm, Muon, MuonRate,
    NAdam, Nesterov, NovoGrad, Prodigy, RAdam, RmsProp, Rprop, ScheduleFree, ScheduleFreeBase, Sgd, Shampoo, Signum,
    Soap, Sophia, SparseAdam, Yogi,
};
pub use average::{Average, Averaging};
pub use curvature::hutchinson;
pub use lr_finder::{LrSearch, lr_finder};
pub use methods::{
    ConjugateForm, ConjugateGradients, Lbfgs, LevenbergMarquardt, LineSearch, Memory, Method, Newton, Objective,
    PolyakStep, Solver,
};
pub use minimize::{Differences, LeastSquares, Minimizer, OnTape, Trajectory, minimize, minimize_objective};
pub use sam::Sam;
pub use state::Entries;
