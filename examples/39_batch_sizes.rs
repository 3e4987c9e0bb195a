//! Batch, stochastic and mini-batch descent: batches of all examples, 1, 10 and 100, as loss against work and against time, and
//! the noise of their gradients as arrows.
//!
//! The gradient of a batch is the whole gradient plus noise whose variance falls like 1/B. Small batches pay for it with steps
//! that shake, and are paid with more steps an example. A second of a computer holds more examples in large batches. (The panel
//! of times is the only one that differs from machine to machine.)

#[path = "common/lesson.rs"]
mod lesson;

use std::time::Instant;

use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Marker, Scale};
use lesson::{Point, arrows, quick, save};

/// Two weights, `$y = 2 x_1 - 3.4 x_2$` plus noise of 0.5.
fn data(n: usize) -> Dataset {
    let mut generator = rng(1);
    let inputs = Tensor::randn([n, 2], &mut generator);
    let noise = Tensor::normal([n, 1], 0.0, 0.5, &mut generator);
    let labels = &inputs.matmul(&Tensor::from([[2.0f32], [-3.4]])) + &noise;
    Dataset::new(inputs, labels)
}

fn loss<'t>(w: &Param, tape: &'t Tape, batch: &Dataset) -> Var<'t> {
    0.5 * tape.constant(&batch.inputs).matmul(tape.param(w)).mse(&batch.labels)
}

/// The loss on all examples at twelve places of each epoch or after each step, against epochs and against milliseconds.
fn descend(data: &Dataset, batch: usize, lr: f64, epochs: u64) -> [Vec<Point>; 2] {
    let (mut w, mut optimizer) = (Param::new([[0.0f32], [0.0]]), Optimizer::new(Sgd::default(), lr));
    let (mut curves, mut spent, mut seen) = ([vec![], vec![]], 0.0, 0);
    let every = (data.len() / batch / 12).max(1);
    for epoch in 0..epochs {
        let loader = Loader { batch, shuffle: Some(7), drop_last: true };
        for (step, part) in loader.epoch(data, epoch).enumerate() {
            if step % every == 0 {
                let all = value_and_grad(|tape| loss(&w, tape, data)).0;
                curves[0].push((seen as f64 / data.len() as f64, all));
                curves[1].push((1e3 * spent, all));
            }
            let start = Instant::now();
            let part = Dataset::new(part.inputs.clone(), part.labels.clone());
            optimizer.training_step(&mut w, |w, tape| loss(w, tape, &part));
            (spent, seen) = (spent + start.elapsed().as_secs_f64(), seen + batch);
        }
    }
    curves
}

/// Gradients at w = 0 of batches that are drawn with replacement, and their mean squared distance from the whole gradient.
fn noise(data: &Dataset, batch: usize, draws: usize) -> (Vec<Point>, f64) {
    let w = Param::new([[0.0f32], [0.0]]);
    let gradient = |data: &Dataset| {
        let (_, g) = value_and_grad(|tape| loss(&w, tape, data));
        let g = g.get(&w).expect("w has a gradient").to_f64_vec();
        (g[0], g[1])
    };
    let (whole, mut generator) = (gradient(data), rng(batch as u64));
    let drawn: Vec<Point> = (0..draws)
        .map(|_| gradient(&data.select(&Tensor::randint(0, data.len() as i64, [batch], &mut generator))))
        .collect();
    let apart = drawn.iter().map(|g| (g.0 - whole.0).powi(2) + (g.1 - whole.1).powi(2)).sum::<f64>();
    (drawn, apart / draws as f64)
}

fn main() {
    let (n, draws) = if quick() { (400, 200) } else { (2000, 2000) };
    let (data, epochs) = (data(n), 5);
    let panel = |title: &str, x: &str, y: &str| {
        Chart::new(title).size(330.0, 260.0).x_axis(x, Scale::Linear).y_axis(y, Scale::Linear)
    };
    let mut work = panel("the same work", "epochs", "loss").y_axis("loss", Scale::Log10);
    let mut time = panel("the same time", "milliseconds of steps", "loss")
        .x_axis("milliseconds of steps", Scale::Log10)
        .y_axis("loss", Scale::Log10);
    println!("{n} examples, {epochs} epochs\n{:>6} {:>6} {:>10} {:>10}", "batch", "rate", "loss", "ms");
    for (batch, lr) in [(n, 0.5), (100, 0.3), (10, 0.1), (1, 0.02)] {
        let curves = descend(&data, batch, lr, epochs);
        let (ms, end) = *curves[1].last().expect("there are steps");
        println!("{batch:>6} {lr:>6} {end:>10.4} {ms:>10.2}");
        let name = if batch == n { "all".to_string() } else { batch.to_string() };
        // The noise of the labels leaves 0.125; whole batches have made only four steps by then.
        assert!(batch == n || end < 0.16, "batches of {batch} end at {end}");
        work = work.line(&format!("batches of {name}"), &curves[0]);
        time = time.line(&format!("batches of {name}"), &curves[1]);
    }
    let mut cloud = panel("40 gradients of each size", "∂f/∂w₁", "∂f/∂w₂");
    let mut variances = Vec::new();
    println!("\n{:>6} {:>12} {:>14}", "batch", "variance", "times B");
    for batch in [1, 10, 100] {
        let (drawn, variance) = noise(&data, batch, draws);
        println!("{batch:>6} {variance:>12.5} {:>14.4}", variance * batch as f64);
        let from_start: Vec<(Point, Point)> = drawn.iter().take(40).map(|g| ((0.0, 0.0), *g)).collect();
        cloud = cloud.line(&format!("batches of {batch}"), &arrows(&from_start, 0.5)).stroke(1.2);
        variances.push((batch as f64, variance));
    }
    let whole = noise(&data, n, 1).0[0];
    cloud = cloud.marker("the whole gradient", whole, Marker::Disc);
    let (b, first) = variances[0];
    for (batch, variance) in &variances {
        let ratio = variance * batch / (first * b);
        assert!((0.8..1.25).contains(&ratio), "variance times B is a constant: {ratio} of it at {batch}");
    }
    let law: Vec<Point> = [1.0, 100.0].map(|b| (b, first / b)).to_vec();
    let falling = panel("variance of the gradient", "batch size B", "variance")
        .x_axis("batch size B", Scale::Log10)
        .y_axis("variance", Scale::Log10)
        .line("1/B", &law)
        .points("measured", &variances);
    let figure = Figure::new("Batches of all, 100, 10 and 1").columns(2);
    save("39_batch_sizes", &figure.panel(work).panel(time).panel(cloud).panel(falling).svg());
}
