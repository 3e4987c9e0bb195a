//! Batches of a data set, in an order that a seed and the number of the epoch fix.

use gradus_tensor::{Rng, Tensor, rng};

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

/// The place of a training among its batches: two numbers, to be saved beside the model.
///
/// ```
/// use gradus_data::{Cursor, Loader, iris};
/// let (data, loader) = (iris(), Loader { batch: 32, shuffle: Some(0), drop_last: false });
/// let mut batches = loader.epoch(&data, 3);
/// batches.next();
/// let cursor = batches.cursor();
/// assert_eq!(cursor, Cursor { epoch: 3, batch: 1 });
/// // Later, in another process:
/// let mut again = loader.resume(&data, cursor);
/// assert_eq!(again.next().unwrap().inputs, batches.next().unwrap().inputs);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The number of the epoch.
    pub epoch: u64,
    /// Batches of it that are done.
    pub batch: usize,
}

impl Loader {
    /// The batches of one epoch.
    ///
    /// # Panics
    /// If the batch size is 0.
    #[track_caller]
    pub fn epoch(&self, data: &Dataset, epoch: u64) -> Batches {
        self.resume(data, Cursor { epoch, batch: 0 })
    }

    /// The batches of an epoch that are still to come.
    ///
    /// # Panics
    /// If the batch size is 0.
    #[track_caller]
    pub fn resume(&self, data: &Dataset, cursor: Cursor) -> Batches {
        self.cut(data, self.order(data, cursor.epoch), cursor)
    }

    /// The order of an epoch's examples; `None`: as they are.
    pub(crate) fn order(&self, data: &Dataset, epoch: u64) -> Option<Tensor> {
        self.shuffle.map(|seed| Tensor::permutation(data.len(), &mut rng(mixed(seed, epoch))))
    }

    /// The batches of these examples (numbers in I64), in this order: of a sampler. The loader's own seed counts for nothing.
    ///
    /// # Panics
    /// If the batch size is 0 or the order is not `[N]`.
    #[track_caller]
    #[doc(alias = "sampler")]
    pub fn in_order(&self, data: &Dataset, order: Tensor) -> Batches {
        assert!(order.rank() == 1, "in_order: the order must be [N], got {}", order.shape());
        self.cut(data, Some(order), Cursor::default())
    }

    #[track_caller]
    fn cut(&self, data: &Dataset, order: Option<Tensor>, cursor: Cursor) -> Batches {
        self.check();
        let n = order.as_ref().map_or(data.len(), Tensor::elements);
        let n = if self.drop_last { n - n % self.batch } else { n };
        let at = cursor.batch.saturating_mul(self.batch).min(n);
        Batches { data: data.clone(), order, batch: self.batch, at, n, cursor }
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

    #[track_caller]
    fn check(&self) {
        assert!(self.batch > 0, "Loader: a batch needs at least one example; batch is 0");
    }
}

/// The multiplier sets epochs apart from neighbouring seeds.
fn mixed(seed: u64, epoch: u64) -> u64 {
    seed ^ epoch.wrapping_mul(0xD1B5_4A32_D192_ED03)
}

/// The batches of one epoch: an iterator over small data sets. It shares the memory of the data and can be sent to a thread
/// ([`prefetch`](crate::prefetch())).
#[derive(Debug, Clone)]
pub struct Batches {
    data: Dataset,
    order: Option<Tensor>,
    batch: usize,
    at: usize,
    n: usize,
    cursor: Cursor,
}

impl Batches {
    /// Where the next batch is, for [`Loader::resume`]; behind the last one, the begin of the next epoch.
    pub fn cursor(&self) -> Cursor {
        let Cursor { epoch, batch } = self.cursor;
        if self.at == self.n { Cursor { epoch: epoch + 1, batch: 0 } } else { Cursor { epoch, batch } }
    }

    /// The batches as a closure changes them, with random numbers that the seed, the epoch and the number of the batch fix: so a
    /// training that is resumed sees the same ones. [`transform`](crate::transform) has the usual changes.
    ///
    /// ```
    /// use gradus_data::{Dataset, Loader, transform};
    /// use gradus_tensor::Tensor;
    /// let images = Dataset::new(Tensor::zeros([8, 1, 5, 5]), Tensor::arange(8));
    /// let loader = Loader { batch: 4, ..Loader::default() };
    /// let changed = loader.epoch(&images, 0).transformed(7, |batch, rng| batch.map_inputs(|x| transform::noise(x, 0.1, rng)));
    /// assert!({ changed }.all(|batch| batch.inputs.abs().max().item() > 0.0));
    /// ```
    pub fn transformed<F>(self, seed: u64, mut change: F) -> impl Iterator<Item = Dataset> + use<F>
    where
        F: FnMut(Dataset, &mut Rng) -> Dataset,
    {
        let Cursor { epoch, batch } = self.cursor;
        let seed = mixed(seed, epoch);
        // Another multiplier for the number of the batch: 2^64 divided by the golden ratio, odd.
        let random = move |n: u64| rng(seed ^ (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.zip(batch as u64..).map(move |(data, n)| change(data, &mut random(n)))
    }
}

impl Iterator for Batches {
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
        self.cursor.batch += 1;
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.n - self.at).div_ceil(self.batch);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

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
    fn a_cursor_goes_on_where_it_was() {
        let loader = Loader { batch: 3, shuffle: Some(5), drop_last: false };
        let noisy = |batches: Batches| {
            let change = |batch: Dataset, rng: &mut Rng| {
                batch.map_inputs(|x| x.to(gradus_tensor::DType::F32) + Tensor::randn(*x.shape(), rng))
            };
            batches.transformed(1, change).map(|batch| batch.inputs.to_f64_vec()).collect::<Vec<_>>()
        };
        let whole = noisy(loader.epoch(&ten(), 2));
        assert_eq!(whole.len(), 4);
        let mut batches = loader.epoch(&ten(), 2);
        for done in 0..4 {
            assert_eq!(batches.cursor(), Cursor { epoch: 2, batch: done });
            assert_eq!(noisy(loader.resume(&ten(), batches.cursor())), whole[done..]);
            batches.next();
        }
        assert_eq!(batches.cursor(), Cursor { epoch: 3, batch: 0 });
        assert_eq!(loader.resume(&ten(), Cursor { epoch: 2, batch: 9 }).count(), 0);
        assert_ne!(noisy(loader.epoch(&ten(), 3)), whole);
    }

    #[test]
    fn an_order_of_ones_own() {
        let order = Tensor::from([3, 3, 9, 0, 1]);
        let loader = Loader { batch: 2, shuffle: Some(1), drop_last: false };
        let batches = |loader: Loader| {
            loader.in_order(&ten(), order.clone()).map(|b| b.labels.to_f64_vec()).collect::<Vec<_>>()
        };
        assert_eq!(batches(loader), [vec![3.0, 3.0], vec![9.0, 0.0], vec![1.0]]);
        assert_eq!(batches(Loader { drop_last: true, ..loader }).len(), 2);
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
