//! Convolutions.

use gradus_nn::{Conv1d, Conv2d, Conv3d, ConvOptions};
use gradus_tensor::rng;

use super::given::Options;
use super::{Class, module};

const CONV: &str = "in_channels out_channels kernel_size stride padding dilation groups bias";

fn how(o: &Options<'_>) -> Result<ConvOptions, String> {
    Ok(ConvOptions {
        stride: o.sizes("stride", 1)?,
        padding: o.sizes("padding", 0)?,
        dilation: o.sizes("dilation", 1)?,
        groups: o.size("groups", 1),
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

pub(super) const CLASSES: &[Class] = &[
    ("Conv1d", CONV, convolution!(Conv1d)),
    ("Conv2d", CONV, convolution!(Conv2d)),
    ("Conv3d", CONV, convolution!(Conv3d)),
];
