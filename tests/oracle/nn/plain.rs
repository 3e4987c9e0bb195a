//! Affine maps, similarities.

use gradus_nn::{Bilinear, CosineSimilarity, Linear, PairwiseDistance};
use gradus_tensor::rng;

use super::{Class, module, with};

pub(super) const CLASSES: &[Class] = &[
    ("Linear", "in_features out_features bias", |o| {
        let layer = Linear::new(o.size("in_features", 1), o.size("out_features", 1), &mut rng(0));
        Ok(module(Linear { weight: layer.weight, bias: layer.bias.filter(|_| o.flag("bias", true)) }))
    }),
    ("Bilinear", "in1_features in2_features out_features bias", |o| {
        let (m, n) = (o.size("in1_features", 1), o.size("in2_features", 1));
        let layer = Bilinear::new(m, n, o.size("out_features", 1), &mut rng(0));
        let layer = Bilinear { weight: layer.weight, bias: layer.bias.filter(|_| o.flag("bias", true)) };
        Ok(with(layer, |layer, call| Ok(vec![layer.of(call.input(0)?, call.input(1)?)])))
    }),
    ("CosineSimilarity", "dim eps", |o| {
        let layer = CosineSimilarity { axis: o.number("dim", 1.0) as isize, eps: o.number("eps", 1e-8) };
        Ok(with(layer, |layer, call| Ok(vec![layer.of(call.input(0)?, call.input(1)?)])))
    }),
    ("PairwiseDistance", "p eps keepdim", |o| {
        let (p, eps) = (o.number("p", 2.0), o.number("eps", 1e-6));
        let layer = PairwiseDistance { p, eps, keep_axis: o.flag("keepdim", false) };
        Ok(with(layer, |layer, call| Ok(vec![layer.of(call.input(0)?, call.input(1)?)])))
    }),
];
