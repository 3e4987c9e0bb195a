//! Names letter by letter, each by the eight before, which are joined two by two, as in WaveNet.
//!
//! A flat network mixes all eight letters in its first layer. Here each layer joins neighbours, so that pairs become fours and then the
//! whole context; each has one matrix, wherever its pair stands. Joining is a change of shape alone: rows of C numbers, two
//! by two, are rows of 2C. So the rows of a layer are examples times places, and batch normalisation is over both.

#[path = "common/lecture_norm.rs"]
mod lecture_norm;
#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;
#[path = "common/torch_random.rs"]
mod torch_random;

use gradus::prelude::*;
use gradus::tensor::REST;
use lecture_norm::LectureNorm;
use makemore::LETTERS;
use published::Published;
use torch_random::TorchRandom;

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
fn linear(inputs: usize, outputs: usize, factor: f64, bias: bool, generator: &mut TorchRandom) -> Linear {
    let weight = generator.randn(&[inputs, outputs]) / (inputs as f64).sqrt() * factor;
    Linear { weight: Param::new(weight.t()), bias: bias.then(|| Param::new(Tensor::zeros([outputs]))) }
}

/// The network with the lecture's numbers: the same draws in the same order.
fn network(generator: &mut TorchRandom) -> Sequential {
    let letters = Param::new(generator.randn(&[LETTERS, WIDTH]));
    let mut model = sequential![Embedding { weight: letters, ..Embedding::new(LETTERS, WIDTH, &mut rng(0)) }];
    for width in [WIDTH, HIDDEN, HIDDEN] {
        model.push(Join);
        model.push(linear(2 * width, HIDDEN, 1.0, false, generator));
        model.push(LectureNorm::of_part_5(HIDDEN));
        model.push(Tanh);
    }
    model.push(linear(HIDDEN, LETTERS, 0.1, true, generator));
    model
}

fn main() {
    let run = Published::new("makemore, part 5: a tree over eight letters", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };
    let parts = names.parts(BLOCK);
    let mut losses = Vec::new();
    for seed in 0..run.seeds {
        let mut generator = TorchRandom::new(42 + seed as u32); // 42 is the lecture's
        let mut model = network(&mut generator);
        println!("seed {}, {} parameters", 42 + seed, model.trainable_elements());
        assert_eq!(model.trainable_elements(), 76_579, "the published network has as many");
        let (first, last) = makemore::train(&run, &mut model, &parts, 0.75, &mut generator);
        assert!(
            seed > 0 || format!("{first:.4}") == "3.3167",
            "the lecture begins at 3.3167, not at {first}"
        );
        losses.push(last);
        names.invent(BLOCK, &mut rng(seed), |context| model.predict(context));
    }
    run.row("validation loss, the lecture's numbers", "1.9937", &losses[..1]);
    if losses.len() > 1 {
        run.row("validation loss", "1.9937", &losses);
    }
    run.done();
}
