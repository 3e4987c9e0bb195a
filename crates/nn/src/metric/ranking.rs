//! How well scores put examples into order.

use gradus_tensor::Tensor;

use super::{Average, check_classes, class_numbers};

/// Scores and truths, the largest scores first.
#[track_caller]
fn ordered(what: &str, scores: &Tensor, truths: &Tensor) -> Vec<(f64, bool)> {
    let (found, wanted) = (truths.shape(), scores.shape());
    assert!(scores.rank() == 1, "{what}: scores must be [N], got {wanted}");
    assert!(found == wanted, "{what}: scores {wanted} need truths of the same shape, got {found}");
    let truths = truths.to_f64_vec();
    if let Some(at) = truths.iter().position(|t| *t != 0.0 && *t != 1.0) {
        panic!("{what}: truth {} at place {at}; truths are 0 and 1", truths[at]);
    }
    paired(what, scores.to_f64_vec(), truths.iter().map(|t| *t == 1.0))
}

#[track_caller]
fn paired(what: &str, scores: Vec<f64>, truths: impl Iterator<Item = bool>) -> Vec<(f64, bool)> {
    if let Some(at) = scores.iter().position(|x| x.is_nan()) {
        panic!("{what}: the score at place {at} is NaN, which has no order");
    }
    let mut all: Vec<(f64, bool)> = scores.into_iter().zip(truths).collect();
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    all
}

/// The runs of equal scores, from the largest on: how many truths are 1 and 0 in each.
fn runs(ordered: &[(f64, bool)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    ordered.chunk_by(|(a, _), (b, _)| a == b).map(|run| {
        let positive = run.iter().filter(|(_, truth)| *truth).count();
        (positive as f64, (run.len() - positive) as f64)
    })
}

/// The area under the ROC curve of scores `[N]` with truths 0 and 1 `[N]`: how probable it is that a positive example has
/// a larger score than a negative one, equal scores counting half. NaN if all truths are equal.
///
/// ```
/// use gradus_nn::metric::roc_auc;
/// use gradus_tensor::Tensor;
/// let truths = Tensor::from([true, false, true, false]);
/// assert_eq!(roc_auc(&Tensor::from([0.9, 0.2, 0.6, 0.6]), &truths), 0.875); // 3.5 of 4 pairs
/// ```
///
/// # Source
/// Fawcett, "An introduction to ROC analysis", 2006; scikit-learn's `roc_auc_score`.
///
/// # Panics
/// If the shapes differ, a truth is neither 0 nor 1, or a score is NaN.
#[doc(alias = "auroc")]
#[track_caller]
pub fn roc_auc(scores: &Tensor, truths: &Tensor) -> f64 {
    area(&ordered("roc_auc", scores, truths))
}

fn area(ordered: &[(f64, bool)]) -> f64 {
    let (mut positives, mut negatives, mut pairs) = (0.0, 0.0, 0.0);
    for (positive, negative) in runs(ordered) {
        pairs += negative * (positives + positive / 2.0);
        positives += positive;
        negatives += negative;
    }
    pairs / (positives * negatives)
}

/// [`roc_auc`] of each class against all others, of scores `[N, classes]` with labels `[N]` I64, as one number. A class that
/// never or always occurs has none, and makes the mean NaN. [`Average::Micro`]: of all decisions together.
///
/// # Panics
/// If the shapes or types do not fit, a label is not one of the classes, or a score is NaN.
#[track_caller]
pub fn roc_auc_one_vs_rest(scores: &Tensor, labels: &Tensor, average: Average) -> f64 {
    const OP: &str = "roc_auc_one_vs_rest";
    assert!(scores.rank() == 2, "{OP}: scores must be [N, classes], got {}", scores.shape());
    let (n, classes) = (scores.shape()[0], scores.shape()[1]);
    let labels = class_numbers(OP, labels, &Tensor::arange(n));
    check_classes(OP, &labels, classes);
    let all = scores.to_f64_vec();
    if average == Average::Micro {
        let truths = labels.iter().flat_map(|&label| (0..classes as i64).map(move |class| class == label));
        return area(&paired(OP, all, truths));
    }
    let (mut areas, mut supports) = (Vec::new(), Vec::new());
    for class in 0..classes {
        let own = all.iter().skip(class).step_by(classes).copied().collect();
        areas.push(area(&paired(OP, own, labels.iter().map(|&label| label == class as i64))));
        supports.push(labels.iter().filter(|&&label| label == class as i64).count());
    }
    average.of_classes(&areas, &supports)
}

/// The mean precision over the recalls that scores `[N]` with truths 0 and 1 `[N]` reach, `$\sum_n (r_n - r_{n-1}) p_n$`; equal
/// scores are one step. NaN if no truth is 1.
///
/// # Source
/// scikit-learn's `average_precision_score`.
///
/// # Panics
/// If the shapes differ, a truth is neither 0 nor 1, or a score is NaN.
#[track_caller]
pub fn average_precision(scores: &Tensor, truths: &Tensor) -> f64 {
    let ordered = ordered("average_precision", scores, truths);
    let (mut found, mut seen, mut sum) = (0.0, 0.0, 0.0);
    for (positive, negative) in runs(&ordered) {
        found += positive;
        seen += positive + negative;
        sum += positive * found / seen;
    }
    sum / found
}
