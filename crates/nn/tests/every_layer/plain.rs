//! Affine maps, containers, dropout, shapes, similarities.

use gradus_nn::{
    AlphaDropout, Bilinear, ChannelShuffle, ConvOptions, CosineSimilarity, Dropout, Dropout1d, Dropout2d,
    Dropout3d, Embedding, FeatureAlphaDropout, Flatten, Fold, Identity, Linear, Merge, PairwiseDistance,
    Parallel, PixelShuffle, PixelUnshuffle, Residual, Resize, Sequential, Softplus, Tanh, Unflatten, Unfold,
    Upsample, sequential,
};

use crate::entry::{Entry, called, layer};

pub(crate) fn table() -> Vec<Entry> {
    let mut all = affine();
    all.extend(containers());
    all.extend(dropouts());
    all.extend(shapes());
    all.extend(pictures());
    all
}

fn affine() -> Vec<Entry> {
    vec![
        layer("Linear", &[3, 5], |rng| Linear::new(5, 3, rng)),
        layer("Linear", &[2, 3, 5], |rng| Linear { bias: None, ..Linear::new(5, 3, rng) }),
        layer("Embedding", &[3, 5], |rng| Embedding::new(7, 3, rng)).indices(7),
        called(
            "Bilinear",
            &[3, 7],
            |rng| Bilinear::new(3, 4, 5, rng),
            |layer, x| layer.of(x.narrow(-1, 0, 3), x.narrow(-1, 3, 4)),
        ),
        called(
            "Bilinear",
            &[3, 6],
            |rng| Bilinear { bias: None, ..Bilinear::new(3, 3, 1, rng) },
            |layer, x| layer.of(x.narrow(-1, 0, 3), x.narrow(-1, 3, 3)),
        ),
        called(
            "CosineSimilarity",
            &[3, 8],
            |_| CosineSimilarity::default(),
            |layer, x| layer.of(x.narrow(1, 0, 4), x.narrow(1, 4, 4)),
        ),
        called(
            "PairwiseDistance",
            &[3, 8],
            |_| PairwiseDistance::default(),
            |layer, x| layer.of(x.narrow(1, 0, 4), x.narrow(1, 4, 4)),
        ),
        called(
            "PairwiseDistance",
            &[3, 6],
            |_| PairwiseDistance { p: 3.0, keep_axis: true, ..PairwiseDistance::default() },
            |layer, x| layer.of(x.narrow(1, 0, 3), x.narrow(1, 3, 3)),
        ),
    ]
}

fn containers() -> Vec<Entry> {
    vec![
        layer("Residual", &[3, 5], |rng| Residual(Linear::new(5, 5, rng))),
        layer("Residual", &[3, 5], |rng| Residual(sequential![Linear::new(5, 5, rng), Tanh])).of_boxes(),
        layer("Sequential", &[3, 5], |rng| {
            sequential![Linear::new(5, 4, rng), Softplus::default(), Linear::new(4, 1, rng)]
        })
        .of_boxes(),
        layer("Sequential", &[3, 5], |_| Sequential::new()),
        layer("Parallel", &[3, 5], |rng| {
            let mut layer = Parallel::new(Merge::Cat(1));
            layer.push(Linear::new(5, 2, rng));
            layer.push(sequential![Linear::new(5, 3, rng), Tanh]);
            layer
        })
        .of_boxes(),
        layer("Parallel", &[3, 5], |rng| {
            let mut layer = Parallel::new(Merge::Sum);
            layer.push(Linear::new(5, 3, rng));
            layer.push(Linear::new(5, 3, rng));
            layer
        })
        .of_boxes(),
    ]
}

/// Outside of training they are the identity; what they do there, their own tests check.
fn dropouts() -> Vec<Entry> {
    vec![
        layer("Dropout", &[3, 5], |_| Dropout::default()),
        layer("Dropout1d", &[3, 5, 3], |_| Dropout1d::default()),
        layer("Dropout2d", &[3, 5, 3, 3], |_| Dropout2d::default()),
        layer("Dropout3d", &[3, 5, 3, 1, 3], |_| Dropout3d::default()),
        layer("AlphaDropout", &[3, 5], |_| AlphaDropout::default()),
        layer("FeatureAlphaDropout", &[3, 5, 3], |_| FeatureAlphaDropout::default()),
    ]
}

fn shapes() -> Vec<Entry> {
    vec![
        layer("Identity", &[3, 5], |_| Identity),
        layer("Flatten", &[3, 5, 1, 3], |_| Flatten::default()),
        layer("Flatten", &[3, 5, 1, 3], |_| Flatten { start: -3, end: 2 }),
        layer("Unflatten", &[3, 15], |_| Unflatten::new(1, [3, 5])),
        layer("Unflatten", &[3, 2, 15], |_| Unflatten::new(-1, [5, -1, 1])),
    ]
}

fn pictures() -> Vec<Entry> {
    let how = || ConvOptions { stride: vec![2, 1], padding: [1, 0].into(), ..ConvOptions::default() };
    vec![
        layer("PixelShuffle", &[2, 9, 3, 5], |_| PixelShuffle { upscale_factor: 3 }),
        layer("PixelUnshuffle", &[2, 3, 9, 3], |_| PixelUnshuffle { downscale_factor: 3 }),
        layer("ChannelShuffle", &[2, 9, 5], |_| ChannelShuffle { groups: 3 }),
        layer("Unfold", &[2, 3, 5, 7], |_| Unfold::new([3, 2])),
        layer("Unfold", &[2, 3, 5, 3], move |_| Unfold { how: how(), ..Unfold::new([3, 2]) }),
        layer("Fold", &[2, 18, 18], |_| Fold::new([5, 7], [3, 2])),
        layer("Fold", &[2, 18, 6], move |_| Fold { how: how(), ..Fold::new([5, 3], [3, 2]) }),
        layer("Upsample", &[2, 3, 5], |_| Upsample::new(1.7, Resize::Nearest)),
        layer("Upsample", &[2, 3, 5], |_| Upsample::new([7], Resize::Linear { corners: false })),
        layer("Upsample", &[2, 1, 5, 3], |_| Upsample::new([1.5, 2.0], Resize::Cubic { corners: true })),
        layer("Upsample", &[2, 1, 5, 3], |_| Upsample::new([3, 2], Resize::Area)),
        layer("Upsample", &[2, 1, 3, 3, 3], |_| Upsample::new(1.5, Resize::NearestExact)),
    ]
}
