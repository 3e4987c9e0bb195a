//! Convolution, pooling, padding, interpolation.

use gradus_autograd::Var;
use gradus_autograd::ops::{ConvOptions, Outside, Padding, PaddingMode, Pool, Resize};
use gradus_tensor::Tensor;

use crate::args::Args;
use crate::value::Val;

/// Runs `f` with a batch axis in front, which a single sample lacks.
fn batched<'t>(x: Var<'t>, rank: usize, f: impl Fn(Var<'t>) -> Var<'t>) -> Var<'t> {
    if x.rank() == rank + 2 { f(x) } else { f(x.unsqueeze(0)).squeeze_axis(0) }
}

fn stride(c: &Args<'_>, padding: impl Into<Padding>) -> ConvOptions {
    let of = |name: &str, default: usize| c.sizes(name).unwrap_or_else(|| vec![default]);
    ConvOptions {
        stride: of("stride", 1),
        padding: padding.into(),
        dilation: of("dilation", 1),
        groups: c.size("groups", 1),
        ..ConvOptions::default()
    }
}

fn conv<'t>(c: &Args<'t>, rank: usize) -> Var<'t> {
    let (x, w, b) = (c.v("input"), c.v("weight"), c.opt("bias"));
    let padding = match c.get("padding") {
        Some(Val::S(s)) if s == "same" => Padding::Same,
        Some(Val::S(_)) | None => Padding::Valid,
        Some(_) => c.sizes("padding").unwrap_or_default().into(),
    };
    batched(x, rank, |x| x.conv(w, b, &stride(c, padding.clone())))
}

fn conv_transpose<'t>(c: &Args<'t>, rank: usize) -> Var<'t> {
    let how = stride(c, c.sizes("padding").unwrap_or_else(|| vec![0]));
    let more = c.sizes("output_padding").unwrap_or_else(|| vec![0]);
    let (w, b) = (c.v("weight"), c.opt("bias"));
    batched(c.v("input"), rank, |x| x.conv_transpose(w, b, &how, &more))
}

fn pool(c: &Args<'_>) -> Pool {
    let of = |name: &str, default: usize| c.sizes(name).unwrap_or_else(|| vec![default]);
    Pool {
        kernel: c.sizes("kernel_size").unwrap_or_default(),
        stride: c.sizes("stride").unwrap_or_default(),
        padding: of("padding", 0),
        dilation: of("dilation", 1),
        ceil: c.flag("ceil_mode", false),
        count_padding: c.flag("count_include_pad", true),
        divisor: c.get("divisor_override").map(|d| d.number()),
    }
}

/// Maxima and, if asked for, their places.
fn maxima<'t>(c: &Args<'t>, rank: usize, f: impl Fn(Var<'t>) -> (Var<'t>, Tensor)) -> Val<'t> {
    let x = c.v("input");
    let single = x.rank() == rank + 1;
    let (y, places) = f(if single { x.unsqueeze(0) } else { x });
    let (y, places) = if single { (y.squeeze_axis(0), places.squeeze_axis(0)) } else { (y, places) };
    if c.flag("return_indices", false) { (y, places).into() } else { y.into() }
}

/// Output sizes, where `None` keeps a size.
fn output(c: &Args<'_>, rank: usize) -> Vec<usize> {
    let x = c.v("input").shape();
    let own = &x[x.len() - rank..];
    match c.val("output_size") {
        Val::List(items) if items.len() == rank => {
            items.iter().zip(own).map(|(n, &own)| if n.is_none() { own } else { n.int() as usize }).collect()
        }
        other => vec![other.ints()[0] as usize; rank],
    }
}

fn unpool<'t>(c: &Args<'t>, rank: usize) -> Var<'t> {
    let (x, places) = (c.v("input"), c.index("indices"));
    let of = |list: Vec<usize>, a: usize| list[a.min(list.len() - 1)];
    let kernel = c.sizes("kernel_size").unwrap_or_default();
    let stride = c.sizes("stride").filter(|s| !s.is_empty()).unwrap_or_else(|| kernel.clone());
    let padding = c.sizes("padding").unwrap_or_else(|| vec![0]);
    let own = x.shape()[x.rank() - rank..].to_vec();
    let default =
        |a: usize| (own[a] - 1) * of(stride.clone(), a) + of(kernel.clone(), a) - 2 * of(padding.clone(), a);
    let out = match c.sizes("output_size") {
        Some(sizes) => sizes[sizes.len() - rank..].to_vec(),
        None => (0..rank).map(default).collect(),
    };
    if x.rank() == rank + 1 {
        return x.unsqueeze(0).max_unpool(&places.unsqueeze(0), &out).squeeze_axis(0);
    }
    x.max_unpool(&places, &out)
}

fn lp_pool<'t>(c: &Args<'t>, rank: usize) -> Var<'t> {
    let (p, how) = (c.num("norm_type", 2.0), pool(c));
    batched(c.v("input"), rank, |x| x.lp_pool(p, &how))
}

fn pad<'t>(c: &Args<'t>, mode: &str) -> Var<'t> {
    let list = c.ints("pad").unwrap_or_default();
    let sizes: Vec<(isize, (isize, isize))> = list
        .chunks(2)
        .enumerate()
        .map(|(i, p)| (-(i as isize) - 1, (p[0] as isize, p[1] as isize)))
        .collect();
    let padding = match mode {
        "constant" => PaddingMode::Constant(c.num("value", 0.0)),
        "reflect" => PaddingMode::Reflect,
        "replicate" => PaddingMode::Replicate,
        "circular" => PaddingMode::Circular,
        other => panic!("unsupported: mode = {other}"),
    };
    c.v("input").pad(&sizes, padding)
}

fn interpolate<'t>(c: &Args<'t>, mode: &str, aligned: bool) -> Var<'t> {
    let x = c.v("input");
    let sizes = x.shape()[2..].to_vec();
    let corners = c.flag("align_corners", aligned);
    assert!(!c.flag("antialias", false), "unsupported: antialias");
    let how = match mode {
        "nearest" => Resize::Nearest,
        "nearest-exact" => Resize::NearestExact,
        "linear" | "bilinear" | "trilinear" => Resize::Linear { corners },
        "bicubic" => Resize::Cubic { corners },
        "area" => Resize::Area,
        other => panic!("unsupported: mode = {other}"),
    };
    let factors = c.get("scale_factor").map(|s| s.items().iter().map(Val::number).collect::<Vec<_>>());
    let again = c.flag("recompute_scale_factor", false);
    match (c.sizes("size"), factors) {
        (Some(out), _) => x.resize(&out, how),
        (None, Some(factors)) => {
            let of = |a: usize| factors[a.min(factors.len() - 1)];
            let out: Vec<usize> =
                sizes.iter().enumerate().map(|(a, &n)| (n as f64 * of(a)).floor() as usize).collect();
            if again || how == Resize::Area {
                return x.resize(&out, how);
            }
            let steps: Vec<f64> = (0..sizes.len()).map(|a| 1.0 / of(a)).collect();
            x.resize_by(&out, &steps, how)
        }
        _ => panic!("unsupported: neither size nor scale_factor"),
    }
}

fn grid_sample<'t>(c: &Args<'t>) -> Var<'t> {
    let how = match c.text("mode", "bilinear").as_str() {
        "bilinear" => Resize::Linear { corners: false },
        "nearest" => Resize::Nearest,
        "bicubic" => Resize::Cubic { corners: false },
        other => panic!("unsupported: mode = {other}"),
    };
    let outside = match c.text("padding_mode", "zeros").as_str() {
        "zeros" => Outside::Zeros,
        "border" => Outside::Border,
        _ => Outside::Reflection,
    };
    c.v("input").grid_sample(c.v("grid"), how, outside, c.flag("align_corners", false))
}

super::table! {
    "conv1d" ("input weight bias stride padding dilation groups") |c| conv(c, 1);
    "conv2d" ("input weight bias stride padding dilation groups") |c| conv(c, 2);
    "conv3d" ("input weight bias stride padding dilation groups") |c| conv(c, 3);
    "conv_transpose1d" ("input weight bias stride padding output_padding groups dilation") |c| conv_transpose(c, 1);
    "conv_transpose2d" ("input weight bias stride padding output_padding groups dilation") |c| conv_transpose(c, 2);
    "conv_transpose3d" ("input weight bias stride padding output_padding groups dilation") |c| conv_transpose(c, 3);
    "F.unfold" ("input kernel_size dilation padding stride") |c| {
        let how = stride(c, c.sizes("padding").unwrap_or_else(|| vec![0]));
        let kernel = c.sizes("kernel_size").unwrap_or_default();
        batched(c.v("input"), 2, |x| x.window_columns(&kernel, &how))
    };
    "fold" ("input output_size kernel_size dilation padding stride") |c| {
        let how = stride(c, c.sizes("padding").unwrap_or_else(|| vec![0]));
        let (out, kernel) = (c.sizes("output_size").unwrap_or_default(), c.sizes("kernel_size").unwrap_or_default());
        let out = if out.len() == 1 { vec![out[0]; 2] } else { out };
        batched(c.v("input"), 1, |x| x.fold(&out, &kernel, &how))
    };
    "avg_pool1d" ("input kernel_size stride padding ceil_mode count_include_pad") |c|
        batched(c.v("input"), 1, |x| x.avg_pool(&pool(c)));
    "avg_pool2d" ("input kernel_size stride padding ceil_mode count_include_pad divisor_override") |c|
        batched(c.v("input"), 2, |x| x.avg_pool(&pool(c)));
    "avg_pool3d" ("input kernel_size stride padding ceil_mode count_include_pad divisor_override") |c|
        batched(c.v("input"), 3, |x| x.avg_pool(&pool(c)));
    "max_pool1d" ("input kernel_size stride padding dilation ceil_mode return_indices") |c|
        maxima(c, 1, |x| x.max_pool(&pool(c)));
    "max_pool2d" ("input kernel_size stride padding dilation ceil_mode return_indices") |c|
        maxima(c, 2, |x| x.max_pool(&pool(c)));
    "max_pool3d" ("input kernel_size stride padding dilation ceil_mode return_indices") |c|
        maxima(c, 3, |x| x.max_pool(&pool(c)));
    "adaptive_avg_pool1d" ("input output_size") |c| batched(c.v("input"), 1, |x| x.adaptive_avg_pool(&output(c, 1)));
    "adaptive_avg_pool2d" ("input output_size") |c| batched(c.v("input"), 2, |x| x.adaptive_avg_pool(&output(c, 2)));
    "adaptive_avg_pool3d" ("input output_size") |c| batched(c.v("input"), 3, |x| x.adaptive_avg_pool(&output(c, 3)));
    "adaptive_max_pool1d" ("input output_size return_indices") |c| maxima(c, 1, |x| x.adaptive_max_pool(&output(c, 1)));
    "adaptive_max_pool2d" ("input output_size return_indices") |c| maxima(c, 2, |x| x.adaptive_max_pool(&output(c, 2)));
    "adaptive_max_pool3d" ("input output_size return_indices") |c| maxima(c, 3, |x| x.adaptive_max_pool(&output(c, 3)));
    "lp_pool1d" ("input norm_type kernel_size stride ceil_mode") |c| lp_pool(c, 1);
    "lp_pool2d" ("input norm_type kernel_size stride ceil_mode") |c| lp_pool(c, 2);
    "lp_pool3d" ("input norm_type kernel_size stride ceil_mode") |c| lp_pool(c, 3);
    "max_unpool1d" ("input indices kernel_size stride padding output_size") |c| unpool(c, 1);
    "max_unpool2d" ("input indices kernel_size stride padding output_size") |c| unpool(c, 2);
    "max_unpool3d" ("input indices kernel_size stride padding output_size") |c| unpool(c, 3);
    "pad" ("input pad mode value") |c| pad(c, &c.text("mode", "constant"));
    "constant_pad_nd" ("input pad value") |c| pad(c, "constant");
    "interpolate" ("input size scale_factor mode align_corners recompute_scale_factor antialias") |c|
        interpolate(c, &c.text("mode", "nearest"), false);
    "upsample_nearest" ("input size scale_factor") |c| interpolate(c, "nearest", false);
    "upsample_bilinear" ("input size scale_factor") |c| interpolate(c, "bilinear", true);
    "grid_sample" ("input grid mode padding_mode align_corners") |c| grid_sample(c);
}
