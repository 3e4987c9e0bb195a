//! What a model has to do with a tape: its parameters, their gradients, and what its layers ask while it trains.

pub(crate) mod accumulate;
mod containers;
pub(crate) mod param;
#[macro_use]
mod params_macro;
mod params;
mod substitute;
pub(crate) mod training;

pub use param::{Param, ParamId};
pub use params::{Params, join};
pub use substitute::Substituted;
pub use training::{Entered, Mode, Peers, Untrained};
