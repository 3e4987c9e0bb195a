//! Handwritten digits of 8×8 pixels.

use super::{Model, Recipe};

pub(super) const MODELS: &[Model] = &[Model::Mlp, Model::Lenet, Model::Cnn, Model::Linear];

pub(super) fn recipe(model: Model) -> Recipe {
    let plain = Recipe { epochs: Some(60), weight_decay: 0.1, ..Recipe::plain(model, 0.005, 64) };
    match model {
        Model::Mlp => Recipe { hidden: Some(256), input_dropout: Some(0.1), dropout: Some(0.4), ..plain },
        Model::Linear => plain,
        Model::Lenet => Recipe { epochs: Some(30), dropout: Some(0.0), ..plain },
        _ => Recipe { epochs: Some(20), hidden: Some(32), dropout: Some(0.1), ..plain },
    }
}
