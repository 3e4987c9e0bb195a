//! Batch, stochastic and mini-batch descent: batches of all examples, 1, 10 and 100, as loss against time, and the noise of their
//! gradients as arrows.
//!
//! The gradient of a batch is the whole gradient plus noise whose variance falls like 1/B. Small batches pay for it with steps
//! that shake, and are paid with more steps an example. Time is counted in two ways, in examples and in steps, so that the picture
//! is the same on each machine; the milliseconds of this one are printed.

#[path = "common/lesson.rs"]
mod lesson;

use std::time::Instant;

use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Marker, Scale, series_color};
use lesson::{Point, arrows, save};

const NOTE: &str = "The upper two are loss against time: on a machine that computes one example at a time, time is epochs; on one that \
                    computes a whole batch at once, it is steps. Real ones lie between. A batch size has one colour in all panels.";

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

/// The loss on all examples after so many epochs, and after so many steps; and the milliseconds of the steps.
fn descend(data: &Dataset, batch: usize, lr: f64, epochs: u64) -> ([Vec<Point>; 2], f64) {
    let (mut w, mut optimizer) = (Param::new([[0.0f32], [0.0]]), Optimizer::new(Sgd::default(), lr));
    let whole = |w: &Param| value_and_grad(|tape| loss(w, tape, data)).0;
    let (mut curves, mut spent, mut steps) = ([vec![(0.0, whole(&w))], vec![]], 0.0, 0usize);
    let every = (data.len() / batch / 12).max(1);
    for epoch in 0..epochs {
        let loader = Loader { batch, shuffle: Some(7), drop_last: true };
        for part in loader.epoch(data, epoch) {
            let start = Instant::now();
            optimizer.training_step(&mut w, |w, tape| loss(w, tape, &part));
            (spent, steps) = (spent + start.elapsed().as_secs_f64(), steps + 1);
            if steps.is_multiple_of(every) || steps.is_power_of_two() {
                let all = whole(&w);
                curves[0].push(((steps * batch) as f64 / data.len() as f64, all));
                curves[1].push((steps as f64, all));
            }
        }
    }
    (curves, 1e3 * spent)
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

fn panel(title: &str, (x, y): (&str, &str), by: Scale) -> Chart {
    Chart::new(title).size(330.0, 250.0).x_axis(x, by).y_axis(y, Scale::Log10)
}

/// The loss against both kinds of time.
fn descents(data: &Dataset) -> [Chart; 2] {
    let (n, epochs) = (data.len(), 5);
    let mut epoch = panel("one example at a time", ("epochs", "loss"), Scale::Linear);
    let mut step = panel("a batch at a time", ("steps", "loss"), Scale::Log10);
    println!("{n} examples, {epochs} epochs\n{:>6} {:>6} {:>10} {:>10}", "batch", "rate", "loss", "ms");
    for (batch, lr) in [(n, 0.5), (100, 0.3), (10, 0.1), (1, 0.02)] {
        let (curves, ms) = descend(data, batch, lr, epochs);
        let end = curves[0].last().expect("there are steps").1;
        println!("{batch:>6} {lr:>6} {end:>10.4} {ms:>10.2}");
        // The noise of the labels leaves 0.125; whole batches have made only five steps by then.
        assert!(batch == n || end < 0.16, "batches of {batch} end at {end}");
        let name = if batch == n { "batches of all".to_string() } else { format!("batches of {batch}") };
        (epoch, step) = (epoch.line(&name, &curves[0]), step.line(&name, &curves[1]));
    }
    [epoch, step]
}

fn main() {
    let (data, draws) = (data(2000), 2000);
    let [epoch, step] = descents(&data);
    let whole = noise(&data, data.len(), 1).0[0];
    let mut falling = panel("variance of the gradient", ("batch size B", "variance"), Scale::Log10);
    let (mut clouds, mut first) = (Vec::new(), None);
    println!("\n{:>6} {:>12} {:>14}", "batch", "variance", "times B");
    for (color, batch) in [(3, 1), (2, 10), (1, 100)] {
        let (b, (drawn, variance)) = (batch as f64, noise(&data, batch, draws));
        println!("{batch:>6} {variance:>12.5} {:>14.4}", variance * b);
        let ratio = variance * b / *first.get_or_insert(variance);
        assert!((0.8..1.25).contains(&ratio), "variance times B is a constant: {ratio} of it at {batch}");
        let from_start: Vec<(Point, Point)> = drawn.iter().take(40).map(|g| ((0.0, 0.0), *g)).collect();
        let (name, title) = (format!("batches of {batch}"), format!("gradients of 40 batches of {batch}"));
        let cloud = panel(&title, ("∂f/∂w₁", "∂f/∂w₂"), Scale::Linear).y_axis("∂f/∂w₂", Scale::Linear);
        let cloud = cloud.x_range(-20.0, 12.0).y_range(-6.0, 14.0).line(&name, &arrows(&from_start, 0.6));
        let cloud = cloud.color(series_color(color)).stroke(1.2);
        clouds.push(cloud.marker("of all examples", whole, Marker::Disc));
        falling = falling.points(&name, &[(b, variance)]).color(series_color(color));
    }
    let law = [1.0, 100.0].map(|b| (b, first.unwrap_or(f64::NAN) / b));
    falling = falling.line("that of one, divided by B", &law).color("#222222");
    let figure = Figure::new("Batches of all, 100, 10 and 1").columns(2).note(NOTE);
    let figure = figure.panel(epoch).panel(step).panel(falling);
    save("39_batch_sizes", &clouds.into_iter().fold(figure, Figure::panel).svg());
}
