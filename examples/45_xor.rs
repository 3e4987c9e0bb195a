//! Exclusive or, which no line decides and two bent lines do: what each of two hidden units sees of the plane, and what they give
//! together.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Grid, Marker, Scale};
use lesson::save;

const CORNERS: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const CLASSES: [[f64; 1]; 4] = [[0.0], [1.0], [1.0], [0.0]];
const STEPS: usize = 300;

fn train(mut model: Sequential) -> (Sequential, f64) {
    model.convert(DType::F64);
    let (x, y) = (Tensor::from(CORNERS), Tensor::from(CLASSES));
    let mut optimizer = Optimizer::new(Adam::default(), 0.05);
    let mut loss = f64::NAN;
    for _ in 0..STEPS {
        loss = optimizer.training_step(&mut model, |model, tape| {
            model.forward(tape.constant(&x)).binary_cross_entropy_with_logits(&y)
        });
    }
    (model, loss)
}

/// A function of the plane as colours, with the corners on it.
fn panel(title: &str, label: &str, range: (f64, f64), f: impl Fn(&Tensor) -> Tensor) -> Chart {
    let (low, high) = (-0.3, 1.3);
    let grid = Grid::sample((low, high), (low, high), [25, 25], |x, y| f(&Tensor::from([[x, y]])).item());
    let at = |class: f64| -> Vec<(f64, f64)> {
        let of_class = CORNERS.iter().zip(CLASSES).filter(|(_, c)| c[0] == class);
        of_class.map(|(corner, _)| (corner[0], corner[1])).collect()
    };
    let chart = Chart::new(title)
        .size(250.0, 250.0)
        .x_axis("x₁", Scale::Linear)
        .y_axis("x₂", Scale::Linear)
        .x_range(low, high)
        .y_range(low, high)
        .heat(grid, label, range);
    let chart =
        at(0.0).into_iter().fold(chart, |chart, at| chart.marker("0", at, Marker::Disc).color("#999999"));
    at(1.0).into_iter().fold(chart, |chart, at| chart.marker("1", at, Marker::Diamond).color("#d55e00"))
}

fn main() {
    let mut generator = rng(2);
    let (line, of_line) = train(sequential![Linear::new(2, 1, &mut generator)]);
    let hidden = Linear::new(2, 2, &mut generator);
    let (model, loss) = train(sequential![hidden, Tanh, Linear::new(2, 1, &mut generator)]);

    println!("after {STEPS} steps          one line   two units");
    println!("loss                     {of_line:.4}      {loss:.4}");
    let corners = Tensor::from(CORNERS);
    let [one, two] = [&line, &model].map(|model| model.predict(&corners).sigmoid().to_f64_vec());
    for (i, [a, b]) in CORNERS.iter().enumerate() {
        println!("probability of {a} xor {b}     {:.2}        {:.2}", one[i], two[i]);
    }
    assert!(abs_diff_eq!(of_line, std::f64::consts::LN_2, epsilon = 1e-3), "a line is no better than chance");
    let known = two.iter().zip(CLASSES).all(|(p, class)| abs_diff_eq!(*p, class[0], epsilon = 0.1));
    assert!(known, "two units know all four");

    let unit = |k: isize| {
        let hidden = &model.layers[0];
        move |x: &Tensor| hidden.predict(x).tanh().select(1, k)
    };
    let figure = Figure::new("Exclusive or")
        .columns(2)
        .panel(panel("first hidden unit", "tanh", (-1.0, 1.001), unit(0)))
        .panel(panel("second hidden unit", "tanh", (-1.0, 1.001), unit(1)))
        .panel(panel("the output", "probability of 1", (0.0, 1.001), |x| model.predict(x).sigmoid()));
    save("45_xor", &figure.svg());
}
