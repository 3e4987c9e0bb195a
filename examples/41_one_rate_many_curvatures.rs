//! One learning rate on many curvatures: gradient descent on `$\tfrac\lambda 2 x^2$` multiplies x by `$1 - \eta\lambda$` at every step.
//!
//! At η = 0.1 a curvature of 0.1 hardly moves, 10 arrives at once, 19 jumps from side to side and still converges, and from 20 on
//! nothing does: |1 - ηλ| < 1 is what counts, not |ηλ| < 1.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::optim::minimize;
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale, series_color};
use lesson::{samples, save};

const LR: f64 = 0.1;
const STEPS: usize = 19;

fn descend(lambda: f64) -> Vec<f64> {
    let mut descent = Optimizer::new(Sgd::default(), LR);
    let path = minimize(|x| (x.square() * (0.5 * lambda)).sum(), &[1.0], &mut descent, STEPS);
    path.points.iter().map(|x| x[0]).collect()
}

fn main() {
    let mut paths = Chart::new("x after t steps: (1 − ηλ)^t")
        .size(350.0, 300.0)
        .x_axis("step t", Scale::Integer)
        .y_axis("x", Scale::Linear)
        .y_range(-1.05, 1.05);
    let mut rates = Chart::new("how much of x is left by one step")
        .size(350.0, 300.0)
        .x_axis("curvature λ", Scale::Linear)
        .y_axis("|1 − ηλ|", Scale::Linear)
        .y_range(-0.04, 1.3)
        .line("|1 − ηλ|", &samples(0.0, 23.0, 231, |lambda| (1.0 - LR * lambda).abs()))
        .color("#222222")
        .horizontal("beyond 1 it diverges", 1.0);
    println!("gradient descent at η = {LR} from x = 1\n     λ   1 - ηλ   x after {STEPS} steps");
    for (i, lambda) in [0.1, 1.0, 10.0, 19.0].into_iter().enumerate() {
        let (path, factor) = (descend(lambda), 1.0 - LR * lambda);
        println!("{lambda:>6} {factor:>8.2} {:>10.6}", path[STEPS]);
        for (t, x) in path.iter().enumerate() {
            assert!(abs_diff_eq!(*x, factor.powi(t as i32), epsilon = 1e-12), "λ = {lambda}, step {t}: {x}");
        }
        paths = paths.curve(&format!("λ = {lambda}"), &path);
        rates = rates.points(&format!("λ = {lambda}"), &[(lambda, factor.abs())]).color(series_color(i));
    }
    assert!(descend(19.0)[STEPS].abs() < 0.14, "ηλ is 1.9, and it converges");
    assert!(descend(21.0)[STEPS].abs() > 6.0, "ηλ is 2.1, and it does not");
    save(
        "41_one_rate_many_curvatures",
        &Figure::new("One rate, many curvatures").panel(paths).panel(rates).svg(),
    );
}
