//! A GPT in one file: letters and places become vectors, one block of attention lets them look back, a linear map gives scores of what
//! comes next. It learns one sentence by heart, and shows where its letters look.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::data::text::{Vocabulary, random_windows};
use gradus::nn::{AttendOptions, DecoderBlock};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Grid, Scale};
use lesson::save;

const TEXT: &str = "peter piper picked a peck of pickled peppers. a peck of pickled peppers peter piper picked. \
                    if peter piper picked a peck of pickled peppers, where's the peck of pickled peppers peter piper picked? ";
const CONTEXT: usize = 16;
const WIDTH: usize = 24;
const STEPS: u64 = 500;

#[derive(Debug, Clone)]
struct Gpt {
    letters: Embedding,
    places: Embedding,
    block: DecoderBlock,
    norm: LayerNorm,
    scores: Linear,
}
params!(Gpt { letters, places, block, norm, scores });

impl Gpt {
    fn new(vocabulary: usize) -> Self {
        let mut generator = rng(0);
        let mut gpt = Self {
            letters: Embedding::new(vocabulary, WIDTH, &mut generator),
            places: Embedding::new(CONTEXT, WIDTH, &mut generator),
            block: DecoderBlock::new(WIDTH, 2, &mut generator),
            norm: LayerNorm::new(WIDTH),
            scores: Linear::new(WIDTH, vocabulary, &mut generator),
        };
        gpt.convert(DType::F64);
        gpt
    }

    /// `[batch, time]` numbers of letters to vectors, `[batch, time, width]`.
    fn embed<'t>(&self, letters: Var<'t>) -> Var<'t> {
        let places = Tensor::arange(letters.shape()[1]);
        self.letters.forward(letters) + self.places.forward(letters.tape().constant(places))
    }

    /// How much each letter of a text looks at each before it, `[time, time]`, the mean of both heads.
    fn attention(&self, letters: &Tensor) -> Tensor {
        let tape = Tape::inference();
        let x = self.block.layer.norm1.forward(self.embed(tape.constant(letters)));
        let how = AttendOptions { is_causal: true, need_weights: true, ..AttendOptions::default() };
        let weights = self.block.layer.self_attn.attend(x, x, x, &how).1.expect("they were asked for");
        weights.value().select(0, 0)
    }
}

impl Module for Gpt {
    fn forward<'t>(&self, letters: Var<'t>) -> Var<'t> {
        self.scores.forward(self.norm.forward(self.block.forward(self.embed(letters))))
    }
}

/// Goes on from a beginning with the likeliest letter, again and again.
fn go_on(gpt: &Gpt, vocabulary: &Vocabulary, start: &str, count: usize) -> String {
    let mut text = start.to_string();
    for _ in 0..count {
        let context = &text[text.len().saturating_sub(CONTEXT)..];
        let letters = vocabulary.encode(context).expect("known letters").unsqueeze(0);
        let next = gpt.predict(&letters).select(0, 0).select(0, -1).argmax().item();
        text.push_str(&vocabulary.tokens()[next as usize]);
    }
    text
}

fn main() {
    let vocabulary = Vocabulary::characters(TEXT);
    let letters = vocabulary.encode(TEXT).expect("its own letters");
    let mut gpt = Gpt::new(vocabulary.len());
    let rate = Cosine { peak: 0.01, end: 0.001, steps: STEPS };
    let mut optimizer = Optimizer::new(AdamW::default(), rate).clip_norm(1.0);
    let (mut losses, mut generator) = (vec![], rng(1));
    for _ in 0..STEPS {
        let batch = random_windows(&letters, CONTEXT, 8, &mut generator);
        losses.push(optimizer.training_step(&mut gpt, |gpt, tape| {
            gpt.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        }));
    }
    let chance = (vocabulary.len() as f64).ln();
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    println!("{} letters, {} weights", vocabulary.len(), gpt.trainable_elements());
    println!("loss {first:.2} at first, {chance:.2} by chance, {last:.2} after {STEPS} steps");
    println!("{}", go_on(&gpt, &vocabulary, "peter piper", 40));
    assert!(first > 0.8 * chance && last < 0.3, "it has learned the sentence");

    let text = "peter piper pick";
    let weights = gpt.attention(&vocabulary.encode(text).expect("known letters").unsqueeze(0));
    assert!(weights.triu(1).abs().max().item() < 1e-12, "no letter looks ahead");
    let n = CONTEXT as f64 - 1.0;
    let values = weights.flip(0).to_f64_vec();
    let grid = Grid { x: (0.0, n), y: (0.0, n), columns: CONTEXT, rows: CONTEXT, values };
    let left =
        Chart::new("loss").size(300.0, 300.0).x_axis("step", Scale::Integer).y_axis("loss", Scale::Linear);
    let right = Chart::new("where each letter of “peter piper pick” looks")
        .size(300.0, 300.0)
        .x_axis("the letter looked at", Scale::Integer)
        .y_axis("the letter that looks, from below", Scale::Integer)
        .x_range(-0.5, n + 0.5)
        .y_range(-0.5, n + 0.5)
        .heat(grid, "weight", (0.0, 1.001));
    let left = left.curve("training", &losses).horizontal("by chance", chance);
    save("49_small_gpt", &Figure::new("A small GPT").panel(left).panel(right).svg());
}
