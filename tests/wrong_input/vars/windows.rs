//! Convolutions, pools, normalisations, images.

use gradus::autograd::ops::{ConvOptions, Outside, Pool, Resize};
use gradus::tensor::Tensor;
use gradus::tensor::pool::Taps;

use super::{Call, of};
use crate::Entry;

fn conv() -> ConvOptions {
    ConvOptions::default()
}

pub(crate) fn table() -> Vec<Entry<Call>> {
    let mut all = images();
    all.extend(resized());
    all.extend(normalised());
    all
}

fn images() -> Vec<Entry<Call>> {
    vec![
        of("conv", &[&[1, 2, 5, 4], &[2, 2, 3, 2], &[2]], |x, _| x[0].conv(x[1], Some(x[2]), &conv())),
        of("conv", &[&[1, 2, 5], &[2, 1, 3]], |x, _| {
            x[0].conv(x[1], None, &ConvOptions { groups: 2, dilation: vec![2], ..conv() })
        }),
        of("conv_transpose", &[&[1, 2, 3, 2], &[2, 2, 2, 2], &[2]], |x, _| {
            x[0].conv_transpose(x[1], Some(x[2]), &conv(), &[0, 0])
        }),
        of("conv_transpose", &[&[1, 2, 3], &[2, 2, 2]], |x, _| {
            x[0].conv_transpose(
                x[1],
                None,
                &ConvOptions { stride: vec![2], padding: 1.into(), ..conv() },
                &[1],
            )
        }),
        of("window_columns", &[&[1, 1, 4, 4]], |x, _| x[0].window_columns(&[2, 2], &conv())),
        of("fold", &[&[1, 4, 9]], |x, _| x[0].fold(&[4, 4], &[2, 2], &conv())),
        of("avg_pool", &[&[1, 2, 4, 4]], |x, _| x[0].avg_pool(&Pool::of(2))),
        of("max_pool", &[&[1, 2, 4, 4]], |x, _| x[0].max_pool(&Pool::of(2)).0),
        of("max_pool", &[&[1, 2, 4, 4]], |x, _| {
            x[0].max_pool(&Pool { ceil: true, stride: vec![3], ..Pool::of(3) }).0
        }),
        of("lp_pool", &[&[1, 2, 4, 4]], |x, _| x[0].lp_pool(2.0, &Pool::of(2))),
        of("adaptive_avg_pool", &[&[1, 2, 4, 4]], |x, _| x[0].adaptive_avg_pool(&[2, 3])),
        of("adaptive_max_pool", &[&[1, 2, 4, 4]], |x, _| x[0].adaptive_max_pool(&[2, 3]).0),
        of("fractional_max_pool", &[&[1, 2, 4, 4]], |x, _| {
            x[0].fractional_max_pool(&[2, 2], &[2, 3], &Tensor::full([1, 2, 2], 0.5)).0
        }),
        of("max_unpool", &[&[1, 1, 2, 2]], |x, a| x[0].max_unpool(&a.index, &[4, 4])).index(
            &[0, 2, 8, 15],
            &[1, 1, 2, 2],
            16,
        ),
    ]
}

fn resized() -> Vec<Entry<Call>> {
    vec![
        of("along_axis", &[&[3, 4]], |x, a| {
            x[0].along_axis(a.axis, Taps::even(4, [(vec![0, 1], 0.5), (vec![2, 3], 0.5)]))
        })
        .axis(1),
        of("along_axis", &[&[3, 4]], |x, a| {
            x[0].along_axis(1, Taps::even(4, [(vec![0, a.index.to_vec::<i64>()[0] as usize], 0.5)]))
        }),
        of("resize", &[&[1, 1, 3, 3]], |x, _| x[0].resize(&[5, 4], Resize::Linear { corners: false })),
        of("resize", &[&[1, 1, 3, 3]], |x, _| x[0].resize(&[5, 4], Resize::Cubic { corners: true })),
        of("resize", &[&[1, 1, 3, 3]], |x, _| x[0].resize(&[5, 4], Resize::Nearest)),
        of("resize_by", &[&[1, 1, 3, 3]], |x, _| {
            x[0].resize_by(&[5, 4], &[0.5, 0.7], Resize::Linear { corners: false })
        }),
        of("grid_sample", &[&[1, 1, 4, 4], &[1, 2, 2, 2]], |x, _| {
            x[0].grid_sample(x[1], Resize::Linear { corners: true }, Outside::Zeros, true)
        }),
        of("grid_sample", &[&[1, 1, 4, 4], &[1, 2, 2, 2]], |x, _| {
            x[0].grid_sample(x[1], Resize::Cubic { corners: false }, Outside::Reflection, false)
        }),
        of("grid_sample", &[&[1, 1, 4, 4], &[1, 2, 2, 2]], |x, _| {
            x[0].grid_sample(x[1], Resize::Nearest, Outside::Border, false)
        }),
    ]
}

fn normalised() -> Vec<Entry<Call>> {
    vec![
        of("layer_norm", &[&[3, 4], &[4], &[4]], |x, _| x[0].layer_norm(x[1], x[2], 1e-5)),
        of("standardize", &[&[3, 4]], |x, _| x[0].standardize(1, 1e-5)),
        of("rms_norm", &[&[3, 4]], |x, _| x[0].rms_norm(1, 1e-5)),
        of("scale_channels", &[&[2, 3, 4], &[3], &[3]], |x, _| x[0].scale_channels(Some(x[1]), Some(x[2]))),
        of("group_norm", &[&[2, 4, 3], &[4], &[4]], |x, _| x[0].group_norm(2, Some(x[1]), Some(x[2]), 1e-5)),
        of("channel_statistics", &[&[2, 4, 3]], |x, _| x[0].channel_statistics().1),
        of("batch_norm", &[&[2, 4, 3], &[4], &[4]], |x, _| x[0].batch_norm(x[1], x[2], 1e-5)),
        of("batch_norm_with", &[&[2, 4, 3], &[4], &[4], &[4], &[4]], |x, _| {
            x[0].batch_norm_with(x[1], x[2], Some(x[3]), Some(x[4]), 1e-5)
        }),
        of("batch_norm_training", &[&[2, 4, 3], &[4], &[4]], |x, _| {
            x[0].batch_norm_training(Some(x[1]), Some(x[2]), 1e-5).0
        }),
        of("local_response_norm", &[&[2, 4, 3]], |x, _| x[0].local_response_norm(3, 1e-4, 0.75, 1.0)),
    ]
}
