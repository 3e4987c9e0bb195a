//! Handwritten digits of 28×28 pixels.

use super::{Model, Recipe};

pub(super) const MODELS: &[Model] = &[Model::Mlp, Model::Lenet, Model::Cnn, Model::Linear];

pub(super) fn recipe(model: Model) -> Recipe {
    let plain = Recipe { epochs: Some(5), ..Recipe::plain(model, 0.002, 128) };
    match model {
        Model::Mlp => Recipe { hidden: Some(256), input_dropout: Some(0.0), dropout: Some(0.1), ..plain },
        Model::Linear => plain,
        Model::Lenet => Recipe { dropout: Some(0.0), ..plain },
        _ => Recipe { epochs: Some(3), hidden: Some(32), dropout: Some(0.1), ..plain },
    }
}
