//! A small GPT that learns Shakespeare letter by letter: 4 layers of 4 heads, 128 wide, a context of 64 letters.
//!
//! The one table of letters is at both ends: it turns letters into vectors, and the last vectors into scores of letters.

#[path = "common/published.rs"]
mod published;
#[path = "common/shakespeare.rs"]
mod shakespeare;
#[path = "common/torch_random.rs"]
mod torch_random;

use std::time::Instant;

use gradus::data::text::Vocabulary;
use gradus::nn::{DecoderBlock, TransformerOptions};
use gradus::optim::schedule::Ramp;
use gradus::prelude::*;
use published::Published;
use shakespeare::{pieces, published_start};
use torch_random::TorchRandom;

const CONTEXT: usize = 64;
const WIDTH: usize = 128;
const LAYERS: usize = 4;
const BATCH: usize = 12;

#[derive(Debug, Clone)]
struct Gpt {
    letters: Embedding,
    positions: Param,
    blocks: Vec<DecoderBlock>,
    norm: LayerNorm,
}

gradus::params!(Gpt { letters, positions, blocks, norm });

impl Gpt {
    /// With the published numbers: normal weights, smaller where a block adds to what the others have found.
    fn new(vocabulary: usize, generator: &mut TorchRandom) -> Self {
        let options = TransformerOptions { bias: false, ..TransformerOptions::gpt2(WIDTH) };
        let block = || DecoderBlock::with_options(WIDTH, 4, &options, &mut rng(0));
        let mut gpt = Self {
            letters: Embedding::new(vocabulary, WIDTH, &mut rng(0)),
            positions: Param::new(Tensor::zeros([CONTEXT, WIDTH])),
            blocks: (0..LAYERS).map(|_| block()).collect(),
            norm: LayerNorm { bias: None, ..LayerNorm::new(WIDTH) },
        };
        published_start(&mut gpt, generator);
        gpt
    }
}

impl Module for Gpt {
    fn forward<'t>(&self, letters: Var<'t>) -> Var<'t> {
        let (tape, time) = (letters.tape(), letters.shape()[1]);
        let x = self.letters.forward(letters) + tape.param(&self.positions).narrow(0, 0, time);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.norm.forward(x).linear(tape.param(&self.letters.weight), None)
    }
}

/// The losses of training and validation text after the last step.
fn train(parts: &[Tensor; 2], vocabulary: &Vocabulary, run: &Published, seed: u64) -> [f64; 2] {
    let mut generator = TorchRandom::new(1337 + seed as u32); // 1337 is the published one
    let mut gpt = Gpt::new(vocabulary.len(), &mut generator);
    let steps = if run.quick { 20 } else { 2000 };
    // Matrices decay, the scales of norms do not.
    let adam = |weight_decay| AdamW { weight_decay, beta2: 0.99, ..AdamW::default() };
    let rate =
        Cosine { peak: 1e-3, end: 1e-4, steps: 1900 }.warmup_by(100, Ramp::LinearFrom { start: 1.0 / 101.0 });
    let mut optimizer =
        Optimizer::new(adam(0.1), rate).group(|_, param| param.rank() < 2, adam(0.0)).clip_norm(1.0);
    let (mut losses, mut seconds) = (vec![], 0.0);
    let mut batch = pieces(&parts[0], BATCH, CONTEXT, &mut generator);
    for step in 0..=steps {
        if step % 250 == 0 || step == steps {
            // 20 batches of each part.
            losses.push(parts.each_ref().map(|part| {
                let part = pieces(part, 20 * BATCH, CONTEXT, &mut generator);
                predict(|tape| gpt.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)).item()
            }));
            let [training, validation] = losses[losses.len() - 1];
            println!("step {step:4}  training {training:.4}  validation {validation:.4}");
        }
        if step < steps {
            let begin = Instant::now();
            optimizer.training_step(&mut gpt, |gpt, tape| {
                gpt.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            });
            batch = pieces(&parts[0], BATCH, CONTEXT, &mut generator);
            seconds += begin.elapsed().as_secs_f64();
        }
    }
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(seed > 0 || first.map(|loss| format!("{loss:.4}")) == ["4.1676", "4.1649"], "{first:?}");
    run.falls("the validation loss", first[1], last[1]);
    println!(
        "{:.2} ms an iteration\n{}\n",
        1e3 * seconds / f64::from(steps),
        shakespeare::sample(&gpt, vocabulary, CONTEXT, 300, &mut rng(seed))
    );
    last
}

fn main() {
    let source = "github.com/karpathy/nanoGPT, README.md, \"I only have a macbook\"";
    let run = Published::new("Shakespeare letter by letter", source, 1);
    let Some((parts, vocabulary)) = shakespeare::text() else { return };
    let ours: Vec<f64> = (0..run.seeds).map(|seed| train(&parts, &vocabulary, &run, seed)[1]).collect();
    run.row("validation loss, published numbers", "1.88", &ours[..1]);
    run.row("validation loss", "1.88", &ours);
    run.done();
}
