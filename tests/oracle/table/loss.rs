//! Losses.

use gradus_autograd::Var;
use gradus_autograd::ops::{ClassLoss, Reduction, Triplet};
use gradus_tensor::DType;

use crate::args::Args;
use crate::value::Val;

fn reduction(c: &Args<'_>) -> Reduction {
    match c.text("reduction", "mean").as_str() {
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "none" => Reduction::None,
        other => panic!("unsupported: reduction = {other}"),
    }
}

/// Prediction and target, broadcast as PyTorch does (with a warning).
fn pair<'t>(c: &Args<'t>) -> (Var<'t>, Var<'t>) {
    let (x, t) = (c.v("input"), c.v("target"));
    if x.shape() == t.shape() {
        return (x, t);
    }
    let shape = x.shape().broadcast_or_panic(&t.shape(), "loss");
    (x.expand(shape), t.expand(shape))
}

fn class_loss(c: &Args<'_>) -> ClassLoss {
    ClassLoss {
        weight: c.opt_t("weight"),
        ignore: Some(c.int("ignore_index", -100)),
        smoothing: c.num("label_smoothing", 0.0),
        reduction: reduction(c),
    }
}

fn cross_entropy<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, how) = (c.v("input"), class_loss(c));
    match c.val("target") {
        Val::T(t) if t.dtype() == DType::I64 => x.cross_entropy_with(&t, &how),
        probabilities => x.soft_cross_entropy(probabilities.var(c.tape), &how),
    }
}

fn weighted_mse<'t>(c: &Args<'t>, losses: Var<'t>) -> Var<'t> {
    match c.opt("weight") {
        None => reduction(c).apply(losses),
        Some(w) => match reduction(c) {
            Reduction::Mean => (losses * w).sum() / w.expand(losses.shape()).sum(),
            other => other.apply(losses * w),
        },
    }
}

fn kl_div<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t) = pair(c);
    let log = c.flag("log_target", false);
    if c.text("reduction", "mean") == "batchmean" {
        let n = x.shape().first().copied().unwrap_or(1);
        return x.kl_div(t, log, Reduction::Sum) / n as f64;
    }
    x.kl_div(t, log, reduction(c))
}

/// Rows of scores with their labels: one sample counts as a batch of one.
fn rows<'t>(c: &Args<'t>) -> (Var<'t>, gradus_tensor::Tensor, bool) {
    let (x, t) = (c.v("input"), c.index("target"));
    if x.rank() >= 2 {
        return (x, t, false);
    }
    let n = x.elements();
    (x.reshape([1, n]), t.reshape([1, t.elements()]), true)
}

fn multi_margin<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t, single) = rows(c);
    let weight = c.opt_t("weight");
    let y = x.multi_margin_loss(
        &t.flatten(),
        c.int("p", 1) as u32,
        c.num("margin", 1.0),
        weight.as_ref(),
        reduction(c),
    );
    if single { y.reshape(()) } else { y }
}

fn multilabel_margin<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t, single) = rows(c);
    let y = x.multilabel_margin_loss(&t, reduction(c));
    if single { y.reshape(()) } else { y }
}

fn ctc<'t>(c: &Args<'t>) -> Var<'t> {
    let targets = c.index("targets");
    let sizes = c.sizes("target_lengths").unwrap_or_default();
    let flat = targets.to_vec::<i64>();
    let mut start = 0;
    let labels = sizes.iter().enumerate().map(|(i, &n)| {
        let from = if targets.rank() == 2 { i * targets.shape()[1] } else { start };
        start += n;
        flat[from..from + n].to_vec()
    });
    let labels: Vec<Vec<i64>> = labels.collect();
    let lengths = c.sizes("input_lengths").unwrap_or_default();
    c.v("log_probs").ctc_loss(
        &labels,
        &lengths,
        c.int("blank", 0),
        c.flag("zero_infinity", false),
        reduction(c),
    )
}

super::table! {
    "mse_loss" ("input target reduction weight") |c| {
        let (x, t) = pair(c);
        weighted_mse(c, (x - t).square())
    };
    "l1_loss" ("input target reduction weight") |c| {
        let (x, t) = pair(c);
        weighted_mse(c, (x - t).abs())
    };
    "smooth_l1_loss" ("input target reduction beta") |c| {
        let (x, t) = pair(c);
        x.smooth_l1_loss(t, c.num("beta", 1.0), reduction(c))
    };
    "huber_loss" ("input target reduction delta") |c| {
        let (x, t) = pair(c);
        x.huber_loss(t, c.num("delta", 1.0), reduction(c))
    };
    "binary_cross_entropy" ("input target weight reduction") |c| {
        let (x, t) = pair(c);
        x.binary_cross_entropy(t, c.opt("weight"), reduction(c))
    };
    "binary_cross_entropy_with_logits" ("input target weight reduction pos_weight") |c| {
        let (x, t) = pair(c);
        x.binary_cross_entropy_with_logits(t, c.opt("weight"), c.opt("pos_weight"), reduction(c))
    };
    "kl_div" ("input target reduction log_target") |c| kl_div(c);
    "poisson_nll_loss" ("input target log_input full eps reduction") |c| {
        let (x, t) = pair(c);
        x.poisson_nll_loss(t, c.flag("log_input", true), c.flag("full", false), c.num("eps", 1e-8), reduction(c))
    };
    "gaussian_nll_loss" ("input target var full eps reduction") |c| {
        let x = c.v("input");
        let v = c.v("var");
        let v = if v.rank() + 1 == x.rank() { v.unsqueeze(-1) } else { v };
        x.gaussian_nll_loss(c.v("target"), v, c.flag("full", false), c.num("eps", 1e-6), reduction(c))
    };
    "soft_margin_loss" ("input target reduction") |c| c.v("input").soft_margin_loss(c.v("target"), reduction(c));
    "hinge_embedding_loss" ("input target margin reduction") |c|
        c.v("input").hinge_embedding_loss(c.v("target"), c.num("margin", 1.0), reduction(c));
    "margin_ranking_loss" ("input1 input2 target margin reduction") |c|
        c.v("input1").margin_ranking_loss(c.v("input2"), c.v("target"), c.num("margin", 0.0), reduction(c));
    "cosine_embedding_loss" ("input1 input2 target margin reduction") |c|
        c.v("input1").cosine_embedding_loss(c.v("input2"), c.v("target"), c.num("margin", 0.0), reduction(c));
    "triplet_margin_loss" ("anchor positive negative margin p eps swap reduction") |c| {
        let how = Triplet {
            margin: c.num("margin", 1.0),
            p: c.num("p", 2.0),
            eps: c.num("eps", 1e-6),
            swap: c.flag("swap", false),
        };
        c.v("anchor").triplet_margin_loss(c.v("positive"), c.v("negative"), how, reduction(c))
    };
    "multilabel_soft_margin_loss" ("input target weight reduction") |c|
        c.v("input").multilabel_soft_margin_loss(c.v("target"), c.opt("weight"), reduction(c));
    "multi_margin_loss" ("input target p margin weight reduction") |c| multi_margin(c);
    "multilabel_margin_loss" ("input target reduction") |c| multilabel_margin(c);
    "nll_loss" ("input target weight ignore_index reduction") |c|
        c.v("input").nll_loss(&c.t("target"), &class_loss(c));
    "cross_entropy" ("input target weight ignore_index reduction label_smoothing") |c| cross_entropy(c);
    "ctc_loss" ("log_probs targets input_lengths target_lengths blank reduction zero_infinity") |c| ctc(c);
}
