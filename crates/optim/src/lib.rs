//! Optimizers and learning-rate schedules.

mod error;
mod fused;
mod gradient;
mod group;
mod linalg;
mod optimizer;
mod rule;
mod rules;
pub mod schedule;
mod step;
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
