//! Losses for what is rare: focal losses, which look away from what is easy, and the Dice loss, which counts an overlap.

use gradus_tensor::Tensor;

use super::class::{NllOptions, weighted};
use super::{Reduction, probability};
use crate::ops::elementwise::operators::Operand;
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::focal_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FocalOptions {
    /// The power of what a probability lacks. With 0 it is binary cross-entropy.
    pub gamma: f64,
    /// The weight α of the positive truths; the negative ones weigh 1 - α. `None`: all weigh 1.
    pub alpha: Option<f64>,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for FocalOptions {
    fn default() -> Self {
        Self { gamma: 2.0, alpha: Some(0.25), reduction: Reduction::Mean }
    }
}

/// The options of [`Var::focal_cross_entropy_with`].
#[derive(Debug, Clone)]
pub struct FocalCrossEntropyOptions {
    /// The power of what a probability lacks. With 0 it is cross-entropy.
    pub gamma: f64,
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    #[doc(alias = "ignore_index")]
    pub ignore: Option<i64>,
    /// Along which axis the classes lie: the last one.
    #[doc(alias = "dim")]
    pub axis: isize,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for FocalCrossEntropyOptions {
    fn default() -> Self {
        Self { gamma: 2.0, weight: None, ignore: None, axis: -1, reduction: Reduction::Mean }
    }
}

/// The options of [`Var::dice_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiceOptions {
    /// Added to numerator and denominator, so that two empty sets overlap wholly.
    pub smooth: f64,
    /// Whether the denominator sums squares (Milletari et al.).
    pub squared: bool,
    /// How many leading axes have a loss of their own: 1 for each sample, 2 for each sample and channel.
    pub leading: usize,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for DiceOptions {
    fn default() -> Self {
        Self { smooth: 1.0, squared: false, leading: 1, reduction: Reduction::Mean }
    }
}

/// Panics unless the power of a focal loss is at least 0.
#[track_caller]
fn check_gamma(op: &str, gamma: f64) {
    expect::number(op, "gamma", gamma, gamma >= 0.0, "at least 0");
}

/// # Losses for what is rare
impl<'t> Var<'t> {
    /// The mean of `$-\alpha_t (1 - p_t)^2 \ln p_t$` of logits x and truths t of the same shape, where `$p_t$` is
    /// `$\sigma(x)$` for t = 1 and `$\sigma(-x)$` for t = 0, and `$\alpha_t$` is 0.25 and 0.75.
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "sigmoid_focal_loss")]
    #[track_caller]
    pub fn focal_loss(self, target: impl Operand<'t>) -> Self {
        self.focal_loss_with(target, &FocalOptions::default())
    }

    /// As [`Self::focal_loss`] with options: `$-\alpha_t (1 - p_t)^\gamma \ln p_t$`.
    ///
    /// # Panics
    /// If the shapes differ, γ is below 0, or α lies outside of 0 … 1.
    ///
    /// # Source
    /// Lin et al., "Focal Loss for Dense Object Detection", 2017, equation 5; `torchvision.ops.sigmoid_focal_loss`.
    #[doc(alias = "sigmoid_focal_loss")]
    #[track_caller]
    pub fn focal_loss_with(self, target: impl Operand<'t>, how: &FocalOptions) -> Self {
        const OP: &str = "focal_loss";
        let [x, t] = self.with_target(OP, target, None);
        expect::floats(OP, x.dtype());
        check_gamma(OP, how.gamma);
        let surprise = -(t.weigh(x.log_sigmoid()) + (1.0 - t).weigh((-x).log_sigmoid()));
        let losses = if how.gamma == 0.0 {
            surprise
        } else {
            // 1 - p_t without a difference.
            let lacking = (-x).sigmoid() * t + x.sigmoid() * (1.0 - t);
            surprise * lacking.pow(how.gamma)
        };
        let Some(alpha) = how.alpha else { return how.reduction.apply(losses) };
        expect::number(OP, "alpha", alpha, (0.0..=1.0).contains(&alpha), "between 0 and 1");
        how.reduction.apply(losses * (t * (2.0 * alpha - 1.0) + (1.0 - alpha)))
    }

    /// The mean of `$-(1 - p_t)^2 \ln p_t$` of logits `[…, C]` with class labels `[…]` (I64), where
    /// `$p = \mathrm{softmax}(x)$`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn focal_cross_entropy(self, labels: &Tensor) -> Self {
        self.focal_cross_entropy_with(labels, &FocalCrossEntropyOptions::default())
    }

    /// As [`Self::focal_cross_entropy`] with options: `$-w_t (1 - p_t)^\gamma \ln p_t$`.
    ///
    /// # Panics
    /// If the shapes do not fit, a label is no class, or γ is below 0.
    ///
    /// # Source
    /// Lin et al., "Focal Loss for Dense Object Detection", 2017, section 3.
    #[track_caller]
    pub fn focal_cross_entropy_with(self, labels: &Tensor, how: &FocalCrossEntropyOptions) -> Self {
        const OP: &str = "focal_cross_entropy";
        expect::floats(OP, self.dtype());
        check_gamma(OP, how.gamma);
        let axis = self.check_classes(OP, labels, how.ignore, how.axis);
        let FocalCrossEntropyOptions { gamma, weight, ignore, axis: _, reduction } = how.clone();
        let log = self.without_ignored(labels, ignore, axis).log_softmax(axis as isize);
        let plain = NllOptions { weight: None, ignore, axis: axis as isize, reduction };
        let (surprise, _) = log.picked_losses(OP, labels, &plain);
        let plain = NllOptions { weight, ..plain };
        let place = plain.places(OP, labels, self.shape()[axis], self.dtype()).weight;
        let losses = surprise * &place;
        let lacking = if gamma == 0.0 { None } else { Some((-(-surprise).expm1()).pow(gamma)) };
        weighted(lacking.map_or(losses, |lacking| losses * lacking), &place, reduction)
    }

    /// The mean over the samples of `$1 - (2 \sum x t + 1) / (\sum x + \sum t + 1)$`, of probabilities x and truths t
    /// `[N, …]` of the same shape: 1 less Dice's coefficient of two sets.
    ///
    /// # Panics
    /// If the shapes differ or there is no axis, or a probability or truth lies outside of 0 … 1.
    #[track_caller]
    pub fn dice_loss(self, target: impl Operand<'t>) -> Self {
        self.dice_loss_with(target, &DiceOptions::default())
    }

    /// As [`Self::dice_loss`] with options: `$1 - (2 \sum x t + s) / (\sum x + \sum t + s)$`, with squares of x and t in the
    /// denominator if so wished.
    ///
    /// # Panics
    /// If the shapes differ or have fewer than the leading axes, a probability or truth lies outside of 0 … 1, or s is below
    /// 0.
    ///
    /// # Source
    /// Milletari, Navab and Ahmadi, "V-Net", 2016; Sudre et al., "Generalised Dice overlap as a deep learning loss
    /// function", 2017.
    #[track_caller]
    pub fn dice_loss_with(self, target: impl Operand<'t>, how: &DiceOptions) -> Self {
        const OP: &str = "dice_loss";
        let [x, t] = self.with_target(OP, target, None);
        expect::floats(OP, x.dtype());
        expect::at_least(OP, &x.shape(), how.leading, &format!("of at least {} axes", how.leading));
        expect::number(OP, "smooth", how.smooth, how.smooth >= 0.0, "at least 0");
        probability::check_probabilities(OP, "the prediction", x, "for logits: x.sigmoid()");
        probability::check_probabilities(OP, "the target", t, "truths are 0 or 1");
        let axes: Vec<isize> = (how.leading as isize..x.rank() as isize).collect();
        let sum = |x: Self| if axes.is_empty() { x } else { x.sum_axes(&axes[..]) };
        let size = |x: Self| sum(if how.squared { x.square() } else { x });
        let overlap = sum(x * t) * 2.0 + how.smooth;
        how.reduction.apply(1.0 - overlap / (size(x) + size(t) + how.smooth))
    }
}
