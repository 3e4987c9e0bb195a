//! Axes, channels, windows, sizes.

use gradus_nn::{
    ChannelShuffle, ConvOptions, Flatten, Fold, Identity, OutputSize, PixelShuffle, PixelUnshuffle, Resize,
    Unflatten, Unfold, Upsample,
};

use super::given::Options;
use super::{Class, Layer, module};

fn how(o: &Options<'_>) -> Result<ConvOptions, String> {
    Ok(ConvOptions {
        stride: o.sizes("stride", 1)?,
        padding: o.sizes("padding", 0)?.into(),
        dilation: o.sizes("dilation", 1)?,
        ..ConvOptions::default()
    })
}

fn upsample(o: &Options<'_>, mode: &str, corners: bool) -> Result<Box<dyn Layer>, String> {
    let mode = match mode {
        "nearest" => Resize::Nearest,
        "nearest-exact" => Resize::NearestExact,
        "linear" | "bilinear" | "trilinear" => Resize::Linear { corners },
        "bicubic" => Resize::Cubic { corners },
        "area" => Resize::Area,
        other => return Err(format!("unsupported: mode {other}")),
    };
    let output = match o.numbers("scale_factor")? {
        Some(factors) => OutputSize::Factors(factors),
        None => OutputSize::Sizes(o.sizes("size", 1)?),
    };
    let recompute_scale_factor = o.flag("recompute_scale_factor", false);
    Ok(module(Upsample { output, mode, recompute_scale_factor }))
}

pub(super) const CLASSES: &[Class] = &[
    ("Flatten", "start_dim end_dim", |o| {
        let (start, end) = (o.number("start_dim", 1.0) as isize, o.number("end_dim", -1.0) as isize);
        Ok(module(Flatten { start, end }))
    }),
    ("Unflatten", "dim unflattened_size", |o| {
        let sizes = o.integers("unflattened_size")?.ok_or("no sizes")?;
        Ok(module(Unflatten { axis: o.number("dim", 0.0) as isize, sizes }))
    }),
    ("Identity", "", |_| Ok(module(Identity))),
    ("PixelShuffle", "upscale_factor", |o| {
        Ok(module(PixelShuffle { upscale_factor: o.size("upscale_factor", 1) }))
    }),
    ("PixelUnshuffle", "downscale_factor", |o| {
        Ok(module(PixelUnshuffle { downscale_factor: o.size("downscale_factor", 1) }))
    }),
    ("ChannelShuffle", "groups", |o| Ok(module(ChannelShuffle { groups: o.size("groups", 1) }))),
    ("Unfold", "kernel_size dilation padding stride", |o| {
        Ok(module(Unfold { kernel: o.each("kernel_size", 1)?, how: how(o)? }))
    }),
    ("Fold", "output_size kernel_size dilation padding stride", |o| {
        let (output_size, kernel) = (o.each("output_size", 1)?, o.each("kernel_size", 1)?);
        Ok(module(Fold { output_size, kernel, how: how(o)? }))
    }),
    ("Upsample", "size scale_factor mode align_corners recompute_scale_factor", |o| {
        upsample(o, o.text("mode", "nearest"), o.flag("align_corners", false))
    }),
    ("UpsamplingNearest2d", "size scale_factor", |o| upsample(o, "nearest", false)),
    ("UpsamplingBilinear2d", "size scale_factor", |o| upsample(o, "bilinear", true)),
];
