//! Losses that hold a distance: margins of signs, rankings, similarities, triplets and classes.

use gradus_tensor::{DType, Shape, Tensor};

use super::class::check_labels;
use super::{LossOptions, Reduction, all_of_one_shape, same_shape};
use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::hinge_embedding_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HingeOptions {
    /// How far what does not belong together must be apart.
    pub margin: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for HingeOptions {
    fn default() -> Self {
        Self { margin: 1.0, reduction: Reduction::Mean }
    }
}

/// The options of [`Var::margin_ranking_loss_with`] and [`Var::cosine_embedding_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MarginOptions {
    /// The distance, or the similarity, that must be held.
    pub margin: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

/// The options of [`Var::triplet_margin_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TripletOptions {
    /// How much nearer the positive must be.
    pub margin: f64,
    /// The order of the norm.
    pub p: f64,
    /// Added to differences.
    pub eps: f64,
    /// Whether the distance of positive and negative counts, too.
    pub swap: bool,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for TripletOptions {
    fn default() -> Self {
        Self { margin: 1.0, p: 2.0, eps: 1e-6, swap: false, reduction: Reduction::Mean }
    }
}

/// The options of [`Var::multi_margin_loss_with`].
#[derive(Debug, Clone)]
pub struct MultiMarginOptions {
    /// The power of what a margin lacks: 1 or 2.
    pub p: u32,
    /// How far the score of the class must be above the others.
    pub margin: f64,
    /// A weight for each class, `[C]`.
    pub weight: Option<Tensor>,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for MultiMarginOptions {
    fn default() -> Self {
        Self { p: 1, margin: 1.0, weight: None, reduction: Reduction::Mean }
    }
}

/// # Losses that hold a distance
impl<'t> Var<'t> {
    /// The mean of `$\ln(1 + e^{-t x})$` for targets t = ±1 of the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_margin_loss(self, target: impl Operand<'t>) -> Self {
        self.soft_margin_loss_with(target, &LossOptions::default())
    }

    /// As [`Self::soft_margin_loss`] with options; with weights a mean is over the weights.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_margin_loss_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("soft_margin_loss", target, how.weight);
        how.weighted_mean("soft_margin_loss", -(target * x).log_sigmoid())
    }

    /// The mean of x where the target is 1 and of `$\max(0, 1 - x)$` where it is -1: distances of what belongs together,
    /// and of what does not.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn hinge_embedding_loss(self, target: impl Operand<'t>) -> Self {
        self.hinge_embedding_loss_with(target, &HingeOptions::default())
    }

    /// As [`Self::hinge_embedding_loss`] with the margin m: `$\max(0, m - x)$` where the target is -1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn hinge_embedding_loss_with(self, target: impl Operand<'t>, how: &HingeOptions) -> Self {
        let [x, t] = self.with_target("hinge_embedding_loss", target, None);
        let t = t.value();
        let far = (how.margin - x).clamp_min(0.0).where_(&t.ne(1.0), 0.0);
        how.reduction.apply(far + x.where_(&t.ne(-1.0), 0.0))
    }

    /// The mean of `$\max(0, -t (x - z))$`: x should be above z where the target t is 1, below where it is -1.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn margin_ranking_loss(self, other: impl Operand<'t>, target: impl Operand<'t>) -> Self {
        self.margin_ranking_loss_with(other, target, &MarginOptions::default())
    }

    /// As [`Self::margin_ranking_loss`] with the margin m: `$\max(0, -t (x - z) + m)$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn margin_ranking_loss_with(
        self,
        other: impl Operand<'t>,
        target: impl Operand<'t>,
        how: &MarginOptions,
    ) -> Self {
        const OP: &str = "margin_ranking_loss";
        let [x, other, target] = promoted([self, self.of_each(OP, other), self.of_each(OP, target)]);
        all_of_one_shape(OP, x, [("other prediction", other), ("target", target)]);
        how.reduction.apply((-(target * (x - other)) + how.margin).clamp_min(0.0))
    }

    /// The mean of `$1 - \cos(x, z)$` where the target is 1 and of `$\max(0, \cos(x, z))$` where it is -1, for vectors
    /// `[…, d]` along the last axis and targets `[…]`.
    ///
    /// # Panics
    /// If the shapes of the vectors differ.
    #[track_caller]
    pub fn cosine_embedding_loss(self, other: impl Operand<'t>, target: impl Operand<'t>) -> Self {
        self.cosine_embedding_loss_with(other, target, &MarginOptions::default())
    }

    /// As [`Self::cosine_embedding_loss`] with the margin m: `$\max(0, \cos(x, z) - m)$` where the target is -1.
    ///
    /// # Panics
    /// If the shapes of the vectors differ.
    #[track_caller]
    pub fn cosine_embedding_loss_with(
        self,
        other: impl Operand<'t>,
        target: impl Operand<'t>,
        how: &MarginOptions,
    ) -> Self {
        // What PyTorch adds to the squared norms.
        const EPS: f64 = 1e-12;
        let shape = self.shape();
        let rows = Shape::new(&shape[..shape.len().saturating_sub(1)]);
        let [x, other, target] = promoted([
            self,
            self.of_each("cosine_embedding_loss", other),
            target.filling(self, "cosine_embedding_loss", &rows),
        ]);
        let t = target.value();
        same_shape("cosine_embedding_loss", x, other);
        expect::at_least("cosine_embedding_loss", &shape, 1, "[…, d]");
        expect::shape("cosine_embedding_loss", "the target", t.shape(), &rows);
        let product = (x * other).sum_axes(-1);
        let norms = (x.square().sum_axes(-1) + EPS) * (other.square().sum_axes(-1) + EPS);
        let cosine = product / norms.sqrt();
        let zero = Tensor::zeros_of((), x.dtype());
        let near = (1.0 - cosine).where_(&t.eq(1.0), &zero);
        let far = (cosine - how.margin).clamp_min(0.0).where_(&t.eq(-1.0), &zero);
        how.reduction.apply(near + far)
    }

    /// The mean of `$\max(0, \lVert x - p \rVert - \lVert x - n \rVert + 1)$`: an anchor x `[…, d]` should be nearer to the
    /// positive p than to the negative n.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn triplet_margin_loss(self, positive: impl Operand<'t>, negative: impl Operand<'t>) -> Self {
        self.triplet_margin_loss_with(positive, negative, &TripletOptions::default())
    }

    /// As [`Self::triplet_margin_loss`] with a margin m and p-norms along the last axis; `swap` takes the distance of p
    /// and n where that is smaller.
    ///
    /// # Panics
    /// If the shapes differ, p is not above 0, or `eps` is below 0.
    ///
    /// # Source
    /// Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional neural networks", 2016.
    #[track_caller]
    pub fn triplet_margin_loss_with(
        self,
        positive: impl Operand<'t>,
        negative: impl Operand<'t>,
        how: &TripletOptions,
    ) -> Self {
        let [x, positive, negative] = promoted([
            self,
            self.of_each("triplet_margin_loss", positive),
            self.of_each("triplet_margin_loss", negative),
        ]);
        const OP: &str = "triplet_margin_loss";
        all_of_one_shape(OP, x, [("positive", positive), ("negative", negative)]);
        expect::at_least(OP, &x.shape(), 1, "[…, d]");
        expect::number(OP, "the order p", how.p, how.p > 0.0, "above 0");
        expect::number(OP, "eps", how.eps, how.eps >= 0.0, "at least 0");
        let distance = |a: Self, b: Self| a.pairwise_distance(b, how.p, how.eps).squeeze_axis(-1);
        let (near, mut far) = (distance(x, positive), distance(x, negative));
        if how.swap {
            far = far.minimum(distance(positive, negative));
        }
        how.reduction.apply((near - far + how.margin).clamp_min(0.0))
    }

    /// The mean over the samples and classes of `$-t \ln \sigma(x) - (1 - t) \ln \sigma(-x)$`, for scores and truths
    /// `[…, C]` of classes that do not exclude each other.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_soft_margin_loss(self, target: impl Operand<'t>) -> Self {
        self.multilabel_soft_margin_loss_with(target, &LossOptions::default())
    }

    /// As [`Self::multilabel_soft_margin_loss`] with options; the weights are those of the classes. The mean over the last
    /// axis, the classes, is always taken.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_soft_margin_loss_with(self, target: impl Operand<'t>, how: &LossOptions<'t>) -> Self {
        let [x, target] = self.with_target("multilabel_soft_margin_loss", target, how.weight);
        const OP: &str = "multilabel_soft_margin_loss";
        expect::at_least(OP, &x.shape(), 1, "[…, C]");
        let losses = -(target * x.log_sigmoid() + (1.0 - target) * (-x).log_sigmoid());
        how.reduction.apply(how.weighted(OP, losses).mean_axes(-1))
    }

    /// The mean over the samples of `$\tfrac1C \sum_{j \ne t} \max(0, 1 - x_t + x_j)$`, of scores `[N, C]` with class labels
    /// `[N]` (I64).
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn multi_margin_loss(self, labels: &Tensor) -> Self {
        expect::floats("multi_margin_loss", self.dtype());
        self.multi_margin_loss_with(labels, &MultiMarginOptions::default())
    }

    /// As [`Self::multi_margin_loss`] with options: `$\tfrac1C \sum_{j \ne t} w_t \max(0, m - x_t + x_j)^p$`.
    ///
    /// # Panics
    /// If the shapes do not fit, a label is no class, or p is neither 1 nor 2.
    #[track_caller]
    pub fn multi_margin_loss_with(self, labels: &Tensor, how: &MultiMarginOptions) -> Self {
        expect::floats("multi_margin_loss", self.dtype());
        let shape = self.shape();
        assert!(
            shape.len() == 2 && *labels.shape() == [shape[0]],
            "multi_margin_loss: scores [N, C] need labels [N], got {shape} and {}",
            labels.shape()
        );
        assert!(matches!(how.p, 1 | 2), "multi_margin_loss: p is 1 or 2, got {}", how.p);
        check_labels("multi_margin_loss", labels, 0..shape[1] as i64);
        if let Some(w) = &how.weight {
            expect::shape("multi_margin_loss", "the weights of the classes", w.shape(), &shape[1..]);
        }
        let own = Tensor::one_hot(labels, shape[1]).to(DType::Bool);
        let z = (how.margin - self.gather(1, &labels.unsqueeze(1)) + self).clamp_min(0.0);
        let z = if how.p == 1 { z } else { z.square() };
        let z =
            how.weight.as_ref().map_or(z, |w| z * &w.to(self.dtype()).index_select(0, labels).unsqueeze(1));
        how.reduction.apply(z.masked_fill(&own, 0.0).sum_axes(1) / shape[1] as f64)
    }

    /// The mean over the samples of `$\tfrac1C \sum_{t, j} \max(0, 1 - x_t + x_j)$` over the classes t of a sample and j not
    /// among them, of scores `[N, C]`: the labels `[N, C]` of a row end at the first negative one.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_margin_loss(self, labels: &Tensor) -> Self {
        expect::floats("multilabel_margin_loss", self.dtype());
        self.multilabel_margin_loss_with(labels, &LossOptions::default())
    }

    /// As [`Self::multilabel_margin_loss`] with options; the weights are those of the samples, and a mean is over them.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn multilabel_margin_loss_with(self, labels: &Tensor, how: &LossOptions<'t>) -> Self {
        expect::floats("multilabel_margin_loss", self.dtype());
        let shape = self.shape();
        assert!(
            shape == *labels.shape() && shape.len() == 2,
            "multilabel_margin_loss: scores [N, C] need labels of the same shape, got {shape} and {}",
            labels.shape()
        );
        let (n, classes) = (shape[0], shape[1]);
        check_labels("multilabel_margin_loss", labels, i64::MIN..classes as i64);
        if let Some(w) = how.weight {
            expect::fits("multilabel_margin_loss", "the weight", &w.shape(), &Shape::new(&[n]));
        }
        let mut counts = vec![0.0; n * classes];
        for (row, labels) in labels.to_vec::<i64>().chunks(classes.max(1)).enumerate() {
            for &t in labels.iter().take_while(|&&t| t >= 0) {
                counts[row * classes + t as usize] += 1.0;
            }
        }
        let counts = Tensor::from_vec(counts, [n, classes]).to(self.dtype());
        let other = counts.eq(0.0).to(self.dtype());
        let hinge = (1.0 - self.unsqueeze(2) + self.unsqueeze(1)).clamp_min(0.0);
        let pairs = self.lift(&counts.unsqueeze(2) * &other.unsqueeze(1)).weigh(hinge);
        how.weighted_mean("multilabel_margin_loss", pairs.sum_axes([1, 2]) / classes as f64)
    }
}
