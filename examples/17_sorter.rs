//! A small GPT learns to sort: minGPT's demonstration.
//!
//! Six digits from 0 to 2, then the same six sorted: `0 0 2 1 0 1 | 0 0 0 1 1 2`. At each place the model says the next digit;
//! only the sorted half counts. Of the 729 lists a quarter is never shown: what is right there was not learned by heart.

#[path = "common/published.rs"]
mod published;

use gradus::nn::{AttendOptions, AttentionOptions, GeluTanh, Residual};
use gradus::prelude::*;
use published::Published;

const DIGITS: usize = 3;
const LENGTH: usize = 6;
const WIDTH: usize = 48;
const LAYERS: usize = 3;
const DROP: Dropout = Dropout { p: 0.1 };

/// Attention to a place and those before it. (The library's `DecoderBlock` also drops between its linear layers, as PyTorch's do.)
#[derive(Debug, Clone)]
struct Causal {
    attention: MultiheadAttention,
}
params!(Causal { attention });

impl Module for Causal {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let before = AttendOptions { is_causal: true, need_weights: false, ..AttendOptions::default() };
        self.attention.attend(x, x, x, &before).0
    }
}

struct Gpt {
    digits: Embedding,
    places: Embedding,
    blocks: Sequential,
}
params!(Gpt { digits, places, blocks });

impl Gpt {
    /// Weights of deviation 0.02, less in what is added to the sum of all blocks; biases 0.
    fn new(rng: &mut Rng) -> Self {
        let options = AttentionOptions { dropout: DROP.p, batch_first: true, ..AttentionOptions::default() };
        let mut blocks = sequential![DROP];
        for _ in 0..LAYERS {
            let attention = MultiheadAttention::with_options(WIDTH, 3, &options, rng);
            let (inner, outer) = (Linear::new(WIDTH, 4 * WIDTH, rng), Linear::new(4 * WIDTH, WIDTH, rng));
            blocks.push(Residual(sequential![LayerNorm::new(WIDTH), Causal { attention }, DROP]));
            blocks.push(Residual(sequential![LayerNorm::new(WIDTH), inner, GeluTanh, outer, DROP]));
        }
        blocks.push(LayerNorm::new(WIDTH));
        blocks.push(Linear { bias: None, ..Linear::new(WIDTH, DIGITS, rng) });
        let [digits, places] = [DIGITS, 2 * LENGTH - 1].map(|rows| Embedding::new(rows, WIDTH, rng));
        let mut model = Self { digits, places, blocks };
        for (name, param) in model.params_mut() {
            let added = name.ends_with("out_proj.weight") || param.shape()[..] == [WIDTH, 4 * WIDTH];
            let deviation = if added { 0.02 / (2.0 * LAYERS as f64).sqrt() } else { 0.02 };
            if param.rank() == 2 {
                param.set(Tensor::normal(*param.shape(), 0.0, deviation, rng));
            } else if name.ends_with("bias") {
                param.set(param.value().zeros_like());
            }
        }
        model
    }

    /// Digits `[N, T]` to the scores of the next ones, `[N, T, 3]`.
    fn forward<'t>(&self, tape: &'t Tape, digits: &Tensor) -> Var<'t> {
        let places = self.places.forward(tape.constant(Tensor::arange(digits.shape()[1])));
        self.blocks.forward(self.digits.forward(tape.constant(digits)) + places)
    }

    /// The digits that follow, each the likeliest.
    fn sorted(&self, lists: &Tensor) -> Tensor {
        let mut digits = lists.clone();
        for _ in 0..LENGTH {
            let scores = self.forward(&Tape::inference(), &digits).value();
            digits = Tensor::cat(&[digits, scores.select(1, -1).argmax_axis(1, true)], 1);
        }
        digits.narrow(1, LENGTH, LENGTH)
    }
}

/// 2,000 steps with AdamW; only matrices that are no tables decay.
fn train(run: &Published, model: &mut Gpt, shown: &Dataset, rng: &mut Rng) {
    let adam = AdamW { beta2: 0.95, weight_decay: 0.1, ..AdamW::default() };
    let still = AdamW { weight_decay: 0.0, ..adam.clone() };
    let mut optimizer = Optimizer::new(adam, 5e-4)
        .group(|name, param| param.rank() < 2 || !name.starts_with("blocks"), still)
        .clip_norm(1.0);
    let (steps, mut losses) = (if run.quick { 60 } else { 2000 }, Vec::new());
    let order = Tensor::randint(0, shown.len() as i64, 64 * steps, rng);
    for batch in (Loader { batch: 64, ..Loader::default() }).in_order(shown, order) {
        let digits = Tensor::cat(&[&batch.inputs, &batch.labels.narrow(1, 0, LENGTH - 1)], 1);
        losses.push(optimizer.training_step(model, |model, tape| {
            model.forward(tape, &digits).narrow(1, LENGTH - 1, LENGTH).cross_entropy(&batch.labels)
        }));
    }
    println!("loss {:.4} at first, {:.5} at last", losses[0], losses[steps - 1]);
    run.falls("the loss", losses[0], losses[steps - 1]);
}

fn main() {
    let run = Published::new("minGPT's sorter: 3 layers, 3 heads, 48 wide", "karpathy/minGPT, demo.ipynb", 3);
    let all = [DIGITS.pow(LENGTH as u32), LENGTH];
    let lists = Tensor::from_fn(all, |at| (at[0] / DIGITS.pow(at[1] as u32) % DIGITS) as i64);
    let (sorted, mut right) = (lists.sort(1, false).0, Vec::new());
    for seed in 0..run.seeds {
        let mut generator = rng(seed);
        let (shown, hidden) = Dataset::new(lists.clone(), sorted.clone()).split(0.25, seed);
        let mut model = Gpt::new(&mut generator);
        train(&run, &mut model, &shown, &mut generator);
        let order = Tensor::randint(0, hidden.len() as i64, 5000, &mut generator);
        let asked = Loader { batch: 100, ..Loader::default() }.in_order(&hidden, order);
        let same = asked.map(|part| model.sorted(&part.inputs).eq(&part.labels).all_axes(1));
        right.push(same.map(|same| same.to(DType::F64).sum().item()).sum());
    }
    run.row("lists sorted, of 5000 never shown", "5000", &right);
    run.done();
}
