//! Normalisations.

use gradus_nn::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm};

use super::given::Options;
use super::{Class, Layer, module};

const BATCH_NORM: &str = "num_features eps momentum affine track_running_stats";

const INSTANCE_NORM: &str = "num_features eps momentum affine track_running_stats";

pub(super) const CLASSES: &[Class] = &[
    ("BatchNorm1d", BATCH_NORM, |o| Ok(batch_norm(o))),
    ("BatchNorm2d", BATCH_NORM, |o| Ok(batch_norm(o))),
    ("BatchNorm3d", BATCH_NORM, |o| Ok(batch_norm(o))),
    ("LayerNorm", "normalized_shape eps elementwise_affine bias", |o| {
        let new = LayerNorm::new(&o.sizes("normalized_shape", 1)?[..]);
        let affine = o.flag("elementwise_affine", true);
        Ok(module(LayerNorm {
            weight: new.weight.filter(|_| affine),
            bias: new.bias.filter(|_| affine && o.flag("bias", true)),
            eps: o.number("eps", 1e-5),
            sizes: new.sizes,
        }))
    }),
    ("RMSNorm", "normalized_shape eps elementwise_affine", |o| {
        let new = RmsNorm::new(&o.sizes("normalized_shape", 1)?[..]);
        let weight = new.weight.filter(|_| o.flag("elementwise_affine", true));
        Ok(module(RmsNorm { weight, sizes: new.sizes, eps: o.get("eps").map(|_| o.number("eps", 0.0)) }))
    }),
    ("GroupNorm", "num_groups num_channels eps affine", |o| {
        let new = GroupNorm::new(o.size("num_groups", 1), o.size("num_channels", 1));
        let affine = o.flag("affine", true);
        let (weight, bias) = (new.weight.filter(|_| affine), new.bias.filter(|_| affine));
        Ok(module(GroupNorm {
            weight,
            bias,
            eps: o.number("eps", 1e-5),
            ..GroupNorm::new(new.groups, new.channels)
        }))
    }),
    ("InstanceNorm1d", INSTANCE_NORM, |o| Ok(instance_norm(o, 1))),
    ("InstanceNorm2d", INSTANCE_NORM, |o| Ok(instance_norm(o, 2))),
    ("InstanceNorm3d", INSTANCE_NORM, |o| Ok(instance_norm(o, 3))),
    ("LocalResponseNorm", "size alpha beta k", |o| {
        let new = LocalResponseNorm::new(o.size("size", 1));
        let (alpha, beta) = (o.number("alpha", new.alpha), o.number("beta", new.beta));
        Ok(module(LocalResponseNorm { alpha, beta, k: o.number("k", new.k), ..new }))
    }),
];

fn batch_norm(o: &Options<'_>) -> Box<dyn Layer> {
    let new = BatchNorm::new(o.size("num_features", 1));
    let affine = o.flag("affine", true);
    module(BatchNorm {
        weight: new.weight.filter(|_| affine),
        bias: new.bias.filter(|_| affine),
        running: new.running.filter(|_| o.flag("track_running_stats", true)),
        momentum: if o.is_null("momentum") { None } else { Some(o.number("momentum", 0.1)) },
        eps: o.number("eps", 1e-5),
    })
}

fn instance_norm(o: &Options<'_>, axes: usize) -> Box<dyn Layer> {
    let new = InstanceNorm::new(o.size("num_features", 1)).with_axes(axes);
    let new = if o.flag("affine", false) { new.with_affine() } else { new };
    let new = if o.flag("track_running_stats", false) { new.with_running() } else { new };
    // PyTorch takes no momentum for one of 0.
    let momentum = if o.is_null("momentum") { 0.0 } else { o.number("momentum", 0.1) };
    module(InstanceNorm { momentum, eps: o.number("eps", 1e-5), ..new })
}
