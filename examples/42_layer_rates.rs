//! LARS and LAMB, layer by layer: how long a step is beside the weights it changes.
//!
//! In SGD a layer moves by its gradient's length, which differs from layer to layer by orders of magnitude. LARS multiplies the
//! rate by `$\lVert\theta\rVert/\lVert g\rVert$` of each tensor, LAMB Adam's direction by `$\lVert\theta\rVert/\lVert u\rVert$`: then
//! each layer moves by the same part of its own length.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::data::iris;
use gradus::optim::{Lamb, Lars, Rule};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale, series_color};
use lesson::{Point, save};

const LAYERS: usize = 6;
const LR: f64 = 0.01;

/// A deep narrow network whose weights have been scaled from layer to layer, as trainings leave them.
fn network() -> Sequential {
    let mut generator = rng(5);
    let mut model = sequential![];
    for layer in 0..LAYERS {
        let (inputs, outputs) = (if layer == 0 { 4 } else { 24 }, if layer == LAYERS - 1 { 3 } else { 24 });
        let mut linear = Linear::new(inputs, outputs, &mut generator);
        linear.bias = None;
        let scale = [1.0, 0.4, 2.5, 1.0, 0.3, 2.0][layer];
        linear.weight.set(linear.weight.value() * scale);
        model.push(linear);
        if layer < LAYERS - 1 {
            model.push(Tanh);
        }
    }
    model
}

fn weights(model: &Sequential) -> Vec<Tensor> {
    state_dict::state_dict(model).into_iter().map(|(_, tensor)| tensor).collect()
}

fn norm(x: &Tensor) -> f64 {
    x.to_f64_vec().iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Of each layer, the length of the first step beside the length of the weights.
fn moved(rule: impl Into<Box<dyn Rule>>, lr: f64, data: &Dataset) -> Vec<f64> {
    let (mut model, mut optimizer) = (network(), Optimizer::new(rule, lr));
    let before = weights(&model);
    optimizer.training_step(&mut model, |model, tape| {
        model.forward(tape.constant(&data.inputs)).cross_entropy(&data.labels)
    });
    let after = weights(&model);
    before.iter().zip(&after).map(|(a, b)| norm(&(b - a)) / norm(a)).collect()
}

/// The largest part beside the smallest.
fn spread(parts: &[f64]) -> f64 {
    let most = parts.iter().copied().max_by(f64::total_cmp).unwrap_or(0.0);
    most / parts.iter().copied().fold(f64::INFINITY, f64::min)
}

/// A dot for each layer and a line through them, which was added last; a rule has one colour and one stroke in both panels.
fn dotted(chart: Chart, name: &str, values: &[f64], rule: usize) -> Chart {
    let points: Vec<Point> = values.iter().enumerate().map(|(i, y)| (i as f64 + 1.0, *y)).collect();
    let color = series_color(rule);
    let chart = chart.points("", &points).color(color).line(name, &points).color(color);
    if rule == 3 { chart.dashed() } else { chart }
}

fn main() {
    let data = iris();
    let scale = Standardizer::per_column(&data.inputs);
    let data = data.map_inputs(|x| scale.apply(x));
    let lars = Lars { momentum: 0.0, trust: 1.0, ..Lars::default() };
    let rules = [
        ("SGD", moved(Sgd::default(), LR, &data)),
        ("Adam", moved(Adam::default(), LR, &data)),
        ("LARS", moved(lars, LR, &data)),
        ("LAMB", moved(Lamb::default(), LR, &data)),
    ];
    println!("the first step at η = {LR}: its length beside that of the weights, layer by layer\n");
    let panel = |title: &str, y: &str| {
        Chart::new(title)
            .size(340.0, 280.0)
            .x_axis("layer", Scale::Integer)
            .y_axis(y, Scale::Log10)
            .x_range(0.5, LAYERS as f64 + 0.5)
    };
    let mut lengths = panel("length of the step / of the weights", "‖Δθ‖ / ‖θ‖");
    // LARS and LAMB lie on each other: the one below is wider.
    for (i, (name, parts)) in rules.iter().enumerate() {
        let cells: Vec<String> = parts.iter().map(|part| format!("{part:9.2e}")).collect();
        println!("{name:5} {}   spread {:.2}", cells.join(" "), spread(parts));
        lengths = dotted(lengths, name, parts, i).stroke(if i == 2 { 6.0 } else { 1.8 });
    }
    // What LARS and LAMB multiply by: in the first step it is what they moved beside what SGD and Adam moved.
    let ratio =
        |by: usize, of: usize| rules[by].1.iter().zip(&rules[of].1).map(|(a, b)| a / b).collect::<Vec<f64>>();
    let (lars, lamb) = (ratio(2, 0), ratio(3, 1));
    let ratios = dotted(panel("what the rate is multiplied by", "ratio"), "LARS: ‖θ‖/‖g‖", &lars, 2);
    let ratios = dotted(ratios, "LAMB: ‖θ‖/‖u‖", &lamb, 3);
    assert!(spread(&rules[0].1) > 10.0, "SGD moves some layers ten times as much as others");
    for rule in &rules[2..] {
        assert!(
            rule.1.iter().all(|part| abs_diff_eq!(part / LR, 1.0, epsilon = 1e-3)),
            "{} moves each by η: {:?}",
            rule.0,
            rule.1
        );
    }
    save("42_layer_rates", &Figure::new("A rate per layer").panel(lengths).panel(ratios).svg());
}
