//! Loops over plain slices: the only place in the workspace where `unsafe` may stand.
//!
//! A slice in, a slice out: nothing here knows a tensor or its layout. A kernel works on a whole slice, on the runs of
//! `width` elements in it (what lies along the last axis of a tensor), or on a matrix in it, given by two strides.
//!
//! - Choices that all loops share: `dispatch` the vector width, [`parallel`] the second core, [`pool`] the memory.
//! - Functions of one element: [`math`].
//! - Reductions: `pairwise` the one way to reduce a slice, `fold` by it slices, runs and columns, [`sum`] sums of
//!   functions.
//! - Runs: `runs` the driver, `tile` many short ones, `softmax` (with `softmax_tiles`), `layer_norm`; [`Compiled`] for other crates. Rows of gates: `recurrent`.
//! - Channels, the second axis: `channels`.
//! - Whole slices: [`axpy`], [`copy`].
//! - Matrices: `gemm`, `gathered` (products whose left operand lies scattered), `transpose`.
//!
//! Gradients are no business of these loops with one exception: a function of a run is not a sum of functions of its
//! elements, so `softmax`, `layer_norm` and `recurrent` hold, beside each function, the kernel that adds its gradient
//! (`…_pull`).

pub mod axpy;
pub(crate) mod channels;
pub mod copy;
pub(crate) mod dispatch;
pub(crate) mod fold;
pub(crate) mod gathered;
pub(crate) mod gemm;
pub(crate) mod layer_norm;
pub mod math;
mod pairwise;
pub mod parallel;
pub mod pool;
pub(crate) mod recurrent;
mod runs;
pub(crate) mod softmax;
mod softmax_tiles;
pub mod sum;
mod tile;
pub(crate) mod transpose;

pub use dispatch::{run, run_wide};
pub use math::Real;
pub use runs::Compiled;

/// Elements that loops over short runs take at once: one vector of `f32`.
pub(crate) const STRETCH: usize = 8;

/// Runs of fewer elements are short: kernels over runs take [`TOGETHER`] of them at once. A tile of longer ones does not fit into
/// the first-level cache.
pub const SHORT_RUN: usize = 128;

/// Short runs that are taken at once.
pub const TOGETHER: usize = 64;

/// Elements in one block of a long loop: small enough to stay in the first-level cache.
pub const BLOCK: usize = 1024;
