//! Inputs and labels that belong together.

use gradus_tensor::{Tensor, rng};

/// Examples: row i of the inputs belongs to row i of the labels.
///
/// ```
/// use gradus_data::Dataset;
/// use gradus_tensor::Tensor;
///
/// let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let xor = Dataset::new(inputs, Tensor::from([0, 1, 1, 0])); // class numbers are integers
/// assert_eq!(xor.len(), 4);
/// let (train, test) = xor.split(0.25, 0);                     // a quarter for testing, drawn with the seed 0
/// assert_eq!((train.len(), test.len()), (3, 1));
/// let scaled = xor.map_inputs(|x| x * 2.0 - 1.0);
/// assert_eq!(scaled.inputs.get([0, 0]), Some(-1.0));
/// ```
#[derive(Debug, Clone)]
pub struct Dataset {
    /// `[N, …]`, floats.
    pub inputs: Tensor,
    /// `[N]` class numbers (I64), or `[N, …]` targets (floats).
    pub labels: Tensor,
}

impl Dataset {
    /// Inputs with their labels.
    ///
    /// # Panics
    /// If one of both has no axis or they differ in length.
    #[track_caller]
    pub fn new(inputs: Tensor, labels: Tensor) -> Self {
        let (x, y) = (inputs.shape(), labels.shape());
        assert!(
            !x.is_empty() && !y.is_empty(),
            "Dataset: inputs {x} and labels {y} need a first axis of examples"
        );
        assert!(x[0] == y[0], "Dataset: inputs {x} and labels {y}: {} and {} examples differ", x[0], y[0]);
        Self { inputs, labels }
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        self.inputs.shape()[0]
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples with these numbers (I64), in this order.
    ///
    /// # Panics
    /// If a number is not below the number of examples.
    #[must_use]
    #[track_caller]
    pub fn select(&self, index: &Tensor) -> Self {
        Self { inputs: self.inputs.index_select(0, index), labels: self.labels.index_select(0, index) }
    }

    /// The examples `start .. start + len`, without a copy.
    ///
    /// # Panics
    /// If there are fewer.
    #[must_use]
    #[track_caller]
    pub fn narrow(&self, start: usize, len: usize) -> Self {
        Self { inputs: self.inputs.narrow(0, start, len), labels: self.labels.narrow(0, start, len) }
    }

    /// Two parts at random: all but the rounded `test_fraction` of the examples for training, and the rest for testing.
    ///
    /// # Panics
    /// If the fraction is not in `0 ..= 1`.
    #[track_caller]
    pub fn split(&self, test_fraction: f64, seed: u64) -> (Self, Self) {
        assert!(
            (0.0..=1.0).contains(&test_fraction),
            "split: the fraction {test_fraction} is not in 0 ..= 1"
        );
        let n = self.len();
        let test = (n as f64 * test_fraction).round() as usize;
        let order = Tensor::permutation(n, &mut rng(seed));
        (self.select(&order.narrow(0, test, n - test)), self.select(&order.narrow(0, 0, test)))
    }

    /// The same examples with other inputs, such as scaled ones.
    ///
    /// # Panics
    /// If the result has another number of examples.
    #[must_use]
    #[track_caller]
    pub fn map_inputs(&self, f: impl FnOnce(&Tensor) -> Tensor) -> Self {
        Self::new(f(&self.inputs), self.labels.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten() -> Dataset {
        Dataset::new(Tensor::arange(10).reshape([10, 1]), Tensor::arange(10))
    }

    #[test]
    fn a_split_is_a_partition_that_the_seed_fixes() {
        let (train, test) = ten().split(0.3, 1);
        assert_eq!((train.len(), test.len()), (7, 3));
        let numbers = |d: &Dataset| d.labels.to_f64_vec();
        let mut all = [numbers(&train), numbers(&test)].concat();
        assert_eq!(numbers(&ten().split(0.3, 1).1), numbers(&test));
        assert_ne!(numbers(&ten().split(0.3, 2).0), numbers(&train));
        all.sort_by(f64::total_cmp);
        assert_eq!(all, numbers(&ten()));
        assert_eq!(train.inputs.to_f64_vec(), numbers(&train), "inputs and labels stay together");
    }

    #[test]
    fn a_split_may_be_empty() {
        let (train, test) = ten().split(0.0, 0);
        assert_eq!((train.len(), test.len()), (10, 0));
        assert!(ten().split(1.0, 0).0.is_empty());
    }

    #[test]
    #[should_panic(expected = "Dataset: inputs [2, 3] and labels [3]: 2 and 3 examples differ")]
    fn lengths_must_agree() {
        Dataset::new(Tensor::zeros([2, 3]), Tensor::zeros(3));
    }
}
