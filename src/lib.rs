#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

/// The names that most programs want: `use gradus::prelude::*;`.
pub mod prelude;

#[cfg(doctest)]
mod pages;

pub use gradus_autograd as autograd;
pub use gradus_data as data;
pub use gradus_nn as nn;
pub use gradus_optim as optim;
pub use gradus_tensor as tensor;

pub use gradus_autograd::params;
pub use gradus_nn::sequential;
pub use gradus_tensor::kernel::parallel::{set_threads, threads};
pub use gradus_tensor::kernel::pool::{Memory, memory};
