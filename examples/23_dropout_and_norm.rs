//! Dropout and batch normalisation, on and off: a network that is much too large for 300 digits, in four forms.
//!
//! Both are on in `training_step` and off in `predict`, so the same model learns with noise and answers without.

#[path = "common/published.rs"]
mod published;

use gradus::data::digits;
use gradus::prelude::*;
use published::Published;

/// 64 pixels, two hidden layers of 256, ten classes.
fn network(norm: bool, dropout: bool, rng: &mut Rng) -> Sequential {
    let mut layers = sequential![];
    for inputs in [64, 256] {
        layers.push(Linear::new(inputs, 256, rng));
        if norm {
            layers.push(BatchNorm::new(256));
        }
        layers.push(Relu);
        if dropout {
            layers.push(Dropout { p: 0.5 });
        }
    }
    layers.push(Linear::new(256, 10, rng));
    layers
}

/// The errors on the training set and on the test set, in percent, and the loss on both, without noise.
fn train(norm: bool, dropout: bool, run: &Published, seed: u64) -> [f64; 4] {
    let (rest, train) = digits().split(300.0 / 1797.0, seed);
    let test = rest;
    let mut generator = rng(seed);
    let mut model = network(norm, dropout, &mut generator);
    let mut optimizer = Optimizer::new(Adam::default(), 1e-3).seed(seed);
    let loader = Loader { batch: 30, shuffle: Some(seed), drop_last: false };
    let mut losses = Vec::new();
    for epoch in 0..if run.quick { 3 } else { 60 } {
        for batch in loader.epoch(&train, epoch) {
            losses.push(optimizer.training_step(&mut model, |model, tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            }));
        }
    }
    run.falls("the loss of a batch", losses[0], losses[losses.len() - 1]);
    let error = |set: &Dataset| 100.0 * (1.0 - accuracy(&model.predict(&set.inputs), &set.labels));
    let loss = |set: &Dataset| {
        predict(|tape| model.forward(tape.constant(&set.inputs)).cross_entropy(&set.labels)).item()
    };
    [error(&train), error(&test), loss(&train), loss(&test)]
}

fn main() {
    let source =
        "after Srivastava et al. 2014 and Ioffe and Szegedy 2015; no figure is published for this small form";
    let run = Published::new("300 digits, a network of 85,000 weights", source, 10);
    println!("                          error in percent            loss");
    println!("norm  dropout      training          test   training   test");
    for (norm, dropout) in [(false, false), (false, true), (true, false), (true, true)] {
        let all: Vec<[f64; 4]> = (0..run.seeds).map(|seed| train(norm, dropout, &run, seed)).collect();
        let mean = |i: usize| all.iter().map(|one| one[i]).sum::<f64>() / all.len() as f64;
        let spread = all.iter().map(|one| (one[1] - mean(1)).powi(2)).sum::<f64>() / all.len() as f64;
        let [norm, dropout] = [norm, dropout].map(|on| if on { "on" } else { "off" });
        println!(
            "{norm:4}  {dropout:7}  {:12.2}  {:5.2} ± {:4.2}   {:8.4} {:6.4}",
            mean(0),
            mean(1),
            spread.sqrt(),
            mean(2),
            mean(3)
        );
    }
    run.done();
}
