//! Reductions, running results and order.

use gradus_autograd::Var;
use gradus_autograd::ops::Interpolation;
use gradus_tensor::{Axes, DType, Tensor};

use crate::args::Args;
use crate::value::Val;

/// The axes, kept or dropped.
fn over<'t>(
    c: &Args<'t>,
    dropped: impl Fn(Var<'t>, Axes) -> Var<'t>,
    kept: impl Fn(Var<'t>, Axes) -> Var<'t>,
) -> Var<'t> {
    let (x, axes, keep) = (c.vec("input"), c.axes("dim"), c.flag("keepdim", false));
    c.back(if keep { kept(x, axes) } else { dropped(x, axes) })
}

/// The degrees of freedom lost: `correction`, or `unbiased`, also where it stands in place of the axes.
fn correction(c: &Args<'_>) -> usize {
    if let Some(Val::B(unbiased)) = c.get("dim") {
        return usize::from(unbiased);
    }
    match c.get("correction") {
        Some(n) => n.int() as usize,
        None => usize::from(c.flag("unbiased", true)),
    }
}

/// Variances with a correction that is no natural number: the plain one times n / (n - c).
fn corrected<'t>(c: &Args<'t>, correction: f64, root: bool) -> Var<'t> {
    let plain = over(c, |x, a| x.var_axes(a, 0), |x, a| x.var_keep(a, 0));
    let n = c.vec("input").elements() as f64 / plain.elements().max(1) as f64;
    let y = plain * (n / (n - correction).max(0.0));
    if root { y.sqrt() } else { y }
}

fn spread<'t>(c: &Args<'t>, root: bool) -> Var<'t> {
    if let Some(n) = c.get("correction").map(|n| n.number()).filter(|n| *n < 0.0 || n.fract() != 0.0) {
        return corrected(c, n, root);
    }
    let (x, lost, keep) = (c.vec("input"), correction(c), c.flag("keepdim", false));
    let axes = if let Some(Val::B(_)) = c.get("dim") { Axes::from(()) } else { c.axes("dim") };
    c.back(match (root, keep) {
        (false, false) => x.var_axes(axes, lost),
        (false, true) => x.var_keep(axes, lost),
        (true, false) => x.std_axes(axes, lost),
        (true, true) => x.std_keep(axes, lost),
    })
}

fn spread_and_mean<'t>(c: &Args<'t>, root: bool) -> (Var<'t>, Var<'t>) {
    let axes = if let Some(Val::B(_)) = c.get("dim") { Axes::from(()) } else { c.axes("dim") };
    let x = c.vec("input");
    let mean = if c.flag("keepdim", false) { x.mean_keep(axes) } else { x.mean_axes(axes) };
    (spread(c, root), c.back(mean))
}

/// A value and its place along an axis, which is kept or dropped.
fn placed<'t>(c: &Args<'t>, axis: isize, (y, places): (Var<'t>, Tensor)) -> Val<'t> {
    let (y, places) = if c.flag("keepdim", false) {
        (y, places)
    } else {
        (y.squeeze_axis(axis), places.squeeze_axis(axis))
    };
    (c.back(y), c.back_tensor(&places)).into()
}

fn extreme<'t>(c: &Args<'t>, largest: bool) -> Val<'t> {
    match c.get("dim").or_else(|| c.get("other")) {
        None => if largest { c.v("input").max() } else { c.v("input").min() }.into(),
        Some(Val::I(axis)) => {
            let (x, axis) = (c.vec("input"), axis as isize);
            placed(c, axis, if largest { x.max_with_place(axis) } else { x.min_with_place(axis) })
        }
        Some(other) => {
            let (x, y) = (c.v("input"), other.var(c.tape));
            if largest { x.maximum(y) } else { x.minimum(y) }.into()
        }
    }
}

fn middle<'t>(c: &Args<'t>, ignore_nan: bool) -> Val<'t> {
    match c.opt_int("dim") {
        None if ignore_nan => c.v("input").nanmedian().into(),
        None => c.v("input").median().into(),
        Some(axis) => placed(c, axis, c.vec("input").median_with_place(axis, ignore_nan)),
    }
}

fn quantile<'t>(c: &Args<'t>, ignore_nan: bool) -> Var<'t> {
    let how = match c.text("interpolation", "linear").as_str() {
        "linear" => Interpolation::Linear,
        "lower" => Interpolation::Lower,
        "higher" => Interpolation::Higher,
        "nearest" => Interpolation::Nearest,
        "midpoint" => Interpolation::Midpoint,
        other => panic!("unsupported: interpolation {other}"),
    };
    let (scalar, q) = (c.v("input").rank() == 0, c.v("q"));
    let x = c.vec("input");
    let (x, axis) = match c.opt_int("dim") {
        None => (x.flatten(), 0),
        Some(axis) => (x, axis),
    };
    let y = x.quantile(q, axis, how, ignore_nan);
    if !c.flag("keepdim", false) {
        return y;
    }
    if c.opt_int("dim").is_none() {
        let ones = vec![1; c.v("input").rank()];
        let sizes: Vec<usize> = q.shape().iter().copied().chain(ones).collect();
        return y.reshape(sizes);
    }
    if scalar {
        return y;
    }
    let at = gradus_tensor::axis_index("quantile", axis, &x.shape());
    y.unsqueeze((at + q.rank()) as isize)
}

fn norm<'t>(c: &Args<'t>, order: &str) -> Var<'t> {
    let p = match c.get(order) {
        None => 2.0,
        Some(Val::S(s)) if s == "fro" => 2.0,
        Some(other) => other.number(),
    };
    over(c, |x, axes| x.vector_norm_axes(p, axes), |x, axes| x.vector_norm_keep(p, axes))
}

fn trapezoid<'t>(c: &Args<'t>) -> (Var<'t>, isize) {
    let (y, axis) = (c.v("y"), c.axis("dim", -1));
    let at = gradus_tensor::axis_index("trapezoid", axis, &y.shape());
    let spacing = match c.opt("x") {
        Some(x) if x.rank() == 1 => {
            let mut sizes = vec![1; y.rank()];
            sizes[at] = x.elements() - 1;
            x.diff(1, 0).reshape(sizes)
        }
        Some(x) => x.diff(1, axis),
        None => c.tape.constant(c.num("dx", 1.0)),
    };
    (y.trapezoids(spacing, axis), axis)
}

fn diff<'t>(c: &Args<'t>) -> Var<'t> {
    let axis = c.axis("dim", -1);
    let parts: Vec<Var<'t>> =
        [c.opt("prepend"), Some(c.v("input")), c.opt("append")].into_iter().flatten().collect();
    Var::cat(&parts, axis).diff(c.size("n", 1), axis)
}

/// Differences as `torch.gradient` takes them: central inside, one-sided of first or second order at the ends.
fn gradient<'t>(c: &Args<'t>) -> Vec<Var<'t>> {
    let x = c.v("input");
    let axes = c.dims("dim").unwrap_or_else(|| (0..x.rank() as isize).collect());
    let order = c.int("edge_order", 1);
    let spacing = c.get("spacing").map_or(vec![], |s| s.items());
    let along = |(k, &axis): (usize, &isize)| {
        let n = x.shape()[gradus_tensor::axis_index("gradient", axis, &x.shape())];
        let places: Vec<f64> = match spacing.get(k).or(spacing.first()) {
            None => (0..n).map(|i| i as f64).collect(),
            Some(s) if s.tensor().rank() == 0 => (0..n).map(|i| i as f64 * s.number()).collect(),
            Some(s) => s.tensor().to_f64_vec(),
        };
        x.coordinate_gradient(&places, axis, order == 2)
    };
    axes.iter().enumerate().map(along).collect()
}

super::table! {
    "sum" ("input dim keepdim") |c| over(c, |x, a| x.sum_axes(a), |x, a| x.sum_keep(a));
    "mean" ("input dim keepdim") |c| over(c, |x, a| x.mean_axes(a), |x, a| x.mean_keep(a));
    "prod" ("input dim keepdim") |c| over(c, |x, a| x.prod_axes(a), |x, a| x.prod_keep(a));
    "amax" ("input dim keepdim") |c| over(c, |x, a| x.max_axes(a), |x, a| x.max_keep(a));
    "amin" ("input dim keepdim") |c| over(c, |x, a| x.min_axes(a), |x, a| x.min_keep(a));
    "logsumexp" ("input dim keepdim") |c| over(c, |x, a| x.logsumexp_axes(a), |x, a| x.logsumexp_keep(a));
    "nansum" ("input dim keepdim") |c| {
        let kept = c.vec("input");
        over(c, |x, a| x.nansum_axes(a), |x, a| {
            let shape = kept_shape(kept, &a);
            x.nansum_axes(a).reshape(shape)
        })
    };
    "nanmean" ("input dim keepdim") |c| {
        let kept = c.vec("input");
        over(c, |x, a| x.nanmean_axes(a), |x, a| {
            let shape = kept_shape(kept, &a);
            x.nanmean_axes(a).reshape(shape)
        })
    };
    "var" ("input dim unbiased keepdim correction") |c| spread(c, false);
    "std" ("input dim unbiased keepdim correction") |c| spread(c, true);
    "var_mean" ("input dim unbiased keepdim correction") |c| spread_and_mean(c, false);
    "std_mean" ("input dim unbiased keepdim correction") |c| spread_and_mean(c, true);
    "norm" ("input p dim keepdim") |c| match c.get("p") {
        Some(Val::S(s)) if s == "nuc" => super::linalg::matrix_norm(c, "p"),
        _ => norm(c, "p"),
    };
    "linalg.vector_norm" ("input ord dim keepdim") |c| norm(c, "ord");
    "dist" ("input other p") |c| (c.v("input") - c.v("other")).vector_norm(c.num("p", 2.0));
    "max" ("input dim keepdim other") |c| extreme(c, true);
    "min" ("input dim keepdim other") |c| extreme(c, false);
    "aminmax" ("input dim keepdim") |c| {
        let least = over(c, |x, a| x.min_axes(a), |x, a| x.min_keep(a));
        (least, over(c, |x, a| x.max_axes(a), |x, a| x.max_keep(a)))
    };
    "median" ("input dim keepdim") |c| middle(c, false);
    "nanmedian" ("input dim keepdim") |c| middle(c, true);
    "mode" ("input dim keepdim") |c| placed(c, c.axis("dim", -1), c.vec("input").mode(c.axis("dim", -1)));
    "kthvalue" ("input k dim keepdim") |c| {
        let axis = c.axis("dim", -1);
        placed(c, axis, c.vec("input").kth_value(c.size("k", 1), axis))
    };
    "quantile" ("input q dim keepdim interpolation") |c| quantile(c, false);
    "nanquantile" ("input q dim keepdim interpolation") |c| quantile(c, true);
    "sort msort" ("input dim descending stable") |c| {
        // The second position may hold `stable`; orders of equals are stable in any case.
        c.has("stable");
        let (y, places) = c.vec("input").sort(c.axis("dim", -1), c.flag("descending", false));
        (c.back(y), c.back_tensor(&places))
    };
    "argsort" ("input dim descending stable") |c| {
        c.has("stable");
        let places = c.vec("input").value().argsort(c.axis("dim", -1), c.flag("descending", false));
        c.back_tensor(&places)
    };
    "topk" ("input k dim largest sorted") |c| {
        c.has("sorted");
        let (y, places) = c.vec("input").topk(c.size("k", 1), c.axis("dim", -1), c.flag("largest", true));
        (c.back(y), c.back_tensor(&places))
    };
    "cumsum" ("input dim") |c| c.back(c.vec("input").cumsum(c.axis("dim", 0)));
    "cumprod" ("input dim") |c| c.back(c.vec("input").cumprod(c.axis("dim", 0)));
    "logcumsumexp" ("input dim") |c| c.back(c.vec("input").logcumsumexp(c.axis("dim", 0)));
    "cummax" ("input dim") |c| {
        let (y, places) = c.vec("input").cummax(c.axis("dim", 0));
        (c.back(y), c.back_tensor(&places))
    };
    "cummin" ("input dim") |c| {
        let (y, places) = c.vec("input").cummin(c.axis("dim", 0));
        (c.back(y), c.back_tensor(&places))
    };
    "diff" ("input n dim prepend append") |c| diff(c);
    "gradient" ("input spacing dim edge_order") |c| gradient(c);
    "trapezoid trapz" ("y x dx dim") |c| {
        let (areas, axis) = trapezoid(c);
        areas.sum_axes(axis)
    };
    "cumulative_trapezoid" ("y x dx dim") |c| {
        let (areas, axis) = trapezoid(c);
        areas.cumsum(axis)
    };
    "sum_to_size" ("input *size") |c| c.v("input").sum_to(c.sizes("size").unwrap_or_default());
    "renorm" ("input p dim maxnorm") |c|
        c.v("input").renorm(c.num("p", 2.0), c.axis("dim", 0), c.num("maxnorm", 1.0));
    "cov" ("input correction fweights aweights") |c| covariance(c);
    "corrcoef" ("input") |c| {
        let x = c.v("input");
        let x = if x.rank() < 2 { x.reshape([1, x.elements()]) } else { x };
        let y = x.corrcoef();
        if y.elements() == 1 { y.reshape(()) } else { y }
    };
    "cdist" ("x1 x2 p compute_mode") |c| {
        c.has("compute_mode");
        c.v("x1").cdist(c.v("x2"), c.num("p", 2.0))
    };
    "pdist" ("input p") |c| c.v("input").pdist(c.num("p", 2.0));
    "masked.softmax" ("input dim mask") |c| {
        let (x, axis) = (c.v("input"), c.axis("dim", -1));
        match c.opt_t("mask") {
            None => x.softmax(axis),
            Some(mask) => x.masked_fill(&mask.logical_not(), f64::NEG_INFINITY).softmax(axis),
        }
    };
    "masked.logsumexp" ("input dim keepdim mask") |c| {
        let mask = c.opt_t("mask").map(|m| m.logical_not());
        let hide = |x: Var<'_>| mask.as_ref().map(|m| m.expand(*x.value().shape()));
        over(c, |x, a| masked(x, hide(x)).logsumexp_axes(a), |x, a| masked(x, hide(x)).logsumexp_keep(a))
    };
    "F.normalize normalize" ("input p dim eps") |c|
        c.back(c.vec("input").normalize(c.num("p", 2.0), c.axis("dim", 1), c.num("eps", 1e-12)));
    "cosine_similarity" ("x1 x2 dim eps") |c|
        c.vec("x1").cosine_similarity(c.vec("x2"), c.axis("dim", 1), c.num("eps", 1e-8));
    "pairwise_distance" ("x1 x2 p eps keepdim") |c| {
        let y = c.v("x1").pairwise_distance(c.v("x2"), c.num("p", 2.0), c.num("eps", 1e-6));
        if c.flag("keepdim", false) { y } else { y.squeeze_axis(-1) }
    };
    "count_nonzero" ("input dim") |c| {
        let hit = c.tvec("input").ne(0.0).to(DType::I64);
        hit.sum_axes(c.axes("dim"))
    };
}

fn masked<'t>(x: Var<'t>, hidden: Option<Tensor>) -> Var<'t> {
    hidden.map_or(x, |m| x.masked_fill(&m, f64::NEG_INFINITY))
}

fn kept_shape(x: Var<'_>, axes: &Axes) -> Vec<usize> {
    let shape = x.shape();
    let list = axes.resolve("keep", &shape);
    (0..shape.len()).map(|a| if list.contains(&a) { 1 } else { shape[a] }).collect()
}

fn covariance<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.v("input");
    let (rank, x) = (x.rank(), if x.rank() < 2 { x.reshape([1, x.elements()]) } else { x });
    let correction = c.num("correction", 1.0);
    let y = match (c.opt_t("fweights"), c.opt("aweights")) {
        (None, None) => x.cov(correction),
        (times, reliability) => x.weighted_cov(correction, times.as_ref(), reliability),
    };
    if rank < 2 || y.elements() == 1 { y.reshape(()) } else { y }
}
