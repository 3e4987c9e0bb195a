//! Losses for classes: cross-entropy with its options, negative log-likelihood.
//!
//! The classes lie along the last axis, `[…, C]` with labels `[…]`, in the short forms and in those with options. PyTorch's
//! `[N, C, d_1, …]` with labels `[N, d_1, …]` is `axis: 1`.

use gradus_tensor::{DType, Tensor, axis_index};

use super::{Reduction, same_shape};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::nll_loss_with`].
#[derive(Debug, Clone)]
pub struct NllOptions {
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    #[doc(alias = "ignore_index")]
    pub ignore: Option<i64>,
    /// Along which axis the classes lie: the last one. PyTorch's `[N, C, d_1, …]` has them along axis 1.
    #[doc(alias = "dim")]
    pub axis: isize,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::cross_entropy_with`].
#[derive(Debug, Clone)]
pub struct CrossEntropyOptions {
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    #[doc(alias = "ignore_index")]
    pub ignore: Option<i64>,
    /// How much of a target is spread evenly over all classes (Szegedy et al., 2016).
    #[doc(alias = "label_smoothing")]
    pub smoothing: f64,
    /// Along which axis the classes lie: the last one. PyTorch's `[N, C, d_1, …]` has them along axis 1.
    #[doc(alias = "dim")]
    pub axis: isize,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::soft_cross_entropy_with`].
#[derive(Debug, Clone)]
pub struct SoftCrossEntropyOptions {
    /// A weight for each class, `[C]`.
    pub weight: Option<Tensor>,
    /// How much of a target is spread evenly over all classes (Szegedy et al., 2016).
    #[doc(alias = "label_smoothing")]
    pub smoothing: f64,
    /// Along which axis the classes lie: the last one. PyTorch's `[N, C, d_1, …]` has them along axis 1.
    #[doc(alias = "dim")]
    pub axis: isize,
    /// How the losses become one. A mean is over the places, not the classes.
    pub reduction: Reduction,
}

impl Default for NllOptions {
    fn default() -> Self {
        Self { weight: None, ignore: None, axis: -1, reduction: Reduction::Mean }
    }
}

impl Default for CrossEntropyOptions {
    fn default() -> Self {
        Self { weight: None, ignore: None, smoothing: 0.0, axis: -1, reduction: Reduction::Mean }
    }
}

impl Default for SoftCrossEntropyOptions {
    fn default() -> Self {
        Self { weight: None, smoothing: 0.0, axis: -1, reduction: Reduction::Mean }
    }
}

/// What a label tensor says place by place, in its shape.
pub(super) struct Places {
    /// The labels, 0 in the place of the ignored one.
    valid: Tensor,
    /// The weight of each place, 0 where it is ignored.
    pub(super) weight: Tensor,
}

impl NllOptions {
    #[track_caller]
    pub(super) fn places(&self, op: &str, labels: &Tensor, classes: usize, dtype: DType) -> Places {
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

/// Losses with weights of their places as one; a mean is over the weights.
#[track_caller]
pub(super) fn weighted<'t>(losses: Var<'t>, weight: &Tensor, reduction: Reduction) -> Var<'t> {
    match reduction {
        Reduction::Mean => losses.sum() / weight.sum().item(),
        other => other.apply(losses),
    }
}

/// # Losses of class labels
impl<'t> Var<'t> {
    /// The mean of `$-x_t$`, the negative log-likelihood of log-probabilities `[…, C]` at labels `[…]` (I64).
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[doc(alias = "NLLLoss")]
    #[track_caller]
    pub fn nll_loss(self, labels: &Tensor) -> Self {
        self.nll_loss_with(labels, &NllOptions::default())
    }

    /// `$-w_t x_t$` of log-probabilities `[…, C]` at labels `[…]` (I64), by default its mean, which is over the weights.
    /// With `axis: 1` the log-probabilities are `[N, C, …]`, the labels `[N, …]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn nll_loss_with(self, labels: &Tensor, how: &NllOptions) -> Self {
        expect::floats("nll_loss", self.dtype());
        let (losses, weight) = self.picked_losses("nll_loss", labels, how);
        weighted(losses, &weight, how.reduction)
    }

    /// The axis of the classes, of logits or log-probabilities that fit the labels, which are classes.
    #[track_caller]
    pub(super) fn check_classes(self, op: &str, labels: &Tensor, ignore: Option<i64>, axis: isize) -> usize {
        let shape = self.shape();
        expect::at_least(op, &shape, 1, "[…, C]");
        let axis = axis_index(op, axis, &shape);
        let (fitting, found) = (shape.without(axis), *labels.shape());
        if fitting != found {
            let other = shape.len() > 1 && shape.without(1) == found;
            let hint = if other { "; for classes along axis 1 set `axis: 1`" } else { "" };
            panic!("{op}: {shape} with classes along axis {axis} needs labels {fitting}, got {found}{hint}");
        }
        let classes = shape[axis];
        // The cast to integers would turn NaN into class 0.
        expect::integers(op, "labels", labels);
        for (i, &t) in labels.contiguous().as_slice::<i64>().iter().enumerate() {
            let known = ignore == Some(t) || (0..classes as i64).contains(&t);
            assert!(
                known,
                "{op}: label {t} at place {i} is not one of the {classes} classes 0..{classes}{}",
                if t < 0 {
                    format!("; to leave such labels out, set `ignore: Some({t})`")
                } else {
                    String::new()
                }
            );
        }
        axis
    }

    /// These logits with 0 at ignored places: there may stand what has no softmax.
    pub(super) fn without_ignored(self, labels: &Tensor, ignore: Option<i64>, axis: usize) -> Self {
        let Some(label) = ignore else { return self };
        let ignored = labels.eq(label as f64);
        if ignored.any().item() == 0.0 {
            self
        } else {
            self.masked_fill(&ignored.unsqueeze(axis as isize), 0.0)
        }
    }

    /// `$-w_t x_t$` of each place, and its weight.
    #[track_caller]
    pub(super) fn picked_losses(self, op: &str, labels: &Tensor, how: &NllOptions) -> (Self, Tensor) {
        let axis = self.check_classes(op, labels, how.ignore, how.axis);
        let x = self.move_axis(axis as isize, -1);
        let Places { valid, weight } = how.places(op, labels, self.shape()[axis], self.dtype());
        // What counts nothing is taken out first: its logarithm may be -∞.
        let picked = x.gather(-1, &valid.unsqueeze(-1)).squeeze_axis(-1).masked_fill(&weight.eq(0.0), 0.0);
        (-(picked * &weight), weight)
    }

    /// Cross-entropy of logits `[…, C]` with labels `[…]` (I64): `$-w_t \ln \mathrm{softmax}(x)_t$`, with smoothing s of the
    /// targets `$(1 - s) [j = t] + s / C$`; by default its mean, which is over the weights. With `axis: 1` the logits are
    /// `[N, C, …]`, the labels `[N, …]`.
    ///
    /// ```
    /// use gradus_autograd::{Tape, ops::CrossEntropyOptions};
    /// use gradus_tensor::Tensor;
    ///
    /// let tape = Tape::new();
    /// let logits = tape.var(Tensor::randn([2, 5, 3], &mut gradus_tensor::rng(0))); // batch, time, classes
    /// let labels = Tensor::from([[0, 1, 2, -1, -1], [2, 2, 0, 1, -1]]);
    /// let how = CrossEntropyOptions { ignore: Some(-1), ..CrossEntropyOptions::default() };
    /// let loss = logits.cross_entropy_with(&labels, &how);
    /// let turned = logits.transpose(1, 2); // batch, classes, time
    /// let same = turned.cross_entropy_with(&labels, &CrossEntropyOptions { axis: 1, ..how });
    /// assert_eq!(loss.item(), same.item());
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn cross_entropy_with(self, labels: &Tensor, how: &CrossEntropyOptions) -> Self {
        const OP: &str = "cross_entropy";
        expect::floats(OP, self.dtype());
        let axis = self.check_classes(OP, labels, how.ignore, how.axis);
        check_smoothing(OP, how.smoothing);
        let log = self.without_ignored(labels, how.ignore, axis).log_softmax(axis as isize);
        let CrossEntropyOptions { weight, ignore, smoothing, axis: _, reduction } = how.clone();
        let plain = NllOptions { weight, ignore, axis: axis as isize, reduction };
        let (losses, place) = log.picked_losses(OP, labels, &plain);
        if smoothing == 0.0 {
            return weighted(losses, &place, reduction);
        }
        let last = log.move_axis(axis as isize, -1);
        let classes = self.shape()[axis];
        let kept = match ignore {
            Some(t) => labels.ne(t as f64).to(self.dtype()),
            None => Tensor::ones_of(*labels.shape(), self.dtype()),
        };
        let all = how.weight.as_ref().map_or(last, |w| last * &w.to(self.dtype()));
        let even = -(all.sum_axes(-1) * &kept) * (smoothing / classes as f64);
        weighted(losses * (1.0 - smoothing) + even, &place, reduction)
    }

    /// Cross-entropy of logits `[…, C]` with probabilities of the same shape, `$-\sum_j t_j \ln \mathrm{softmax}(x)_j$`,
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
    /// targets `$(1 - s)\, t_j + s / C$`. With `axis: 1` both are `[N, C, …]`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_cross_entropy_with(self, target: impl Operand<'t>, how: &SoftCrossEntropyOptions) -> Self {
        const OP: &str = "soft_cross_entropy";
        let [x, target] = promoted([self, self.of_each(OP, target)]);
        same_shape(OP, x, target);
        expect::floats(OP, x.dtype());
        expect::at_least(OP, &x.shape(), 1, "[…, C]");
        check_smoothing(OP, how.smoothing);
        let axis = axis_index(OP, how.axis, &x.shape());
        let classes = x.shape()[axis];
        if let Some(w) = &how.weight {
            expect::shape(OP, "the weights of the classes", w.shape(), &[classes]);
        }
        let last = |x: Self| x.move_axis(axis as isize, -1);
        let (log, target) = (last(x.log_softmax(axis as isize)), last(target));
        let target = if how.smoothing > 0.0 {
            target * (1.0 - how.smoothing) + how.smoothing / classes as f64
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
