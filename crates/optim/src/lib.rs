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
pub use rule::{Global, Rule, Step};
pub use rules::{Adam, AdamW, Sgd};
