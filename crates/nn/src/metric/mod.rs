//! How good a model is.
//!
//! | of | |
//! | --- | --- |
//! | classes by their scores | [`accuracy`], [`top_k_accuracy`], [`Confusion`] with precision, recall and F-measure by [`Average`], [`perplexity`] |
//! | an order | [`roc_auc`], [`roc_auc_one_vs_rest`], [`average_precision`] |
//! | probabilities | [`Calibration`] with the expected calibration error, [`brier`], [`brier_of_classes`] |
//! | numbers | [`r2`]; squared and absolute errors are the losses on tensors, `TensorExt::mse` and `TensorExt::l1_loss` |
//! | batches | [`RunningMean`], weighted by their sizes |
//!
//! Each takes tensors and gives a number. The tests hold them against scikit-learn's.

mod calibration;
mod confusion;
mod ranking;
mod running;

pub use calibration::{Bin, Calibration, brier, brier_of_classes};
pub use confusion::{Average, Confusion};
pub use ranking::{average_precision, roc_auc, roc_auc_one_vs_rest};
pub use running::RunningMean;

use gradus_autograd::TensorExt;
use gradus_autograd::ops::CrossEntropyOptions;
use gradus_tensor::{DType, Tensor};

/// Class numbers as a list, after a check of type and shape.
#[track_caller]
fn class_numbers(what: &str, labels: &Tensor, predicted: &Tensor) -> Vec<i64> {
    assert!(
        labels.dtype() == DType::I64,
        "{what}: labels must be I64 class numbers, got {}; convert with .to(DType::I64)",
        labels.dtype()
    );
    let (shape, n) = (predicted.shape(), predicted.elements());
    assert!(
        labels.shape() == shape,
        "{what}: {n} predictions need labels of shape {shape}, got {}",
        labels.shape()
    );
    labels.to_vec::<i64>()
}

/// Panics if a label is no class.
#[track_caller]
fn check_classes(what: &str, labels: &[i64], classes: usize) {
    if let Some(label) = labels.iter().find(|label| !(0..classes as i64).contains(label)) {
        panic!("{what}: label {label} is not one of 0..{classes}");
    }
}

/// The class of the largest score of each example, and the number of classes.
#[track_caller]
fn predicted(what: &str, scores: &Tensor) -> (Tensor, usize) {
    let (shape, rank) = (scores.shape(), scores.rank());
    let is_known = rank >= 2 && (shape[rank - 1] > 0 || shape[..rank - 1].contains(&0));
    assert!(is_known, "{what}: scores must be [N, classes], got {shape}");
    let classes = shape[rank - 1];
    if scores.is_empty() {
        return (Tensor::zeros_of(shape.without(rank - 1), DType::I64), classes);
    }
    (scores.argmax_axis(-1, false), classes)
}

/// The share of examples whose largest score is at their label. Scores are `[…, classes]`, labels `[…]` I64; NaN if there
/// are none.
///
/// # Panics
/// If the shapes or types do not fit or a label is not one of the classes.
#[track_caller]
pub fn accuracy(scores: &Tensor, labels: &Tensor) -> f64 {
    let (guesses, classes) = predicted("accuracy", scores);
    let labels = class_numbers("accuracy", labels, &guesses);
    check_classes("accuracy", &labels, classes);
    let right = guesses.to_vec::<i64>().iter().zip(&labels).filter(|(a, b)| a == b).count();
    right as f64 / labels.len() as f64
}

/// The share of examples whose label is among the k largest scores; of equal ones those of the lower classes come first.
/// Scores are `[…, classes]`, labels `[…]` I64; NaN if there are none.
///
/// # Panics
/// If the shapes or types do not fit, a label is not one of the classes, or k is 0.
#[track_caller]
pub fn top_k_accuracy(scores: &Tensor, labels: &Tensor, k: usize) -> f64 {
    assert!(k > 0, "top_k_accuracy: k is 0; it must be at least 1");
    let (guesses, classes) = predicted("top_k_accuracy", scores);
    let labels = class_numbers("top_k_accuracy", labels, &guesses);
    check_classes("top_k_accuracy", &labels, classes);
    let scores = scores.to_f64_vec();
    let found = scores.chunks(classes.max(1)).zip(&labels).filter(|(row, label)| {
        let own = row[**label as usize];
        let before =
            row.iter().enumerate().filter(|&(class, x)| *x > own || *x == own && (class as i64) < **label);
        before.count() < k
    });
    found.count() as f64 / labels.len() as f64
}

/// `$e^\ell$` with the mean cross-entropy ℓ of logits `[…, classes]` with labels `[…]` I64: how many equally likely classes
/// would be as hard to guess. Places with the label `ignore` count nothing.
///
/// # Panics
/// If the shapes or types do not fit or a label is not one of the classes.
#[track_caller]
pub fn perplexity(logits: &Tensor, labels: &Tensor, ignore: Option<i64>) -> f64 {
    let how = CrossEntropyOptions { ignore, ..CrossEntropyOptions::default() };
    logits.to(DType::F64).cross_entropy_with(labels, &how).item().exp()
}

/// The coefficient of determination, `$1 - \sum (t - x)^2 / \sum (t - \bar t)^2$`: 1 for a perfect prediction, 0 for the mean of
/// the targets. Of `[N, outputs]` it is the mean over the outputs. Where the targets do not vary it is 1 for a perfect
/// prediction, else 0; of fewer than two examples it is NaN.
///
/// # Panics
/// If the shapes differ, or there is no axis.
#[doc(alias = "r2_score")]
#[track_caller]
pub fn r2(prediction: &Tensor, target: &Tensor) -> f64 {
    let (x, t) = (prediction.shape(), target.shape());
    assert!(x == t, "r2: the prediction has shape {x}, the target {t}; reshape one of them");
    assert!(!x.is_empty(), "r2: the prediction must be [N] or [N, outputs], got {x}");
    let n = x[0];
    if n < 2 {
        return f64::NAN;
    }
    let columns = |x: &Tensor| x.to(DType::F64).reshape([n, x.elements() / n]);
    let (prediction, target) = (columns(prediction), columns(target));
    let left = (&target - &prediction).square().sum_axes(0).to_f64_vec();
    let all = (target.var_axes(0, 0) * n as f64).to_f64_vec();
    let one = |(left, all): (&f64, &f64)| match (*left == 0.0, *all == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => 1.0 - left / all,
    };
    left.iter().zip(&all).map(one).sum::<f64>() / left.len() as f64
}

#[cfg(test)]
mod tests;
