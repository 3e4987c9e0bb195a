//! Data sets and loaders.
//!
//! 1. [`Dataset`]: inputs and labels that belong together, and how to split them;
//! 2. [`Loader`]: batches in an order that a seed fixes;
//! 3. [`Standardizer`]: inputs of mean 0 and deviation 1;
//! 4. [`iris`], [`wine`] and, with the feature `gzip`, `digits`, `breast_cancer`, `diabetes`: small sets that are embedded;
//! 5. [`generate`]: moons, circles, blobs and others that are made from a seed;
//! 6. [`csv`], [`text`], [`Dataset::from_npy`], [`idx`] and [`mnist`]: tables, texts, arrays, MNIST and its relatives from files;
//! 7. [`sample`]: parts and folds in which classes keep their shares, draws by weights; [`transform`]: batches that are changed on
//!    their way; [`prefetch()`]: batches made by another thread; [`Cursor`]: the place of a training among its batches; [`Shard`]: a rank's part of each batch.
//!
//! ```
//! use gradus_data::{Loader, iris};
//! let (train, test) = iris().split(0.2, 0);
//! assert_eq!((train.len(), test.len()), (120, 30));
//! let loader = Loader { batch: 32, shuffle: Some(0), drop_last: false };
//! for batch in loader.epoch(&train, 0) {
//!     assert!(batch.len() <= 32);
//! }
//! ```
//!
//! Files never panic: what is truncated, foreign or out of range comes back as an [`Error`] that names it.
#![forbid(unsafe_code)]

pub mod csv;
mod dataset;
mod embedded;
mod error;
pub mod generate;
pub mod idx;
mod loader;
mod mnist;
mod prefetch;
pub mod sample;
mod shard;
mod standardize;
pub mod text;
pub mod transform;

pub use dataset::Dataset;
#[cfg(feature = "gzip")]
pub use embedded::{breast_cancer, diabetes, digits};
pub use embedded::{iris, wine};
pub use error::Error;
pub use loader::{Batches, Cursor, Loader};
pub use mnist::mnist;
pub use prefetch::{Prefetch, prefetch};
pub use shard::{LastBatch, Shard, Share, Shares};
pub use standardize::Standardizer;
