//! Losses of probabilities and densities: binary cross-entropy, Kullback and Leibler's divergence, likelihoods.

use super::{LossOptions, Reduction};
use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::binary_cross_entropy_with_logits_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct LogitsOptions<'t> {
    /// A factor w of each loss, which broadcasts.
    pub weight: Option<Var<'t>>,
    /// A factor p of the part of a loss that belongs to the positive truth, which broadcasts.
    #[doc(alias = "pos_weight")]
    pub positive_weight: Option<Var<'t>>,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::kl_div_with`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KlDivOptions {
    /// Whether the target holds log-probabilities.
    pub log_target: bool,
    /// How the losses become one. What belongs to the divergence mathematically is the sum over the batch size.
    pub reduction: Reduction,
}

/// The options of [`Var::poisson_nll_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoissonNllOptions {
    /// Whether the prediction is the logarithm of the rate.
    pub log_input: bool,
    /// Whether Stirling's `$\ln t!$` is added where t > 1.
    pub full: bool,
    /// Added to a rate before its logarithm is taken.
    pub eps: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for PoissonNllOptions {
    fn default() -> Self {
        Self { log_input: true, full: false, eps: 1e-8, reduction: Reduction::Mean }
    }
}

/// The options of [`Var::gaussian_nll_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianNllOptions {
    /// Whether the constant `$\tfrac12 \ln 2\pi$` is added.
    pub full: bool,
    /// The least variance.
    pub eps: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for GaussianNllOptions {
    fn default() -> Self {
        Self { full: false, eps: 1e-6, reduction: Reduction::Mean }
    }
}

/// Panics if a number lies below 0 or above 1. One look at the extremes, where all is well.
#[track_caller]
pub(super) fn check_probabilities(op: &str, what: &str, x: Var<'_>, hint: &str) {
    let x = x.value();
    if x.is_empty() || (x.min().item() >= 0.0 && x.max().item() <= 1.0) {
        return;
    }
    if let Some(p) = x.to_f64_vec().into_iter().find(|p| *p < 0.0 || *p > 1.0) {
        panic!("{op}: {what} holds {p}; probabilities lie between 0 and 1 ({hint})");
    }
}

/// # Losses of probabilities and densities
impl<'t> Var<'t> {
    /// The mean of `$-t \ln x - (1 - t) \ln (1 - x)$` of probabilities x and targets t of the same shape; the logarithms
    /// are held at -100. For logits: [`Self::binary_cross_entropy_with_logits`].
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "BCELoss")]
    #[track_caller]
    pub fn binary_cross_entropy(self, target: impl Operand<'t>) -> Self {
        self.binary_cross_entropy_with(target, &LossOptions::default())
    }

    /// `$-w (t \ln x + (1 - t) \ln (1 - x))$` of probabilities x, by default its mean; a mean is over the elements, with
    /// weights, too. The logarithms are held at -100.
    ///
    /// # Panics
    /// If the shapes differ, or a probability or target lies outside of 0 … 1. NaN passes, and is seen in the loss.
    #[track_caller]
    pub fn binary_cross_entropy_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("binary_cross_entropy", target, how.weight);
        const LOGITS: &str = "for logits: binary_cross_entropy_with_logits";
        check_probabilities("binary_cross_entropy", "the prediction", x, LOGITS);
        check_probabilities("binary_cross_entropy", "the target", target, LOGITS);
        how.reduction.apply(how.weighted("binary_cross_entropy", x.surprise(target)))
    }

    /// The mean of `$-t \ln \sigma(x) - (1 - t) \ln (1 - \sigma(x))$` of logits x and targets t of the same shape, without
    /// overflow.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([0.0, 0.0]));
    /// let loss = x.binary_cross_entropy_with_logits(Tensor::from([1.0, 0.0]));
    /// assert!((loss.item() - 2f64.ln()).abs() < 1e-15);
    /// assert_eq!(loss.backward().wrt(x).to_f64_vec(), [-0.25, 0.25]); // (σ(x) - t) / n
    /// ```
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "BCEWithLogitsLoss")]
    #[doc(alias = "sigmoid_binary_cross_entropy")]
    #[track_caller]
    pub fn binary_cross_entropy_with_logits(self, target: impl Operand<'t>) -> Self {
        self.binary_cross_entropy_with_logits_with(target, &LogitsOptions::default())
    }

    /// `$-w (p\, t \ln \sigma(x) + (1 - t) \ln (1 - \sigma(x)))$` of logits x, by default its mean; a mean is over the
    /// elements, with weights, too.
    ///
    /// # Panics
    /// If the shapes of prediction and target differ.
    #[track_caller]
    pub fn binary_cross_entropy_with_logits_with(
        self,
        target: impl Operand<'t>,
        how: &LogitsOptions<'t>,
    ) -> Self {
        self.check_more("binary_cross_entropy_with_logits", [how.positive_weight]);
        let [x, t] = self.with_target("binary_cross_entropy_with_logits", target, how.weight);
        let ([x, t], [weight_of_positive]) = promoted_with([x, t], [how.positive_weight]);
        if let Some(p) = weight_of_positive {
            super::fits("binary_cross_entropy_with_logits", "weight of the positive truth", p, self);
        }
        if let Some(w) = how.weight {
            super::fits("binary_cross_entropy_with_logits", "weight", w, self);
        }
        let positive = weight_of_positive.map_or(t, |p| p * t).weigh(x.log_sigmoid());
        let losses = -(positive + (1.0 - t).weigh((-x).log_sigmoid()));
        how.reduction.apply(how.weight.map_or(losses, |w| losses * w))
    }

    /// The mean of the divergence `$t (\ln t - x)$` of log-probabilities x from probabilities t of the same shape, 0 where
    /// t = 0, x = -∞ there included; the slope in t is -∞ there, its limit (Kullback and Leibler, 1951).
    ///
    /// # Panics
    /// If the shapes differ.
    #[doc(alias = "KLDivLoss")]
    #[doc(alias = "kullback_leibler")]
    #[track_caller]
    pub fn kl_div(self, target: impl Operand<'t>) -> Self {
        self.kl_div_with(target, &KlDivOptions::default())
    }

    /// As [`Self::kl_div`] with options: with `log_target` it is `$e^t (t - x)$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn kl_div_with(self, target: impl Operand<'t>, how: &KlDivOptions) -> Self {
        let [x, target] = self.with_target("kl_div", target, None);
        how.reduction.apply(if how.log_target {
            target.exp().weigh(target.finite() - x)
        } else {
            -target.entr() - target.weigh(x)
        })
    }

    /// The mean of `$e^x - t x$`: the negative log-likelihood of counts t under a Poisson distribution of log-rate x, up to
    /// what does not depend on x.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn poisson_nll_loss(self, target: impl Operand<'t>) -> Self {
        self.poisson_nll_loss_with(target, &PoissonNllOptions::default())
    }

    /// As [`Self::poisson_nll_loss`] with options: of a rate x it is `$x - t \ln(x + \varepsilon)$`; `full` adds Stirling's
    /// `$t \ln t - t + \tfrac12 \ln 2\pi t$` where t > 1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn poisson_nll_loss_with(self, target: impl Operand<'t>, how: &PoissonNllOptions) -> Self {
        let [x, t] = self.with_target("poisson_nll_loss", target, None);
        expect::number("poisson_nll_loss", "eps", how.eps, how.eps >= 0.0, "at least 0");
        let losses = if how.log_input { x.exp() - t * x } else { x - t * (x + how.eps).ln() };
        if !how.full {
            return how.reduction.apply(losses);
        }
        let above = t.value().gt(1.0);
        let safe = t.where_not(&above.logical_not(), 2.0);
        let stirling = safe * safe.ln() - safe + (safe * (2.0 * std::f64::consts::PI)).ln() * 0.5;
        how.reduction.apply(losses + stirling.where_(&above, 0.0))
    }

    /// The mean of `$\tfrac12 (\ln v + (x - t)^2 / v)$`: the negative log-likelihood under a normal distribution of mean x
    /// and variance v, which broadcasts to the prediction's shape, up to a constant.
    ///
    /// # Panics
    /// If the shapes of prediction and target differ, or the variance does not broadcast.
    #[track_caller]
    pub fn gaussian_nll_loss(self, target: impl Operand<'t>, variance: impl Operand<'t>) -> Self {
        self.gaussian_nll_loss_with(target, variance, &GaussianNllOptions::default())
    }

    /// As [`Self::gaussian_nll_loss`] with options. The variance is held above `eps`; its slope is not cut off there.
    ///
    /// # Panics
    /// If the shapes do not fit, a variance is below 0, or `eps` is not above 0.
    #[track_caller]
    pub fn gaussian_nll_loss_with(
        self,
        target: impl Operand<'t>,
        variance: impl Operand<'t>,
        how: &GaussianNllOptions,
    ) -> Self {
        let variance = self.operand("gaussian_nll_loss", variance);
        let [x, target] = self.with_target("gaussian_nll_loss", target, Some(variance));
        let variance = variance.to(x.dtype());
        const OP: &str = "gaussian_nll_loss";
        super::fits(OP, "variance", variance, self);
        expect::number(OP, "eps", how.eps, how.eps > 0.0, "above 0");
        let variances = variance.value();
        let least = if variances.is_empty() { 0.0 } else { variances.min().item() };
        // A NaN, which hides the least, is seen in the loss.
        let wrong = if least >= 0.0 { None } else { variances.to_f64_vec().into_iter().find(|v| *v < 0.0) };
        if let Some(v) = wrong {
            panic!("{OP}: a variance is {v}; variances are not negative");
        }
        let v = variance + &(&variance.value().clamp(how.eps, f64::INFINITY) - &variance.value());
        let losses = (v.ln() + (x - target).square() / v) * 0.5;
        let constant = 0.5 * (2.0 * std::f64::consts::PI).ln();
        how.reduction.apply(if how.full { losses + constant } else { losses })
    }
}
