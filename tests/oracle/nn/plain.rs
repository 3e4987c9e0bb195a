//! Affine maps, tables, dropout, shapes.

use gradus_nn::{Dropout, Embedding, Flatten, Identity, Linear};
use gradus_tensor::rng;

use super::{Class, module};

pub(super) const CLASSES: &[Class] = &[
    ("Linear", "in_features out_features bias", |o| {
        let layer = Linear::new(o.size("in_features", 1), o.size("out_features", 1), &mut rng(0));
        Ok(module(Linear { weight: layer.weight, bias: layer.bias.filter(|_| o.flag("bias", true)) }))
    }),
    ("Embedding", "num_embeddings embedding_dim padding_idx", |o| {
        let new = Embedding::new(o.size("num_embeddings", 1), o.size("embedding_dim", 1), &mut rng(0));
        Ok(module(match o.get("padding_idx") {
            Some(_) => new.with_padding(o.size("padding_idx", 0)),
            None => new,
        }))
    }),
    ("Dropout", "p inplace", |o| Ok(module(Dropout { p: o.number("p", 0.5) }))),
    ("Flatten", "", |_| Ok(module(Flatten))),
    ("Identity", "", |_| Ok(module(Identity))),
];
