//! Names letter by letter, each by the eight before, which are joined two by two, as in WaveNet.
//!
//! A flat network mixes all eight letters in its first layer. Here each layer joins neighbours, so that pairs become fours and then the
//! whole context; each has one matrix, wherever its pair stands. Joining is a change of shape alone: rows of C numbers, two
//! by two, are rows of 2C. So the rows of a layer are examples times places, and batch normalisation is over both.

#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::prelude::*;
use gradus::tensor::REST;
use makemore::LETTERS;
use published::Published;

const BLOCK: usize = 8;
const WIDTH: usize = 24;
const HIDDEN: usize = 128;

/// Two rows become one: `[…, C]` to `[rows/2, 2C]`.
#[derive(Debug, Clone)]
struct Join;
params!(Join {});

impl Module for Join {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.reshape([REST, 2 * x.shape()[x.rank() - 1]])
    }
}

/// A layer with normal weights of deviation `factor/√inputs`, biases 0 or none.
fn linear(inputs: usize, outputs: usize, factor: f64, bias: bool, rng: &mut Rng) -> Linear {
    let weight = Tensor::normal([outputs, inputs], 0.0, factor / (inputs as f64).sqrt(), rng);
    Linear { weight: Param::new(weight), bias: bias.then(|| Param::new(Tensor::zeros([outputs]))) }
}

fn network(rng: &mut Rng) -> Sequential {
    let mut model = sequential![Embedding::new(LETTERS, WIDTH, rng)];
    for width in [WIDTH, HIDDEN, HIDDEN] {
        model.push(Join);
        model.push(linear(2 * width, HIDDEN, 1.0, false, rng));
        model.push(BatchNorm::new(HIDDEN));
        model.push(Tanh);
    }
    model.push(linear(HIDDEN, LETTERS, 0.1, true, rng));
    model
}

fn main() {
    let run = Published::new("makemore, part 5: a tree over eight letters", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };
    let parts = names.parts(BLOCK);
    let mut losses = Vec::new();
    for seed in 0..run.seeds {
        let mut generator = rng(seed);
        let mut model = network(&mut generator);
        println!("seed {seed}, {} parameters", model.trainable_elements());
        assert_eq!(model.trainable_elements(), 76_579, "the published network has as many");
        losses.push(makemore::train(&run, &mut model, &parts, 0.75, &mut generator));
        names.invent(BLOCK, 10, &mut generator, |context| model.predict(context));
    }
    run.row("validation loss", "1.9937", &losses);
    run.done();
}
