//! Why an average of gradients calms zigzags: vectors that agree keep their length, vectors that do not cancel.
//!
//! Gradients of length 1 point in turn φ to the left and φ to the right of one direction, as in a ravine. Their average has the
//! length cos φ: all of it where they agree, none where they are opposed. What momentum keeps is the part they have in common.

#[path = "common/lesson.rs"]
mod lesson;

use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus::optim::theory::ewma;
use gradus::viz::{Chart, Figure, Scale, series_color};
use lesson::{Point, arrows, save};

const COUNT: usize = 12;
const GAMMA: f64 = 0.9;

/// Unit vectors, in turn at this angle to both sides of the horizontal.
fn gradients(degrees: f64) -> Vec<Point> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    (0..COUNT).map(|t| (cos, if t % 2 == 0 { sin } else { -sin })).collect()
}

fn mean(vectors: &[Point]) -> Point {
    let n = vectors.len() as f64;
    (vectors.iter().map(|v| v.0).sum::<f64>() / n, vectors.iter().map(|v| v.1).sum::<f64>() / n)
}

/// Lengths of the moving average, step by step, without the bias of the start.
fn moving(vectors: &[Point]) -> Vec<f64> {
    let part = |of: fn(&Point) -> f64| ewma(GAMMA, &vectors.iter().map(of).collect::<Vec<_>>());
    let (x, y) = (part(|v| v.0), part(|v| v.1));
    let length = |(t, (x, y)): (usize, (&f64, &f64))| x.hypot(*y) / (1.0 - GAMMA.powi(t as i32 + 1));
    x.iter().zip(&y).enumerate().map(length).collect()
}

fn main() {
    let mut figure = Figure::new("Vectors whose average stays, and vectors whose average shrinks").columns(2);
    let mut lengths = Chart::new("length of the moving average, γ = 0.9")
        .size(330.0, 250.0)
        .x_axis("step", Scale::Integer)
        .y_axis("length", Scale::Linear)
        .y_range(-0.03, 1.08);
    println!("   φ  length of the mean  cos φ  moving average at the end");
    // Blue and vermilion are gradients and their sum.
    for (degrees, color) in [(0.0, 2), (60.0, 3), (90.0, 4)] {
        let vectors = gradients(degrees);
        let (x, y) = mean(&vectors);
        let cos = f64::to_radians(degrees).cos();
        let moved = moving(&vectors);
        println!("{degrees:>4}  {:>18.4}  {cos:>5.3}  {:>25.4}", x.hypot(y), moved[COUNT - 1]);
        assert!(
            abs_diff_eq!(x.hypot(y), cos, epsilon = 1e-12),
            "the mean of unit vectors at ±φ has the length cos φ"
        );
        // The weights of the two sides differ by (1 - γ)/(1 + γ) at most, so little of the zigzag is left.
        assert_abs_diff_eq!(moved[COUNT - 1], cos, epsilon = 0.09);
        lengths = lengths.curve(&format!("±{degrees}°"), &moved).color(series_color(color));

        // The gradients one after the other, and their mean from the start.
        let (mut at, mut chain) = ((0.0, 0.0), Vec::new());
        for v in &vectors {
            let next = (at.0 + v.0, at.1 + v.1);
            chain.push((at, next));
            at = next;
        }
        // A sum of length 0 is drawn as what it is: a dot.
        let sum = (COUNT as f64 * x, COUNT as f64 * y);
        let end = if sum.0.hypot(sum.1) > 1e-9 { (sum.0, sum.1 - 1.6) } else { (0.0, -1.6) };
        let chart = Chart::new(&format!("gradients at ±{degrees}°: mean of length {:.1}", x.hypot(y)))
            .size(330.0, 150.0)
            .x_axis("x", Scale::Linear)
            .y_axis("y", Scale::Linear)
            .x_range(-0.5, 12.5)
            .y_range(-3.4, 2.51)
            .line("gradients, one after the other", &arrows(&chain, 0.3))
            .line(
                &format!("their sum, of length {:.0}", sum.0.hypot(sum.1)),
                &arrows(&[((0.0, -1.6), end)], 0.5),
            )
            .stroke(4.0);
        figure = figure.panel(chart);
    }
    let figure = figure.note("γ is the share of the old average that is kept: the β of momentum.");
    save("36_sums_of_vectors", &figure.panel(lengths).svg());
}
