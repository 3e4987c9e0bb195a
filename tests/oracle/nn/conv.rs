//! Convolutions.

use gradus_nn::{
    Conv1d, Conv2d, Conv3d, ConvOptions, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Module, Padding,
    PaddingMode,
};
use gradus_tensor::rng;

use super::given::Options;
use super::{Class, module, with};

const CONV: &str = "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode";
const TRANSPOSED: &str = "in_channels out_channels kernel_size stride padding output_padding groups bias dilation \
                          padding_mode";

fn how(o: &Options<'_>) -> Result<ConvOptions, String> {
    let padding = match o.text("padding", "") {
        "same" => Padding::Same,
        "valid" => Padding::Valid,
        "" => o.sizes("padding", 0)?.into(),
        other => return Err(format!("unsupported: padding {other}")),
    };
    let padding_mode = match o.text("padding_mode", "zeros") {
        "zeros" => PaddingMode::Zeros,
        "reflect" => PaddingMode::Reflect,
        "replicate" => PaddingMode::Replicate,
        "circular" => PaddingMode::Circular,
        other => return Err(format!("unsupported: padding_mode {other}")),
    };
    Ok(ConvOptions {
        stride: o.sizes("stride", 1)?,
        padding,
        dilation: o.sizes("dilation", 1)?,
        groups: o.size("groups", 1),
        padding_mode,
    })
}

macro_rules! convolution {
    ($Conv:ident) => {
        |o| {
            let (inputs, outputs) = (o.size("in_channels", 1), o.size("out_channels", 1));
            let layer = $Conv::new(inputs, outputs, o.each("kernel_size", 1)?, how(o)?, &mut rng(0));
            let bias = layer.bias.filter(|_| o.flag("bias", true));
            Ok(module($Conv { weight: layer.weight, bias, how: layer.how }))
        }
    };
}

macro_rules! transposed {
    ($Conv:ident) => {
        |o| {
            let (inputs, outputs) = (o.size("in_channels", 1), o.size("out_channels", 1));
            let layer = $Conv::new(inputs, outputs, o.each("kernel_size", 1)?, how(o)?, &mut rng(0));
            let bias = layer.bias.filter(|_| o.flag("bias", true));
            let output_padding = o.each("output_padding", 0)?;
            let layer = $Conv { weight: layer.weight, bias, how: layer.how, output_padding };
            Ok(with(layer, |layer, call| {
                let x = call.input(0)?;
                let Some(sizes) = call.options.integers("output_size")? else {
                    return Ok(vec![layer.forward(x)]);
                };
                let last = &sizes[sizes.len() - layer.output_padding.len()..];
                Ok(vec![layer.forward_to(x, std::array::from_fn(|a| last[a] as usize))])
            }))
        }
    };
}

pub(super) const CLASSES: &[Class] = &[
    ("Conv1d", CONV, convolution!(Conv1d)),
    ("Conv2d", CONV, convolution!(Conv2d)),
    ("Conv3d", CONV, convolution!(Conv3d)),
    ("ConvTranspose1d", TRANSPOSED, transposed!(ConvTranspose1d)),
    ("ConvTranspose2d", TRANSPOSED, transposed!(ConvTranspose2d)),
    ("ConvTranspose3d", TRANSPOSED, transposed!(ConvTranspose3d)),
];
