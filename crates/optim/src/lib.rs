//! Optimizers and learning-rate schedules.

mod error;
mod fused;
mod gradient;
mod group;
mod optimizer;
mod rule;
mod rules;
pub mod schedule;
mod step;
pub mod theory;

pub use error::Error;
pub use optimizer::Optimizer;
pub use rule::{Global, Rule, Slot, Step, number, zeros};
pub use rules::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Asgd, Momentum, MomentumForm, Muon, MuonRate, NAdam, Nesterov, RAdam,
    RmsProp, Rprop, Sgd, SparseAdam,
};
