//! Whether probabilities are what they say.

use gradus_tensor::{DType, Tensor};

use super::{check_classes, class_numbers, predicted};

/// Predictions whose probabilities lie between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The probabilities above which it begins and at which it ends.
    pub bounds: [f64; 2],
    /// How many predictions are in it.
    pub count: usize,
    /// Their mean probability; NaN if there are none.
    pub confidence: f64,
    /// The share of them that is true; NaN if there are none.
    pub accuracy: f64,
}

/// Predictions in bins of equal width by their probability: the reliability diagram as data.
///
/// ```
/// use gradus_nn::metric::Calibration;
/// use gradus_tensor::Tensor;
///
/// // Four predictions, each said to be certain to 0.75; three are right.
/// let probabilities = Tensor::from([[0.75, 0.25], [0.25, 0.75], [0.75, 0.25], [0.25, 0.75]]);
/// let calibration = Calibration::of(&probabilities, &Tensor::from([0, 1, 0, 0]), 10);
/// assert_eq!(calibration.expected_error(), 0.0);
/// assert_eq!((calibration.bins[7].count, calibration.bins[7].accuracy), (4, 0.75));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The bins, from 0 to 1.
    pub bins: Vec<Bin>,
}

impl Calibration {
    /// Of the largest probabilities `[…, classes]` with labels `[…]` I64: is the class as often right as it says?
    ///
    /// # Panics
    /// If the shapes or types do not fit, a label is not one of the classes, a probability lies outside of 0 … 1, or there
    /// are no bins.
    #[track_caller]
    pub fn of(probabilities: &Tensor, labels: &Tensor, bins: usize) -> Self {
        let (guesses, classes) = predicted("calibration", probabilities);
        let labels = class_numbers("calibration", labels, &guesses);
        check_classes("calibration", &labels, classes);
        let sure = if labels.is_empty() { vec![] } else { probabilities.max_axes(-1).to_f64_vec() };
        let right = guesses.to_vec::<i64>().into_iter().zip(labels).map(|(guess, label)| guess == label);
        Self::counted(&sure, right, bins)
    }

    /// Of probabilities `[N]` with truths 0 and 1 `[N]`: does it happen as often as it says?
    ///
    /// # Panics
    /// If the shapes differ, a truth is neither 0 nor 1, a probability lies outside of 0 … 1, or there are no bins.
    #[track_caller]
    pub fn of_events(probabilities: &Tensor, truths: &Tensor, bins: usize) -> Self {
        let truths = events("calibration", probabilities, truths);
        Self::counted(&probabilities.to_f64_vec(), truths.iter().map(|t| *t == 1.0), bins)
    }

    #[track_caller]
    fn counted(probabilities: &[f64], right: impl Iterator<Item = bool>, n: usize) -> Self {
        assert!(n > 0, "calibration: the number of bins is 0; it must be at least 1");
        check_probabilities("calibration", probabilities);
        let mut sums = vec![(0usize, 0.0, 0.0); n];
        let bound = |i: usize| i as f64 / n as f64;
        let inner: Vec<f64> = (1..n).map(bound).collect();
        for (&p, right) in probabilities.iter().zip(right) {
            let (count, confidence, hits) = &mut sums[inner.partition_point(|bound| p > *bound)];
            (*count, *confidence, *hits) = (*count + 1, *confidence + p, *hits + f64::from(u8::from(right)));
        }
        let bins = sums.into_iter().enumerate().map(|(i, (count, confidence, hits))| Bin {
            bounds: [bound(i), bound(i + 1)],
            count,
            confidence: confidence / count as f64,
            accuracy: hits / count as f64,
        });
        Self { bins: bins.collect() }
    }

    /// The mean distance between what is said and what is, over the predictions: `$\sum_b \tfrac{n_b}{n} |a_b - c_b|$` with
    /// accuracy a and confidence c of each bin; NaN if there are no predictions.
    ///
    /// # Source
    /// Naeini, Cooper and Hauskrecht 2015; Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    #[doc(alias = "ece")]
    pub fn expected_error(&self) -> f64 {
        let all: usize = self.bins.iter().map(|bin| bin.count).sum();
        self.distances().map(|(count, d)| count as f64 * d).sum::<f64>() / all as f64
    }

    /// The largest distance of a bin, 0 if there are no predictions.
    ///
    /// # Source
    /// Guo et al. 2017, equation 5.
    #[doc(alias = "mce")]
    pub fn largest_error(&self) -> f64 {
        self.distances().map(|(_, d)| d).fold(0.0, f64::max)
    }

    /// Of the bins that are not empty.
    fn distances(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let full = self.bins.iter().filter(|bin| bin.count > 0);
        full.map(|bin| (bin.count, (bin.accuracy - bin.confidence).abs()))
    }
}

#[track_caller]
fn check_probabilities(what: &str, all: &[f64]) {
    if let Some(at) = all.iter().position(|p| !(0.0..=1.0).contains(p)) {
        panic!("{what}: probability {} at place {at} does not lie between 0 and 1", all[at]);
    }
}

/// Truths of the shape of the probabilities.
#[track_caller]
fn events(what: &str, probabilities: &Tensor, truths: &Tensor) -> Vec<f64> {
    let (p, t) = (probabilities.shape(), truths.shape());
    assert!(p == t, "{what}: probabilities {p} need truths of the same shape, got {t}");
    let truths = truths.to_f64_vec();
    if let Some(at) = truths.iter().position(|t| *t != 0.0 && *t != 1.0) {
        panic!("{what}: truth {} at place {at}; truths are 0 and 1", truths[at]);
    }
    truths
}

/// Brier's score of probabilities with truths 0 and 1 of the same shape: the mean of `$(p - t)^2$`, NaN if there are none.
///
/// # Source
/// Brier, "Verification of forecasts expressed in terms of probability", 1950; scikit-learn's `brier_score_loss`.
///
/// # Panics
/// If the shapes differ, a truth is neither 0 nor 1, or a probability lies outside of 0 … 1.
#[track_caller]
pub fn brier(probabilities: &Tensor, truths: &Tensor) -> f64 {
    let truths = events("brier", probabilities, truths);
    let all = probabilities.to_f64_vec();
    check_probabilities("brier", &all);
    all.iter().zip(&truths).map(|(p, t)| (p - t).powi(2)).sum::<f64>() / all.len() as f64
}

/// Brier's score of the probabilities of classes, `[…, classes]`, with labels `[…]` I64: the mean of
/// `$\sum_j (p_j - [j = t])^2$`, between 0 and 2.
///
/// # Panics
/// If the shapes or types do not fit, a label is not one of the classes, or a probability lies outside of 0 … 1.
#[track_caller]
pub fn brier_of_classes(probabilities: &Tensor, labels: &Tensor) -> f64 {
    let (guesses, classes) = predicted("brier_of_classes", probabilities);
    let known = class_numbers("brier_of_classes", labels, &guesses);
    check_classes("brier_of_classes", &known, classes);
    check_probabilities("brier_of_classes", &probabilities.to_f64_vec());
    let truths = Tensor::one_hot(labels, classes).to(DType::F64);
    (probabilities.to(DType::F64) - truths).square().sum().item() / known.len() as f64
}
