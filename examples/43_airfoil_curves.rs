//! The loss while it falls: the four airfoil runs of momentum as curves.
//!
//! Rates and momenta of *Dive into Deep Learning*, sec. 12.6, in batches of ten. A momentum of 0.9 with the rate of 0.01 shakes,
//! because its steps are ten times the rate; half the rate calms it. The last recipe's loss has no factor ½, which doubles its
//! rate, and it runs twice as long. (`07_airfoil` compares their ends over twenty seeds.)
//!
//! The file `airfoil_self_noise.dat` is looked for in the folder `airfoil` of `GRADUS_DATA`, or of `../shared/data`.

#[path = "common/airfoil.rs"]
#[allow(dead_code, reason = "the data alone are wanted")]
mod airfoil;
#[path = "common/lesson.rs"]
mod lesson;
#[path = "common/published.rs"]
mod published;

use approx::abs_diff_eq;
use gradus::prelude::*;
use gradus::viz::{Chart, Scale};
use lesson::{Point, save};

/// Rate, momentum, what the mean squared error is multiplied by, epochs, and the mean of twenty seeds at the end.
const RECIPES: [(f64, f64, f64, u64, f64); 4] = [
    (0.02, 0.5, 0.5, 2, 0.2441),
    (0.01, 0.9, 0.5, 2, 0.2484),
    (0.005, 0.9, 0.5, 2, 0.2442),
    (0.005, 0.9, 1.0, 4, 0.2505),
];
/// The least half mean squared error of any line.
const FLOOR: f64 = 0.2417;

/// Half the mean squared error on all rows, after every tenth step.
fn curve(data: &Dataset, (lr, momentum, factor, epochs, _): (f64, f64, f64, u64, f64)) -> Vec<Point> {
    let mut generator = rng(0);
    let mut model = Linear::new(5, 1, &mut generator);
    model.weight.set(Tensor::normal([1, 5], 0.0, 0.01, &mut generator));
    model.bias = Some(Param::new(Tensor::zeros([1])));
    let mut optimizer = Optimizer::new(Sgd { momentum, ..Sgd::default() }, lr);
    let loader = Loader { batch: 10, shuffle: Some(0), drop_last: false };
    let (mut points, mut seen) = (Vec::new(), 0);
    for epoch in 0..epochs {
        for batch in loader.epoch(data, epoch) {
            if seen % 100 == 0 {
                points.push((f64::from(seen) / data.len() as f64, half_error(&model, data)));
            }
            optimizer.training_step(&mut model, |model, tape| {
                factor * model.forward(tape.constant(&batch.inputs)).mse(&batch.labels)
            });
            seen += 10;
        }
    }
    points.push((f64::from(seen) / data.len() as f64, half_error(&model, data)));
    points
}

fn half_error(model: &Linear, data: &Dataset) -> f64 {
    let error = model.predict(&data.inputs) - &data.labels;
    0.5 * error.square().mean().item()
}

fn main() {
    let Some(data) = airfoil::data() else { return };
    let mut chart = Chart::new("Noise of an airfoil: four ways down")
        .size(560.0, 340.0)
        .x_axis("epochs", Scale::Linear)
        .y_axis("half the mean squared error", Scale::Linear)
        .y_range(0.235, 0.52);
    println!("one seed each; the floor is {FLOOR}\n   lr  momentum  loss    after 1 epoch  at the end");
    for recipe in RECIPES {
        let (lr, momentum, factor, epochs, mean) = recipe;
        let loss = if factor == 1.0 { "MSE" } else { "½ MSE" };
        let points = curve(&data, recipe);
        let end = points.last().expect("there are steps").1;
        let after_one = points[points.len() / epochs as usize].1;
        println!("{lr:5}  {momentum:8}  {loss:6}  {after_one:13.4}  {end:10.4}");
        assert!(end > FLOOR - 1e-4 && abs_diff_eq!(end, mean, epsilon = 0.03), "{end} is far from {mean}");
        chart = chart.line(&format!("η = {lr}, β = {momentum}, {loss}"), &points);
    }
    chart = chart.horizontal("least squares", FLOOR);
    println!("\n{}", chart.text());
    save("43_airfoil_curves", &chart.svg());
}
