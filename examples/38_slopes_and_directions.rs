//! Slopes as pictures: secants that turn into the tangent, and the slope in every direction with the gradient's marked.
//!
//! In direction u, of length 1, a function rises by `$\nabla f \cdot u$`: most along the gradient, where the slope is the
//! gradient's length, not at all across it, and least against it.

#[path = "common/lesson.rs"]
mod lesson;

use approx::{abs_diff_eq, assert_abs_diff_eq, relative_eq};
use gradus::autograd::{FiniteDifference, directional_derivative};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Marker, Scale, series_color};
use lesson::{Point, samples, save};

/// Where the slopes in all directions are taken.
const AT: [f64; 2] = [1.0, 0.5];

fn hill(x: Var<'_>) -> Var<'_> {
    (x.square() * &Tensor::from([0.5, 2.0])).sum() + x.sin().sum()
}

fn cubic(x: f64) -> f64 {
    x * x * x / 3.0 - x
}

fn straight(x: f64, slope: f64) -> [Point; 2] {
    [-1.3, 2.2].map(|t| (x + t, cubic(x) + slope * t))
}

fn secants() -> Chart {
    let x = 0.8;
    let slope = value_and_grad(|tape| {
        let x = tape.var(x);
        x * x * x / 3.0 - x
    });
    let exact = x * x - 1.0;
    assert_abs_diff_eq!(slope.0, cubic(x), epsilon = 1e-15);
    println!("x³/3 - x at {x}: slope {exact:.4}");
    let mut chart = Chart::new("secants turn into the tangent")
        .size(340.0, 300.0)
        .x_axis("x", Scale::Linear)
        .y_axis("f(x) = x³/3 − x", Scale::Linear)
        .x_range(-0.2, 2.7)
        .y_range(-1.4, 2.4)
        .line("f", &samples(-0.5, 3.0, 141, cubic))
        .stroke(2.6);
    for h in [1.6, 0.8, 0.2] {
        let secant = (cubic(x + h) - cubic(x)) / h;
        println!("  h = {h}: secant {secant:.4}, off by {:.4}", secant - exact);
        assert!(
            abs_diff_eq!(secant - exact, x * h + h * h / 3.0, epsilon = 1e-12),
            "off by f'' h/2 + f''' h²/6"
        );
        chart = chart.line(&format!("secant, h = {h}"), &straight(x, secant));
    }
    chart.line("tangent", &straight(x, exact)).color(series_color(5)).stroke(2.6).marker(
        "",
        (x, cubic(x)),
        Marker::Disc,
    )
}

fn main() {
    let left = secants();
    let place = Tensor::from(AT);
    let tape = Tape::new();
    let x = tape.var(&place);
    let gradient = hill(x).backward().wrt(x).to_f64_vec();
    let (length, angle) = (gradient[0].hypot(gradient[1]), gradient[1].atan2(gradient[0]).to_degrees());
    println!("\ngradient ({:.4}, {:.4}): length {length:.4}, at {angle:.1}°", gradient[0], gradient[1]);

    let by = FiniteDifference::forward().with_step(1e-4);
    let plain = |x: &[f64]| hill(Tape::new().var(Tensor::from_slice(x, [2]))).item();
    let (mut exact, mut differences) = (Vec::new(), Vec::new());
    for degrees in 0..=360 {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let slope =
            directional_derivative(|x| hill(x[0]), std::slice::from_ref(&place), &[Tensor::from([cos, sin])]);
        assert!(
            abs_diff_eq!(slope - gradient[0] * cos, gradient[1] * sin, epsilon = 1e-12),
            "the slope is ∇f · u"
        );
        assert!(slope <= length + 1e-12, "no direction is steeper than the gradient");
        exact.push((f64::from(degrees), slope));
        if degrees % 15 == 0 {
            let difference = by.directional(plain, &AT, &[cos, sin]);
            assert_abs_diff_eq!(difference, slope, epsilon = 1e-3);
            differences.push((f64::from(degrees), difference));
        }
    }
    let steepest = exact.iter().fold((0.0, 0.0), |best: Point, p| if p.1 > best.1 { *p } else { best });
    println!("steepest of whole degrees: {}°, slope {:.4}", steepest.0, steepest.1);
    assert!(
        abs_diff_eq!(steepest.0, angle, epsilon = 0.5)
            && relative_eq!(steepest.1, length, max_relative = 1e-3)
    );
    let right = Chart::new("the slope in each direction")
        .size(340.0, 300.0)
        .x_axis("angle of u in degrees", Scale::Linear)
        .y_axis("slope", Scale::Linear)
        .x_range(-8.0, 368.0)
        .line("∇f · u", &exact)
        .color(series_color(6))
        .points("(f(x + hu) − f(x))/h", &differences)
        .color(series_color(4))
        .vertical("angle of the gradient", angle)
        .marker("length of the gradient, at its angle", (angle, length), Marker::Diamond)
        .vertical("across it: no slope", angle + 90.0)
        .color("#999999");
    save("38_slopes_and_directions", &Figure::new("Slopes").panel(left).panel(right).svg());
}
