//! The update rules, one file each, with the paper's algorithm at its head.

mod adam;
mod sgd;

pub use adam::{Adam, AdamW};
pub use sgd::Sgd;
