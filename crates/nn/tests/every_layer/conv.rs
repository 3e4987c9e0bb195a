//! Convolutions.

use gradus_nn::{
    Conv1d, Conv2d, Conv3d, ConvOptions, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Padding,
    PaddingMode,
};

use crate::entry::{Entry, called, layer};

fn plain() -> ConvOptions {
    ConvOptions::default()
}

/// Every option at once.
fn rich(padding_mode: PaddingMode) -> ConvOptions {
    ConvOptions { stride: vec![2], padding: 1.into(), dilation: vec![2], groups: 2, padding_mode }
}

fn same(padding_mode: PaddingMode) -> ConvOptions {
    ConvOptions { padding: Padding::Same, padding_mode, ..plain() }
}

pub(crate) fn table() -> Vec<Entry> {
    let mut all = vec![
        layer("Conv1d", &[3, 3, 7], |rng| Conv1d::new(3, 5, [3], plain(), rng)),
        layer("Conv1d", &[2, 4, 7], |rng| Conv1d {
            bias: None,
            ..Conv1d::new(4, 2, [3], rich(PaddingMode::Zeros), rng)
        }),
        layer("Conv2d", &[2, 3, 5, 7], |rng| Conv2d::new(3, 2, [3, 2], plain(), rng)),
        layer("Conv2d", &[2, 4, 7, 5], |rng| Conv2d::new(4, 2, [3, 2], rich(PaddingMode::Reflect), rng)),
        layer("Conv2d", &[2, 3, 5, 3], |rng| Conv2d::new(3, 3, [2, 3], same(PaddingMode::Zeros), rng)),
        layer("Conv3d", &[2, 1, 3, 3, 5], |rng| Conv3d::new(1, 2, [2, 2, 3], plain(), rng)),
        layer("Conv3d", &[2, 2, 3, 5, 3], |rng| {
            Conv3d::new(2, 2, [2, 2, 2], rich(PaddingMode::Circular), rng)
        }),
        layer("ConvTranspose1d", &[3, 3, 5], |rng| ConvTranspose1d::new(3, 2, [3], plain(), rng)),
        layer("ConvTranspose2d", &[2, 4, 3, 5], |rng| ConvTranspose2d {
            output_padding: [1, 0],
            ..ConvTranspose2d::new(4, 2, [3, 2], rich(PaddingMode::Zeros), rng)
        }),
        layer("ConvTranspose3d", &[2, 2, 3, 1, 3], |rng| ConvTranspose3d {
            bias: None,
            ..ConvTranspose3d::new(2, 1, [2, 2, 1], plain(), rng)
        }),
        called(
            "ConvTranspose2d",
            &[2, 2, 3, 3],
            |rng| ConvTranspose2d::new(2, 1, [3, 3], ConvOptions { stride: vec![3, 2], ..plain() }, rng),
            |layer, x| layer.forward_to(x, [11, 8]),
        ),
    ];
    for mode in
        [PaddingMode::Reflect, PaddingMode::Replicate, PaddingMode::Circular, PaddingMode::Constant(0.5)]
    {
        all.push(layer("Conv1d", &[3, 2, 7], move |rng| Conv1d::new(2, 3, [4], same(mode), rng)));
        all.push(layer("Conv2d", &[2, 1, 5, 3], move |rng| {
            Conv2d::new(
                1,
                2,
                [3, 3],
                ConvOptions { padding: [2, 1].into(), padding_mode: mode, ..plain() },
                rng,
            )
        }));
    }
    all
}
