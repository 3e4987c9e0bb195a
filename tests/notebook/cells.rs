//! The cells of the notebook: its first cell has the `use` lines here, each other one the body of a function.

use gradus::data::iris;
use gradus::prelude::*;
use gradus::viz::{Chart, Scale};

pub(super) fn slope() -> Chart {
    let f = |x: f64| x.powi(3) - 2.0 * x;
    let (x, exact) = (1.5, 3.0 * 1.5 * 1.5 - 2.0);
    let error = |h: f64| ((f(x + h) - f(x - h)) / (2.0 * h) - exact).abs();
    let errors: Vec<(f64, f64)> = (1..14).map(|k| 10f64.powi(-k)).map(|h| (h, error(h))).collect();
    Chart::new("Error of the central difference")
        .x_axis("step h", Scale::Log10)
        .y_axis("error", Scale::Log10)
        .line("(f(x+h) - f(x-h)) / 2h", &errors)
}

pub(super) fn tape() -> Tape {
    let tape = Tape::new();
    let x = tape.var(1.5);
    let _ = x * x * x - 2.0 * x;
    tape
}

pub(super) fn checked() -> gradus::autograd::Report {
    gradcheck(|x| x[0] * x[0] * x[0] - 2.0 * x[0], &[Tensor::from([1.5, -0.5, 2.0])])
}

pub(super) fn gradient() -> Tensor {
    let tape = Tape::new();
    let weight = tape.var(Tensor::from([[0.5, -1.0], [2.0, 0.25]]));
    let input = tape.constant(Tensor::from([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]));
    let loss = input.matmul(weight).tanh().square().mean();
    let gradients = loss.backward();
    gradients.wrt(weight)
}

pub(super) fn training() -> Chart {
    let (train, test) = iris().split(0.3, 0);
    let scale = Standardizer::per_column(&train.inputs);
    let (train, test) = (train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x)));
    let mut generator = rng(0);
    let mut model = sequential![Linear::new(4, 16, &mut generator), Tanh, Linear::new(16, 3, &mut generator)];
    let mut optimizer = Optimizer::new(Adam::default(), 0.01);
    let loader = Loader { batch: 15, shuffle: Some(0), drop_last: false };
    let mut losses = Vec::new();
    for epoch in 0..30 {
        for batch in loader.epoch(&train, epoch) {
            losses.push(optimizer.training_step(&mut model, |model, tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            }));
        }
    }
    let right = accuracy(&model.predict(&test.inputs), &test.labels);
    Chart::new(&format!("Iris: {:.0} % of the test set are right", 100.0 * right))
        .x_axis("step", Scale::Linear)
        .y_axis("cross-entropy", Scale::Log10)
        .curve("training", &losses)
}
