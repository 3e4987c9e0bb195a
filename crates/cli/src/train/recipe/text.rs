//! A text, letter by letter: nanoGPT's model for a CPU, with its numbers.

use super::{Model, Recipe};

pub(super) const MODELS: &[Model] = &[Model::Transformer];

pub(super) fn recipe(model: Model) -> Recipe {
    Recipe {
        weight_decay: 0.1,
        steps: Some(2000),
        clip_norm: Some(1.0),
        layers: Some(4),
        heads: Some(4),
        hidden: Some(128),
        context: Some(64),
        dropout: Some(0.0),
        ..Recipe::plain(model, 0.001, 12)
    }
}
