//! Names, letter by letter: the models of makemore.

use super::{Model, Recipe};

pub(super) const MODELS: &[Model] = &[Model::Mlp, Model::Bigram, Model::Gru, Model::Transformer];

pub(super) fn recipe(model: Model) -> Recipe {
    let plain = Recipe { epochs: Some(2), ..Recipe::plain(model, 0.003, 128) };
    let wide = |hidden| Recipe {
        embedding: Some(16),
        context: Some(8),
        hidden: Some(hidden),
        clip_norm: Some(1.0),
        ..plain.clone()
    };
    match model {
        Model::Bigram => Recipe { lr: 0.05, weight_decay: 0.0, ..plain },
        Model::Gru => wide(96),
        Model::Transformer => {
            Recipe { embedding: None, layers: Some(2), heads: Some(4), dropout: Some(0.0), ..wide(64) }
        }
        _ => Recipe { epochs: Some(4), context: Some(3), clip_norm: None, ..wide(200) },
    }
}
