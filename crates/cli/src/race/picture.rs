//! The picture of a race: the surface's contours with all paths, and the values step by step.

use gradus_viz::{Chart, Figure, Grid, Marker, Scale, linear_levels, log_levels};

use super::ground::Aim;
use super::run::{Course, Run};
use super::{eigenbasis, line};

/// Nodes of the grid on which the surface is drawn, in each direction.
const NODES: [usize; 2] = [241, 241];
const LEVELS: usize = 14;
/// Where the axis of the values ends at the latest.
const FLOOR: f64 = 1e-20;

pub(crate) fn picture(course: &Course<'_>, runs: &[Run]) -> String {
    let title = course.title();
    let ways = if course.surface.dimensions == 1 { line::panel(course, runs) } else { paths(course, runs) };
    let mut figure = Figure::new(&title).panel(ways);
    if course.surface.name == eigenbasis::NAME {
        figure = figure.panel(eigenbasis::panel(runs));
    }
    figure.panel(values(course, runs)).shared_legend().svg()
}

/// The surface's window, larger if the start lies outside.
fn window(course: &Course<'_>) -> [(f64, f64); 2] {
    let reach = |(low, high): (f64, f64), at: f64| {
        let room = 0.05 * (high - low);
        (if at < low { at - room } else { low }, if at > high { at + room } else { high })
    };
    let [x, y] = course.surface.window;
    [reach(x, course.start[0]), reach(y, course.start[1])]
}

fn paths(course: &Course<'_>, runs: &[Run]) -> Chart {
    let [x, y] = window(course);
    let grid = Grid::sample(x, y, NODES, |x, y| course.surface.at([x, y]));
    let levels = if has_valley(&grid) && course.surface.aim != Aim::Border {
        log_levels(&grid, LEVELS)
    } else {
        linear_levels(&grid, LEVELS)
    };
    let mut chart = Chart::new("paths, from the ring on")
        .size(470.0, 400.0)
        .x_axis("x", Scale::Linear)
        .y_axis("y", Scale::Linear)
        .x_range(x.0, x.1)
        .y_range(y.0, y.1)
        .contours(&grid, &levels);
    for run in runs {
        let places: Vec<(f64, f64)> = run.path.points.iter().map(|place| (place[0], place[1])).collect();
        chart = chart.path(&legend(run), &places).stroke(1.5);
    }
    for minimum in &course.surface.minima {
        chart = chart.marker("minimum", (minimum[0], minimum[1]), Marker::Cross);
    }
    chart
}

/// Whether most of the window lies far above its lowest part.
fn has_valley(grid: &Grid) -> bool {
    let mut values: Vec<f64> = grid.values.iter().copied().filter(|v| v.is_finite()).collect();
    if values.is_empty() {
        return false;
    }
    values.sort_by(f64::total_cmp);
    let above = |part: usize| values[values.len() * part / 100] - values[0];
    above(50) > 15.0 * above(1)
}

pub(super) fn legend(run: &Run) -> String {
    let note = if run.diverged { ", diverged" } else { "" };
    let rate = if run.lr.is_some() { format!(", lr {}", run.rate()) } else { String::new() };
    format!("{}{rate}{note}", run.name)
}

fn values(course: &Course<'_>, runs: &[Run]) -> Chart {
    let chart = Chart::new("value after each step").size(400.0, 400.0).x_axis("step", Scale::Linear);
    let first = runs.first().map_or(1.0, |run| run.path.values[0]);
    let all = || runs.iter().flat_map(|run| run.path.values.iter().copied()).filter(|v| v.is_finite());
    let steps = runs.iter().map(|run| run.path.values.len()).max().unwrap_or(1);
    let chart = chart.x_range(0.0, steps.max(2) as f64 - 1.0);
    let positive = all().all(|value| value >= 0.0) && first > 0.0;
    let mut chart = if positive {
        let lowest = all().fold(first, f64::min).max(FLOOR);
        let highest = all().fold(first, f64::max).min(1e3 * first);
        chart.y_axis("f, logarithmic", Scale::Log10).y_range(lowest / 2.0, highest * 2.0)
    } else {
        let [_, (low, high)] = window(course);
        let deep = (high - low).powi(2) / 2.0;
        let (lowest, highest) =
            (all().fold(first, f64::min).max(-deep), all().fold(first, f64::max).min(deep));
        let room = 0.05 * (highest - lowest).max(1e-9);
        chart.y_axis("f", Scale::Linear).y_range(lowest - room, highest + room)
    };
    for run in runs {
        let points: Vec<(f64, f64)> =
            run.path.values.iter().enumerate().map(|(step, &value)| (step as f64, value)).collect();
        chart = chart.line(&legend(run), &points);
    }
    chart
}
