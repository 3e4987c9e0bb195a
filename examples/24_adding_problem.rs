//! The adding problem: of a hundred numbers two are marked, and their sum is asked for at the end.
//!
//! A plain recurrent network forgets the first mark before it can learn that it matters: its gradient has shrunk to nothing over so
//! many steps. The cell of an LSTM adds to what it holds, so the gradient comes through. Both are trained the same way, in
//! batches of fresh sequences, until the last 2,000 were right (the paper's rule) or the steps are over.
//!
//! Experiment 4 of Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997. The target is twice the paper's, `1 + (x₁ + x₂)/2` with
//! numbers from -1 to 1, as if numbers from 0 to 1 were added; so the error of 0.04 that the paper allows is 0.08 here.

#[path = "common/published.rs"]
mod published;

use gradus::nn::Rnn;
use gradus::prelude::*;
use published::Published;

const BATCH: usize = 32;
const HIDDEN: usize = 32;
const ALLOWED: f64 = 0.08;

/// Sequences of one length from 100 to 110, `[time, n, 2]`: a number and whether it is marked. And the target, `[n, 1]`.
fn sequences(n: usize, rng: &mut Rng) -> (Tensor, Tensor) {
    let steps = Tensor::randint(100, 111, [1], rng).item() as i64;
    let numbers = Tensor::uniform([n, steps as usize], -1.0, 1.0, rng);
    let first = Tensor::randint(0, 10, [n], rng);
    let second = Tensor::randint(10, steps / 2, [n], rng);
    let marks = Tensor::one_hot(&first, steps as usize) + Tensor::one_hot(&second, steps as usize);
    let sums = 1.0 + 0.5 * (&numbers * &marks).sum_axes(1).unsqueeze(1);
    (Tensor::stack(&[numbers.t(), marks.t()], 2), sums)
}

/// How many are further from the target than is allowed.
fn wrong(found: &Tensor, target: &Tensor) -> usize {
    (found - target).abs().to_f64_vec().into_iter().filter(|error| *error >= ALLOWED).count()
}

/// What one training came to.
struct Run {
    first: f64,
    last: f64,
    seen: usize,
    solved: bool,
    /// Mean squared error and wrong answers of 2,560 new sequences.
    test: (f64, f64),
}

fn train(mut model: Sequential, steps: usize, mut data: Rng) -> Run {
    let rate = Cosine { peak: 1e-3, end: 0.0, steps: steps as u64 };
    let mut optimizer = Optimizer::new(Adam::default(), rate).clip_norm(1.0);
    let mut run = Run { first: 0.0, last: 0.0, seen: 0, solved: false, test: (0.0, 0.0) };
    let mut right_in_a_row = 0;
    for step in 0..steps {
        let (x, target) = sequences(BATCH, &mut data);
        let mut mistakes = 0;
        run.last = optimizer.training_step(&mut model, |model, tape| {
            let found = model.forward(tape.constant(&x)).select(0, -1);
            mistakes = wrong(&found.value(), &target);
            found.mse(&target)
        });
        if step == 0 {
            run.first = run.last;
        }
        run.seen += BATCH;
        right_in_a_row = if mistakes == 0 { right_in_a_row + BATCH } else { 0 };
        if right_in_a_row >= 2000 {
            run.solved = true;
            break;
        }
    }
    for _ in 0..10 {
        let (x, target) = sequences(256, &mut data);
        let found = model.predict(&x).select(0, -1);
        run.test.0 += (&found - &target).square().mean().item() / 10.0;
        run.test.1 += wrong(&found, &target) as f64;
    }
    run
}

fn main() {
    let published =
        Published::new("Adding problem, 100 steps", "Hochreiter and Schmidhuber 1997, experiment 4", 5);
    let steps = if published.quick { 25 } else { 5000 };
    let (mut plain, mut gated) = (Vec::new(), Vec::new());
    for seed in 0..published.seeds {
        let mut generator = rng(seed);
        let head = Linear::new(HIDDEN, 1, &mut generator);
        let lstm = sequential![Lstm::new(2, HIDDEN, &mut generator).forget_bias(4.0), head.clone()];
        let rnn = sequential![Rnn::new(2, HIDDEN, &mut generator), head];
        gated.push(train(lstm, steps, rng(1000 + seed)));
        // As many sequences as the LSTM took, so that the two are compared at the same work.
        plain.push(train(rnn, gated[gated.len() - 1].seen / BATCH, rng(1000 + seed)));
    }
    let of = |runs: &[Run], f: &dyn Fn(&Run) -> f64| runs.iter().map(f).collect::<Vec<_>>();
    published.row("error of the best constant, 2/12", "exact 0.1667", &[1.0 / 6.0]);
    published.row("plain RNN, mean squared error", "> 0.04", &of(&plain, &|run| run.test.0));
    published.row("LSTM, mean squared error", "<= 0.04", &of(&gated, &|run| run.test.0));
    published.row("LSTM, wrong of 2,560", "1", &of(&gated, &|run| run.test.1));
    published.row("LSTM, sequences seen until solved", "74,000", &of(&gated, &|run| run.seen as f64));
    println!("solved: {} of {} seeds", gated.iter().filter(|run| run.solved).count(), gated.len());
    for run in plain.iter().chain(&gated) {
        published.falls("the loss", run.first, run.last);
    }
    if !published.quick {
        assert!(gated.iter().all(|run| run.test.0 <= 0.04) && plain.iter().all(|run| run.test.0 > 0.04));
    }
    published.done();
}
