//! A table of the user's.

use super::{Model, Recipe};

pub(super) const MODELS: &[Model] = &[Model::Mlp, Model::Linear];

pub(super) fn recipe(model: Model) -> Recipe {
    let plain = Recipe { epochs: Some(100), ..Recipe::plain(model, 0.005, 64) };
    match model {
        Model::Linear => Recipe { lr: 0.02, ..plain },
        _ => Recipe { hidden: Some(64), dropout: Some(0.1), input_dropout: Some(0.0), ..plain },
    }
}
