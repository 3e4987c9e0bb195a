//! A race along one variable: the curve of the function, and where on it each one is.

use gradus_viz::{Chart, Marker, Scale};

use super::picture::legend;
use super::run::{Course, Run};

/// Points of the curve.
const POINTS: u32 = 400;

/// The curve with the places of all runs on it.
pub(crate) fn panel(course: &Course<'_>, runs: &[Run]) -> Chart {
    let ground = course.surface;
    let (low, high) = ground.window[0];
    let (low, high) = (low.min(course.start[0]), high.max(course.start[0]));
    let on = |x: f64| (x, ground.at([x, 0.0]));
    let curve: Vec<(f64, f64)> =
        (0..=POINTS).map(|i| on(low + (high - low) * f64::from(i) / f64::from(POINTS))).collect();
    // As high as somebody was; the curve may leave the plot.
    let reached = runs.iter().filter(|run| !run.diverged).flat_map(|run| &run.path.values).copied();
    let highest = reached.fold(ground.at([course.start[0], 0.0]), f64::max);
    let values = || curve.iter().map(|point| point.1.min(highest)).filter(|value| value.is_finite());
    let (bottom, top) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = 0.06 * (top - bottom).max(1e-9);
    let mut chart = Chart::new("places on the curve, from the ring on")
        .size(430.0, 380.0)
        .x_axis("x", Scale::Linear)
        .y_axis("f", Scale::Linear)
        .x_range(low, high)
        .y_range(bottom - room, top + room);
    for run in runs {
        let places: Vec<(f64, f64)> =
            run.path.points.iter().zip(&run.path.values).map(|(place, &value)| (place[0], value)).collect();
        chart = chart.path(&legend(run), &places).stroke(1.0);
    }
    chart = chart.line("f", &curve).color("#222222").stroke(1.5);
    for minimum in &ground.minima {
        chart = chart.marker("minimum", on(minimum[0]), Marker::Cross);
    }
    chart
}
