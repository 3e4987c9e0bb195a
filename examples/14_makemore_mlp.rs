//! Names letter by letter, each by the three before: one network, and what a better start is worth.
//!
//! Raw: all weights standard normal. The first loss is then near 27, since the network is sure of what it does not know,
//! and most tanh are saturated. Small: weights of the first layer times 0.2, found by trial; those of the last near 0, so that the
//! first loss is ln 27 = 3.3. Scaled: the first divided by the root of their number, times 5/3 for tanh.
//! Normalised: the same, and batch normalisation in front of tanh.

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
use lecture_norm::LectureNorm;
use makemore::{LECTURE, LETTERS};
use published::Published;
use torch_random::TorchRandom;

const BLOCK: usize = 3;
const WIDTH: usize = 10;
const HIDDEN: usize = 200;

/// A layer with these weights, `[inputs, outputs]`.
fn linear(weight: &Tensor, bias: Option<Tensor>) -> Linear {
    Linear { weight: Param::new(weight.t()), bias: bias.map(Param::new) }
}

/// The network from one of the four starts, with the numbers of the lectures: the same draws in the same order.
fn network(start: &str, generator: &mut TorchRandom) -> Sequential {
    let letters = generator.randn(&[LETTERS, WIDTH]);
    let letters = Embedding { weight: Param::new(letters), ..Embedding::new(LETTERS, WIDTH, &mut rng(0)) };
    let inner = generator.randn(&[BLOCK * WIDTH, HIDDEN]);
    let inner = match start {
        "raw" => inner,
        "small" => inner * 0.2,
        _ => inner * (5.0 / 3.0) / ((BLOCK * WIDTH) as f64).sqrt(),
    };
    let (of_biases, of_last, of_last_biases) =
        if start == "raw" { (1.0, 1.0, 1.0) } else { (0.01, 0.01, 0.0) };
    // No bias in front of the normalisation: it would take it out again.
    let inner_bias = (start != "normalised").then(|| generator.randn(&[HIDDEN]) * of_biases);
    let outer = generator.randn(&[HIDDEN, LETTERS]) * of_last;
    let outer = linear(&outer, Some(generator.randn(&[LETTERS]) * of_last_biases));
    let mut model = sequential![letters, Flatten::default(), linear(&inner, inner_bias)];
    if start == "normalised" {
        model.push(LectureNorm::of_part_3(HIDDEN));
    }
    model.push(Tanh);
    model.push(outer);
    model
}

fn main() {
    let run = Published::new("makemore, parts 2 and 3: a network, and its start", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };
    torch_random::check();
    let parts = names.parts(BLOCK);
    println!("{} contexts for training, {} for validation\n", parts[0].len(), parts[1].len());

    // The first losses are PyTorch's from the same numbers; the last of them is printed in the lecture.
    let starts = [
        ("raw", "2.1682", "27.8817"),
        ("small", "2.1027", "3.3135"),
        ("scaled", "2.1070", "3.3179"),
        ("normalised", "2.1057", "3.3239"),
    ];
    let mut losses = starts.map(|_| vec![]);
    for seed in 0..run.seeds {
        for ((start, _, published), losses) in starts.iter().zip(&mut losses) {
            let mut generator = TorchRandom::new(LECTURE + seed as u32);
            let mut model = network(start, &mut generator);
            println!("{start}, seed {}, {} parameters", LECTURE + seed as u32, model.trainable_elements());
            let (first, last) = makemore::train(&run, &mut model, &parts, 0.5, &mut generator);
            assert!(seed > 0 || format!("{first:.4}") == *published, "{start} begins at {first}");
            losses.push(last);
            names.invent(BLOCK, &mut rng(seed), |context| model.predict(context));
        }
    }
    for ((start, published, _), losses) in starts.iter().zip(&losses) {
        run.row(&format!("validation loss, {start}, the lectures' numbers"), published, &losses[..1]);
        if losses.len() > 1 {
            run.row(&format!("validation loss, {start}"), published, losses);
        }
    }
    run.done();
}
