//! Data that are made: shapes in the plane and in space, blobs, straight lines with noise.
//!
//! Those that scikit-learn has too give its numbers for the same seed (an `int` as `random_state`), up to the rounding of
//! sines and logarithms.
//!
//! ```
//! use gradus_data::generate::{Generator, Moons};
//! let data = Moons { n: 200, noise: 0.1, ..Moons::default() }.dataset(0); // make_moons(200, noise=0.1, random_state=0)
//! assert_eq!((data.inputs.shape()[..].to_vec(), data.labels.shape()[..].to_vec()), (vec![200, 2], vec![200]));
//! ```

mod blobs;
mod plane;
mod random_state;
mod regression;
mod space;

use gradus_tensor::{DType, Tensor};

pub use blobs::{Blobs, Centers};
pub use plane::{Circles, Moons, Spirals, Xor};
pub use random_state::RandomState;
pub use regression::Regression;
pub use space::{SCurve, SwissRoll};

use crate::dataset::Dataset;

/// Something that makes data from a seed.
pub trait Generator {
    /// Inputs in this float type, and labels: class numbers in I64, or targets in this type.
    ///
    /// # Panics
    /// If an option makes no sense, or the seed is not below `$2^{32}$`.
    #[track_caller]
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset;

    /// Inputs in F32 with their labels.
    ///
    /// # Panics
    /// As [`Self::dataset_of`].
    #[track_caller]
    fn dataset(&self, seed: u64) -> Dataset {
        self.dataset_of(seed, DType::F32)
    }
}

/// Rows with class numbers.
fn classes(rows: &[Vec<f64>], labels: Vec<i64>, dtype: DType) -> Dataset {
    let n = labels.len();
    Dataset::new(matrix(rows, dtype), Tensor::from_vec(labels, [n]))
}

/// Rows with numbers.
fn targets(rows: &[Vec<f64>], targets: Vec<f64>, dtype: DType) -> Dataset {
    let n = targets.len();
    Dataset::new(matrix(rows, dtype), Tensor::from_vec(targets, [n]).to(dtype))
}

fn matrix(rows: &[Vec<f64>], dtype: DType) -> Tensor {
    let columns = rows.first().map_or(0, Vec::len);
    Tensor::from_vec(rows.concat(), [rows.len(), columns]).to(dtype)
}

/// Items in a random order, as `sklearn.utils.shuffle`.
fn in_order<T: Clone>(items: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&i| items[i].clone()).collect()
}

/// Adds normal noise row by row.
fn add_noise(rows: &mut [Vec<f64>], noise: f64, random: &mut RandomState) {
    if noise > 0.0 {
        rows.iter_mut().flatten().for_each(|x| *x += noise * random.normal());
    }
}

/// As [`add_noise`], column by column.
fn add_noise_by_columns(rows: &mut [Vec<f64>], noise: f64, random: &mut RandomState) {
    let columns = rows.first().map_or(0, Vec::len);
    for column in 0..columns {
        for row in rows.iter_mut() {
            row[column] += noise * random.normal();
        }
    }
}

#[track_caller]
fn check_noise(what: &str, noise: f64) {
    assert!(noise >= 0.0 && noise.is_finite(), "{what}: noise is {noise}; it must be at least 0 and finite");
}

/// `n` numbers from `start` to `stop`; with or without the last, as `numpy.linspace`.
fn linspace(start: f64, stop: f64, n: usize, with_end: bool) -> Vec<f64> {
    let steps = if with_end { n.saturating_sub(1).max(1) } else { n.max(1) };
    let step = (stop - start) / steps as f64;
    let at = |i: usize| if with_end && i + 1 == n && n > 1 { stop } else { i as f64 * step + start };
    (0..n).map(at).collect()
}
