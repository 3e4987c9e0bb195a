//! A small GPT that learns Shakespeare letter by letter: 4 layers of 4 heads, 128 wide, a context of 64 letters.
//!
//! The one table of letters is at both ends: it turns letters into vectors, and the last vectors into scores of letters.

#[path = "common/published.rs"]
mod published;

use std::time::Instant;

use gradus::data::text::{Vocabulary, random_windows};
use gradus::nn::{DecoderBlock, TransformerOptions};
use gradus::prelude::*;
use published::Published;

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
    fn new(vocabulary: usize, rng: &mut Rng) -> Self {
        let options = TransformerOptions { bias: false, ..TransformerOptions::gpt2(WIDTH) };
        let mut gpt = Self {
            letters: Embedding::new(vocabulary, WIDTH, rng),
            positions: Param::new(Tensor::zeros([CONTEXT, WIDTH])),
            blocks: (0..LAYERS).map(|_| DecoderBlock::with_options(WIDTH, 4, &options, rng)).collect(),
            norm: LayerNorm { bias: None, ..LayerNorm::new(WIDTH) },
        };
        // Small weights; smaller where a block adds to what the others have found.
        for (name, param) in gpt.params_mut() {
            let adds = name.ends_with("out_proj.weight") || name.ends_with("linear2.weight");
            let std = if adds { 0.02 / (2.0 * LAYERS as f64).sqrt() } else { 0.02 };
            if param.rank() == 2 {
                param.set(Tensor::normal(param.shape(), 0.0, std, rng));
            }
        }
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

/// The loss of 20 batches from random places.
fn estimate(gpt: &Gpt, text: &Tensor, rng: &mut Rng) -> f64 {
    let batch = random_windows(text, CONTEXT, 20 * BATCH, rng);
    predict(|tape| gpt.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)).item()
}

/// Text that the model goes on with, from a line break.
fn sample(gpt: &Gpt, vocabulary: &Vocabulary, letters: usize, rng: &mut Rng) -> String {
    let how = Sampling { temperature: 0.8, ..Sampling::default() };
    let mut text = vocabulary.encode("\n").expect("the text has lines");
    for _ in 0..letters {
        let seen = text.elements().min(CONTEXT);
        let scores = gpt.predict(&text.narrow(0, text.elements() - seen, seen).unsqueeze(0));
        text = Tensor::cat(&[&text, &how.draw(&scores.select(1, -1), rng)], 0);
    }
    vocabulary.decode(&text).expect("letters of the vocabulary")
}

fn train(text: &Tensor, vocabulary: &Vocabulary, run: &Published, rng: &mut Rng) -> f64 {
    let learned = text.elements() * 9 / 10;
    let (training, validation) =
        (text.narrow(0, 0, learned), text.narrow(0, learned, text.elements() - learned));
    let mut gpt = Gpt::new(vocabulary.len(), rng);
    let steps = if run.quick { 20 } else { 2000 };
    // Matrices decay, the scales of norms do not.
    let adam = |weight_decay| AdamW { weight_decay, beta2: 0.99, ..AdamW::default() };
    let rate = Cosine { peak: 1e-3, end: 1e-4, steps: 1900 }.warmup(100);
    let mut optimizer =
        Optimizer::new(adam(0.1), rate).group(|_, param| param.rank() < 2, adam(0.0)).clip_norm(1.0);
    let (first, mut seconds) = (estimate(&gpt, &validation, rng), 0.0);
    for step in 1..=steps {
        let begin = Instant::now();
        let batch = random_windows(&training, CONTEXT, BATCH, rng);
        let loss = optimizer.training_step(&mut gpt, |gpt, tape| {
            gpt.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        });
        seconds += begin.elapsed().as_secs_f64();
        if step % 250 == 0 {
            let validation = estimate(&gpt, &validation, rng);
            println!("step {step:4}  training {loss:.4}  validation {validation:.4}");
        }
    }
    let (last, text) = (estimate(&gpt, &validation, rng), sample(&gpt, vocabulary, 300, rng));
    run.falls("the validation loss", first, last);
    println!("{:.2} ms an iteration\n{text}\n", 1e3 * seconds / f64::from(steps));
    last
}

fn main() {
    let source = "github.com/karpathy/nanoGPT, README.md, \"I only have a macbook\"";
    let run = Published::new("Shakespeare letter by letter", source, 1);
    let origin = "github.com/karpathy/char-rnn, data/tinyshakespeare/input.txt";
    let Some(file) = published::data_file("tinyshakespeare/input.txt", origin) else { return };
    let text = std::fs::read_to_string(file).expect("a text");
    let vocabulary = Vocabulary::characters(&text);
    let text = vocabulary.encode(&text).expect("its own letters");
    let ours: Vec<f64> = (0..run.seeds).map(|seed| train(&text, &vocabulary, &run, &mut rng(seed))).collect();
    run.row("validation loss after 2,000 iterations", "1.88", &ours);
    run.done();
}
