//! Losses for classes: cross-entropy with its options, negative log-likelihood.

use gradus_tensor::{DType, Tensor};

use super::{Reduction, same_shape};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::nll_loss_with`].
#[derive(Debug, Clone, Default)]
pub struct NllOptions {
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    #[doc(alias = "ignore_index")]
    pub ignore: Option<i64>,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::cross_entropy_with`].
#[derive(Debug, Clone, Default)]
pub struct CrossEntropyOptions {
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    #[doc(alias = "ignore_index")]
    pub ignore: Option<i64>,
    /// How much of a target is spread evenly over all classes (Szegedy et al., 2016).
    #[doc(alias = "label_smoothing")]
    pub smoothing: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::soft_cross_entropy_with`].
#[derive(Debug, Clone, Default)]
pub struct SoftCrossEntropyOptions {
    /// A weight for each class, `[C]`.
    pub weight: Option<Tensor>,
    /// How much of a target is spread evenly over all classes (Szegedy et al., 2016).
    #[doc(alias = "label_smoothing")]
    pub smoothing: f64,
    /// How the losses become one. A mean is over the places, not the classes.
    pub reduction: Reduction,
}

/// What a label tensor says place by place, in its shape.
struct Places {
    /// The labels, 0 in the place of the ignored one.
    valid: Tensor,
    /// The weight of each place, 0 where it is ignored.
    weight: Tensor,
}

impl NllOptions {
    #[track_caller]
    fn places(&self, op: &str, labels: &Tensor, classes: usize, dtype: DType) -> Places {
        let list = labels.to_vec::<i64>();
        let ignored = |t: i64| self.ignore == Some(t);
        if let Some(w) = &self.weight {
            expect::shape(op, "the weights of the classes", w.shape(), &[classes]);
        }
        let valid: Vec<i64> = list.iter().map(|&t| if ignored(t) { 0 } else { t }).collect();
        let valid = Tensor::from_vec(valid, *labels.shape());
        let kept = Tensor::from_vec(list.iter().map(|&t| !ignored(t)).collect(), *labels.shape());
        let weight = match &self.weight {
            None => kept.to(dtype),
            Some(w) => w.to(dtype).take(&valid).masked_fill(&kept.logical_not(), 0.0),
        };
        Places { valid, weight }
    }
}

/// Panics unless a share of the targets is spread over all classes.
#[track_caller]
fn check_smoothing(op: &str, smoothing: f64) {
    expect::number(op, "smoothing", smoothing, (0.0..=1.0).contains(&smoothing), "between 0 and 1");
}

/// Panics if a label, I64, is not among some classes.
#[track_caller]
pub(super) fn check_labels(op: &str, labels: &Tensor, known: std::ops::Range<i64>) {
    expect::integers(op, "labels", labels);
    let n = known.end;
    for (i, t) in labels.contiguous().as_slice::<i64>().iter().enumerate() {
        assert!(known.contains(t), "{op}: label {t} at place {i} is not one of the {n} classes 0..{n}");
    }
}

/// # Losses of class labels
impl<'t> Var<'t> {
    /// The class axis (the second, or the only one) moved to the end.
    fn classes_last(self) -> Self {
        if self.rank() < 2 { self } else { self.move_axis(1, -1) }
    }

    /// The mean of `$-x_t$`, the negative log-likelihood of log-probabilities `[N, C, …]` (or `[C]`) at labels `[N, …]`
    /// (I64).
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[doc(alias = "NLLLoss")]
    #[track_caller]
    pub fn nll_loss(self, labels: &Tensor) -> Self {
        self.nll_loss_with(labels, &NllOptions::default())
    }

    /// `$-w_t x_t$` of log-probabilities `[N, C, …]` (or `[C]`) at labels `[N, …]` (I64), by default its mean, which is over
    /// the weights.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn nll_loss_with(self, labels: &Tensor, how: &NllOptions) -> Self {
        self.picked_losses("nll_loss", labels, how)
    }

    /// The number of classes, of logits or log-probabilities that fit the labels, which are classes.
    #[track_caller]
    fn check_classes(self, op: &str, labels: &Tensor, ignore: Option<i64>) -> usize {
        let shape = self.shape();
        expect::at_least(op, &shape, 1, "[C] or [N, C, …]");
        let axis = usize::from(shape.len() > 1);
        assert!(
            shape.without(axis) == *labels.shape(),
            "{op}: {shape} with labels {}; [N, C, …] needs labels [N, …]",
            labels.shape()
        );
        let classes = shape[axis];
        // The cast to integers would turn NaN into class 0.
        expect::integers(op, "labels", labels);
        for (i, &t) in labels.contiguous().as_slice::<i64>().iter().enumerate() {
            let known = ignore == Some(t) || (0..classes as i64).contains(&t);
            assert!(known, "{op}: label {t} at place {i} is not one of the {classes} classes 0..{classes}");
        }
        classes
    }

    /// These logits with 0 at ignored places: there may stand what has no softmax.
    fn without_ignored(self, labels: &Tensor, ignore: Option<i64>) -> Self {
        let Some(label) = ignore else { return self };
        let ignored = labels.eq(label as f64);
        let fits = if self.rank() < 2 { labels.rank() == 0 } else { labels.rank() + 1 == self.rank() };
        if !fits || ignored.any().item() == 0.0 {
            return self;
        }
        self.masked_fill(&ignored.unsqueeze(isize::from(self.rank() > 1)), 0.0)
    }

    #[track_caller]
    fn picked_losses(self, op: &str, labels: &Tensor, how: &NllOptions) -> Self {
        let classes = self.check_classes(op, labels, how.ignore);
        let x = self.classes_last();
        let Places { valid, weight } = how.places(op, labels, classes, self.dtype());
        // What counts nothing is taken out first: its logarithm may be -∞.
        let picked = x.gather(-1, &valid.unsqueeze(-1)).squeeze_axis(-1).masked_fill(&weight.eq(0.0), 0.0);
        let losses = -(picked * &weight);
        match how.reduction {
            Reduction::Mean => losses.sum() / weight.sum().item(),
            other => other.apply(losses),
        }
    }

    /// Cross-entropy of logits `[N, C, …]` (or `[C]`) with labels `[N, …]` (I64): `$-w_t \ln \mathrm{softmax}(x)_t$`, with
    /// smoothing s of the targets `$(1 - s) [j = t] + s / C$`; by default its mean, which is over the weights.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn cross_entropy_with(self, labels: &Tensor, how: &CrossEntropyOptions) -> Self {
        expect::floats("cross_entropy", self.dtype());
        self.check_classes("cross_entropy", labels, how.ignore);
        check_smoothing("cross_entropy", how.smoothing);
        let axis = isize::from(self.rank() > 1);
        let log = self.without_ignored(labels, how.ignore).log_softmax(axis);
        let CrossEntropyOptions { weight, ignore, smoothing, reduction } = how.clone();
        let plain = NllOptions { weight, ignore, reduction };
        if smoothing == 0.0 {
            return log.picked_losses("cross_entropy", labels, &plain);
        }
        let last = log.classes_last();
        let classes = last.shape()[last.rank() - 1];
        let place = plain.places("cross_entropy", labels, classes, self.dtype()).weight;
        let kept = match ignore {
            Some(t) => labels.ne(t as f64).to(self.dtype()),
            None => Tensor::ones_of(*labels.shape(), self.dtype()),
        };
        let all = how.weight.as_ref().map_or(last, |w| last * &w.to(self.dtype()));
        let even = -(all.sum_axes(-1) * &kept) * (smoothing / classes as f64);
        let plain = NllOptions { reduction: Reduction::None, ..plain };
        let losses = log.picked_losses("cross_entropy", labels, &plain) * (1.0 - smoothing) + even;
        match reduction {
            Reduction::Mean => losses.sum() / place.sum().item(),
            other => other.apply(losses),
        }
    }

    /// Cross-entropy of logits `[N, C, …]` with probabilities of the same shape, `$-\sum_j t_j \ln \mathrm{softmax}(x)_j$`,
    /// in which a class of probability `$t_j = 0$` counts nothing; the mean over the places.
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "cross_entropy")]
    #[track_caller]
    pub fn soft_cross_entropy(self, target: impl Operand<'t>) -> Self {
        self.soft_cross_entropy_with(target, &SoftCrossEntropyOptions::default())
    }

    /// As [`Self::soft_cross_entropy`] with options: `$-\sum_j w_j t_j \ln \mathrm{softmax}(x)_j$`, with smoothing s of the
    /// targets `$(1 - s)\, t_j + s / C$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_cross_entropy_with(self, target: impl Operand<'t>, how: &SoftCrossEntropyOptions) -> Self {
        let [x, target] = promoted([self, self.operand("soft_cross_entropy", target)]);
        same_shape("soft_cross_entropy", x, target);
        expect::at_least("soft_cross_entropy", &x.shape(), 1, "[C] or [N, C, …]");
        check_smoothing("soft_cross_entropy", how.smoothing);
        if let Some(w) = &how.weight {
            let classes = x.shape()[usize::from(x.rank() > 1)];
            expect::shape("soft_cross_entropy", "the weights of the classes", w.shape(), &[classes]);
        }
        let axis = isize::from(x.rank() > 1);
        let (log, target) = (x.log_softmax(axis).classes_last(), target.classes_last());
        let classes = log.shape()[log.rank() - 1] as f64;
        let target = if how.smoothing > 0.0 {
            target * (1.0 - how.smoothing) + how.smoothing / classes
        } else {
            target
        };
        let weighted = how.weight.as_ref().map_or(target, |w| target * &w.to(x.dtype()));
        let losses = -weighted.weigh(log).sum_axes(-1);
        match how.reduction {
            Reduction::Mean => losses.sum() / losses.elements().max(1) as f64,
            other => other.apply(losses),
        }
    }
}
