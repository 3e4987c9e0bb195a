//! Names letter by letter, each by the three before: one network, and what a better start is worth.
//!
//! Raw: all weights standard normal. The first loss is then near 27, since the network is sure of what it does not know,
//! and most tanh are saturated. Small: weights of the first layer times 0.2, found by trial; those of the last near 0, so that the
//! first loss is ln 27 = 3.3. Scaled: the first divided by the root of their number, times 5/3 for tanh.
//! Normalised: the same, and batch normalisation in front of tanh.

#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::prelude::*;
use makemore::LETTERS;
use published::Published;

const BLOCK: usize = 3;
const WIDTH: usize = 10;
const HIDDEN: usize = 200;

/// A layer with normal weights and biases.
fn linear([inputs, outputs]: [usize; 2], weight: f64, bias: Option<f64>, rng: &mut Rng) -> Linear {
    let weight = Param::new(Tensor::normal([outputs, inputs], 0.0, weight, rng));
    Linear { weight, bias: bias.map(|bias| Param::new(Tensor::normal([outputs], 0.0, bias, rng))) }
}

/// The network from one of the four starts.
fn network(start: &str, rng: &mut Rng) -> Sequential {
    let (first, last) = ([BLOCK * WIDTH, HIDDEN], [HIDDEN, LETTERS]);
    let scale = 5.0 / 3.0 / (first[0] as f64).sqrt();
    let letters = Embedding::new(LETTERS, WIDTH, rng);
    let flat = Flatten::default();
    match start {
        "raw" => {
            let (inner, outer) = (linear(first, 1.0, Some(1.0), rng), linear(last, 1.0, Some(1.0), rng));
            sequential![letters, flat, inner, Tanh, outer]
        }
        "small" | "scaled" => {
            let weight = if start == "small" { 0.2 } else { scale };
            let (inner, outer) = (linear(first, weight, Some(0.01), rng), linear(last, 0.01, Some(0.0), rng));
            sequential![letters, flat, inner, Tanh, outer]
        }
        _ => {
            // No bias in front: the normalisation would take it out again.
            let (inner, outer) = (linear(first, scale, None, rng), linear(last, 0.01, Some(0.0), rng));
            let norm = BatchNorm { momentum: Some(0.001), ..BatchNorm::new(HIDDEN) };
            sequential![letters, flat, inner, norm, Tanh, outer]
        }
    }
}

fn main() {
    let run = Published::new("makemore, parts 2 and 3: a network, and its start", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };
    let parts = names.parts(BLOCK);
    println!("{} contexts for training, {} for validation\n", parts[0].len(), parts[1].len());

    let starts = [("raw", "2.1701"), ("small", "2.1027"), ("scaled", "2.1070"), ("normalised", "2.1057")];
    let mut losses = starts.map(|_| vec![]);
    for seed in 0..run.seeds {
        for ((start, _), losses) in starts.iter().zip(&mut losses) {
            let mut generator = rng(seed);
            let mut model = network(start, &mut generator);
            println!("{start}, seed {seed}, {} parameters", model.trainable_elements());
            losses.push(makemore::train(&run, &mut model, &parts, 0.5, &mut generator));
            names.invent(BLOCK, 10, &mut generator, |context| model.predict(context));
        }
    }
    for ((start, published), losses) in starts.iter().zip(&losses) {
        run.row(&format!("validation loss, {start}"), published, losses);
    }
    run.done();
}
