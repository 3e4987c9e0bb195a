//! Loops over plain slices: the only place in the workspace where `unsafe` may stand.
//!
//! Everything here is without shapes and without gradients: a slice in, a slice out. [`dispatch`] chooses the vector
//! width, [`math`] holds the elementary functions, [`pool`] the memory, [`parallel`] the second core.

pub mod copy;
pub mod dispatch;
pub mod fold;
pub mod gemm;
pub mod math;
pub mod parallel;
pub mod pool;
pub mod rows;
pub mod sum;
mod tiny;
pub mod transpose;

pub use dispatch::run;
pub use math::Real;

/// Elements in one block of a long loop: small enough to stay in the first-level cache.
pub const BLOCK: usize = 1024;
