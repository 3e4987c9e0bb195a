//! Losses for numbers and probabilities. Prediction and target have one shape, except where a loss says otherwise: no
//! accidental `[N, 1]` against `[N]`.

use gradus_tensor::{DType, Tensor};

use crate::var::{Operand, Var};

/// How the losses of the elements become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
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
            Self::None => losses,
        }
    }
}

#[track_caller]
pub(crate) fn same_shape(op: &str, a: Var<'_>, b: Var<'_>) {
    let (sa, sb) = (a.shape(), b.shape());
    assert!(
        sa == sb,
        "{op}: the prediction has shape {sa}, the target {sb}; reshape one of them, losses do not broadcast"
    );
}

impl<'t> Var<'t> {
    /// Mean squared error, `$\tfrac1n \sum (x - t)^2$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn mse(self, target: impl Operand<'t>) -> Self {
        let target = self.lift(target);
        same_shape("mse", self, target);
        (self - target).square().mean()
    }

    /// `$(x - t)^2$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn mse_loss(self, target: Self, reduction: Reduction) -> Self {
        same_shape("mse_loss", self, target);
        reduction.apply((self - target).square())
    }

    /// `$|x - t|$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn l1_loss(self, target: Self, reduction: Reduction) -> Self {
        same_shape("l1_loss", self, target);
        reduction.apply((self - target).abs())
    }

    /// `$d^2 / 2\delta$` where `$d = |x - t| < \delta$`, else `$d - \delta/2$` (Girshick, 2015). With δ = 0: `l1_loss`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn smooth_l1_loss(self, target: Self, delta: f64, reduction: Reduction) -> Self {
        same_shape("smooth_l1_loss", self, target);
        let e = self - target;
        let d = e.abs();
        if delta == 0.0 {
            return reduction.apply(d);
        }
        reduction.apply((e.square() * (0.5 / delta)).where_(&d.value().lt(delta), d - 0.5 * delta))
    }

    /// `$d^2/2$` where `$d = |x - t| < \delta$`, else `$\delta (d - \delta/2)$` (Huber, 1964).
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn huber_loss(self, target: Self, delta: f64, reduction: Reduction) -> Self {
        same_shape("huber_loss", self, target);
        let e = self - target;
        let d = e.abs();
        reduction.apply((e.square() * 0.5).where_(&d.value().lt(delta), (d - 0.5 * delta) * delta))
    }

    /// `$-t \ln x - (1 - t) \ln (1 - x)$` of probabilities x; the logarithms are held at -100.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn binary_cross_entropy(self, target: Self, weight: Option<Self>, reduction: Reduction) -> Self {
        same_shape("binary_cross_entropy", self, target);
        let losses = self.surprise(target);
        reduction.apply(weight.map_or(losses, |w| losses * w))
    }

    /// `$-w (p\, t \ln \sigma(x) + (1 - t) \ln (1 - \sigma(x)))$` of logits x, with a weight w of the elements and a
    /// weight p of the positive ones, which broadcast.
    ///
    /// # Panics
    /// If the shapes of prediction and target differ.
    #[track_caller]
    pub fn binary_cross_entropy_with_logits(
        self,
        target: Self,
        weight: Option<Self>,
        positive: Option<Self>,
        reduction: Reduction,
    ) -> Self {
        same_shape("binary_cross_entropy_with_logits", self, target);
        let (x, t) = (self, target);
        let positive = positive.map_or(t * x.log_sigmoid(), |p| p * t * x.log_sigmoid());
        let losses = -(positive + (1.0 - t) * (-x).log_sigmoid());
        reduction.apply(weight.map_or(losses, |w| losses * w))
    }

    /// The divergence `$t (\ln t - x)$` of log-probabilities x from probabilities t (0 where t = 0), or, with
    /// `log_target`, `$e^t (t - x)$`. The mean that belongs to it mathematically is the sum over the batch size.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn kl_div(self, target: Self, log_target: bool, reduction: Reduction) -> Self {
        same_shape("kl_div", self, target);
        let losses =
            if log_target { target.exp() * (target - self) } else { target.xlogy(target) - target * self };
        reduction.apply(losses)
    }

    /// The negative log-likelihood of counts t under a Poisson distribution of rate x (or of log-rate x, `log_input`):
    /// `$e^x - t x$` or `$x - t \ln(x + \varepsilon)$`; `full` adds Stirling's `$\ln t!$` where t > 1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn poisson_nll_loss(
        self,
        target: Self,
        log_input: bool,
        full: bool,
        eps: f64,
        reduction: Reduction,
    ) -> Self {
        same_shape("poisson_nll_loss", self, target);
        let (x, t) = (self, target);
        let losses = if log_input { x.exp() - t * x } else { x - t * (x + eps).ln() };
        if !full {
            return reduction.apply(losses);
        }
        let above = t.value().gt(1.0);
        let safe = t.where_not(&above.logical_not(), 2.0);
        let stirling = safe * safe.ln() - safe + (safe * (2.0 * std::f64::consts::PI)).ln() * 0.5;
        reduction.apply(losses + stirling.where_(&above, 0.0))
    }

    /// The negative log-likelihood under a normal distribution of mean x and variance v:
    /// `$\tfrac12 (\ln v + (x - t)^2 / v)$`, the variance held above ε (its slope is not cut off); `full` adds
    /// `$\tfrac12 \ln 2\pi$`.
    ///
    /// # Panics
    /// If the shapes of prediction and target differ.
    #[track_caller]
    pub fn gaussian_nll_loss(
        self,
        target: Self,
        variance: Self,
        full: bool,
        eps: f64,
        reduction: Reduction,
    ) -> Self {
        let v = variance + &(&variance.value().clamp(eps, f64::INFINITY) - &variance.value());
        let losses = (v.ln() + (self - target).square() / v) * 0.5;
        let constant = 0.5 * (2.0 * std::f64::consts::PI).ln();
        reduction.apply(if full { losses + constant } else { losses })
    }

    /// `$\ln(1 + e^{-t x})$` for targets ±1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_margin_loss(self, target: Self, reduction: Reduction) -> Self {
        same_shape("soft_margin_loss", self, target);
        reduction.apply(-(target * self).log_sigmoid())
    }

    /// x where the target is 1, `$\max(0, m - x)$` where it is -1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn hinge_embedding_loss(self, target: Self, margin: f64, reduction: Reduction) -> Self {
        same_shape("hinge_embedding_loss", self, target);
        let t = target.value();
        let far = (margin - self).clamp_min(0.0).where_(&t.ne(1.0), 0.0);
        reduction.apply(far + self.where_(&t.ne(-1.0), 0.0))
    }

    /// `$\max(0, -t (x - z) + m)$`: x should be above z where the target is 1, below where it is -1.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn margin_ranking_loss(self, other: Self, target: Self, margin: f64, reduction: Reduction) -> Self {
        reduction.apply((-(target * (self - other)) + margin).clamp_min(0.0))
    }

    /// `$1 - \cos(x, z)$` where the target is 1, `$\max(0, \cos(x, z) - m)$` where it is -1; along the last axis.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn cosine_embedding_loss(self, other: Self, target: Self, margin: f64, reduction: Reduction) -> Self {
        const EPSILON: f64 = 1e-12;
        same_shape("cosine_embedding_loss", self, other);
        let product = (self * other).sum_axes(-1);
        let norms = (self.square().sum_axes(-1) + EPSILON) * (other.square().sum_axes(-1) + EPSILON);
        let cosine = product / norms.sqrt();
        let t = target.value();
        let zero = Tensor::zeros_of((), self.dtype());
        let near = (1.0 - cosine).where_(&t.eq(1.0), &zero);
        let far = (cosine - margin).clamp_min(0.0).where_(&t.eq(-1.0), &zero);
        reduction.apply(near + far)
    }

    /// `$\max(0, \lVert x - p \rVert - \lVert x - n \rVert + m)$` with p-norms along the last axis; `swap` takes the
    /// distance of p and n where that is smaller (Balntas et al., 2016).
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn triplet_margin_loss(
        self,
        positive: Self,
        negative: Self,
        how: Triplet,
        reduction: Reduction,
    ) -> Self {
        let distance = |a: Self, b: Self| a.pairwise_distance(b, how.p, how.eps).squeeze_axis(-1);
        let (near, mut far) = (distance(self, positive), distance(self, negative));
        if how.swap {
            far = far.minimum(distance(positive, negative));
        }
        reduction.apply((near - far + how.margin).clamp_min(0.0))
    }

    /// The mean over the last axis of `$-w (t \ln \sigma(x) + (1 - t) \ln \sigma(-x))$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_soft_margin_loss(
        self,
        target: Self,
        weight: Option<Self>,
        reduction: Reduction,
    ) -> Self {
        same_shape("multilabel_soft_margin_loss", self, target);
        let losses = -(target * self.log_sigmoid() + (1.0 - target) * (-self).log_sigmoid());
        reduction.apply(weight.map_or(losses, |w| losses * w).mean_axes(-1))
    }

    /// `$\tfrac1C \sum_{j \ne t} w_t \max(0, m - x_t + x_j)^p$` of scores `[N, C]` with classes `[N]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn multi_margin_loss(
        self,
        labels: &Tensor,
        p: u32,
        margin: f64,
        weight: Option<&Tensor>,
        reduction: Reduction,
    ) -> Self {
        let shape = self.shape();
        assert!(
            shape.len() == 2 && *labels.shape() == [shape[0]],
            "multi_margin_loss: {shape} with {}",
            labels.shape()
        );
        let own = Tensor::one_hot(labels, shape[1]).to(DType::Bool);
        let z = (margin - self.gather(1, &labels.unsqueeze(1)) + self).clamp_min(0.0);
        let z = if p == 1 { z } else { z.square() };
        let z = weight.map_or(z, |w| z * &w.index_select(0, labels).unsqueeze(1));
        reduction.apply(z.masked_fill(&own, 0.0).sum_axes(1) / shape[1] as f64)
    }

    /// `$\tfrac1C \sum_{t, j} \max(0, 1 - x_t + x_j)$` over the classes t of a sample and j not among them: the labels
    /// `[N, C]` of a row end at the first negative one.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_margin_loss(self, labels: &Tensor, reduction: Reduction) -> Self {
        let shape = self.shape();
        assert!(
            shape == *labels.shape() && shape.len() == 2,
            "multilabel_margin_loss: {shape} with {}",
            labels.shape()
        );
        let (n, classes) = (shape[0], shape[1]);
        let mut counts = vec![0.0; n * classes];
        for (row, labels) in labels.to_vec::<i64>().chunks(classes.max(1)).enumerate() {
            for &t in labels.iter().take_while(|&&t| t >= 0) {
                counts[row * classes + t as usize] += 1.0;
            }
        }
        let counts = Tensor::from_vec(counts, [n, classes]).to(self.dtype());
        let other = counts.eq(0.0).to(self.dtype());
        let hinge = (1.0 - self.unsqueeze(2) + self.unsqueeze(1)).clamp_min(0.0);
        let pairs = hinge * &counts.unsqueeze(2) * &other.unsqueeze(1);
        reduction.apply(pairs.sum_axes([1, 2]) / classes as f64)
    }
}

/// How a triplet loss measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Triplet {
    /// How much nearer the positive must be.
    pub margin: f64,
    /// The order of the norm.
    pub p: f64,
    /// Added to differences.
    pub eps: f64,
    /// Whether the distance of positive and negative counts, too.
    pub swap: bool,
}

impl Default for Triplet {
    fn default() -> Self {
        Self { margin: 1.0, p: 2.0, eps: 1e-6, swap: false }
    }
}
