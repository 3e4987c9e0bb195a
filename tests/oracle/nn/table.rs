//! Tables of vectors.

use gradus_nn::{Bag, Embedding, EmbeddingBag};
use gradus_tensor::rng;

use super::given::Options;
use super::{Class, module, with};

pub(super) const CLASSES: &[Class] = &[
    (
        "Embedding",
        "num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse",
        |o| {
            let new = Embedding::new(o.size("num_embeddings", 1), o.size("embedding_dim", 1), &mut rng(0));
            let new = if o.get("padding_idx").is_some() { new.with_padding(padding(o)) } else { new };
            Ok(module(Embedding {
                max_norm: o.get("max_norm").map(|_| o.number("max_norm", 0.0)),
                norm_type: o.number("norm_type", 2.0),
                scale_grad_by_freq: o.flag("scale_grad_by_freq", false),
                ..new
            }))
        },
    ),
    (
        "EmbeddingBag",
        "num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode sparse _weight include_last_offset \
         padding_idx",
        |o| {
            let new = EmbeddingBag::new(o.size("num_embeddings", 1), o.size("embedding_dim", 1), &mut rng(0));
            let new = if o.get("padding_idx").is_some() { new.with_padding(padding(o)) } else { new };
            let layer = EmbeddingBag {
                max_norm: o.get("max_norm").map(|_| o.number("max_norm", 0.0)),
                norm_type: o.number("norm_type", 2.0),
                scale_grad_by_freq: o.flag("scale_grad_by_freq", false),
                mode: match o.text("mode", "mean") {
                    "sum" => Bag::Sum,
                    "max" => Bag::Max,
                    _ => Bag::Mean,
                },
                include_last_offset: o.flag("include_last_offset", false),
                ..new
            };
            Ok(with(layer, |layer, call| {
                let offsets = match call.optional(1)? {
                    Some(offsets) => Some(offsets.value()),
                    None => call.options.tensor("offsets")?,
                };
                let weights = match call.optional(2)? {
                    Some(weights) => Some(weights),
                    None => call.options.tensor("per_sample_weights")?.map(|w| call.tape.constant(w)),
                };
                Ok(vec![layer.pool(call.input(0)?, offsets.as_ref(), weights)])
            }))
        },
    ),
];

fn padding(o: &Options<'_>) -> isize {
    o.number("padding_idx", 0.0) as isize
}
