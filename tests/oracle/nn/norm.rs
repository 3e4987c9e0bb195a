//! Normalisations.

use gradus_nn::{BatchNorm, LayerNorm};

use super::given::Options;
use super::{Class, Layer, module};

const BATCH_NORM: &str = "num_features eps momentum affine track_running_stats";

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
