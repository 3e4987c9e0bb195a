//! Losses that compare a sample with others: contrastive estimation, triplets with a distance of one's own.

use gradus_tensor::Tensor;

use super::{Reduction, all_of_one_shape, same_shape};
use crate::ops::elementwise::operators::{Operand, promoted, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::info_nce_with`].
#[derive(Debug, Clone, Copy)]
pub struct InfoNceOptions<'t> {
    /// What similarities are divided by, τ.
    pub temperature: f64,
    /// Further keys `[M, d]`, which belong to no query. `None`: the keys of the other queries alone.
    pub negatives: Option<Var<'t>>,
    /// Whether keys look for their queries too, and the mean of both losses counts (CLIP).
    pub symmetric: bool,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for InfoNceOptions<'_> {
    fn default() -> Self {
        Self { temperature: 0.1, negatives: None, symmetric: false, reduction: Reduction::Mean }
    }
}

/// The options of [`Var::triplet_margin_with_distance_loss`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TripletDistanceOptions {
    /// How much nearer the positive must be.
    pub margin: f64,
    /// Whether the distance of positive and negative counts, too.
    pub swap: bool,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl Default for TripletDistanceOptions {
    fn default() -> Self {
        Self { margin: 1.0, swap: false, reduction: Reduction::Mean }
    }
}

/// # Losses that compare with other samples
impl<'t> Var<'t> {
    /// The mean of `$-\ln \mathrm{softmax}_j(\cos(q_i, k_j) / 0.1)_i$`: each query `[N, d]` looks for its own among the keys
    /// `[N, d]` of all.
    ///
    /// # Panics
    /// If the shapes differ or have not two axes.
    #[doc(alias = "contrastive_loss")]
    #[doc(alias = "nt_xent")]
    #[track_caller]
    pub fn info_nce(self, keys: impl Operand<'t>) -> Self {
        self.info_nce_with(keys, &InfoNceOptions::default())
    }

    /// As [`Self::info_nce`] with options.
    ///
    /// # Panics
    /// If the shapes do not fit, τ is not above 0, or keys look for their queries among further negatives.
    ///
    /// # Source
    /// van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018; Radford et al.,
    /// "Learning Transferable Visual Models From Natural Language Supervision", 2021.
    #[track_caller]
    pub fn info_nce_with(self, keys: impl Operand<'t>, how: &InfoNceOptions<'t>) -> Self {
        const OP: &str = "info_nce";
        // The smallest norm that is divided by, as in `cosine_similarity`.
        const EPS: f64 = 1e-8;
        let keys = self.lift(keys);
        same_shape(OP, self, keys);
        let ([queries, keys], [negatives]) = promoted_with([self, keys], [how.negatives]);
        expect::floats(OP, queries.dtype());
        expect::rank(OP, "queries and keys", &queries.shape(), 2, "[N, d]");
        expect::number(OP, "the temperature", how.temperature, how.temperature > 0.0, "above 0");
        assert!(
            !(how.symmetric && negatives.is_some()),
            "{OP}: further negatives are keys of no query; `symmetric` needs a query for each key"
        );
        if let Some(negatives) = negatives {
            expect::rank(OP, "negatives", &negatives.shape(), 2, "[M, d]");
            let (width, found) = (queries.shape()[1], negatives.shape()[1]);
            assert!(
                width == found,
                "{OP}: queries of {width} numbers, negatives of {found}; they must be as wide"
            );
        }
        let unit = |x: Self| x.normalize(2.0, -1, EPS);
        let all = negatives.map_or(keys, |negatives| Self::cat(&[keys, negatives], 0));
        let scores = unit(queries).matmul(unit(all).t()) / how.temperature;
        let own = Tensor::arange(queries.shape()[0]);
        let losses = |scores: Self| -scores.log_softmax(-1).gather(-1, &own.unsqueeze(-1)).squeeze_axis(-1);
        let found = losses(scores);
        how.reduction.apply(if how.symmetric { (found + losses(scores.t())) * 0.5 } else { found })
    }

    /// The mean of `$\max(0, d(x, p) - d(x, n) + m)$`, with a distance of one's own: an anchor x should be nearer to the
    /// positive p than to the negative n. `swap` takes the distance of p and n where that is smaller. With p-norms:
    /// [`Self::triplet_margin_loss`].
    ///
    /// ```
    /// use gradus_autograd::{Tape, Var, ops::TripletDistanceOptions};
    /// use gradus_tensor::Tensor;
    ///
    /// let tape = Tape::new();
    /// let at = |x: f64, y: f64| tape.var(Tensor::from([[x, y]]));
    /// fn distance<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    ///     (a - b).abs().max_axes(-1)
    /// }
    /// let how = TripletDistanceOptions::default();
    /// let loss = at(0.0, 0.0).triplet_margin_with_distance_loss(at(0.5, 0.0), at(1.0, 1.0), distance, &how);
    /// assert_eq!(loss.item(), 0.5); // 0.5 - 1 + 1
    /// ```
    ///
    /// # Panics
    /// If the shapes differ.
    ///
    /// # Source
    /// `torch.nn.TripletMarginWithDistanceLoss`.
    #[track_caller]
    pub fn triplet_margin_with_distance_loss(
        self,
        positive: impl Operand<'t>,
        negative: impl Operand<'t>,
        distance: impl Fn(Self, Self) -> Self,
        how: &TripletDistanceOptions,
    ) -> Self {
        const OP: &str = "triplet_margin_with_distance_loss";
        let [x, positive, negative] =
            promoted([self, self.of_each(OP, positive), self.of_each(OP, negative)]);
        expect::floats(OP, x.dtype());
        all_of_one_shape(OP, x, [("positive", positive), ("negative", negative)]);
        let (near, far) = (distance(x, positive), distance(x, negative));
        all_of_one_shape(OP, near, [("distance of the negative", far)]);
        let far = if how.swap { far.minimum(distance(positive, negative)) } else { far };
        how.reduction.apply((near - far + how.margin).clamp_min(0.0))
    }
}
