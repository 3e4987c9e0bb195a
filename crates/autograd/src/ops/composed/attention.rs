//! Attention: products of queries and keys, softmax, products with values.

use gradus_tensor::{DType, Tensor};

use crate::ops::elementwise::operators::Operand;
use crate::var::Var;

/// The mask and scale of an attention.
///
/// ```
/// use gradus_autograd::{Tape, ops::Attention};
/// use gradus_tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.var(Tensor::from([[1.0, 0.0], [0.0, 1.0]])); // two places, which ask each other
/// let y = x.attention(x, x, &Attention { causal: true, ..Attention::default() });
/// assert_eq!(y.select(0, 0).value(), Tensor::from([1.0, 0.0])); // the first sees itself alone
/// ```
#[derive(Debug, Clone, Default)]
pub struct Attention<'t> {
    /// Bool: where a query sees a key. Float: added to the scores. Broadcasts to `[…, queries, keys]`.
    pub mask: Option<Var<'t>>,
    /// A query sees only keys at its own place and before; places count from the first key.
    pub causal: bool,
    /// The factor of the scores; `$1/\sqrt d$` if not given.
    pub scale: Option<f64>,
}

/// # Attention
impl<'t> Var<'t> {
    /// Scaled dot-product attention, `$\mathrm{softmax}(s\, Q K^\top + M)\, V$` with the scale
    /// `$s = 1/\sqrt d$`: queries `[…, n, d]`, keys `[…, m, d]`, values `[…, m, e]`, the result `[…, n, e]`. A
    /// query that sees no key gives 0. Where there are fewer heads (third axis from the end) of keys than of
    /// queries, each serves as many queries (grouped queries).
    ///
    /// # Panics
    /// If the shapes do not fit.
    ///
    /// # Source
    /// Vaswani et al., "Attention Is All You Need", 2017; Ainslie et al., "GQA: Training Generalized
    /// Multi-Query Transformer Models from Multi-Head Checkpoints", 2023.
    #[doc(alias = "scaled_dot_product_attention")]
    #[track_caller]
    pub fn attention(self, keys: impl Operand<'t>, values: impl Operand<'t>, how: &Attention<'t>) -> Self {
        let (keys, values) = (self.lift(keys), self.lift(values));
        let (q, k) = (self.shape(), keys.shape());
        let d = q[q.len() - 1];
        assert!(k[k.len() - 1] == d, "attention: queries {q} and keys {k}: the last sizes differ");
        let heads = |x: Self| {
            let shape = x.shape();
            let of = |s: &[usize]| if s.len() > 2 { s[s.len() - 3] } else { 1 };
            let (have, want) = (of(&shape), of(&q));
            if have == want || have <= 1 { x } else { x.repeat_interleave(want / have, -3) }
        };
        let (keys, values) = (heads(keys), heads(values));
        let scores = (self * how.scale.unwrap_or(1.0 / (d as f64).sqrt())).matmul(keys.t());
        let (rows, cols) = (q[q.len() - 2], k[k.len() - 2]);
        let mut scores = scores;
        let mut seen: Option<Tensor> = how.causal.then(|| Tensor::tri(rows, cols, 0).to(DType::Bool));
        if let Some(mask) = how.mask {
            if mask.dtype() == DType::Bool {
                let mask = mask.value();
                seen = Some(seen.map_or(mask.clone(), |s| s.and(&mask)));
            } else {
                scores += mask;
            }
        }
        scores.visible_softmax(seen.as_ref()).matmul(values)
    }

    /// Softmax along the last axis over the places that `seen` (Bool, which broadcasts) names and that are not
    /// -∞; rows without any give 0. The shape stays.
    #[track_caller]
    pub fn visible_softmax(self, seen: Option<&Tensor>) -> Self {
        let scores = seen.map_or(self, |s| self.masked_fill(&s.logical_not(), f64::NEG_INFINITY));
        let blind = scores.value().max_keep(-1).eq(f64::NEG_INFINITY);
        if blind.any().item() == 0.0 {
            return scores.softmax(-1);
        }
        scores.masked_fill(&blind, 0.0).softmax(-1).masked_fill(&blind, 0.0)
    }
}
