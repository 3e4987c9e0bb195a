//! Numbers that depend linearly on some of the inputs.

use gradus_tensor::{DType, Tensor};

use super::{Generator, RandomState, check_noise, in_order, matrix};
use crate::dataset::Dataset;

/// `$y = Xw + b$` with normal noise: inputs `[n, features]`, targets `[n]`, or `[n, targets]` for several.
///
/// # Source
/// scikit-learn's `make_regression`, with its numbers for a seed.
///
/// # Differs
/// Inputs of a low rank (`effective_rank`) are not made.
#[derive(Debug, Clone, Copy)]
pub struct Regression {
    /// Examples.
    pub n: usize,
    /// Numbers of an example.
    pub features: usize,
    /// Features with a weight that is not 0.
    pub informative: usize,
    /// Numbers to be predicted.
    pub targets: usize,
    /// What is added to each target.
    pub bias: f64,
    /// The deviation of normal noise on the targets.
    pub noise: f64,
    /// Whether examples and features are mixed.
    pub shuffle: bool,
}

impl Default for Regression {
    fn default() -> Self {
        Self { n: 100, features: 100, informative: 10, targets: 1, bias: 0.0, noise: 0.0, shuffle: true }
    }
}

impl Generator for Regression {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        self.with_weights(seed, dtype).0
    }
}

impl Regression {
    /// The data with the weights that made them, `[features]` or `[features, targets]`.
    ///
    /// # Panics
    /// As [`Generator::dataset_of`].
    #[track_caller]
    #[doc(alias = "coef")]
    pub fn with_weights(&self, seed: u64, dtype: DType) -> (Dataset, Tensor) {
        check_noise("Regression", self.noise);
        assert!(self.targets > 0, "Regression: targets is 0; there must be at least 1");
        let mut random = RandomState::new(seed);
        let draw =
            |random: &mut RandomState| (0..self.features).map(|_| random.normal()).collect::<Vec<f64>>();
        let mut rows: Vec<Vec<f64>> = (0..self.n).map(|_| draw(&mut random)).collect();
        let informative = self.informative.min(self.features);
        let mut weights = vec![vec![0.0; self.targets]; self.features];
        weights[..informative].iter_mut().flatten().for_each(|w| *w = 100.0 * random.uniform());
        let product = |row: &Vec<f64>, k: usize| row.iter().zip(&weights).map(|(x, w)| x * w[k]).sum::<f64>();
        let answer = |row| (0..self.targets).map(|k| product(row, k) + self.bias).collect();
        let mut answers: Vec<Vec<f64>> = rows.iter().map(answer).collect();
        if self.noise > 0.0 {
            answers.iter_mut().flatten().for_each(|y| *y += self.noise * random.normal());
        }
        if self.shuffle {
            let order = random.permutation(self.n);
            (rows, answers) = (in_order(&rows, &order), in_order(&answers, &order));
            let order = random.permutation(self.features);
            for row in &mut rows {
                *row = in_order(row, &order);
            }
            weights = in_order(&weights, &order);
        }
        let narrow = |all: &[Vec<f64>]| {
            let all = matrix(all, dtype);
            if self.targets == 1 { all.reshape(all.elements()) } else { all }
        };
        (Dataset::new(matrix(&rows, dtype), narrow(&answers)), narrow(&weights))
    }
}
