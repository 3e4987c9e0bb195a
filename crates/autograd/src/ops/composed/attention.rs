//! Attention: products of queries and keys, softmax, products with values.

use gradus_tensor::{DType, Shape, Tensor, attention};

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::ops::softmax::from_mean;
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

/// Attention without a mask, of equal leading axes: no matrix of scores is kept.
#[derive(Debug)]
struct Fused {
    scale: f64,
    causal: bool,
}

impl Fused {
    /// The weights, whole.
    fn weights<'t>(&self, q: Var<'t>, k: Var<'t>) -> Var<'t> {
        let scores = (q * self.scale).matmul(k.t());
        let (rows, cols) = (q.shape()[q.rank() - 2], k.shape()[k.rank() - 2]);
        let seen = self.causal.then(|| Tensor::tri(rows, cols, 0).to(DType::Bool));
        scores.visible_softmax(seen.as_ref())
    }
}

impl Op for Fused {
    fn name(&self) -> &'static str {
        "attention"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        attention::attention(&x[0], &x[1], &x[2], self.scale, self.causal)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (q, k, v, dy) = (step.x(0), step.x(1), step.x(2), step.dy());
        let p = self.weights(q, k);
        if step.needs(2) {
            step.give(2, p.t().matmul(dy));
        }
        if step.needs(0) || step.needs(1) {
            let ds = p * from_mean(p, dy.matmul(v.t())) * self.scale;
            if step.needs(0) {
                step.give(0, ds.matmul(k));
            }
            if step.needs(1) {
                step.give(1, ds.t().matmul(q));
            }
        }
    }
    fn words(&self) -> &'static str {
        "P·V with P = softmax(s Q·Kᵀ): V gets Pᵀ·ȳ; with S = P (ȳ·Vᵀ − Σ P (ȳ·Vᵀ)), Q gets s S·K and K gets s Sᵀ·Q"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        Some(self.weights(x[0], x[1]).matmul(x[2]))
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for Fused {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (x, dy) = ([0, 1, 2].map(|i| step.x(i)), step.dy());
        let all = attention::attention_pull([&x[0], &x[1], &x[2], &dy], self.scale, self.causal);
        for (i, dx) in all.into_iter().enumerate() {
            if step.needs(i) {
                step.give(i, dx);
            }
        }
    }
}

/// Panics unless keys or values serve the heads of the queries, and their other leading axes broadcast.
#[track_caller]
fn check_heads(q: &Shape, k: &Shape) {
    let heads = |s: &Shape| if s.len() > 2 { s[s.len() - 3] } else { 1 };
    let (want, have) = (heads(q), heads(k));
    let shared = have <= 1 || want % have == 0 && want > 0;
    let before = |s: &Shape| Shape::new(&s[..s.len().saturating_sub(3)]);
    assert!(
        shared && before(q).broadcast(&before(k)).is_some() && (have > 0 || want == 0),
        "attention: queries {q} with keys or values {k}: {want} heads cannot be shared out to {have}, or the leading axes \
         do not broadcast"
    );
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
        let added = how.mask.filter(|mask| mask.dtype() != DType::Bool);
        self.check_more("attention", [how.mask]);
        let operands = [self, self.operand("attention", keys), self.operand("attention", values)];
        let ([queries, keys, values], [added]) = promoted_with(operands, [added]);
        let (q, k, v) = (self.shape(), keys.shape(), values.shape());
        let (rows, d) = self.last_two("attention", "the queries");
        let (cols, of_keys) = keys.last_two("attention", "the keys");
        assert!(of_keys == d, "attention: queries {q} and keys {k}: the last sizes {d} and {of_keys} differ");
        let (of_values, _) = values.last_two("attention", "the values");
        assert!(of_values == cols, "attention: {cols} keys, {k}, and {of_values} values, {v}");
        check_heads(&q, &k);
        check_heads(&q, &v);
        let heads = |x: Self| {
            let shape = x.shape();
            let of = |s: &[usize]| if s.len() > 2 { s[s.len() - 3] } else { 1 };
            let (have, want) = (of(&shape), of(&q));
            if have == want || have <= 1 { x } else { x.repeat_interleave(want / have, -3) }
        };
        let (keys, values) = (heads(keys), heads(values));
        let scale = how.scale.unwrap_or(1.0 / (d as f64).sqrt());
        let lead = |x: Self| Shape::new(&x.shape()[..x.rank() - 2]);
        if how.mask.is_none() && lead(queries) == lead(keys) && lead(keys) == lead(values) {
            expect::floats("attention", queries.dtype());
            return self.tape().apply(Fused { scale, causal: how.causal }, &[queries, keys, values]);
        }
        let mut scores = (queries * scale).matmul(keys.t());
        if let Some(mask) = how.mask {
            expect::fits("attention", "the mask", &mask.shape(), &scores.shape());
        }
        let mut seen: Option<Tensor> = how.causal.then(|| Tensor::tri(rows, cols, 0).to(DType::Bool));
        if let Some(mask) = added {
            scores += mask;
        } else if let Some(mask) = how.mask {
            let mask = mask.value();
            seen = Some(seen.map_or(mask.clone(), |s| s.and(&mask)));
        }
        scores.visible_softmax(seen.as_ref()).matmul(values)
    }

    /// Softmax along the last axis over the places that `seen` (Bool, which broadcasts) names and that are not
    /// -∞; rows without any give 0. The shape stays.
    #[track_caller]
    pub fn visible_softmax(self, seen: Option<&Tensor>) -> Self {
        expect::at_least("visible_softmax", &self.shape(), 1, "[…, places]");
        if let Some(seen) = seen {
            self.shape().broadcast_or_panic(seen.shape(), "visible_softmax");
        }
        if self.elements() == 0 {
            return self.softmax(-1);
        }
        let scores = seen.map_or(self, |s| self.masked_fill(&s.logical_not(), f64::NEG_INFINITY));
        let blind = scores.value().max_keep(-1).eq(f64::NEG_INFINITY);
        if blind.any().item() == 0.0 {
            return scores.softmax(-1);
        }
        scores.masked_fill(&blind, 0.0).softmax(-1).masked_fill(&blind, 0.0)
    }
}
