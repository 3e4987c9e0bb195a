//! Pools and their inverses.

use gradus_nn::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, FractionalMaxPool2d, FractionalMaxPool3d, LpPool1d,
    LpPool2d, LpPool3d, MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d, OutputSize,
    Pool,
};

use super::given::Options;
use super::{Class, module, with};

const MAX: &str = "kernel_size stride padding dilation return_indices ceil_mode";
const AVG: &str = "kernel_size stride padding ceil_mode count_include_pad divisor_override";
const LP: &str = "norm_type kernel_size stride ceil_mode";
const UNPOOL: &str = "kernel_size stride padding";
const FRACTIONAL: &str = "kernel_size output_size output_ratio return_indices _random_samples";

fn pool(o: &Options<'_>) -> Result<Pool, String> {
    Ok(Pool {
        kernel: o.sizes("kernel_size", 1)?,
        stride: if o.get("stride").is_some() { o.sizes("stride", 1)? } else { Vec::new() },
        padding: o.sizes("padding", 0)?,
        dilation: o.sizes("dilation", 1)?,
        ceil: o.flag("ceil_mode", false),
        count_padding: o.flag("count_include_pad", true),
        divisor: o.get("divisor_override").map(|_| o.number("divisor_override", 1.0)),
    })
}

/// The value, and the places if they are asked for.
macro_rules! maxima {
    ($layer:expr, $o:ident) => {{
        let places = $o.flag("return_indices", false);
        Ok(with($layer, move |layer, call| {
            let (y, found) = layer.with_indices(call.input(0)?);
            Ok(if places { vec![y, call.tape.constant(found)] } else { vec![y] })
        }))
    }};
}

/// Sizes for each of N axes, where `null` keeps one.
fn adaptive<const N: usize>(o: &Options<'_>) -> [Option<usize>; N] {
    let size = |value: &serde_json::Value| value.as_u64().map(|n| n as usize);
    match o.get("output_size") {
        Some(serde_json::Value::Array(all)) if all.len() == N => std::array::from_fn(|a| size(&all[a])),
        other => [other.and_then(size); N],
    }
}

fn fractional(o: &Options<'_>) -> Result<OutputSize, String> {
    Ok(match o.numbers("output_ratio")? {
        Some(ratios) => OutputSize::Factors(ratios),
        None => OutputSize::Sizes(o.sizes("output_size", 1)?),
    })
}

macro_rules! unpool {
    ($Name:ident) => {
        |o| {
            let kernel = o.each("kernel_size", 1)?;
            let stride = if o.get("stride").is_some() { o.each("stride", 1)? } else { kernel };
            Ok(with($Name { kernel, stride, padding: o.each("padding", 0)? }, |layer, call| {
                let (x, places) = (call.input(0)?, call.input(1)?.value());
                let sizes = call.options.integers("output_size")?;
                let Some(sizes) = sizes else { return Ok(vec![layer.unpool(x, &places)]) };
                let last = &sizes[sizes.len() - layer.kernel.len()..];
                Ok(vec![layer.unpool_to(x, &places, std::array::from_fn(|a| last[a] as usize))])
            }))
        }
    };
}

pub(super) const CLASSES: &[Class] = &[
    ("MaxPool1d", MAX, |o| maxima!(MaxPool1d::new(pool(o)?), o)),
    ("MaxPool2d", MAX, |o| maxima!(MaxPool2d::new(pool(o)?), o)),
    ("MaxPool3d", MAX, |o| maxima!(MaxPool3d::new(pool(o)?), o)),
    ("AvgPool1d", AVG, |o| Ok(module(AvgPool1d::new(pool(o)?)))),
    ("AvgPool2d", AVG, |o| Ok(module(AvgPool2d::new(pool(o)?)))),
    ("AvgPool3d", AVG, |o| Ok(module(AvgPool3d::new(pool(o)?)))),
    ("LPPool1d", LP, |o| Ok(module(LpPool1d::new(o.number("norm_type", 2.0), pool(o)?)))),
    ("LPPool2d", LP, |o| Ok(module(LpPool2d::new(o.number("norm_type", 2.0), pool(o)?)))),
    ("LPPool3d", LP, |o| Ok(module(LpPool3d::new(o.number("norm_type", 2.0), pool(o)?)))),
    ("AdaptiveAvgPool1d", "output_size", |o| Ok(module(AdaptiveAvgPool1d { output_size: adaptive(o) }))),
    ("AdaptiveAvgPool2d", "output_size", |o| Ok(module(AdaptiveAvgPool2d { output_size: adaptive(o) }))),
    ("AdaptiveAvgPool3d", "output_size", |o| Ok(module(AdaptiveAvgPool3d { output_size: adaptive(o) }))),
    ("AdaptiveMaxPool1d", "output_size return_indices", |o| {
        maxima!(AdaptiveMaxPool1d { output_size: adaptive(o) }, o)
    }),
    ("AdaptiveMaxPool2d", "output_size return_indices", |o| {
        maxima!(AdaptiveMaxPool2d { output_size: adaptive(o) }, o)
    }),
    ("AdaptiveMaxPool3d", "output_size return_indices", |o| {
        maxima!(AdaptiveMaxPool3d { output_size: adaptive(o) }, o)
    }),
    ("FractionalMaxPool2d", FRACTIONAL, |o| {
        // PyTorch's samples begin with the last axis here, with the first in three dimensions.
        let random_samples = o.tensor("_random_samples")?.map(|samples| samples.flip(-1));
        let layer =
            FractionalMaxPool2d { kernel: o.each("kernel_size", 1)?, output: fractional(o)?, random_samples };
        maxima!(layer, o)
    }),
    ("FractionalMaxPool3d", FRACTIONAL, |o| {
        let random_samples = o.tensor("_random_samples")?;
        let layer =
            FractionalMaxPool3d { kernel: o.each("kernel_size", 1)?, output: fractional(o)?, random_samples };
        maxima!(layer, o)
    }),
    ("MaxUnpool1d", UNPOOL, unpool!(MaxUnpool1d)),
    ("MaxUnpool2d", UNPOOL, unpool!(MaxUnpool2d)),
    ("MaxUnpool3d", UNPOOL, unpool!(MaxUnpool3d)),
];
