//! What the layer computes: projections, heads, attention, projection.

use gradus_autograd::Var;
use gradus_autograd::ops::Attention;
use gradus_tensor::Tensor;

use super::masks::{AttendOptions, Masks, Sizes};
use super::multihead::{InProjection, MultiheadAttention, check_heads};
use crate::dropout::Dropout;
use crate::input::place;
use crate::module::Module;

impl MultiheadAttention {
    /// What the queries find, in their shape, and the weights with which they look, if they are asked for: queries
    /// `[queries, batch, width]`, keys `[keys, batch, kdim]`, values `[keys, batch, vdim]`, or each with the batch first, or each
    /// without a batch. The weights are `[batch, queries, keys]`, or `[batch, heads, queries, keys]` if they are not averaged.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_nn::{AttendOptions, MultiheadAttention};
    /// use gradus_tensor::{Tensor, rng};
    ///
    /// let (layer, tape) = (MultiheadAttention::new(6, 2, &mut rng(0)), Tape::new());
    /// let [queries, memory] = [3, 5].map(|time| tape.constant(Tensor::ones([time, 4, 6])));
    /// let padding = Tensor::from([[false, false, false, true, true]; 4]); // two keys fill up
    /// let how = AttendOptions { key_padding_mask: Some(tape.constant(padding)), ..AttendOptions::default() };
    /// let (y, weights) = layer.attend(queries, memory, memory, &how);
    /// assert_eq!(y.shape()[..], [3, 4, 6]);
    /// assert_eq!(weights.unwrap().select(0, 0).select(0, 0).select(0, -1).item(), 0.0);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn attend<'t>(
        &self,
        query: Var<'t>,
        key: Var<'t>,
        value: Var<'t>,
        how: &AttendOptions<'t>,
    ) -> (Var<'t>, Option<Var<'t>>) {
        let unbatched = self.check_inputs(query, key, value);
        let [q, k, v] = self.projected([query, key, value]);
        let (k, v, extra) = self.with_extra(k, v);
        let (shape, keys) = (q.shape(), k.shape()[2] - extra);
        let sizes = Sizes { batch: shape[0], heads: shape[1], queries: shape[2], keys, extra };
        let tape = q.tape();
        let drops = self.dropout != 0.0 && tape.is_training_for("MultiheadAttention");
        let (y, weights) = if how.need_weights || drops {
            let weights = self.weights(q, k, &Masks::of(how, &sizes, false));
            (weights.matmul(v), how.need_weights.then_some(weights))
        } else {
            let mask = Masks::of(how, &sizes, true).joined(tape);
            let causal = how.is_causal && extra == 0;
            (q.attention(k, v, &Attention { mask, causal, scale: None }), None)
        };
        let y = self.out_proj.forward(self.rows(y));
        let single = |x: Var<'t>| if unbatched { x.squeeze_axis(0) } else { x };
        let y = match (unbatched, self.batch_first) {
            (true, false) => y.squeeze_axis(1),
            _ => single(y),
        };
        let averaged = |w: Var<'t>| if how.average_attn_weights { w.mean_axes(1) } else { w };
        (y, weights.map(|weights| single(averaged(weights))))
    }

    /// The softmax of the scores, `[batch, heads, queries, keys]`, with dropout.
    fn weights<'t>(&self, q: Var<'t>, k: Var<'t>, masks: &Masks<'t>) -> Var<'t> {
        let width = q.shape()[3];
        let mut scores = (q * (1.0 / (width as f64).sqrt())).matmul(k.t());
        if let Some(added) = masks.added {
            scores += added;
        }
        let weights = scores.visible_softmax(masks.seen.as_ref());
        if self.dropout == 0.0 { weights } else { Dropout { p: self.dropout }.forward(weights) }
    }

    /// Queries, keys and values by heads, `[batch, heads, time, width / heads]`; what is the same variable is projected in one
    /// product.
    #[track_caller]
    fn projected<'t>(&self, [query, key, value]: [Var<'t>; 3]) -> [Var<'t>; 3] {
        let tape = query.tape();
        let width = self.out_proj.weight.shape()[1];
        let bias = self.in_proj_bias.as_ref().map(|bias| tape.param(bias));
        let bias = |first: usize, n: usize| bias.map(|bias| bias.narrow(0, first * width, n * width));
        let [q, k, v] = match &self.in_proj {
            InProjection::Separate { q_proj_weight, k_proj_weight, v_proj_weight } => {
                let weights = [q_proj_weight, k_proj_weight, v_proj_weight];
                [0, 1, 2].map(|i| {
                    let y = [query, key, value][i].linear(tape.param(weights[i]), bias(i, 1));
                    self.heads(y, 1)[0]
                })
            }
            InProjection::Packed { in_proj_weight } => {
                let weight = tape.param(in_proj_weight);
                let parts = |x: Var<'t>, first: usize, n: usize| {
                    let part = weight.narrow(0, first * width, n * width);
                    self.heads(x.linear(part, bias(first, n)), n)
                };
                let same = |a: Var<'t>, b: Var<'t>| a.index() == b.index();
                let mut all = Vec::with_capacity(3);
                match (same(query, key), same(key, value)) {
                    (true, true) => all.extend(parts(query, 0, 3)),
                    (_, true) => {
                        all.extend(parts(query, 0, 1));
                        all.extend(parts(key, 1, 2));
                    }
                    _ => {
                        for (i, x) in [query, key, value].into_iter().enumerate() {
                            all.extend(parts(x, i, 1));
                        }
                    }
                }
                [all[0], all[1], all[2]]
            }
        };
        match &self.rotary {
            Some(rotary) => [rotary.rotate(q, 0), rotary.rotate(k, 0), v],
            None => [q, k, v],
        }
    }

    /// n projections side by side, `[…, n · width]`, each by heads.
    fn heads<'t>(&self, x: Var<'t>, n: usize) -> Vec<Var<'t>> {
        let x = match (x.rank(), self.batch_first) {
            (2, true) => x.unsqueeze(0),
            (2, false) => x.unsqueeze(1),
            _ => x,
        };
        let (shape, heads) = (x.shape(), self.num_heads);
        let split = x.reshape([shape[0], shape[1], n, heads, shape[2] / (n * heads)]);
        let order: [isize; 5] = if self.batch_first { [2, 0, 3, 1, 4] } else { [2, 1, 3, 0, 4] };
        split.permute(&order[..]).unbind(0)
    }

    /// The heads side by side again, in the layout of the inputs with a batch.
    fn rows<'t>(&self, y: Var<'t>) -> Var<'t> {
        let shape = y.shape();
        let order: [isize; 4] = if self.batch_first { [0, 2, 1, 3] } else { [2, 0, 1, 3] };
        let y = y.permute(&order[..]);
        let sizes = y.shape();
        y.reshape([sizes[0], sizes[1], shape[1] * shape[3]])
    }

    /// Keys and values with those that stand behind all others, and their number.
    fn with_extra<'t>(&self, k: Var<'t>, v: Var<'t>) -> (Var<'t>, Var<'t>, usize) {
        let (mut k, mut v, mut extra) = (k, v, 0);
        let tape = k.tape();
        let one = k.shape().with(2, 1);
        if let (Some(bias_k), Some(bias_v)) = (&self.bias_k, &self.bias_v) {
            let row = |x: Var<'t>, param| {
                Var::cat(&[x, tape.param(param).reshape([1, one[1], 1, one[3]]).expand(one)], 2)
            };
            (k, v, extra) = (row(k, bias_k), row(v, bias_v), 1);
        }
        if self.add_zero_attn {
            let row = |x: Var<'t>| Var::cat(&[x, tape.constant(Tensor::zeros_of(one, x.dtype()))], 2);
            (k, v, extra) = (row(k), row(v), extra + 1);
        }
        (k, v, extra)
    }

    /// Panics unless the inputs fit; says whether they have no batch.
    #[track_caller]
    fn check_inputs(&self, query: Var<'_>, key: Var<'_>, value: Var<'_>) -> bool {
        let width = self.out_proj.weight.shape()[1];
        check_heads(width, self.num_heads);
        let (kdim, vdim) = match &self.in_proj {
            InProjection::Packed { .. } => (width, width),
            InProjection::Separate { k_proj_weight, v_proj_weight, .. } => {
                (k_proj_weight.shape()[1], v_proj_weight.shape()[1])
            }
        };
        let (q, k, v) = (query.shape(), key.shape(), value.shape());
        let axes = if self.batch_first { "[batch, time, " } else { "[time, batch, " };
        for (name, shape, width) in [("query", q, width), ("key", k, kdim), ("value", v, vdim)] {
            assert!(
                matches!(shape.len(), 2 | 3) && shape.last() == Some(&width),
                "multihead_attention: the {name} must be {axes}{width}], or [time, {width}] without a batch, got {shape}{}",
                place()
            );
        }
        let batch = usize::from(!self.batch_first);
        let fits = q.len() == k.len()
            && k[..k.len() - 1] == v[..v.len() - 1]
            && (q.len() == 2 || q[batch] == k[batch]);
        assert!(
            fits,
            "multihead_attention: query {q}, key {k}, value {v}: the batches must agree, and keys and values be as many{}",
            place()
        );
        assert!(
            self.bias_k.is_some() == self.bias_v.is_some(),
            "multihead_attention: bias_k and bias_v belong together; one of them is missing"
        );
        q.len() == 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AttentionOptions;
    use gradus_autograd::Tape;
    use gradus_tensor::{DType, rng};

    fn layer(options: &AttentionOptions) -> MultiheadAttention {
        let mut layer = MultiheadAttention::with_options(6, 2, options, &mut rng(0));
        layer.convert(DType::F64);
        layer
    }

    fn batch_first() -> AttentionOptions {
        AttentionOptions { batch_first: true, ..AttentionOptions::default() }
    }

    fn input(seed: u64) -> Tensor {
        Tensor::randn_of([3, 4, 6], DType::F64, &mut rng(seed))
    }

    /// Bool: true where a key comes later.
    fn later() -> Tensor {
        Tensor::tri(4, 4, 0).to(DType::Bool).logical_not()
    }

    #[test]
    fn one_product_gives_what_three_give() {
        let tape = Tape::new();
        let (layer, x) = (layer(&batch_first()), input(1));
        let [a, b, c] = [(); 3].map(|()| tape.constant(&x));
        let how = AttendOptions::default();
        let (apart, weights) = layer.attend(a, b, c, &how);
        for (q, k, v) in [(a, a, a), (a, b, b)] {
            let (y, own) = layer.attend(q, k, v, &how);
            assert!(y.value().allclose(&apart.value(), 1e-12, 1e-12));
            assert!(own.unwrap().value().allclose(&weights.unwrap().value(), 1e-12, 1e-12));
        }
        let without = AttendOptions { need_weights: false, ..how };
        let (y, none) = layer.attend(a, b, c, &without);
        assert!(none.is_none() && y.value().allclose(&apart.value(), 1e-12, 1e-12));
        assert!(layer.predict(&x).allclose(&apart.value(), 1e-12, 1e-12));
    }

    #[test]
    fn the_causal_flag_is_the_causal_mask() {
        for add_bias_kv in [false, true] {
            let tape = Tape::new();
            let layer = layer(&AttentionOptions { add_bias_kv, add_zero_attn: add_bias_kv, ..batch_first() });
            let x = tape.constant(input(2));
            for need_weights in [false, true] {
                let usual = AttendOptions { need_weights, ..AttendOptions::default() };
                let flag = AttendOptions { is_causal: true, ..usual };
                let mask = AttendOptions { attn_mask: Some(tape.constant(later())), ..usual };
                let (a, b) = (layer.attend(x, x, x, &flag).0, layer.attend(x, x, x, &mask).0);
                assert!(a.value().allclose(&b.value(), 1e-12, 1e-12));
                let free = layer.attend(x, x, x, &usual).0;
                assert!(!a.value().allclose(&free.value(), 1e-3, 1e-3));
            }
        }
    }

    #[test]
    fn masks_of_both_kinds_add_up() {
        let tape = Tape::new();
        let (layer, x) = (layer(&batch_first()), tape.constant(input(3)));
        let bias = tape.var(Tensor::randn_of([6, 4, 4], DType::F64, &mut rng(4)));
        let padding = Tensor::from([[false, false, false, true]; 3]);
        let hidden = Tensor::from([0.0, 0.0, 0.0, f64::NEG_INFINITY]).expand([6, 4, 4]);
        for need_weights in [false, true] {
            let usual = AttendOptions { need_weights, ..AttendOptions::default() };
            let both = AttendOptions {
                attn_mask: Some(bias),
                key_padding_mask: Some(tape.constant(&padding)),
                ..usual
            };
            let one = AttendOptions { attn_mask: Some(bias + &hidden), ..usual };
            let (a, b) = (layer.attend(x, x, x, &both).0, layer.attend(x, x, x, &one).0);
            assert!(a.value().allclose(&b.value(), 1e-12, 1e-12));
            let slope = a.sin().sum().backward().wrt(bias);
            assert_eq!(slope.select(-1, 3).abs().sum().item(), 0.0);
            assert!(slope.select(-1, 2).abs().sum().item() > 0.0);
        }
    }

    #[test]
    fn a_query_that_sees_nothing_gives_zeros_and_no_gradient() {
        let layer = layer(&AttentionOptions { bias: false, ..batch_first() });
        for need_weights in [false, true] {
            let tape = Tape::new();
            let x = tape.var(input(5));
            let mask = Tensor::from([[true; 4], [false; 4], [false; 4], [false; 4]]);
            let attn_mask = Some(tape.constant(mask));
            let how = AttendOptions { attn_mask, need_weights, ..AttendOptions::default() };
            let y = layer.attend(x, x, x, &how).0;
            assert!(y.select(1, 0).value().to_f64_vec().iter().all(|&y| y == 0.0));
            let slope = y.sin().sum().backward().wrt(x);
            assert!(slope.to_f64_vec().iter().all(|d| d.is_finite()));
        }
    }

    #[test]
    fn dropped_weights_are_those_given_back() {
        let layer = layer(&AttentionOptions { dropout: 0.5, ..batch_first() });
        let tape = Tape::training(0);
        let x = tape.constant(input(6));
        let how = AttendOptions { average_attn_weights: false, ..AttendOptions::default() };
        let weights = layer.attend(x, x, x, &how).1.unwrap().value().to_f64_vec();
        let zeros = weights.iter().filter(|&&w| w == 0.0).count();
        assert!((20..76).contains(&zeros), "{zeros} of {}", weights.len());
        let silent = AttendOptions { need_weights: false, ..how };
        let dropped = layer.attend(x, x, x, &silent).0.value();
        let plain = layer.predict(&input(6));
        assert!(!dropped.allclose(&plain, 1e-3, 1e-3));
    }

    #[test]
    fn layouts_agree() {
        let (first, second) = (layer(&batch_first()), layer(&AttentionOptions::default()));
        let x = input(7);
        let y = first.predict(&x);
        assert!(second.predict(&x.transpose(0, 1)).transpose(0, 1).allclose(&y, 1e-12, 1e-12));
        for layer in [first, second] {
            assert!(layer.predict(&x.select(0, 1)).allclose(&y.select(0, 1), 1e-12, 1e-12));
        }
    }

    #[test]
    #[should_panic(
        expected = "multihead_attention: the query must be [time, batch, 6], or [time, 6] without a batch, got [3, 4, 5]"
    )]
    fn a_wrong_width_is_named() {
        layer(&AttentionOptions::default()).predict(&Tensor::zeros([3, 4, 5]));
    }

    #[test]
    #[should_panic(
        expected = "multihead_attention: attn_mask must be [queries, keys] = [4, 4] or [batch · heads, queries, keys] = [6, 4, 4], got [3, 4]"
    )]
    fn a_wrong_mask_is_named() {
        let tape = Tape::new();
        let x = tape.constant(input(8));
        let attn_mask = Some(tape.constant(Tensor::zeros([3, 4])));
        layer(&batch_first()).attend(x, x, x, &AttendOptions { attn_mask, ..AttendOptions::default() });
    }

    #[test]
    #[should_panic(expected = "multihead_attention: the width 6 does not divide into 4 heads")]
    fn heads_that_do_not_divide_are_named() {
        MultiheadAttention::new(6, 4, &mut rng(0));
    }
}
