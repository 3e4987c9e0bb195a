//! What an attention may see, in the shapes in which it is said.

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Shape, Tensor};

use crate::input::place;

/// What a call of [`MultiheadAttention::attend`](crate::MultiheadAttention::attend) is told. The usual values are PyTorch's.
///
/// A mask is Bool or float, as PyTorch's layers have it: true hides a key (in
/// [`Attention`](gradus_autograd::ops::Attention) true shows one), a float is added to the score.
#[derive(Debug, Clone, Copy)]
pub struct AttendOptions<'t> {
    /// Which queries see which keys, `[queries, keys]`, or for each example and head `[batch · heads, queries, keys]`.
    pub attn_mask: Option<Var<'t>>,
    /// Which keys are there only to fill up, `[batch, keys]`.
    pub key_padding_mask: Option<Var<'t>>,
    /// Whether a query sees only keys at its own place and before.
    pub is_causal: bool,
    /// Whether the weights are given back; without them the call is faster.
    pub need_weights: bool,
    /// Whether the weights are the mean over the heads.
    pub average_attn_weights: bool,
}

impl Default for AttendOptions<'_> {
    fn default() -> Self {
        Self {
            attn_mask: None,
            key_padding_mask: None,
            is_causal: false,
            need_weights: true,
            average_attn_weights: true,
        }
    }
}

/// The sizes that masks are held against.
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) heads: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
    /// Keys behind the given ones, which every query sees.
    pub(super) extra: usize,
}

/// Both masks as one.
pub(super) struct Masks<'t> {
    /// Bool: where a query sees a key.
    pub(super) seen: Option<Tensor>,
    /// Added to the scores.
    pub(super) added: Option<Var<'t>>,
}

impl<'t> Masks<'t> {
    /// Those of a call. The causal one is left out if `causal_apart`, and if there are no extra keys.
    #[track_caller]
    pub(super) fn of(how: &AttendOptions<'t>, sizes: &Sizes, causal_apart: bool) -> Self {
        let Sizes { batch, queries, keys, extra, .. } = *sizes;
        let (mut hidden, mut added): (Option<Tensor>, Option<Var<'t>>) = (None, None);
        let mut masks = [how.attn_mask, how.key_padding_mask];
        if let Some(mask) = &mut masks[0] {
            *mask = over_queries(*mask, sizes);
        }
        if let Some(mask) = &mut masks[1] {
            let shape = mask.shape();
            let fits = *shape == [batch, keys] || batch == 1 && *shape == [keys];
            check(fits, "key_padding_mask", &format!("[batch, keys] = [{batch}, {keys}]"), &shape);
            *mask = mask.reshape([batch, 1, 1, keys]);
        }
        for mask in masks.into_iter().flatten() {
            let mask = widened(mask, extra);
            if mask.dtype() == DType::Bool {
                let own = mask.value();
                hidden = Some(hidden.map_or(own.clone(), |hidden| hidden.or(&own)));
            } else {
                added = Some(added.map_or(mask, |added| added + mask));
            }
        }
        if how.is_causal && !(causal_apart && extra == 0) {
            let seen = Tensor::tri(queries, keys, 0).to(DType::Bool);
            let behind = Tensor::ones_of([queries, extra], DType::Bool);
            let later = Tensor::cat(&[seen, behind], 1).logical_not();
            hidden = Some(hidden.map_or(later.clone(), |hidden| hidden.or(&later)));
        }
        Self { seen: hidden.map(|hidden| hidden.logical_not()), added }
    }

    /// Both as the one mask of the operation: Bool, or float with -∞ where nothing is seen.
    pub(super) fn joined(self, tape: &'t Tape) -> Option<Var<'t>> {
        match (self.seen, self.added) {
            (Some(seen), Some(added)) => Some(added.masked_fill(&seen.logical_not(), f64::NEG_INFINITY)),
            (Some(seen), None) => Some(tape.constant(seen)),
            (None, added) => added,
        }
    }
}

/// A mask of queries and keys as one that broadcasts to `[batch, heads, queries, keys]`.
#[track_caller]
fn over_queries<'t>(mask: Var<'t>, sizes: &Sizes) -> Var<'t> {
    let Sizes { batch, heads, queries, keys, .. } = *sizes;
    let shape = mask.shape();
    let for_each = [batch * heads, queries, keys];
    let want = format!(
        "[queries, keys] = [{queries}, {keys}] or [batch · heads, queries, keys] = [{}, {queries}, {keys}]",
        batch * heads
    );
    check(*shape == [queries, keys] || *shape == for_each, "attn_mask", &want, &shape);
    if shape.len() == 3 { mask.reshape([batch, heads, queries, keys]) } else { mask }
}

#[track_caller]
fn check(fits: bool, name: &str, want: &str, found: &Shape) {
    assert!(fits, "multihead_attention: {name} must be {want}, got {found}{}", place());
}

/// With columns for extra keys, which are seen.
fn widened(mask: Var<'_>, extra: usize) -> Var<'_> {
    if extra == 0 {
        return mask;
    }
    let shape = mask.shape();
    let none = Tensor::zeros_of(shape.with(shape.len() - 1, extra), mask.dtype());
    if mask.dtype() == DType::Bool {
        return mask.tape().constant(Tensor::cat(&[mask.value(), none], -1));
    }
    Var::cat(&[mask, mask.tape().constant(none)], -1)
}
