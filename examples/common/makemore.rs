//! What the steps of makemore share: names cut into contexts, training on random batches, losses, names that are made up.

#![allow(dead_code, reason = "each example takes what it needs")]

use gradus::data::text::Vocabulary;
use gradus::optim::schedule;
use gradus::prelude::*;

use super::published::{Published, data_file};
use super::python_random::PythonRandom;
use super::torch_random::TorchRandom;

/// Letters a to z, and the dot that begins and ends a name, number 0.
pub(crate) const LETTERS: usize = 27;
pub(crate) const LECTURE: u32 = 2_147_483_647; // the seed of parts 2 to 4
pub(crate) const SOURCE: &str = "karpathy/nn-zero-to-hero, lectures/makemore";

/// Names in the order in which the lectures shuffle them, as numbers of letters.
pub(crate) struct Names {
    letters: Vocabulary,
    pub(crate) all: Vec<Vec<i64>>,
}

/// Reads the names; `None` if the file is missing.
pub(crate) fn names() -> Option<Names> {
    let path = data_file("names/names.txt", "https://github.com/karpathy/makemore")?;
    let text = std::fs::read_to_string(path).expect("names.txt is text");
    let mut names: Vec<&str> = text.split_whitespace().collect();
    PythonRandom::new(42).shuffle(&mut names);
    let letters = Vocabulary::characters(".abcdefghijklmnopqrstuvwxyz");
    let numbers = |name: &&str| letters.encode(name).expect("letters from a to z").to_vec::<i64>();
    Some(Names { all: names.iter().map(numbers).collect(), letters })
}

impl Names {
    /// The letters before each letter and each end, `[N, block]`, filled up with dots, and what follows them, `[N]`: of 80 % of
    /// the names for training, 10 % for validation.
    pub(crate) fn parts(&self, block: usize) -> [Dataset; 2] {
        let (a, b) = (self.all.len() * 8 / 10, self.all.len() * 9 / 10);
        [&self.all[..a], &self.all[a..b]].map(|names| {
            let (mut contexts, mut next) = (Vec::new(), Vec::new());
            for name in names {
                let mut context = vec![0; block];
                for &letter in name.iter().chain([&0]) {
                    contexts.extend_from_slice(&context);
                    next.push(letter);
                    context.rotate_left(1);
                    context[block - 1] = letter;
                }
            }
            let n = next.len();
            Dataset::new(Tensor::from_vec(contexts, [n, block]), Tensor::from_vec(next, [n]))
        })
    }

    /// Ten names letter by letter, each letter drawn by the model's probabilities.
    pub(crate) fn invent(&self, block: usize, rng: &mut Rng, logits: impl Fn(&Tensor) -> Tensor) {
        let mut names = Vec::new();
        for _ in 0..10 {
            let (mut context, mut name) = (vec![0i64; block], Vec::new());
            loop {
                let letter =
                    logits(&Tensor::from_slice(&context, [1, block])).categorical(rng).to_vec::<i64>()[0];
                if letter == 0 || name.len() == 30 {
                    break;
                }
                name.push(letter);
                context.rotate_left(1);
                context[block - 1] = letter;
            }
            names.push(self.letters.decode(&Tensor::from(name)).expect("numbers of letters"));
        }
        println!("{}\n", names.join(" "));
    }
}

/// 32 random examples at each step, drawn with replacement.
pub(crate) fn batches(
    data: &Dataset,
    steps: usize,
    draw: &mut TorchRandom,
) -> impl Iterator<Item = Dataset> + use<> {
    let order = draw.randint(data.len(), 32 * steps);
    Loader { batch: 32, ..Loader::default() }.in_order(data, order)
}

/// Gradient descent: 200,000 steps (300 in the quick mode) with the rate 0.1, and a tenth of it behind `drop` of them. Gives
/// the losses of the first batch and of the validation set at the end.
pub(crate) fn train(
    run: &Published,
    model: &mut Sequential,
    [training, validation]: &[Dataset; 2],
    drop: f64,
    generator: &mut TorchRandom,
) -> (f64, f64) {
    let steps = if run.quick { 300 } else { 200_000 };
    let rate =
        schedule::MultiStep { initial: 0.1, factor: 0.1, milestones: vec![(drop * steps as f64) as u64] };
    let mut optimizer = Optimizer::new(Sgd::default(), rate);
    let (before, mut first) = (mean_loss(validation, |x| model.predict(x)), None);
    for (step, batch) in batches(training, steps, generator).enumerate() {
        let loss = optimizer.training_step(model, |model, tape| {
            model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
        });
        first.get_or_insert(loss);
        if step % (steps / 20) == 0 {
            println!("{step:>6} / {steps}: {loss:.4}");
        }
    }
    let after = mean_loss(validation, |x| model.predict(x));
    println!("validation {after:.4}");
    run.falls("the validation loss", before, after);
    (first.expect("a step"), after)
}

/// The mean cross-entropy of a whole set, in parts.
pub(crate) fn mean_loss(data: &Dataset, logits: impl Fn(&Tensor) -> Tensor) -> f64 {
    let sum = |part: Dataset| logits(&part.inputs).cross_entropy(&part.labels).item() * part.len() as f64;
    Loader { batch: 2000, ..Loader::default() }.epoch(data, 0).map(sum).sum::<f64>() / data.len() as f64
}
