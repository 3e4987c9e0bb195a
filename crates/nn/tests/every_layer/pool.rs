//! Pools.

use gradus_nn::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, FractionalMaxPool2d, FractionalMaxPool3d, LpPool1d,
    LpPool2d, LpPool3d, MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d, Pool,
};

use crate::entry::{Entry, called, layer};

pub(crate) fn table() -> Vec<Entry> {
    let mut all = regular();
    all.extend(adaptive());
    all.extend(back());
    all
}

fn regular() -> Vec<Entry> {
    let wide = || Pool { stride: vec![2], padding: vec![1], ceil: true, ..Pool::of(3) };
    vec![
        layer("MaxPool1d", &[3, 2, 7], |_| MaxPool1d::new(2)),
        layer("MaxPool1d", &[3, 2, 7], |_| MaxPool1d::new(Pool { dilation: vec![2], ..Pool::of(3) })),
        layer("MaxPool2d", &[2, 2, 7, 5], move |_| MaxPool2d::new(wide())),
        layer("MaxPool2d", &[2, 2, 7, 5], |_| MaxPool2d::new([3, 2])),
        layer("MaxPool3d", &[2, 1, 3, 5, 3], |_| MaxPool3d::new(2)),
        layer("AvgPool1d", &[3, 2, 7], |_| AvgPool1d::new(2)),
        layer("AvgPool2d", &[2, 2, 7, 5], move |_| AvgPool2d::new(wide())),
        layer("AvgPool2d", &[2, 2, 7, 5], move |_| AvgPool2d::new(Pool { count_padding: false, ..wide() })),
        layer("AvgPool3d", &[2, 1, 3, 5, 3], |_| AvgPool3d::new(Pool { divisor: Some(3.0), ..Pool::of(2) })),
        layer("LpPool1d", &[3, 2, 7], |_| LpPool1d::new(2.0, 3)),
        layer("LpPool2d", &[2, 2, 7, 5], |_| {
            LpPool2d::new(4.0, Pool { stride: vec![2], ceil: true, ..Pool::of(3) })
        }),
        layer("LpPool3d", &[2, 1, 3, 5, 3], |_| LpPool3d::new(2.0, [1, 2, 3])),
        layer("FractionalMaxPool2d", &[2, 2, 7, 9], |_| FractionalMaxPool2d::new([2, 2], 0.6)),
        layer("FractionalMaxPool3d", &[2, 1, 5, 5, 5], |_| FractionalMaxPool3d::new([2, 2, 2], [3, 2, 4])),
    ]
}

fn adaptive() -> Vec<Entry> {
    vec![
        layer("AdaptiveAvgPool1d", &[3, 2, 7], |_| AdaptiveAvgPool1d::new([3])),
        layer("AdaptiveAvgPool2d", &[2, 2, 7, 5], |_| AdaptiveAvgPool2d { output_size: [None, Some(2)] }),
        layer("AdaptiveAvgPool3d", &[2, 1, 3, 5, 3], |_| AdaptiveAvgPool3d::new([2, 3, 5])),
        layer("AdaptiveMaxPool1d", &[3, 2, 7], |_| AdaptiveMaxPool1d::new([3])),
        layer("AdaptiveMaxPool2d", &[2, 2, 7, 5], |_| AdaptiveMaxPool2d::new([3, 3])),
        layer("AdaptiveMaxPool3d", &[2, 1, 3, 5, 3], |_| AdaptiveMaxPool3d {
            output_size: [Some(1), None, Some(2)],
        }),
    ]
}

/// Pooled, and back to the places.
fn back() -> Vec<Entry> {
    vec![
        called(
            "MaxUnpool1d",
            &[3, 2, 8],
            |_| MaxUnpool1d::new([2]),
            |layer, x| {
                let (y, places) = MaxPool1d::new(2).with_indices(x);
                layer.unpool(y, &places)
            },
        ),
        called(
            "MaxUnpool2d",
            &[2, 2, 7, 5],
            |_| MaxUnpool2d::new([2, 2]),
            |layer, x| {
                let (y, places) = MaxPool2d::new(2).with_indices(x);
                layer.unpool_to(y, &places, [7, 5])
            },
        ),
        called(
            "MaxUnpool3d",
            &[2, 1, 4, 2, 2],
            |_| MaxUnpool3d::new([2, 2, 2]),
            |layer, x| {
                let (y, places) = MaxPool3d::new(2).with_indices(x);
                layer.unpool(y, &places)
            },
        ),
    ]
}
