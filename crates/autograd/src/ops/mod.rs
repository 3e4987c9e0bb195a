//! The operations, each with its rule beside its forward: elementwise rows first, then everything with a shape.

pub mod elementwise;

pub mod arrange;
pub mod attention;
pub mod class_loss;
pub mod compose;
pub mod conv;
pub mod cumulative;
pub mod einsum;
pub mod embedding;
pub mod index;
pub mod interpolate;
#[cfg(feature = "linalg")]
pub mod linalg;
pub mod linear;
pub mod loss;
pub mod losses;
pub mod movement;
pub mod norm;
pub mod pad;
pub mod pool;
pub mod products;
pub mod reduce;
pub mod scatter;
pub mod sort;
pub mod vector_norm;

pub use attention::Attention;
pub use class_loss::ClassLoss;
pub use conv::Stride;
pub use embedding::Bag;
pub use interpolate::{Outside, Resize};
#[cfg(feature = "linalg")]
pub use linalg::{Eigen, MatrixNorm, Svd};
pub use losses::{Reduction, Triplet};
pub use pad::Padding;
pub use pool::Pool;
pub use scatter::Reduce;
pub use sort::Interpolation;

pub(crate) use elementwise::sym;
