//! The turned quadratic in the coordinates of its eigenvectors: there each coordinate goes its own way.

use std::fmt::Write as _;

use gradus_viz::{Chart, Grid, Marker, Scale, round_levels};

use super::picture::{LEVELS, NODES, legend, width};
use super::run::Run;
use crate::text::numbers::fixed;

/// The surface that has them.
pub(crate) const NAME: &str = "turned";
/// The rows are the eigenvectors.
const BASIS: [[f64; 2]; 2] = [[0.8, 0.6], [-0.6, 0.8]];

fn seen(place: &[f64]) -> (f64, f64) {
    let along = |[a, b]: [f64; 2]| a * place[0] + b * place[1];
    (along(BASIS[0]), along(BASIS[1]))
}

/// What the table has below it.
pub(crate) fn text(runs: &[Run]) -> String {
    let mut text =
        "\nin the eigenbasis, f = 0.1 u² + 2 v², u and v are descended apart; they end at\n".to_string();
    let wide = runs.iter().map(|run| run.name.chars().count()).max().unwrap_or(0);
    for run in runs {
        let (u, v) = seen(run.path.last());
        let _ = writeln!(text, "{:wide$}  u = {}, v = {}", run.name, fixed(u), fixed(v));
    }
    text
}

/// The paths over contours that lie along the axes.
pub(crate) fn panel(runs: &[Run]) -> Chart {
    let (x, y) = ((-5.5, 1.0), (-3.0, 3.0));
    let grid = Grid::sample(x, y, NODES, |u, v| 0.1 * u * u + 2.0 * v * v);
    let mut chart = Chart::new("the same in the eigenbasis")
        .size(360.0, 380.0)
        .x_axis("u = 0.8 x + 0.6 y", Scale::Linear)
        .y_axis("v = 0.8 y − 0.6 x", Scale::Linear)
        .x_range(x.0, x.1)
        .y_range(y.0, y.1)
        .contours(&grid, &round_levels(&grid, LEVELS));
    for (i, run) in runs.iter().enumerate() {
        let places: Vec<(f64, f64)> = run.path.points.iter().map(|place| seen(place)).collect();
        chart = chart.path(&legend(run), &places).stroke(width(i, runs.len()));
    }
    chart.marker("minimum", (0.0, 0.0), Marker::Cross)
}
