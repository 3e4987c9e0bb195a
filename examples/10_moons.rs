//! Two moons told apart by a network of 337 numbers: micrograd's demonstration, from its own start.
//!
//! The points are scikit-learn's for the seed 1337; the weights are drawn as Python draws them for that seed, so each loss
//! can be laid beside the published one. The loss is that of a support vector machine: a score on the right side and
//! further than 1 from the boundary costs nothing, `max(0, 1 - yŝ)`, and long weights cost a little, `10⁻⁴ ‖w‖²`.

#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;

use gradus::data::generate::{Generator, Moons};
use gradus::optim::schedule;
use gradus::prelude::*;
use published::Published;
use python_random::PythonRandom;

/// A layer with weights uniform in ±1, row by row, and biases 0.
fn layer(inputs: usize, outputs: usize, random: &mut PythonRandom) -> Linear {
    let weight: Vec<f64> = (0..inputs * outputs).map(|_| random.uniform(-1.0, 1.0)).collect();
    Linear {
        weight: Param::new(Tensor::from_vec(weight, [outputs, inputs])),
        bias: Some(Param::new(Tensor::zeros_of([outputs], DType::F64))),
    }
}

/// The share of points on the right side.
fn right(model: &Sequential, points: &Tensor, sides: &Tensor) -> f64 {
    let margins = model.predict(points).flatten() * sides;
    margins.gt(0.0).to(DType::F64).mean().item()
}

/// The plane from the lower left to the upper right, `o` where the score is positive.
fn draw(model: &Sequential) {
    for row in 0..12 {
        let y = 1.4 - 0.2 * f64::from(row);
        let points: Vec<[f64; 2]> = (0..56).map(|column| [-1.6 + 0.075 * f64::from(column), y]).collect();
        let scores = model.predict(&Tensor::from(points)).to_f64_vec();
        println!("  {}", scores.iter().map(|&s| if s > 0.0 { 'o' } else { '.' }).collect::<String>());
    }
}

fn main() {
    let run = Published::new(
        "micrograd's moons: 100 points, 2-16-16-1, 100 steps",
        "karpathy/micrograd, demo.ipynb",
        1,
    );
    let moons = Moons { n: 100, noise: 0.1, ..Moons::default() }.dataset_of(1337, DType::F64);
    let sides = moons.labels.to(DType::F64) * 2.0 - 1.0;

    let mut random = PythonRandom::new(1337);
    let mut model = sequential![
        layer(2, 16, &mut random),
        Relu,
        layer(16, 16, &mut random),
        Relu,
        layer(16, 1, &mut random),
    ];
    println!("{} parameters\n", model.trainable_elements());

    let steps = if run.quick { 20 } else { 100 };
    let mut optimizer = Optimizer::new(Sgd::default(), schedule::Linear { start: 1.0, end: 0.1, steps: 100 });
    let mut losses = Vec::new();
    let mut share = Vec::new();
    for step in 0..steps {
        share.push(100.0 * right(&model, &moons.inputs, &sides));
        let loss = optimizer.training_step(&mut model, |model, tape| {
            let scores = model.forward(tape.constant(&moons.inputs)).flatten();
            let margin = (1.0 - scores * tape.constant(&sides)).relu().mean();
            let length: Var = model.params().iter().map(|(_, w)| tape.param(w).square().sum()).sum();
            margin + 1e-4 * length
        });
        losses.push(loss);
        if step % 10 == 0 || step + 1 == steps {
            println!("step {step:>2}  loss {loss:.16}  right {:>3} %", share[step]);
        }
    }
    println!();
    draw(&model);
    println!();
    compare(&run, &losses, &share);
    run.done();
}

/// Beside what was published.
fn compare(run: &Published, losses: &[f64], share: &[f64]) {
    run.row("loss of the start", "0.89584410", &losses[..1]);
    run.row("after one step", "1.72359053", &losses[1..2]);
    run.row("points on the right side before it, %", "81", &share[1..2]);
    if !run.quick {
        run.row("loss of the last step", "0.01097837", &losses[99..]);
        run.row("points on the right side, %", "100", &share[99..]);
        for (step, published) in [(0, 0.895_844_102_868_322_2), (99, 0.010_978_370_135_492_717)] {
            let far = (losses[step] - published).abs();
            println!("step {step:>2}: published {published:.16}, ours {:.16}, {far:.0e} apart", losses[step]);
            assert!(far < 1e-9, "step {step} has another loss");
        }
    }
    run.falls("the loss", losses[0], losses[losses.len() - 1]);
}
