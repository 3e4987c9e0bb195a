//! Normalisations.

use gradus_nn::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm};

use super::given::Options;
use super::{Class, Layer, module};

const BATCH_NORM: &str = "num_features eps momentum affine track_running_stats";

const INSTANCE_NORM: &str = "num_features eps momentum affine track_running_stats";

pub(super) const CLASSES: &[Class] = &[
    ("BatchNorm1d", BATCH_NORM, batch_norm),
    ("BatchNorm2d", BATCH_NORM, batch_norm),
    ("BatchNorm3d", BATCH_NORM, batch_norm),
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
    ("InstanceNorm1d", INSTANCE_NORM, instance_norm),
    ("InstanceNorm2d", INSTANCE_NORM, instance_norm),
    ("InstanceNorm3d", INSTANCE_NORM, instance_norm),
    ("LocalResponseNorm", "size alpha beta k", |o| {
        let new = LocalResponseNorm::new(o.size("size", 1));
        let (alpha, beta) = (o.number("alpha", new.alpha), o.number("beta", new.beta));
        Ok(module(LocalResponseNorm { alpha, beta, k: o.number("k", new.k), ..new }))
    }),
];

fn batch_norm(o: &Options<'_>) -> Result<Box<dyn Layer>, String> {
    let new = BatchNorm::new(o.size("num_features", 1));
    let affine = o.flag("affine", true);
    Ok(module(BatchNorm {
        weight: new.weight.filter(|_| affine),
        bias: new.bias.filter(|_| affine),
        running: new.running.filter(|_| o.flag("track_running_stats", true)),
        momentum: if o.is_null("momentum") { None } else { Some(o.number("momentum", 0.1)) },
        eps: o.number("eps", 1e-5),
    }))
}

fn instance_norm(o: &Options<'_>) -> Result<Box<dyn Layer>, String> {
    let new = InstanceNorm::new(o.size("num_features", 1));
    let new = if o.flag("affine", false) { new.with_affine() } else { new };
    let new = if o.flag("track_running_stats", false) { new.with_running() } else { new };
    // PyTorch takes no momentum for one of 0.
    let momentum = if o.is_null("momentum") { 0.0 } else { o.number("momentum", 0.1) };
    Ok(module(InstanceNorm { momentum, eps: o.number("eps", 1e-5), ..new }))
}
