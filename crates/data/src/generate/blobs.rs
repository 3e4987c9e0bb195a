//! Normal clouds around centers.

use gradus_tensor::DType;

use super::{Generator, RandomState, classes, in_order};
use crate::dataset::Dataset;

/// A normal cloud for each class: inputs `[n, features]`, classes from 0 on.
///
/// # Source
/// scikit-learn's `make_blobs`, with its numbers for a seed.
#[derive(Debug, Clone)]
pub struct Blobs {
    /// Examples, shared evenly by the classes; the first ones get what is left over.
    pub n: usize,
    /// Where the clouds are.
    pub centers: Centers,
    /// The deviation of each cloud, or one for all.
    pub std: Vec<f64>,
    /// Whether the classes are mixed.
    pub shuffle: bool,
}

/// The centers of [`Blobs`].
#[derive(Debug, Clone)]
pub enum Centers {
    /// These.
    Given(Vec<Vec<f64>>),
    /// So many, drawn uniformly.
    Random {
        /// Clouds.
        count: usize,
        /// Numbers of an example.
        features: usize,
        /// Between which bounds the numbers of a center lie.
        low_high: (f64, f64),
    },
}

impl Default for Blobs {
    fn default() -> Self {
        let centers = Centers::Random { count: 3, features: 2, low_high: (-10.0, 10.0) };
        Self { n: 100, centers, std: vec![1.0], shuffle: true }
    }
}

impl Generator for Blobs {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        let mut random = RandomState::new(seed);
        let centers = match &self.centers {
            Centers::Given(centers) => centers.clone(),
            &Centers::Random { count, features, low_high: (low, high) } => {
                let mut number = |_| low + (high - low) * random.uniform();
                (0..count).map(|_| (0..features).map(&mut number).collect()).collect()
            }
        };
        let k = centers.len();
        assert!(k > 0, "Blobs: no centers; at least one is needed");
        assert!(
            centers.iter().all(|center| center.len() == centers[0].len()),
            "Blobs: centers of different lengths"
        );
        assert!(
            self.std.len() == 1 || self.std.len() == k,
            "Blobs: {} deviations for {k} centers; one for all or one for each is needed",
            self.std.len()
        );
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for (class, center) in centers.iter().enumerate() {
            let std = self.std[class % self.std.len()];
            assert!(
                std >= 0.0 && std.is_finite(),
                "Blobs: a deviation is {std}; it must be at least 0 and finite"
            );
            for _ in 0..self.n / k + usize::from(class < self.n % k) {
                rows.push(center.iter().map(|x| x + std * random.normal()).collect::<Vec<f64>>());
                labels.push(class as i64);
            }
        }
        if self.shuffle {
            let order = random.permutation(rows.len());
            (rows, labels) = (in_order(&rows, &order), in_order(&labels, &order));
        }
        classes(&rows, labels, dtype)
    }
}
