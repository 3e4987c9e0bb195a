//! Normalisations and attention.

use gradus_autograd::Var;
use gradus_autograd::ops::Attention;
use gradus_tensor::{DType, Tensor};

use crate::args::Args;
use crate::value::Val;

fn layer_norm<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, epsilon) = (c.v("input"), c.num("eps", 1e-5));
    let axes = c.sizes("normalized_shape").map_or(1, |s| s.len());
    match (c.opt("weight"), c.opt("bias")) {
        (Some(g), Some(b)) => x.layer_norm(g, b, epsilon),
        (Some(g), None) => x.standardize(axes, epsilon) * g,
        (None, Some(b)) => x.standardize(axes, epsilon) + b,
        (None, None) => x.standardize(axes, epsilon),
    }
}

fn rms_norm<'t>(c: &Args<'t>) -> Var<'t> {
    let axes = c.sizes("normalized_shape").map_or(1, |s| s.len());
    let y = c.v("input").rms_norm(axes, c.num("eps", f64::EPSILON));
    c.opt("weight").map_or(y, |g| y * g)
}

fn batch_norm<'t>(c: &Args<'t>, training: bool) -> Var<'t> {
    let (x, epsilon) = (c.v("input"), c.num("eps", 1e-5));
    c.has("momentum");
    if x.elements() == 0 {
        let _ = (c.has("running_mean"), c.has("running_var"), c.has("weight"), c.has("bias"));
        return x.alias();
    }
    let (mean, variance) = (c.opt("running_mean"), c.opt("running_var"));
    let (mean, variance) = match (training, mean, variance) {
        (false, Some(m), Some(v)) => (m, v),
        _ => x.channel_statistics(),
    };
    x.batch_norm(mean, variance, epsilon).scale_channels(c.opt("weight"), c.opt("bias"))
}

fn instance_norm<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.v("input");
    if !c.flag("use_input_stats", true) {
        return batch_norm(c, false);
    }
    let _ = (c.has("momentum"), c.has("running_mean"), c.has("running_var"));
    x.group_norm(x.shape()[1], c.opt("weight"), c.opt("bias"), c.num("eps", 1e-5))
}

fn attention<'t>(c: &Args<'t>) -> Var<'t> {
    let mask = c.get("attn_mask").map(|m| match m {
        Val::T(t) if t.dtype() == DType::Bool => c.tape.constant(t),
        other => other.var(c.tape),
    });
    let how =
        Attention { mask, causal: c.flag("is_causal", false), scale: c.get("scale").map(|s| s.number()) };
    c.has("enable_gqa");
    assert!(c.num("dropout_p", 0.0) == 0.0, "unsupported: dropout");
    c.v("query").attention(c.v("key"), c.v("value"), &how)
}

/// `F.multi_head_attention_forward` on `[length, batch, width]`: projections, heads, attention, projection.
fn multi_head<'t>(c: &Args<'t>) -> Val<'t> {
    let (q, k, v) = (c.v("query"), c.v("key"), c.v("value"));
    let (width, heads) = (c.size("embed_dim_to_check", 1), c.size("num_heads", 1));
    let unused = ["add_zero_attn", "dropout_p", "bias_k", "bias_v", "key_padding_mask", "q_proj_weight"];
    let dropped = c.flag("training", true) && c.num("dropout_p", 0.0) > 0.0;
    assert!(!dropped, "unsupported: dropout while training");
    for name in unused {
        assert!(!c.flag(name, false) || name == "dropout_p", "unsupported: {name}");
    }
    let part = |i: usize| {
        let w = c.v("in_proj_weight").narrow(0, i * width, width);
        (w, c.opt("in_proj_bias").map(|b| b.narrow(0, i * width, width)))
    };
    let project = |x: Var<'t>, i: usize| {
        let (w, b) = part(i);
        let y = x.linear(w, b);
        let shape = y.shape();
        y.reshape([shape[0], shape[1] * heads, width / heads]).transpose(0, 1)
    };
    let (queries, keys, values) = (project(q, 0), project(k, 1), project(v, 2));
    let scale = 1.0 / ((width / heads) as f64).sqrt();
    let mut scores = (queries * scale).matmul(keys.t());
    if let Some(mask) = c.opt("attn_mask") {
        scores += mask;
    }
    let weights = scores.softmax(-1);
    let shape = q.shape();
    let joined = weights.matmul(values).transpose(0, 1).reshape([shape[0], shape[1], width]);
    let y = joined.linear(c.v("out_proj_weight"), c.opt("out_proj_bias"));
    let (length, source) = (shape[0], k.shape()[0]);
    let mean = weights.reshape([shape[1], heads, length, source]).mean_axes(1);
    if c.flag("need_weights", true) { (y, mean).into() } else { y.into() }
}

super::table! {
    "layer_norm" ("input normalized_shape weight bias eps") |c| layer_norm(c);
    "rms_norm" ("input normalized_shape weight eps") |c| rms_norm(c);
    "group_norm" ("input num_groups weight bias eps") |c|
        c.v("input").group_norm(c.size("num_groups", 1), c.opt("weight"), c.opt("bias"), c.num("eps", 1e-5));
    "batch_norm" ("input running_mean running_var weight bias training momentum eps") |c|
        batch_norm(c, c.flag("training", false));
    "instance_norm" ("input running_mean running_var weight bias use_input_stats momentum eps") |c| instance_norm(c);
    "local_response_norm" ("input size alpha beta k") |c|
        c.v("input").local_response_norm(c.size("size", 1), c.num("alpha", 1e-4), c.num("beta", 0.75), c.num("k", 1.0));
    "scaled_dot_product_attention" ("query key value attn_mask dropout_p is_causal scale enable_gqa") |c| attention(c);
    "multi_head_attention_forward" ("query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p out_proj_weight out_proj_bias training key_padding_mask need_weights attn_mask use_separate_proj_weight q_proj_weight k_proj_weight v_proj_weight")
        |c| multi_head(c);
    "dropout" ("input p training inplace") |c| {
        assert!(!c.flag("training", true) || c.num("p", 0.5) == 0.0, "unsupported: dropout while training");
        c.v("input").alias()
    };
    "one_hot" ("input num_classes") |c| {
        let labels = c.index("input");
        let classes = c.int("num_classes", -1);
        let classes = if classes < 0 { labels.max().item() as usize + 1 } else { classes as usize };
        Tensor::one_hot(&labels, classes).to(DType::I64)
    };
}
