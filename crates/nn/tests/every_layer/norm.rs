//! Normalisations.

use gradus_nn::{
    BatchNorm, Conv1d, ConvOptions, ConvTranspose2d, GroupNorm, InstanceNorm, LayerNorm, Linear,
    LocalResponseNorm, RmsNorm, SpectralNorm, WeightNorm,
};

use crate::entry::{Entry, layer};

pub(crate) fn table() -> Vec<Entry> {
    vec![
        layer("BatchNorm", &[3, 5], |_| BatchNorm::new(5)),
        layer("BatchNorm", &[3, 5, 3, 1], |_| BatchNorm { momentum: None, eps: 1e-2, ..BatchNorm::new(5) }),
        layer("BatchNorm", &[3, 5, 3], |_| BatchNorm {
            weight: None,
            bias: None,
            running: None,
            ..BatchNorm::new(5)
        })
        .of_the_whole_batch(),
        layer("LayerNorm", &[3, 5], |_| LayerNorm::new(5)),
        layer("LayerNorm", &[3, 3, 5], |_| LayerNorm { bias: None, eps: 1e-2, ..LayerNorm::new([3, 5]) }),
        layer("LayerNorm", &[3, 5], |_| LayerNorm { weight: None, bias: None, ..LayerNorm::new(5) }),
        layer("RmsNorm", &[3, 5], |_| RmsNorm::new(5)),
        layer("RmsNorm", &[3, 3, 5], |_| RmsNorm { weight: None, eps: Some(1e-2), ..RmsNorm::new([3, 5]) }),
        layer("GroupNorm", &[3, 9, 5], |_| GroupNorm::new(3, 9)),
        layer("GroupNorm", &[3, 4, 3, 1], |_| GroupNorm { weight: None, bias: None, ..GroupNorm::new(2, 4) }),
        layer("InstanceNorm", &[3, 5, 7], |_| InstanceNorm::new(5)),
        layer("InstanceNorm", &[3, 3, 5, 3], |_| InstanceNorm::new(3).with_affine().with_running()),
        layer("LocalResponseNorm", &[3, 5, 3], |_| LocalResponseNorm {
            alpha: 0.5,
            ..LocalResponseNorm::new(3)
        }),
        layer("WeightNorm", &[3, 5], |rng| WeightNorm::new(Linear::new(5, 3, rng))),
        layer("WeightNorm", &[3, 4, 5], |rng| {
            WeightNorm::of(Conv1d::new(4, 3, [3], ConvOptions::default(), rng), "weight", None)
        }),
        layer("SpectralNorm", &[3, 5], |rng| {
            SpectralNorm::new(Linear::new(5, 3, rng), &mut gradus_tensor::rng(3))
        }),
        layer("SpectralNorm", &[2, 2, 3, 3], |rng| {
            let inner = ConvTranspose2d::new(2, 3, [2, 2], ConvOptions::default(), rng);
            SpectralNorm::of(inner, "weight", 1, &mut gradus_tensor::rng(3))
        }),
    ]
}
