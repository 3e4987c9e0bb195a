//! Operations without a rule of their own: their gradients are those of the operations they are made of.

pub mod advanced_index;
pub mod arrange;
pub mod attention;
pub mod distance;
pub mod einsum;
pub mod embedding;
pub mod gumbel;
pub mod interpolate;
pub mod loss;
pub mod products;
mod shuffle;
pub mod sort;
