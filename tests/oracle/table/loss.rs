//! Losses.

use gradus_autograd::Var;
use gradus_autograd::ops::{
    CrossEntropyOptions, CtcOptions, GaussianNllOptions, HingeOptions, HuberOptions, KlDivOptions,
    LogitsOptions, LossOptions, MarginOptions, MultiMarginOptions, NllOptions, PoissonNllOptions, Reduction,
    SoftCrossEntropyOptions, TripletOptions,
};
use gradus_tensor::DType;

use crate::args::Args;
use crate::value::Val;

fn reduction(c: &Args<'_>) -> Reduction {
    match c.text("reduction", "mean").as_str() {
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "batchmean" => Reduction::BatchMean,
        "none" => Reduction::None,
        other => panic!("unsupported: reduction = {other}"),
    }
}

/// The parts of a loss, broadcast as PyTorch does (with a warning).
fn broadcast<'t, const N: usize>(parts: [Var<'t>; N]) -> [Var<'t>; N] {
    let shape =
        parts.iter().fold(parts[0].shape(), |all, part| all.broadcast_or_panic(&part.shape(), "loss"));
    parts.map(|part| if part.shape() == shape { part } else { part.expand(shape) })
}

/// Prediction and target, broadcast.
fn pair<'t>(c: &Args<'t>) -> (Var<'t>, Var<'t>) {
    let [x, t] = broadcast([c.v("input"), c.v("target")]);
    (x, t)
}

/// The axis of PyTorch's classes: `[N, C, …]` or `[C]`.
fn class_axis(x: Var<'_>) -> isize {
    isize::from(x.rank() > 1)
}

/// The options of a loss that has a weight and a reduction.
fn weighted<'t>(c: &Args<'t>) -> LossOptions<'t> {
    LossOptions { weight: c.opt("weight"), reduction: reduction(c) }
}

fn plain<'t>(c: &Args<'t>) -> LossOptions<'t> {
    LossOptions { weight: None, reduction: reduction(c) }
}

fn margin(c: &Args<'_>) -> MarginOptions {
    MarginOptions { margin: c.num("margin", 0.0), reduction: reduction(c) }
}

fn nll<'t>(c: &Args<'t>) -> Var<'t> {
    let how = NllOptions {
        weight: c.opt_t("weight"),
        ignore: Some(c.int("ignore_index", -100)),
        axis: class_axis(c.v("input")),
        reduction: reduction(c),
    };
    c.v("input").nll_loss_with(&c.t("target"), &how)
}

fn cross_entropy<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.v("input");
    let (weight, ignore) = (c.opt_t("weight"), Some(c.int("ignore_index", -100)));
    let (smoothing, axis, reduction) = (c.num("label_smoothing", 0.0), class_axis(x), reduction(c));
    match c.val("target") {
        Val::T(t) if t.dtype() == DType::I64 => {
            x.cross_entropy_with(&t, &CrossEntropyOptions { weight, ignore, smoothing, axis, reduction })
        }
        probabilities => x.soft_cross_entropy_with(
            probabilities.var(c.tape),
            &SoftCrossEntropyOptions { weight, smoothing, axis, reduction },
        ),
    }
}

fn kl_div<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t) = pair(c);
    x.kl_div_with(t, &KlDivOptions { log_target: c.flag("log_target", false), reduction: reduction(c) })
}

fn triplet<'t>(c: &Args<'t>) -> Var<'t> {
    let how = TripletOptions {
        margin: c.num("margin", 1.0),
        p: c.num("p", 2.0),
        eps: c.num("eps", 1e-6),
        swap: c.flag("swap", false),
        reduction: reduction(c),
    };
    let [x, positive, negative] = broadcast([c.v("anchor"), c.v("positive"), c.v("negative")]);
    x.triplet_margin_loss_with(positive, negative, &how)
}

fn poisson<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t) = pair(c);
    let how = PoissonNllOptions {
        log_input: c.flag("log_input", true),
        full: c.flag("full", false),
        eps: c.num("eps", 1e-8),
        reduction: reduction(c),
    };
    x.poisson_nll_loss_with(t, &how)
}

fn gaussian<'t>(c: &Args<'t>) -> Var<'t> {
    let ((x, t), v) = (pair(c), c.v("var"));
    let v = if v.rank() + 1 == x.rank() { v.unsqueeze(-1) } else { v };
    let how =
        GaussianNllOptions { full: c.flag("full", false), eps: c.num("eps", 1e-6), reduction: reduction(c) };
    x.gaussian_nll_loss_with(t, v, &how)
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
    let how = MultiMarginOptions {
        p: c.int("p", 1) as u32,
        margin: c.num("margin", 1.0),
        weight: c.opt_t("weight"),
        reduction: reduction(c),
    };
    let y = x.multi_margin_loss_with(&t.flatten(), &how);
    // PyTorch gives the loss of one sample the shape of its label.
    if single && c.t("target").rank() == 0 { y.reshape(()) } else { y }
}

fn multilabel_margin<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, t, single) = rows(c);
    let y = x.multilabel_margin_loss_with(&t, &plain(c));
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
    let how = CtcOptions {
        blank: c.int("blank", 0),
        zero_infinity: c.flag("zero_infinity", false),
        reduction: reduction(c),
    };
    c.v("log_probs").ctc_loss_with(&labels, &lengths, &how)
}

super::table! {
    "mse_loss" ("input target reduction weight") |c| {
        let (x, t) = pair(c);
        x.mse_with(t, &weighted(c))
    };
    "l1_loss" ("input target reduction weight") |c| {
        let (x, t) = pair(c);
        x.l1_loss_with(t, &weighted(c))
    };
    "smooth_l1_loss" ("input target reduction beta") |c| {
        let (x, t) = pair(c);
        x.smooth_l1_loss_with(t, &HuberOptions { delta: c.num("beta", 1.0), reduction: reduction(c) })
    };
    "huber_loss" ("input target reduction delta") |c| {
        let (x, t) = pair(c);
        x.huber_loss_with(t, &HuberOptions { delta: c.num("delta", 1.0), reduction: reduction(c) })
    };
    "binary_cross_entropy" ("input target weight reduction") |c| {
        let (x, t) = pair(c);
        x.binary_cross_entropy_with(t, &weighted(c))
    };
    "binary_cross_entropy_with_logits" ("input target weight reduction pos_weight") |c| {
        let (x, t) = pair(c);
        let (weight, positive_weight) = (c.opt("weight"), c.opt("pos_weight"));
        let how = LogitsOptions { weight, positive_weight, reduction: reduction(c) };
        x.binary_cross_entropy_with_logits_with(t, &how)
    };
    "kl_div" ("input target reduction log_target") |c| kl_div(c);
    "poisson_nll_loss" ("input target log_input full eps reduction") |c| poisson(c);
    "gaussian_nll_loss" ("input target var full eps reduction") |c| gaussian(c);
    "soft_margin_loss" ("input target reduction") |c|
        c.v("input").soft_margin_loss_with(c.v("target"), &plain(c));
    "hinge_embedding_loss" ("input target margin reduction") |c| {
        let how = HingeOptions { margin: c.num("margin", 1.0), reduction: reduction(c) };
        c.v("input").hinge_embedding_loss_with(c.v("target"), &how)
    };
    "margin_ranking_loss" ("input1 input2 target margin reduction") |c| {
        let [x, other, target] = broadcast([c.v("input1"), c.v("input2"), c.v("target")]);
        x.margin_ranking_loss_with(other, target, &margin(c))
    };
    "cosine_embedding_loss" ("input1 input2 target margin reduction") |c|
        c.v("input1").cosine_embedding_loss_with(c.v("input2"), c.v("target"), &margin(c));
    "triplet_margin_loss" ("anchor positive negative margin p eps swap reduction") |c| triplet(c);
    "multilabel_soft_margin_loss" ("input target weight reduction") |c|
        c.v("input").multilabel_soft_margin_loss_with(c.v("target"), &weighted(c));
    "multi_margin_loss" ("input target p margin weight reduction") |c| multi_margin(c);
    "multilabel_margin_loss" ("input target reduction") |c| multilabel_margin(c);
    "nll_loss" ("input target weight ignore_index reduction") |c| nll(c);
    "cross_entropy" ("input target weight ignore_index reduction label_smoothing") |c| cross_entropy(c);
    "ctc_loss" ("log_probs targets input_lengths target_lengths blank reduction zero_infinity") |c| ctc(c);
}
