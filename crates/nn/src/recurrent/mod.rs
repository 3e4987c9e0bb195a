//! Recurrent layers: a state that goes from step to step.
//!
//! [`rnn`], [`lstm`] and [`gru`] are the layers, each with its cell, which is one step; `weights` has their parameters, `step` what a
//! step computes, `stack` runs layers and directions over a sequence.

mod gru;
mod lstm;
mod rnn;
mod stack;
mod step;
mod weights;

pub use gru::{Gru, GruCell};
pub use lstm::{Lstm, LstmCell};
pub use rnn::{Nonlinearity, Rnn, RnnCell};
pub use weights::{RecurrentLayer, RecurrentOptions, RecurrentWeights};
