//! AdaGrad as a Newton's method of the diagonal: it walks one path whatever the curvature.
//!
//! On `$\tfrac\lambda 2 x^2$` the gradient is λx, and AdaGrad divides it by the root of the sum of its squares, in which the same λ
//! stands: it cancels. Newton's method divides by the curvature itself. Descent without either is slow where the curvature is
//! small and shakes where it is large.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::optim::{Adagrad, Newton, Rule, minimize};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale};
use lesson::save;

const CURVATURES: [f64; 2] = [0.1, 4.0];
const STEPS: usize = 20;

fn path(rule: impl Into<Box<dyn Rule>>, lr: f64, curvature: f64) -> Vec<f64> {
    let mut optimizer = Optimizer::new(rule, lr);
    let path = minimize(|x| (x.square() * (0.5 * curvature)).sum(), &[5.0], &mut optimizer, STEPS);
    path.points.iter().map(|x| x[0]).collect()
}

fn main() {
    let panels: [(&str, [Vec<f64>; 2]); 3] = [
        ("gradient descent, η = 0.45", CURVATURES.map(|c| path(Sgd::default(), 0.45, c))),
        ("AdaGrad, η = 2", CURVATURES.map(|c| path(Adagrad::default(), 2.0, c))),
        ("Newton's method, η = 0.4", CURVATURES.map(|c| path(Newton::default(), 0.4, c))),
    ];
    println!("½ λ x² from 5: x after {STEPS} steps, and the largest distance of the two paths\n");
    println!("{:28} {:>12} {:>12} {:>10}", "", "λ = 0.1", "λ = 4", "apart");
    let mut figure = Figure::new("A rate per coordinate takes the curvature out").shared_legend();
    let mut distances = Vec::new();
    for (name, [flat, steep]) in &panels {
        let apart = flat.iter().zip(steep).map(|(a, b)| (a - b).abs()).max_by(f64::total_cmp).unwrap_or(0.0);
        println!("{name:28} {:>12.6} {:>12.6} {apart:>10.1e}", flat[STEPS], steep[STEPS]);
        figure = figure.panel(
            Chart::new(name)
                .size(215.0, 240.0)
                .x_axis("step", Scale::Integer)
                .y_axis("x", Scale::Linear)
                .y_range(-4.6, 5.4)
                .curve("λ = 0.1", flat)
                .stroke(6.0)
                .curve("λ = 4", steep),
        );
        distances.push(apart);
    }
    assert!(distances[0] > 5.0, "descent walks two paths");
    assert!(distances[1] < 1e-8, "AdaGrad walks one: {}", distances[1]);
    assert!(distances[2] < 1e-12, "and so does Newton's method: {}", distances[2]);
    // The first step is η whatever the gradient, since the gradient is divided by itself.
    assert!(panels[1].1.iter().all(|path| abs_diff_eq!(path[1], 3.0, epsilon = 1e-8)));
    save("40_adagrad_newton", &figure.svg());
}
