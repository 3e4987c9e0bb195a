//! N-dimensional arrays with copy-on-write storage and vectorised kernels.
#[macro_use]
mod dtype;
pub mod axes;
pub mod compare;
pub mod convert;
mod create;
mod display;
pub mod elementwise;
mod error;
mod extremes;
mod fused;
mod index;
pub mod io;
mod join;
pub mod kernel;
mod layout;
mod mask;
mod matmul;
mod movement;
pub mod random;
mod reduce;
mod slice;
mod sort;
mod statistics;
mod tensor;

pub use axes::Axes;
pub use dtype::{DType, Element};
pub use error::Error;
pub use fused::{
    cross_entropy, cross_entropy_backward, linear, log_softmax, log_softmax_backward, softmax, softmax_backward,
};
pub use layout::{Layout, MAX_RANK, Shape, axis_index, merge, rows};
pub use movement::REST;
pub use random::{Rng, rng};
pub use slice::Slice;
pub use tensor::Tensor;
