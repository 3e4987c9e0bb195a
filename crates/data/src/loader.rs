//! Batches of a data set, in an order that a seed and the number of the epoch fix.

use gradus_tensor::{Tensor, rng};

use crate::dataset::Dataset;

/// How a data set is cut into batches. It has no state: the order of an epoch is a function of the seed and its number, so
/// a training that was interrupted goes on with the same batches.
///
/// ```
/// use gradus_data::{Loader, iris};
///
/// let data = iris();
/// let loader = Loader { batch: 32, shuffle: Some(0), drop_last: false };
/// for epoch in 0..2 {
///     for batch in loader.epoch(&data, epoch) {
///         assert_eq!(batch.inputs.shape()[0], batch.labels.shape()[0]); // at most 32 examples, each once an epoch
///     }
/// }
/// assert_eq!(loader.batches(data.len()), 5); // of 150 examples: 4 · 32 + 22
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Loader {
    /// Examples in a batch.
    pub batch: usize,
    /// The seed of the order; `None` keeps the order of the data.
    pub shuffle: Option<u64>,
    /// Whether a last batch with fewer examples is left out.
    pub drop_last: bool,
}

impl Default for Loader {
    fn default() -> Self {
        Self { batch: 32, shuffle: None, drop_last: false }
    }
}

impl Loader {
    /// The batches of one epoch.
    ///
    /// # Panics
    /// If the batch size is 0.
    #[track_caller]
    pub fn epoch<'a>(&self, data: &'a Dataset, epoch: u64) -> Batches<'a> {
        self.check();
        // The multiplier sets the epochs apart from neighbouring seeds.
        let seed = |seed: u64| seed ^ epoch.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let order = self.shuffle.map(|s| Tensor::permutation(data.len(), &mut rng(seed(s))));
        let n = if self.drop_last { data.len() - data.len() % self.batch } else { data.len() };
        Batches { data, order, batch: self.batch, at: 0, n }
    }

    /// The number of batches in an epoch of `examples`.
    ///
    /// # Panics
    /// If the batch size is 0.
    #[track_caller]
    pub fn batches(&self, examples: usize) -> usize {
        self.check();
        if self.drop_last { examples / self.batch } else { examples.div_ceil(self.batch) }
    }
}

impl Loader {
    #[track_caller]
    fn check(&self) {
        assert!(self.batch > 0, "Loader: a batch needs at least one example; batch is 0");
    }
}

/// The batches of one epoch: an iterator over small data sets.
#[derive(Debug, Clone)]
pub struct Batches<'a> {
    data: &'a Dataset,
    order: Option<Tensor>,
    batch: usize,
    at: usize,
    n: usize,
}

impl Iterator for Batches<'_> {
    type Item = Dataset;

    fn next(&mut self) -> Option<Dataset> {
        let len = self.batch.min(self.n - self.at);
        if len == 0 {
            return None;
        }
        let batch = match &self.order {
            Some(order) => self.data.select(&order.narrow(0, self.at, len)),
            None => self.data.narrow(self.at, len),
        };
        self.at += len;
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.n - self.at).div_ceil(self.batch);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten() -> Dataset {
        Dataset::new(Tensor::arange(10).reshape([10, 1]), Tensor::arange(10))
    }

    fn order(loader: Loader, epoch: u64) -> Vec<Vec<f64>> {
        loader.epoch(&ten(), epoch).map(|b| b.labels.to_f64_vec()).collect()
    }

    #[test]
    fn without_seed_the_order_stays() {
        let loader = Loader { batch: 4, ..Loader::default() };
        assert_eq!(order(loader, 3), [vec![0.0, 1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0, 7.0], vec![8.0, 9.0]]);
        assert_eq!(loader.batches(10), 3);
        let whole = Loader { drop_last: true, ..loader };
        assert_eq!(order(whole, 0).len(), 2);
        assert_eq!((whole.batches(10), loader.epoch(&ten(), 0).len()), (2, 3));
    }

    #[test]
    fn each_epoch_has_an_order_of_its_own_that_the_seed_fixes() {
        let loader = Loader { batch: 4, shuffle: Some(5), drop_last: false };
        assert_eq!(order(loader, 0), order(loader, 0));
        assert_ne!(order(loader, 0), order(loader, 1));
        assert_ne!(order(loader, 0), order(Loader { shuffle: Some(6), ..loader }, 0));
        let mut all = order(loader, 1).concat();
        all.sort_by(f64::total_cmp);
        assert_eq!(all, ten().labels.to_f64_vec());
    }

    #[test]
    fn an_empty_set_has_no_batches() {
        let empty = ten().narrow(0, 0);
        assert_eq!(Loader { shuffle: Some(0), ..Loader::default() }.epoch(&empty, 0).count(), 0);
    }

    #[test]
    #[should_panic(expected = "Loader: a batch needs at least one example")]
    fn batches_hold_something() {
        Loader { batch: 0, ..Loader::default() }.epoch(&ten(), 0);
    }
}
