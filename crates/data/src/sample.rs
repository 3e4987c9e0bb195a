//! Which examples: drawn by weights, parts and folds in which classes keep their shares.
//!
//! A choice is a tensor of example numbers (I64): [`Dataset::select`] takes the examples, [`Loader::in_order`] makes batches of
//! them.
//!
//! ```
//! use gradus_data::{Loader, iris, sample};
//! use gradus_tensor::rng;
//!
//! let data = iris();
//! let (train, test) = sample::stratified_split(&data, 0.2, 0);           // ten of each of the three classes
//! assert_eq!((train.len(), test.len()), (120, 30));
//! for (train, test) in sample::k_fold(&data, 5, Some(0)) {
//!     assert_eq!((train.len(), test.len()), (120, 30));
//! }
//! let weights = sample::balanced_weights(&data.labels);                  // rare classes as often as others
//! let order = sample::weighted(&weights, 150, true, &mut rng(0));
//! assert_eq!(Loader::default().in_order(&data, order).len(), 5);
//! ```

use std::collections::BTreeMap;

use gradus_tensor::{Rng, Tensor, rng};

use crate::dataset::Dataset;
#[cfg(doc)]
use crate::loader::Loader;

/// Draws `count` numbers of `0 .. weights` with chances in proportion to the weights; without replacement each at most once.
///
/// # Panics
/// If the weights are not `[N]`, one is below 0 or not finite, all are 0, or without replacement fewer than `count` are above 0.
///
/// # Source
/// Without replacement: Efraimidis and Spirakis 2006, the largest `$u^{1/w}$`; PyTorch's `WeightedRandomSampler`.
#[track_caller]
#[doc(alias = "WeightedRandomSampler")]
pub fn weighted(weights: &Tensor, count: usize, replacement: bool, rng: &mut Rng) -> Tensor {
    assert!(weights.rank() == 1, "weighted: the weights must be [N], got {}", weights.shape());
    let weights = weights.to_f64_vec();
    let wrong = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0));
    assert!(
        wrong.is_none(),
        "weighted: a weight is {}; it must be at least 0 and finite",
        wrong.unwrap_or(&0.0)
    );
    let positive = weights.iter().filter(|w| **w > 0.0).count();
    let needed = if replacement { count.min(1) } else { count };
    assert!(positive >= needed, "weighted: {count} are to be drawn, and only {positive} weights are above 0");
    let uniform = |n: usize, rng: &mut Rng| {
        Tensor::uniform_of(n, 0.0, 1.0, gradus_tensor::DType::F64, rng).to_f64_vec()
    };
    let drawn: Vec<i64> = if replacement {
        let sums: Vec<f64> = weights
            .iter()
            .scan(0.0, |sum, w| {
                *sum += w;
                Some(*sum)
            })
            .collect();
        let total = sums.last().copied().unwrap_or(0.0);
        let last = weights.iter().rposition(|w| *w > 0.0).unwrap_or(0);
        let place = |u: f64| sums.partition_point(|sum| *sum <= u * total).min(last) as i64;
        uniform(count, rng).into_iter().map(place).collect()
    } else {
        // ln u / w orders as u^(1/w) does.
        let keys = uniform(weights.len(), rng).into_iter().zip(&weights).map(|(u, w)| u.ln() / w);
        let mut keyed: Vec<(f64, i64)> = keys.zip(0..).filter(|(key, _)| *key > f64::NEG_INFINITY).collect();
        keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
        keyed.into_iter().take(count).map(|(_, i)| i).collect()
    };
    Tensor::from_slice(&drawn, [drawn.len()])
}

/// A weight for each example, `$N/(K n_k)$` for one of a class of `$n_k$`: with [`weighted`] all K classes come alike.
///
/// # Panics
/// If the labels are not `[N]` class numbers.
#[track_caller]
pub fn balanced_weights(labels: &Tensor) -> Tensor {
    let groups = groups("balanced_weights", labels);
    let (n, k) = (labels.elements() as f64, groups.len() as f64);
    let mut weights = vec![0.0; labels.elements()];
    for places in groups.values() {
        for &i in places {
            weights[i as usize] = n / (k * places.len() as f64);
        }
    }
    Tensor::from_vec(weights, [labels.elements()])
}

/// Two parts at random, in which every class has its share: all but the rounded `test_fraction` of each class for training, and
/// the rest for testing.
///
/// # Panics
/// If the fraction is not in `0 ..= 1`, or the labels are not `[N]` class numbers.
#[track_caller]
#[doc(alias = "train_test_split")]
pub fn stratified_split(data: &Dataset, test_fraction: f64, seed: u64) -> (Dataset, Dataset) {
    assert!(
        (0.0..=1.0).contains(&test_fraction),
        "stratified_split: the fraction {test_fraction} is not in 0 ..= 1"
    );
    let mut rng = rng(seed);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for places in groups("stratified_split", &data.labels).into_values() {
        let mixed = mixed(&places, &mut rng);
        let share = (places.len() as f64 * test_fraction).round() as usize;
        test.extend(&mixed[..share]);
        train.extend(&mixed[share..]);
    }
    (data.select(&index(&mixed(&train, &mut rng))), data.select(&index(&mixed(&test, &mut rng))))
}

/// `k` parts, each once for testing and the others for training: pairs of training and test set. With a seed the examples are
/// mixed first.
///
/// # Panics
/// If `k` is below 2 or above the number of examples.
#[track_caller]
#[doc(alias = "KFold")]
pub fn k_fold(data: &Dataset, k: usize, seed: Option<u64>) -> Vec<(Dataset, Dataset)> {
    check_folds("k_fold", k, data.len());
    let all: Vec<i64> = (0..data.len() as i64).collect();
    let order = seed.map_or(all.clone(), |seed| mixed(&all, &mut rng(seed)));
    let (share, more) = (all.len() / k, all.len() % k);
    let mut fold = vec![0; all.len()];
    // The first folds get what is left over.
    let ends = (0..k).map(|i| share + usize::from(i < more)).enumerate();
    let owners = ends.flat_map(|(i, n)| std::iter::repeat_n(i, n));
    order.iter().zip(owners).for_each(|(&example, owner)| fold[example as usize] = owner);
    folds(data, k, &fold)
}

/// As [`k_fold`], with the share of every class in each part.
///
/// # Panics
/// As [`k_fold`], or if the labels are not `[N]` class numbers.
#[track_caller]
#[doc(alias = "StratifiedKFold")]
pub fn stratified_k_fold(data: &Dataset, k: usize, seed: Option<u64>) -> Vec<(Dataset, Dataset)> {
    check_folds("stratified_k_fold", k, data.len());
    let mut rng = seed.map(rng);
    let mut fold = vec![0; data.len()];
    let mut next = 0;
    for places in groups("stratified_k_fold", &data.labels).into_values() {
        let order = rng.as_mut().map_or(places.clone(), |rng| mixed(&places, rng));
        // One after the other through all classes, so that the parts differ by one example at most.
        for example in order {
            fold[example as usize] = next % k;
            next += 1;
        }
    }
    folds(data, k, &fold)
}

#[track_caller]
fn check_folds(what: &str, k: usize, n: usize) {
    assert!(
        (2..=n).contains(&k),
        "{what}: {k} parts of {n} examples; there must be 2 at least and no empty one"
    );
}

fn folds(data: &Dataset, k: usize, fold: &[usize]) -> Vec<(Dataset, Dataset)> {
    let part = |keep: &dyn Fn(usize) -> bool| {
        let kept: Vec<i64> = (0..).zip(fold).filter(|(_, fold)| keep(**fold)).map(|(i, _)| i).collect();
        data.select(&index(&kept))
    };
    (0..k).map(|i| (part(&|fold| fold != i), part(&|fold| fold == i))).collect()
}

/// The examples of each class.
#[track_caller]
fn groups(what: &str, labels: &Tensor) -> BTreeMap<i64, Vec<i64>> {
    assert!(
        labels.rank() == 1 && labels.dtype() == gradus_tensor::DType::I64,
        "{what}: the labels must be [N] class numbers (I64), got {}{}",
        labels.dtype(),
        labels.shape()
    );
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    labels
        .to_vec::<i64>()
        .into_iter()
        .zip(0..)
        .for_each(|(class, i)| groups.entry(class).or_default().push(i));
    groups
}

fn mixed(items: &[i64], rng: &mut Rng) -> Vec<i64> {
    Tensor::permutation(items.len(), rng).to_vec::<i64>().into_iter().map(|i| items[i as usize]).collect()
}

fn index(places: &[i64]) -> Tensor {
    Tensor::from_slice(places, [places.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;
    use gradus_tensor::DType;

    /// Twelve examples of class 0, six of 1, three of 2.
    fn uneven() -> Dataset {
        let labels: Vec<i64> = [vec![0; 12], vec![1; 6], vec![2; 3]].concat();
        Dataset::new(Tensor::arange(21).to(DType::F32).reshape([21, 1]), Tensor::from_vec(labels, [21]))
    }

    fn counts(data: &Dataset) -> [usize; 3] {
        let labels = data.labels.to_vec::<i64>();
        [0, 1, 2].map(|class| labels.iter().filter(|label| **label == class).count())
    }

    #[test]
    fn draws_by_weight() {
        let weights = Tensor::from([0.0, 1.0, 3.0, 0.0]);
        let drawn = weighted(&weights, 20_000, true, &mut rng(0)).to_vec::<i64>();
        let share = drawn.iter().filter(|i| **i == 2).count() as f64 / 20_000.0;
        assert!(
            drawn.iter().all(|i| [1, 2].contains(i)) && abs_diff_eq!(share, 0.75, epsilon = 0.015),
            "{share}"
        );
        let mut firsts = 0;
        for seed in 0..2000 {
            let mut drawn = weighted(&weights, 2, false, &mut rng(seed)).to_vec::<i64>();
            firsts += usize::from(drawn[0] == 2);
            drawn.sort_unstable();
            assert_eq!(drawn, [1, 2]);
        }
        assert!(abs_diff_eq!(firsts as f64 / 2000.0, 0.75, epsilon = 0.04), "{firsts}");
        assert_eq!(weighted(&Tensor::from([1.0]), 0, false, &mut rng(0)).elements(), 0);
    }

    #[test]
    fn balanced_classes_weigh_alike() {
        let weights = balanced_weights(&uneven().labels).to_f64_vec();
        assert!(
            abs_diff_eq!(weights[..12].iter().sum::<f64>(), 7.0, epsilon = 1e-12)
                && abs_diff_eq!(weights[20] * 3.0, 7.0, epsilon = 1e-12)
        );
    }

    #[test]
    fn parts_keep_the_shares_of_classes() {
        let data = uneven();
        let (train, test) = stratified_split(&data, 1.0 / 3.0, 0);
        assert_eq!((counts(&train), counts(&test)), ([8, 4, 2], [4, 2, 1]));
        assert_ne!(train.labels.to_vec::<i64>()[..8], [0; 8], "the classes are mixed");
        assert_eq!(stratified_split(&data, 1.0 / 3.0, 0).1.inputs, test.inputs);
        assert_ne!(stratified_split(&data, 1.0 / 3.0, 1).1.inputs, test.inputs);
        for seed in [None, Some(4)] {
            for (train, test) in stratified_k_fold(&data, 3, seed) {
                assert_eq!((counts(&train), counts(&test)), ([8, 4, 2], [4, 2, 1]));
            }
        }
    }

    #[test]
    fn folds_are_a_partition() {
        let data = uneven();
        let all = |sets: &[(Dataset, Dataset)]| {
            let mut tests: Vec<f64> = sets.iter().flat_map(|(_, test)| test.inputs.to_f64_vec()).collect();
            tests.sort_by(f64::total_cmp);
            tests
        };
        for k in [2, 4, 21] {
            for sets in
                [k_fold(&data, k, None), k_fold(&data, k, Some(1)), stratified_k_fold(&data, k, Some(1))]
            {
                assert_eq!(all(&sets), data.inputs.to_f64_vec());
                let sizes: Vec<usize> = sets.iter().map(|(_, test)| test.len()).collect();
                assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
                assert!(sets.iter().all(|(train, test)| train.len() + test.len() == 21));
            }
        }
        assert_eq!(k_fold(&data, 4, None)[0].1.inputs.to_f64_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    #[should_panic(expected = "weighted: 3 are to be drawn, and only 2 weights are above 0")]
    fn too_few_weights() {
        weighted(&Tensor::from([1.0, 0.0, 2.0]), 3, false, &mut rng(0));
    }

    #[test]
    #[should_panic(expected = "stratified_split: the labels must be [N] class numbers (I64), got f32[21, 1]")]
    fn classes_are_integers() {
        let data = uneven();
        stratified_split(&Dataset::new(data.inputs.clone(), data.inputs.clone()), 0.5, 0);
    }
}
