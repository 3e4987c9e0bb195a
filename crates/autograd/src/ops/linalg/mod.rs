//! Linear algebra, under the feature `linalg`: inverse, systems, determinants, factorisations, norms of matrices. The
//! decompositions are `nalgebra`'s, in f64; the rules are ours. Leading axes are batches.
//!
//! An operation with several results gives them packed along one last axis, which is then cut.

mod factor;
mod jacobi;
mod kernel;
mod norm;
mod solve;
mod spectral;

pub use norm::MatrixNorm;
pub use spectral::{Eigen, Svd};
