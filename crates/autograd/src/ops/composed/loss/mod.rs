//! Losses. Each has a short form, `name(target)`, which gives the mean, and a form with options, `name_with(target, &options)`.
//! Prediction and target have one shape, except where a loss says otherwise: no accidental `[N, 1]` against `[N]`. A number as
//! target is that of each element.
//!
//! Here stand the losses of numbers; `probability` has those of probabilities and densities, `margin` those that hold a
//! distance, `class` those of class labels, `rare` those for what is rare, `contrast` those that compare with other
//! samples, `ctc` the one of unaligned sequences.

mod class;
mod contrast;
mod ctc;
mod margin;
mod probability;
mod rare;

pub use class::{CrossEntropyOptions, NllOptions, SoftCrossEntropyOptions};
pub use contrast::{InfoNceOptions, TripletDistanceOptions};
pub use ctc::CtcOptions;
pub use margin::{HingeOptions, MarginOptions, MultiMarginOptions, TripletOptions};
pub use probability::{GaussianNllOptions, KlDivOptions, LogitsOptions, PoissonNllOptions};
pub use rare::{DiceOptions, FocalCrossEntropyOptions, FocalOptions};

use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// How the losses of the elements become one.
///
/// ```
/// use gradus_autograd::{Tape, ops::{LossOptions, Reduction}};
/// use gradus_tensor::Tensor;
///
/// let tape = Tape::new();
/// let (x, target) = (tape.var(Tensor::from([1.0, 4.0])), Tensor::from([0.0, 1.0]));
/// assert_eq!(x.mse(&target).item(), 5.0); // the mean
/// let of = |reduction| x.mse_with(&target, &LossOptions { reduction, ..LossOptions::default() }).value().to_f64_vec();
/// assert_eq!(of(Reduction::Sum), [10.0]);
/// assert_eq!(of(Reduction::None), [1.0, 9.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum divided by the size of the first axis, the batch.
    #[doc(alias = "batchmean")]
    BatchMean,
    /// They stay as they are.
    None,
}

impl Reduction {
    /// Reduces the losses of the elements.
    #[track_caller]
    pub fn apply(self, losses: Var<'_>) -> Var<'_> {
        match self {
            Self::Mean => losses.mean(),
            Self::Sum => losses.sum(),
            Self::BatchMean => losses.sum() / losses.shape().first().map_or(1.0, |&n| n as f64),
            Self::None => losses,
        }
    }
}

/// The options of a loss that has no numbers of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct LossOptions<'t> {
    /// A factor of each loss, which broadcasts. Each loss says whether a mean is over the weights or over the elements.
    pub weight: Option<Var<'t>>,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl<'t> LossOptions<'t> {
    /// One loss of many; a mean is over the weights, `$\sum w \ell / \sum w$`.
    #[track_caller]
    fn weighted_mean(&self, op: &str, losses: Var<'t>) -> Var<'t> {
        if let Some(w) = self.weight {
            fits(op, "weight", w, losses);
        }
        match (self.weight, self.reduction) {
            (None, reduction) => reduction.apply(losses),
            (Some(w), Reduction::Mean) => {
                let w = w.to(losses.dtype());
                (losses * w).sum() / w.expand(losses.shape()).sum()
            }
            (Some(w), reduction) => reduction.apply(losses * w),
        }
    }

    /// The losses with their weights.
    #[track_caller]
    fn weighted(&self, op: &str, losses: Var<'t>) -> Var<'t> {
        if let Some(w) = self.weight {
            fits(op, "weight", w, losses);
        }
        self.weight.map_or(losses, |w| losses * w)
    }
}

/// The options of [`Var::huber_loss_with`] and [`Var::smooth_l1_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HuberOptions {
    /// Where the parabola ends and the line begins. (PyTorch calls it `beta` in `smooth_l1_loss`.)
    #[doc(alias = "beta")]
    pub delta: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for HuberOptions {
    fn default() -> Self {
        Self { delta: 1.0, reduction: Reduction::Mean }
    }
}

/// Panics unless `part`, which may broadcast, broadcasts to the shape of the losses.
#[track_caller]
fn fits(op: &str, what: &str, part: Var<'_>, losses: Var<'_>) {
    let (shape, whole) = (part.shape(), losses.shape());
    assert!(
        shape.broadcast(&whole) == Some(whole),
        "{op}: the {what} has shape {shape}, which does not broadcast to the prediction's {whole}; reshape it"
    );
}

/// Panics unless the parts of a loss have the shape of the prediction.
#[track_caller]
fn all_of_one_shape<const N: usize>(op: &str, x: Var<'_>, parts: [(&str, Var<'_>); N]) {
    for (what, part) in parts {
        let (whole, shape) = (x.shape(), part.shape());
        assert!(
            whole == shape,
            "{op}: the prediction has shape {whole}, the {what} {shape}; reshape one of them, losses do not broadcast"
        );
    }
}

/// Panics unless prediction and target have one shape.
#[track_caller]
fn same_shape(op: &str, a: Var<'_>, b: Var<'_>) {
    all_of_one_shape(op, a, [("target", b)]);
}

/// `$c\,e^2$` where `$d = |e| < \delta$`, else `far`. The squares are of 0 there: an infinite e would give 0 · ∞ to its slope.
fn near_or_far<'t>(e: Var<'t>, d: Var<'t>, delta: f64, c: f64, far: Var<'t>) -> Var<'t> {
    let near = d.value().lt(delta);
    (e.where_(&near, 0.0).square() * c).where_(&near, far)
}

/// # Losses of numbers
impl<'t> Var<'t> {
    /// What a loss compares this prediction with. A number is that of each element.
    #[track_caller]
    fn of_each(self, op: &str, target: impl Operand<'t>) -> Self {
        target.filling(self, op, &self.shape())
    }

    /// The prediction and the target of a loss, of one shape, in the widest type among theirs and the weight's.
    #[track_caller]
    fn with_target(self, op: &str, target: impl Operand<'t>, weight: Option<Self>) -> [Self; 2] {
        self.check_more(op, [weight]);
        let target = self.of_each(op, target);
        same_shape(op, self, target);
        promoted_with([self, target], [weight]).0
    }

    /// Mean squared error, `$\tfrac1n \sum_i (x_i - t_i)^2$`, of a target of the same shape.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0]));
    /// let loss = x.mse(Tensor::from([0.0, 4.0]));
    /// assert_eq!(loss.item(), 2.5);
    /// assert_eq!(loss.backward().wrt(x).to_f64_vec(), [1.0, -2.0]); // 2 (x - t) / n
    /// ```
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "mse_loss")]
    #[track_caller]
    pub fn mse(self, target: impl Operand<'t>) -> Self {
        self.mse_with(target, &LossOptions::default())
    }

    /// The squared error `$w (x - t)^2$`, by default its mean; with weights the mean is `$\sum w (x - t)^2 / \sum w$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "mse_loss")]
    #[track_caller]
    pub fn mse_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("mse", target, how.weight);
        how.weighted_mean("mse", (x - target).square())
    }

    /// Mean absolute error, `$\tfrac1n \sum_i |x_i - t_i|$`, of a target of the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "mae")]
    #[doc(alias = "L1Loss")]
    #[track_caller]
    pub fn l1_loss(self, target: impl Operand<'t>) -> Self {
        self.l1_loss_with(target, &LossOptions::default())
    }

    /// The absolute error `$w |x - t|$`, by default its mean; with weights the mean is `$\sum w |x - t| / \sum w$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn l1_loss_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("l1_loss", target, how.weight);
        how.weighted_mean("l1_loss", (x - target).abs())
    }

    /// The mean of `$d^2 / 2$` where `$d = |x - t| < 1$`, else `$d - \tfrac12$`; see [`Self::smooth_l1_loss_with`].
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "SmoothL1Loss")]
    #[track_caller]
    pub fn smooth_l1_loss(self, target: impl Operand<'t>) -> Self {
        self.smooth_l1_loss_with(target, &HuberOptions::default())
    }

    /// `$d^2 / 2\delta$` where `$d = |x - t| < \delta$`, else `$d - \delta/2$`, by default its mean. With δ = 0:
    /// [`Self::l1_loss`].
    ///
    /// # Panics
    /// If the shapes differ, or δ is below 0 or NaN.
    ///
    /// # Source
    /// Girshick, "Fast R-CNN", 2015.
    #[track_caller]
    pub fn smooth_l1_loss_with(self, target: impl Operand<'t>, how: &HuberOptions) -> Self {
        let [x, target] = self.with_target("smooth_l1_loss", target, None);
        let e = x - target;
        let (d, delta) = (e.abs(), how.delta);
        expect::number("smooth_l1_loss", "delta", delta, delta >= 0.0, "at least 0");
        if delta == 0.0 {
            return how.reduction.apply(d);
        }
        how.reduction.apply(near_or_far(e, d, delta, 0.5 / delta, d - 0.5 * delta))
    }

    /// The mean of `$d^2/2$` where `$d = |x - t| < 1$`, else `$d - \tfrac12$`; see [`Self::huber_loss_with`].
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "HuberLoss")]
    #[track_caller]
    pub fn huber_loss(self, target: impl Operand<'t>) -> Self {
        self.huber_loss_with(target, &HuberOptions::default())
    }

    /// `$d^2/2$` where `$d = |x - t| < \delta$`, else `$\delta (d - \delta/2)$`, by default its mean.
    ///
    /// # Panics
    /// If the shapes differ, or δ is not above 0.
    ///
    /// # Source
    /// Huber, "Robust Estimation of a Location Parameter", 1964.
    #[track_caller]
    pub fn huber_loss_with(self, target: impl Operand<'t>, how: &HuberOptions) -> Self {
        let [x, target] = self.with_target("huber_loss", target, None);
        let e = x - target;
        let (d, delta) = (e.abs(), how.delta);
        expect::number("huber_loss", "delta", delta, delta > 0.0, "above 0");
        how.reduction.apply(near_or_far(e, d, delta, 0.5, (d - 0.5 * delta) * delta))
    }

    /// The mean of `$\ln \cosh (x - t)$`: squares near 0, distances far from it, with slopes of every order.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn log_cosh_loss(self, target: impl Operand<'t>) -> Self {
        self.log_cosh_loss_with(target, &LossOptions::default())
    }

    /// `$w \ln \cosh (x - t)$`, by default its mean; with weights the mean is over the weights.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn log_cosh_loss_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("log_cosh_loss", target, how.weight);
        expect::floats("log_cosh_loss", x.dtype());
        how.weighted_mean("log_cosh_loss", (x - target).log_cosh())
    }
}
