//! A race along one variable: the curve of the function, and where on it each one is.

use gradus_viz::{Chart, Marker, Scale};

use super::picture::legend;
use super::run::{Course, Run, shown};

/// Points of the curve.
const POINTS: u32 = 400;

/// So many times what was descended the curve is shown below the lowest place.
const DEEPER: f64 = 3.0;

/// The curve without what joins two points on either side of the plot: between them is a pole.
fn broken(curve: &[(f64, f64)], bottom: f64, top: f64) -> Vec<(f64, f64)> {
    let mut all = Vec::with_capacity(curve.len());
    for (i, &point) in curve.iter().enumerate() {
        let before = if i > 0 { curve[i - 1] } else { point };
        let (low, high) = (before.1.min(point.1), before.1.max(point.1));
        if low < bottom && high > top {
            all.push((before.0, f64::NAN));
        }
        all.push(point);
    }
    all
}

/// The curve with the places of all runs on it.
pub(crate) fn panel(course: &Course<'_>, runs: &[Run]) -> Chart {
    let ground = course.surface;
    let (low, high) = ground.window[0];
    let (low, high) = (low.min(course.start[0]), high.max(course.start[0]));
    let on = |x: f64| (x, ground.at([x, 0.0]));
    let curve: Vec<(f64, f64)> =
        (0..=POINTS).map(|i| on(low + (high - low) * f64::from(i) / f64::from(POINTS))).collect();
    // As high as somebody was, and at a pole not much deeper; the curve may leave the plot.
    let first = ground.at([course.start[0], 0.0]);
    let reached =
        || shown(runs).flat_map(|(run, n)| run.path.values[..n].iter().copied()).filter(|f| f.is_finite());
    let (lowest, highest) = (reached().fold(first, f64::min), reached().fold(first, f64::max));
    let deepest = if highest > lowest { lowest - DEEPER * (highest - lowest) } else { f64::NEG_INFINITY };
    let values =
        || curve.iter().map(|point| point.1.min(highest).max(deepest)).filter(|value| value.is_finite());
    let (bottom, top) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = 0.06 * (top - bottom).max(1e-9);
    let curve = broken(&curve, bottom - room, top + room);
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
