//! What has no gradient: comparisons, tests, counts, places, and tensors made of numbers.

use gradus_tensor::{DType, Tensor};

use crate::args::Args;
use crate::value::Val;

/// Dtype of a result made of numbers: the one asked for, else `default`.
fn dtype(c: &Args<'_>, default: DType) -> DType {
    match c.get("dtype") {
        Some(Val::D(d)) => d,
        _ => default,
    }
}

fn range<'t>(c: &Args<'t>) -> Tensor {
    let (a, b) = (c.val("start"), c.get("end"));
    let integers =
        [Some(a.clone()), b.clone(), c.get("step")].iter().flatten().all(|x| matches!(x, Val::I(_)));
    let (start, end) = b.map_or((0.0, a.number()), |b| (a.number(), b.number()));
    let kind = dtype(c, if integers { DType::I64 } else { DType::F64 });
    Tensor::range_of(start, end, c.num("step", 1.0), kind)
}

fn spaced<'t>(c: &Args<'t>) -> Tensor {
    Tensor::linspace_of(c.num("start", 0.0), c.num("end", 0.0), c.size("steps", 0), DType::F64)
}

fn over(c: &Args<'_>, f: impl Fn(&Tensor) -> Tensor, g: impl Fn(&Tensor, isize, bool) -> Tensor) -> Tensor {
    let x = c.tvec("input");
    let scalar = c.t("input").rank() == 0;
    match c.dims("dim") {
        None => {
            let y = f(&x);
            if c.flag("keepdim", false) { y.reshape(vec![1; c.t("input").rank()]) } else { y }
        }
        Some(axes) => {
            let keep = c.flag("keepdim", false);
            let mut at: Vec<usize> =
                axes.iter().map(|&a| gradus_tensor::axis_index("over", a, x.shape())).collect();
            at.sort_unstable();
            let y = at.iter().rev().fold(x, |y, &a| g(&y, a as isize, keep));
            if scalar && y.elements() == 1 { y.reshape(()) } else { y }
        }
    }
}

/// Distinct rows along an axis (or elements), sorted, with places and counts.
fn unique<'t>(c: &Args<'t>) -> Val<'t> {
    let x = c.t("input");
    c.has("sorted");
    let (inverse, counts) = (c.flag("return_inverse", false), c.flag("return_counts", false));
    let axis = c.opt_int("dim");
    let rows = match axis {
        Some(a) => x.move_axis(a, 0),
        None => x.flatten(),
    };
    let n = rows.shape()[0];
    let width = rows.elements() / n.max(1);
    let flat = rows.to_f64_vec();
    let row = |i: usize| &flat[i * width..(i + 1) * width];
    let order = |&i: &usize, &j: &usize| {
        row(i)
            .iter()
            .zip(row(j))
            .map(|(a, b)| a.total_cmp(b))
            .find(|o| o.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    let mut sorted: Vec<usize> = (0..n).collect();
    sorted.sort_by(order);
    let (mut first, mut number, mut count) = (vec![], vec![0i64; n], vec![]);
    for (k, &i) in sorted.iter().enumerate() {
        if k == 0 || row(sorted[k - 1]) != row(i) {
            first.push(i as i64);
            count.push(0i64);
        }
        number[i] = first.len() as i64 - 1;
        *count.last_mut().expect("one at least") += 1;
    }
    let m = first.len();
    let picked = rows.index_select(0, &Tensor::from_vec(first, m));
    let picked = axis.map_or(picked.clone(), |a| picked.move_axis(0, a).contiguous());
    let mut out = vec![Val::T(picked)];
    if inverse {
        let shape = if axis.is_some() { gradus_tensor::Shape::from(n) } else { *x.shape() };
        out.push(Val::T(Tensor::from_vec(number, shape)));
    }
    if counts {
        out.push(Val::T(Tensor::from_vec(count, m)));
    }
    Val::List(out)
}

fn histogram(c: &Args<'_>) -> Tensor {
    let x = c.t("input").to_f64_vec();
    let (bins, mut low, mut high) = (c.size("bins", 100), c.num("min", 0.0), c.num("max", 0.0));
    if low == high {
        low = x.iter().copied().fold(f64::INFINITY, f64::min);
        high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    }
    if low == high {
        (low, high) = (low - 1.0, high + 1.0);
    }
    let mut counts = vec![0.0; bins];
    for &v in x.iter().filter(|v| (low..=high).contains(*v)) {
        let at = ((v - low) / (high - low) * bins as f64) as usize;
        counts[at.min(bins - 1)] += 1.0;
    }
    Tensor::from_vec(counts, bins)
}

/// Where values would be inserted into sorted rows.
fn search(sorted: &Tensor, values: &Tensor, right: bool) -> Tensor {
    if sorted.rank() <= 1 {
        return sorted.searchsorted(values, right);
    }
    let n = sorted.shape()[sorted.rank() - 1];
    let m = values.shape().last().copied().unwrap_or(1);
    let (s, v) = (sorted.reshape([sorted.elements() / n.max(1), n]), values.to_f64_vec());
    let mut out = vec![];
    for (i, row) in v.chunks(m.max(1)).enumerate() {
        let found = s.select(0, i as isize).searchsorted(&Tensor::from_slice(row, row.len()), right);
        out.extend(found.to_vec::<i64>());
    }
    Tensor::from_vec(out, *values.shape())
}

fn searched(c: &Args<'_>, sorted: &str, values: &str) -> Tensor {
    let right = c.flag("right", false) || c.text("side", "left") == "right";
    let s = c.t(sorted);
    let s = c.get("sorter").map_or(s.clone(), |order| s.gather(-1, &order.tensor()));
    search(&s, &c.t(values), right)
}

fn bools(c: &Args<'_>) -> (Tensor, Tensor) {
    (c.t("input").to(DType::Bool), c.t("other").to(DType::Bool))
}

fn full(c: &Args<'_>, value: f64) -> Tensor {
    let kind = dtype(c, DType::F64);
    Tensor::full_of(c.sizes("size").unwrap_or_default(), value, kind)
}

fn like(c: &Args<'_>, value: f64) -> Tensor {
    let x = c.t("input");
    Tensor::full_of(*x.shape(), value, dtype(c, x.dtype()))
}

super::table! {
    "eq" ("input other") |c| c.t("input").eq(&c.t("other"));
    "ne" ("input other") |c| c.t("input").ne(&c.t("other"));
    "ge" ("input other") |c| c.t("input").ge(&c.t("other"));
    "gt" ("input other") |c| c.t("input").gt(&c.t("other"));
    "le" ("input other") |c| c.t("input").le(&c.t("other"));
    "lt" ("input other") |c| c.t("input").lt(&c.t("other"));
    "logical_and" ("input other") |c| {
        let (a, b) = bools(c);
        a.and(&b)
    };
    "logical_or" ("input other") |c| {
        let (a, b) = bools(c);
        a.or(&b)
    };
    "logical_xor" ("input other") |c| {
        let (a, b) = bools(c);
        a.xor(&b)
    };
    "logical_not" ("input") |c| c.t("input").to(DType::Bool).logical_not();
    "isnan" ("input") |c| c.t("input").is_nan();
    "isinf" ("input") |c| c.t("input").is_infinite();
    "isfinite" ("input") |c| c.t("input").is_finite();
    "signbit" ("input") |c| {
        let x = c.t("input");
        Tensor::from_vec(x.to_f64_vec().iter().map(|v| v.is_sign_negative()).collect(), *x.shape())
    };
    "isclose" ("input other rtol atol equal_nan") |c| {
        let (a, b) = (c.t("input"), c.t("other"));
        let close = a.isclose(&b, c.num("rtol", 1e-5), c.num("atol", 1e-8));
        if c.flag("equal_nan", false) { close.or(&a.is_nan().and(&b.is_nan())) } else { close }
    };
    "allclose" ("input other rtol atol equal_nan") |c| {
        c.has("equal_nan");
        c.t("input").allclose(&c.t("other"), c.num("rtol", 1e-5), c.num("atol", 1e-8))
    };
    "isin" ("elements test_elements") |c| {
        let (x, set) = (c.t("elements"), c.t("test_elements").to_f64_vec());
        Tensor::from_vec(x.to_f64_vec().iter().map(|v| set.contains(v)).collect(), *x.shape())
    };
    "all" ("input dim keepdim") |c| over(c, |x| x.to(DType::Bool).all(), |x, a, keep| {
        let x = x.to(DType::Bool);
        if keep { x.all_keep(a) } else { x.all_axes(a) }
    });
    "any" ("input dim keepdim") |c| over(c, |x| x.to(DType::Bool).any(), |x, a, keep| {
        let x = x.to(DType::Bool);
        if keep { x.any_keep(a) } else { x.any_axes(a) }
    });
    "argmax" ("input dim keepdim") |c| over(c, Tensor::argmax, Tensor::argmax_axis);
    "argmin" ("input dim keepdim") |c| over(c, Tensor::argmin, Tensor::argmin_axis);
    "unique" ("input sorted return_inverse return_counts dim") |c| unique(c);
    "nonzero" ("input as_tuple") |c| {
        let x = c.t("input");
        if c.flag("as_tuple", false) {
            // A single number counts as a list of one.
            let x = if x.rank() == 0 { x.reshape([1]) } else { x };
            let found = x.nonzero();
            Val::List((0..x.rank()).map(|k| Val::T(found.select(1, k as isize))).collect())
        } else {
            Val::T(x.nonzero())
        }
    };
    "bincount" ("input weights minlength") |c| {
        let x = c.index("input");
        let most = if x.is_empty() { 0 } else { x.max().item() as usize + 1 };
        x.bincount(most.max(c.size("minlength", 0)))
    };
    "histc" ("input bins min max") |c| histogram(c);
    "searchsorted" ("sorted_sequence input right side sorter") |c| searched(c, "sorted_sequence", "input");
    "bucketize" ("input boundaries right") |c| searched(c, "boundaries", "input");
    "arange" ("start end step dtype") |c| range(c);
    "linspace" ("start end steps dtype") |c| {
        c.has("dtype");
        spaced(c)
    };
    "logspace" ("start end steps base dtype") |c| {
        c.has("dtype");
        let base = c.num("base", 10.0);
        let x = spaced(c);
        Tensor::from_vec(x.to_f64_vec().iter().map(|v| base.powf(*v)).collect(), *x.shape())
    };
    "eye" ("n m dtype") |c| {
        c.has("dtype");
        let n = c.size("n", 0);
        let m = c.size("m", n);
        Tensor::eye_of(n.max(m), DType::F64).narrow(0, 0, n).narrow(1, 0, m).contiguous()
    };
    "tensor as_tensor" ("data dtype") |c| {
        let x = c.t("data");
        let kind = dtype(c, x.dtype());
        x.to(kind)
    };
    "zeros" ("*size dtype") |c| full(c, 0.0);
    "ones" ("*size dtype") |c| full(c, 1.0);
    "full" ("size fill_value dtype") |c| full(c, c.num("fill_value", 0.0));
    "zeros_like" ("input dtype") |c| like(c, 0.0);
    "ones_like" ("input dtype") |c| like(c, 1.0);
    "full_like" ("input fill_value dtype") |c| like(c, c.num("fill_value", 0.0));
    "numel" ("input") |c| c.t("input").elements() as f64;
}
