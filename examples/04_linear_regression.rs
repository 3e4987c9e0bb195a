//! Gradient descent three ways on one problem: all examples a step, one example a step, and something between.
//!
//! `$y = 2 x_1 - 3.4 x_2 + 4.2$` plus noise. The whole batch takes sure but few steps; single examples take many cheap
//! steps that shake; small batches take most of both.

use approx::abs_diff_eq;
use std::time::Instant;

use gradus::prelude::*;

const NOISE: f64 = 0.1;

struct Row {
    name: &'static str,
    batch: usize,
    lr: f64,
}

/// Weights `[2, 1]` and the bias, fitted; half the mean squared error after each epoch.
fn descend(data: &Dataset, row: &Row, epochs: u64) -> (Linear, Vec<f64>) {
    let mut model = Linear::new(2, 1, &mut rng(0));
    model.weight.set(Tensor::zeros([1, 2]));
    let mut optimizer = Optimizer::new(Sgd::default(), row.lr);
    let loader = Loader { batch: row.batch, shuffle: Some(0), drop_last: false };
    let mut losses = Vec::new();
    for epoch in 0..epochs {
        for batch in loader.epoch(data, epoch) {
            optimizer.training_step(&mut model, |model, tape| {
                0.5 * model.forward(tape.constant(&batch.inputs)).mse(&batch.labels)
            });
        }
        let error = model.predict(&data.inputs) - &data.labels;
        losses.push(0.5 * error.square().mean().item());
    }
    (model, losses)
}

fn main() {
    let quick = std::env::args().any(|a| a == "--quick");
    let (examples, epochs) = if quick { (200, 3) } else { (1000, 6) };

    let mut generator = rng(42);
    let truth = Tensor::from([[2.0f32], [-3.4]]);
    let inputs = Tensor::randn([examples, 2], &mut generator);
    let noise = Tensor::normal([examples, 1], 0.0, NOISE, &mut generator);
    let labels = &(&inputs.matmul(&truth) + 4.2) + &noise;
    let data = Dataset::new(inputs, labels);

    let rows = [
        Row { name: "batch", batch: examples, lr: 0.5 },
        Row { name: "stochastic", batch: 1, lr: 0.02 },
        Row { name: "mini-batch", batch: 10, lr: 0.1 },
    ];
    println!(
        "half the mean squared error after each epoch; the noise alone leaves {:.4}\n",
        NOISE * NOISE / 2.0
    );
    print!("{:11} {:>5} {:>5} {:>7}", "descent", "batch", "lr", "steps");
    for epoch in 1..=epochs {
        print!(" {:>9}", format!("epoch {epoch}"));
    }
    println!(" {:>8}", "ms");
    for row in rows {
        let start = Instant::now();
        let (model, losses) = descend(&data, &row, epochs);
        let ms = 1e3 * start.elapsed().as_secs_f64();
        let steps = epochs as usize * examples.div_ceil(row.batch);
        print!("{:11} {:>5} {:>5} {:>7}", row.name, row.batch, row.lr, steps);
        for loss in losses {
            print!(" {loss:>9.5}");
        }
        println!(" {ms:>8.1}");
        if row.batch < examples {
            let w = model.weight.value().to_f64_vec();
            let b = model.bias.as_ref().map_or(f64::NAN, |b| b.value().item());
            println!("{:11} found y = {:.3} x1 {:+.3} x2 {:+.3}", "", w[0], w[1], b);
            assert!(
                abs_diff_eq!(w[0], 2.0, epsilon = 0.1)
                    && (w[1] + 3.4).abs() < 0.1
                    && abs_diff_eq!(b, 4.2, epsilon = 0.1)
            );
        }
    }
}
