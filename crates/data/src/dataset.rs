//! Inputs and labels that belong together.

use std::path::Path;

use gradus_tensor::io::npy;
use gradus_tensor::{DType, Tensor, rng};

use crate::error::Error;

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

    /// Inputs and labels from two npy files: floats stay what they are, other inputs become F32; labels that are integers are
    /// class numbers.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a file cannot be read, [`Error::Format`] if it has no axis of examples, [`Error::Count`] if both differ in
    /// length.
    pub fn from_npy(inputs: impl AsRef<Path>, labels: impl AsRef<Path>) -> Result<Self, Error> {
        let all = [npy::load(inputs.as_ref())?, npy::load(labels.as_ref())?];
        Self::of_file(all, [inputs.as_ref(), labels.as_ref()], "npy")
    }

    /// As [`Self::from_npy`], from two arrays of an npz file. With the feature `zip`.
    ///
    /// # Errors
    /// As [`Self::from_npy`], and [`Error::Tensor`] if there is no array of a name.
    #[cfg(feature = "zip")]
    pub fn from_npz(path: impl AsRef<Path>, inputs: &str, labels: &str) -> Result<Self, Error> {
        let path = path.as_ref();
        let all = gradus_tensor::io::npz::load(path)?;
        let find = |name: &str| {
            let found = all.iter().find(|(known, _)| known == name).map(|(_, tensor)| tensor.clone());
            let known = || all.iter().map(|(known, _)| known.clone()).collect();
            found.ok_or_else(|| gradus_tensor::Error::Missing { name: name.to_string(), known: known() })
        };
        Self::of_file([find(inputs)?, find(labels)?], [path, path], "npz")
    }

    fn of_file(
        [x, y]: [Tensor; 2],
        [inputs, labels]: [&Path; 2],
        format: &'static str,
    ) -> Result<Self, Error> {
        for (tensor, path) in [(&x, inputs), (&y, labels)] {
            if tensor.rank() == 0 {
                let reason = "it holds a single number, no examples".to_string();
                return Err(Error::Format { path: path.to_path_buf(), format, reason });
            }
        }
        let (expected, found) = (x.shape()[0], y.shape()[0]);
        if expected != found {
            return Err(Error::Count { path: labels.to_path_buf(), expected, found });
        }
        let x = if x.dtype().is_float() { x } else { x.to(DType::F32) };
        Ok(Self::new(x, if y.dtype() == DType::Bool { y.to(DType::I64) } else { y }))
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
    fn from_numpys_files() {
        let at = |name: &str| std::env::temp_dir().join(format!("gradus-set-{name}-{}", std::process::id()));
        let (x, y, one) = (at("x"), at("y"), at("one"));
        npy::save(&x, &Tensor::from([[1, 2], [3, 4]])).unwrap();
        npy::save(&y, &Tensor::from([true, false])).unwrap();
        npy::save(&one, &Tensor::from(3.0)).unwrap();
        let data = Dataset::from_npy(&x, &y).unwrap();
        assert!(data.inputs.equal(&Tensor::from([[1f32, 2.0], [3.0, 4.0]])));
        assert!(data.labels.equal(&Tensor::from([1, 0])));
        let error = Dataset::from_npy(&x, &one).unwrap_err().to_string();
        assert!(error.ends_with("not a valid npy file: it holds a single number, no examples"), "{error}");
        npy::save(&one, &Tensor::from([1, 2, 3])).unwrap();
        assert!(matches!(Dataset::from_npy(&x, &one), Err(Error::Count { expected: 2, found: 3, .. })));
        #[cfg(feature = "zip")]
        {
            let path = at("npz");
            gradus_tensor::io::npz::save(&path, [("a", &data.inputs), ("b", &data.labels)]).unwrap();
            assert_eq!(Dataset::from_npz(&path, "a", "b").unwrap().labels, data.labels);
            let error = Dataset::from_npz(&path, "a", "c").unwrap_err().to_string();
            assert_eq!(error, "c: no such entry; there are a, b");
            std::fs::remove_file(&path).unwrap();
        }
        for path in [&x, &y, &one] {
            std::fs::remove_file(path).unwrap();
        }
        assert!(matches!(Dataset::from_npy(&x, &y), Err(Error::Tensor(_))));
    }

    #[test]
    #[should_panic(expected = "Dataset: inputs [2, 3] and labels [3]: 2 and 3 examples differ")]
    fn lengths_must_agree() {
        Dataset::new(Tensor::zeros([2, 3]), Tensor::zeros(3));
    }
}
