//! What twenty layers do to a signal and to its gradient: weights too small, too large and right, and a normalisation that makes
//! good a wrong start.
//!
//! A unit that sums n inputs of variance v with weights of variance w has variance `$n w v$`. So weights of variance 1/n keep a signal,
//! others multiply it at every layer.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale};
use lesson::save;

const DEPTH: usize = 20;
const WIDTH: usize = 64;

/// Behind each layer the deviation of its values, and the length of the gradient that arrives there, beside the last one's.
fn signals(scale: f64, relu: bool, norm: bool) -> [Vec<f64>; 2] {
    let mut generator = rng(4);
    let tape = Tape::new();
    let mut x = tape.var(Tensor::normal_of([WIDTH, WIDTH], 0.0, 1.0, DType::F64, &mut generator));
    let mut layers = vec![];
    for _ in 0..DEPTH {
        let deviation = scale / (WIDTH as f64).sqrt();
        let weight = Tensor::normal_of([WIDTH, WIDTH], 0.0, deviation, DType::F64, &mut generator);
        let sum = x.matmul(tape.constant(weight));
        let sum = if norm {
            sum.layer_norm(Tensor::ones_of([WIDTH], DType::F64), Tensor::zeros_of([WIDTH], DType::F64), 1e-5)
        } else {
            sum
        };
        x = if relu { sum.relu() } else { sum.tanh() };
        layers.push(x);
    }
    let loss = (x * &Tensor::normal_of([WIDTH, WIDTH], 0.0, 1.0, DType::F64, &mut generator)).sum();
    let gradients = loss.backward();
    let lengths: Vec<f64> = layers.iter().map(|x| gradients.wrt(*x).norm().item()).collect();
    let last = lengths[DEPTH - 1];
    [
        layers.iter().map(|x| x.value().square().mean().item().sqrt()).collect(),
        lengths.iter().map(|length| length / last).collect(),
    ]
}

fn main() {
    let panel = |title: &str, y: &str| {
        Chart::new(title).size(340.0, 300.0).x_axis("layer", Scale::Integer).y_axis(y, Scale::Log10)
    };
    let mut values = panel("values, forward", "root of the mean square");
    let mut gradients = panel("gradients, backward", "length beside the last layer's");
    println!("{DEPTH} layers of {WIDTH} units\n                              last value   first gradient");
    let cases = [
        ("tanh, deviation 0.5/√n", 0.5, false, false),
        ("tanh, deviation 1/√n", 1.0, false, false),
        ("tanh, deviation 2/√n", 2.0, false, false),
        ("relu, deviation 1/√n", 1.0, true, false),
        ("relu, deviation √(2/n)", 2f64.sqrt(), true, false),
        ("relu, 0.5/√n, layer norm", 0.5, true, true),
    ];
    let mut ends = vec![];
    for (name, scale, relu, norm) in cases {
        let [forward, backward] = signals(scale, relu, norm);
        let end = (forward[DEPTH - 1], backward[0]);
        println!("{name:28}  {:>10.2e}   {:>14.2e}", end.0, end.1);
        let points = |y: &[f64]| -> Vec<(f64, f64)> {
            y.iter().enumerate().map(|(layer, y)| ((layer + 1) as f64, *y)).collect()
        };
        values = values.line(name, &points(&forward));
        gradients = gradients.line(name, &points(&backward));
        ends.push(end);
    }
    let [small, right, large, thin, kaiming, normed] = ends[..] else { unreachable!("six cases") };
    assert!(small.0 < 1e-5 && small.1 < 1e-5, "both fade by one half a layer");
    assert!(right.0 > 0.1 && (0.1..10.0).contains(&right.1));
    assert!(large.0 > 0.5 && large.1 > 10.0, "values saturate, gradients grow");
    assert!(thin.0 < 1e-2 && kaiming.0 > 0.3, "relu halves the mean square, which a factor of √2 makes good");
    assert!(
        normed.0 > 0.3 && (0.1..10.0).contains(&normed.1),
        "a norm makes the scale of weights indifferent"
    );
    let figure = Figure::new("Signals through twenty layers").panel(values).panel(gradients).shared_legend();
    save("46_signals_by_depth", &figure.svg());
}
