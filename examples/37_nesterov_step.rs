//! One step of momentum and one of Nesterov's, drawn as vectors: where each asks for the gradient.
//!
//! Both are about to be carried on by βv. Momentum takes the gradient where it stands; Nesterov's form takes it at the end of
//! βv, where it is about to be, and so sees that it is beyond the bottom of the ravine before it gets there.

#[path = "common/lesson.rs"]
mod lesson;

use gradus::optim::{Momentum, MomentumForm, Nesterov, Rule};
use gradus::prelude::*;
use gradus::viz::{Chart, Grid, Marker, Scale, round_levels};
use lesson::{Point, arrows, save};

const BETA: f64 = 0.9;
const LR: f64 = 0.25;
/// The place before the first step and the one after it.
const START: Point = (-3.0, -1.0);

fn f(x: Var<'_>) -> Var<'_> {
    (x.square() * &Tensor::from([0.1, 1.0])).sum()
}

fn value((x, y): Point) -> f64 {
    0.1 * x * x + y * y
}

fn slope((x, y): Point) -> Point {
    (0.2 * x, 2.0 * y)
}

fn add(a: Point, b: Point, times: f64) -> Point {
    (a.0 + times * b.0, a.1 + times * b.1)
}

/// The places of three steps, which the library's rule goes.
fn walk(rule: impl Into<Box<dyn Rule>>) -> Vec<Point> {
    let mut optimizer = Optimizer::new(rule, LR);
    let mut x = Param::new([START.0, START.1]);
    let mut places = vec![START];
    for _ in 0..3 {
        optimizer.training_step(&mut x, |x, tape| f(tape.param(x)));
        let now = x.value().to_f64_vec();
        places.push((now[0], now[1]));
    }
    places
}

fn apart(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn main() {
    let form = MomentumForm::Velocity;
    let momentum = walk(Momentum { beta: BETA, form, ..Momentum::default() });
    let nesterov = walk(Nesterov { beta: BETA, form, ..Nesterov::default() });
    // The first step is the same for both, since there is no velocity yet; the second is drawn.
    assert!(apart(momentum[1], nesterov[1]) < 1e-15);
    let here = momentum[1];
    let carried = add((BETA * (here.0 - START.0), BETA * (here.1 - START.1)), (0.0, 0.0), 1.0);
    let ahead = add(here, carried, 1.0);
    let (by_here, by_ahead) = (add(ahead, slope(here), -LR), add(ahead, slope(ahead), -LR));
    println!("θ = ({:.3}, {:.3}), βv ends at ({:.3}, {:.3})", here.0, here.1, ahead.0, ahead.1);
    for (name, place, drawn) in [("momentum", momentum[2], by_here), ("Nesterov", nesterov[2], by_ahead)] {
        println!("{name:9} goes to ({:.4}, {:.4}), where f = {:.5}", place.0, place.1, value(place));
        assert!(apart(place, drawn) < 1e-12, "{name}: the library's step is the drawn one");
    }
    let (by_momentum, by_nesterov) = (momentum[2].1.abs(), nesterov[2].1.abs());
    assert!(
        by_nesterov < 0.2 * by_momentum,
        "the one who looks ahead stops nearer to the bottom of the ravine"
    );

    let grid = Grid::sample((-3.3, -2.1), (-1.1, 0.9), [121, 201], |x, y| value((x, y)));
    let chart = Chart::new("f = 0.1 x² + y²: momentum asks for the gradient at θ, Nesterov at θ + βv")
        .size(360.0, 600.0)
        .x_axis("x", Scale::Linear)
        .y_axis("y", Scale::Linear)
        .x_range(-3.3, -2.1)
        .y_range(-1.1, 0.9)
        .contours(&grid, &round_levels(&grid, 13))
        .line("velocity: first step, then βv", &arrows(&[(START, here), (here, ahead)], 0.05))
        .line("momentum: −η ∇f(θ)", &arrows(&[(ahead, by_here)], 0.05))
        .stroke(2.6)
        .line("Nesterov: −η ∇f(θ + βv)", &arrows(&[(ahead, by_ahead)], 0.05))
        .stroke(2.6)
        .marker("θ", here, Marker::Disc)
        .marker("θ + βv", ahead, Marker::Diamond)
        .note("Numbers on the contours are values of f.");
    save("37_nesterov_step", &chart.svg());
}
