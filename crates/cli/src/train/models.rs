//! The models of the recipes.

use gradus::autograd::params;
use gradus::nn::{AvgPool2d, DecoderBlock, RecurrentOptions, TransformerOptions, Unflatten};
use gradus::prelude::*;

use super::recipe::{Model, Recipe};
use crate::failure::Failure;

/// A classifier or, with one output, a regression of rows of numbers: two hidden layers of GELU, whose smoothness suits the comparison with
/// finite differences.
pub(super) fn of_rows(recipe: &Recipe, inputs: usize, outputs: usize, rng: &mut Rng) -> Sequential {
    let Some(hidden) = recipe.hidden else { return sequential![Linear::new(inputs, outputs, rng)] };
    let (first, later) = (recipe.input_dropout.unwrap_or(0.0), recipe.dropout.unwrap_or(0.0));
    sequential![
        Dropout { p: first },
        Linear::new(inputs, hidden, rng),
        Gelu,
        Dropout { p: later },
        Linear::new(hidden, hidden, rng),
        Gelu,
        Dropout { p: later },
        Linear::new(hidden, outputs, rng),
    ]
}

/// A classifier of square images, given as rows of pixels.
pub(super) fn of_images(
    recipe: &Recipe,
    pixels: usize,
    classes: usize,
    rng: &mut Rng,
) -> Result<Sequential, Failure> {
    let side = pixels.isqrt();
    let least = if side < 16 { 4 } else { 16 };
    if recipe.is_of_images() && (side * side != pixels || side < least || !side.is_multiple_of(4)) {
        return Err(Failure::Value(format!(
            "--model {}: images of {pixels} pixels are not square with a side that 4 divides",
            recipe.model.name()
        )));
    }
    Ok(match recipe.model {
        Model::Lenet => lenet(recipe, side, classes, rng),
        Model::Cnn => cnn(recipe, side, classes, rng),
        _ => of_rows(recipe, pixels, classes, rng),
    })
}

/// A row of pixels as an image.
fn image(side: usize) -> Unflatten {
    Unflatten::new(-1, [1, side as isize, side as isize])
}

fn padded(padding: usize) -> ConvOptions {
    ConvOptions { padding: padding.into(), ..ConvOptions::default() }
}

/// Two convolutions of tanh with average pools, and three linear layers. A kernel of 5 is too large for images of 8 pixels.
fn lenet(recipe: &Recipe, side: usize, classes: usize, rng: &mut Rng) -> Sequential {
    let small = side < 16;
    let (kernel, [first, second]) = if small { ([3, 3], [1, 1]) } else { ([5, 5], [2, 0]) };
    let left = if small { side / 4 } else { (side / 2 - 4) / 2 };
    sequential![
        image(side),
        Conv2d::new(1, 6, kernel, padded(first), rng),
        Tanh,
        AvgPool2d::new(2),
        Conv2d::new(6, 16, kernel, padded(second), rng),
        Tanh,
        AvgPool2d::new(2),
        Flatten::default(),
        Linear::new(16 * left * left, 120, rng),
        Tanh,
        Linear::new(120, 84, rng),
        Tanh,
        Dropout { p: recipe.dropout.unwrap_or(0.0) },
        Linear::new(84, classes, rng),
    ]
}

/// Two convolutions with batch norm, and the average of each channel.
fn cnn(recipe: &Recipe, side: usize, classes: usize, rng: &mut Rng) -> Sequential {
    let width = recipe.hidden.unwrap_or(32);
    sequential![
        image(side),
        Conv2d::new(1, width, [3, 3], padded(1), rng),
        BatchNorm::new(width),
        Gelu,
        AvgPool2d::new(2),
        Conv2d::new(width, 2 * width, [3, 3], padded(1), rng),
        BatchNorm::new(2 * width),
        Gelu,
        AvgPool2d::new(side / 2),
        Flatten::default(),
        Dropout { p: recipe.dropout.unwrap_or(0.0) },
        Linear::new(2 * width, classes, rng),
    ]
}

/// What follows some letters of a name.
pub(super) fn of_names(recipe: &Recipe, letters: usize, rng: &mut Rng) -> Sequential {
    let (hidden, context) = (recipe.hidden.unwrap_or(64), recipe.context.unwrap_or(1));
    let width = recipe.embedding.unwrap_or(16);
    match recipe.model {
        Model::Bigram => sequential![Embedding::new(letters, letters, rng), Flatten::default()],
        Model::Gru => {
            let options = RecurrentOptions { batch_first: true, ..RecurrentOptions::default() };
            sequential![
                Embedding::new(letters, width, rng),
                Gru::with_options(width, hidden, &options, rng),
                Last,
                Linear::new(hidden, letters, rng),
            ]
        }
        Model::Transformer => {
            let mut model = transformer(recipe, letters, rng);
            model.push(Last);
            model.push(Linear::new(hidden, letters, rng));
            model
        }
        _ => sequential![
            Embedding::new(letters, width, rng),
            Flatten::default(),
            Linear::new(width * context, hidden, rng),
            Tanh,
            Linear::new(hidden, letters, rng),
        ],
    }
}

/// What follows each letter of a text.
pub(super) fn of_text(recipe: &Recipe, letters: usize, rng: &mut Rng) -> Sequential {
    let mut model = transformer(recipe, letters, rng);
    model.push(Linear { bias: None, ..Linear::new(recipe.hidden.unwrap_or(128), letters, rng) });
    model
}

/// Letters with their places, layers of causal attention, a normalisation.
fn transformer(recipe: &Recipe, letters: usize, rng: &mut Rng) -> Sequential {
    let (width, context) = (recipe.hidden.unwrap_or(128), recipe.context.unwrap_or(64));
    let options =
        TransformerOptions { dropout: recipe.dropout.unwrap_or(0.0), ..TransformerOptions::gpt2(width) };
    let start = |rows: usize, rng: &mut Rng| Param::new(Tensor::normal([rows, width], 0.0, 0.02, rng));
    let mut model =
        sequential![Embedding::of(start(letters, rng)), Positions { weight: start(context, rng) }];
    for _ in 0..recipe.layers.unwrap_or(1) {
        model.push(DecoderBlock::with_options(width, recipe.heads.unwrap_or(1), &options, rng));
    }
    model.push(LayerNorm::new(width));
    model
}

/// Adds what is learned of each place.
#[derive(Debug, Clone)]
struct Positions {
    weight: Param,
}

params!(Positions { weight });

impl Module for Positions {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x + x.tape().param(&self.weight).narrow(0, 0, x.shape()[1])
    }
}

/// The last place of a sequence.
#[derive(Debug, Clone)]
struct Last;

params!(Last {});

impl Module for Last {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.select(1, -1)
    }
}
