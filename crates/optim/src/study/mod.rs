//! What is not an optimizer but shows what optimizers do: functions to go down, the path, theory.

pub(crate) mod lr_finder;
pub(crate) mod minimize;
pub(crate) mod objective;
pub mod surfaces;
pub mod theory;
