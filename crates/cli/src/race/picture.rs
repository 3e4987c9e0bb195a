//! The picture of a race: the surface's contours with all paths, and the values step by step.

use gradus_viz::{Chart, Figure, Grid, Marker, Scale, round_levels};

use super::ground::Aim;
use super::run::{self, Course, Run};
use super::{eigenbasis, line};

/// Nodes of the grid on which the surface is drawn, in each direction: so many that the lowest contours of a narrow valley, such
/// as Rosenbrock's, are whole.
pub(super) const NODES: [usize; 2] = [641, 641];
pub(super) const LEVELS: usize = 14;
/// How much wider the first path is than the last one, at most.
const WIDER: f64 = 4.4;
/// Where the axis of the values ends at the latest, in parts of the first value.
const FLOOR: f64 = 1e-14;
/// What is near the last place, in parts of the way there.
const NEAR: f64 = 0.02;

pub(crate) fn picture(course: &Course<'_>, runs: &[Run]) -> String {
    let title = course.title();
    let ways = if course.surface.dimensions == 1 { line::panel(course, runs) } else { paths(course, runs) };
    let mut figure = Figure::new(&title).panel(ways);
    if course.surface.name == eigenbasis::NAME {
        figure = figure.panel(eigenbasis::panel(runs));
    }
    let note = if course.surface.dimensions == 1 { PATHS.to_string() } else { format!("{PATHS} {CONTOURS}") };
    figure.panel(values(course, runs)).columns(2).shared_legend().note(&note).svg()
}

/// What the signs of the paths mean.
const PATHS: &str = "A path begins at the ring and ends at the square; it leaves the window for good at a hollow square. Dots are \
                     steps; where steps are too short to be told apart there is the line alone.";
const CONTOURS: &str = "Numbers on the contours are values of f.";

/// The width of a path's stroke: each later one is thinner, so that one below it shows on both sides.
pub(super) fn width(number: usize, count: usize) -> f64 {
    let step = f64::min(1.1, WIDER / (count - 1).max(1) as f64);
    1.5 + step * (count - 1 - number) as f64
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
    let levels = round_levels(&grid, LEVELS);
    let mut chart = Chart::new("paths, from the ring to the squares")
        .size(430.0, 380.0)
        .x_axis("x", Scale::Linear)
        .y_axis("y", Scale::Linear)
        .x_range(x.0, x.1)
        .y_range(y.0, y.1)
        .contours(&grid, &levels);
    for (i, run) in runs.iter().enumerate() {
        let places: Vec<(f64, f64)> = run.path.points.iter().map(|place| (place[0], place[1])).collect();
        chart = chart.path(&legend(run), &places).stroke(width(i, runs.len()));
    }
    for minimum in &course.surface.minima {
        chart = chart.marker("minimum", (minimum[0], minimum[1]), Marker::Cross);
    }
    chart
}

pub(super) fn legend(run: &Run) -> String {
    let note = if run.diverged { ", diverged" } else { "" };
    let rate = if run.lr.is_some() { format!(", lr {}", run.rate()) } else { String::new() };
    format!("{}{rate}{note}", run.name)
}

fn values(course: &Course<'_>, runs: &[Run]) -> Chart {
    // Below two others it has a row of its own.
    let size = if course.surface.name == eigenbasis::NAME { (850.0, 260.0) } else { (360.0, 380.0) };
    let chart = Chart::new("value after each step").size(size.0, size.1).x_axis("step", Scale::Integer);
    let first = runs.first().map_or(1.0, |run| run.path.values[0]);
    let steps = shown(course, runs);
    let all = || {
        runs.iter().flat_map(|run| run.path.values.iter().copied().take(steps + 1)).filter(|v| v.is_finite())
    };
    let chart = chart.x_range(0.0, steps as f64);
    let positive = all().all(|value| value >= 0.0) && first > 0.0;
    let mut chart = if positive {
        let lowest = all().fold(first, f64::min).max(FLOOR * first);
        let highest = all().fold(first, f64::max).min(1e3 * first);
        chart.y_axis("f, logarithmic", Scale::Log10).y_range(lowest / 2.0, highest * 2.0)
    } else {
        let (lowest, highest) = reached(course, runs, first);
        chart.y_axis("f", Scale::Linear).y_range(lowest, highest)
    };
    for (i, run) in runs.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            run.path.values.iter().enumerate().map(|(step, &value)| (step as f64, value)).collect();
        chart = chart.line(&legend(run), &points).stroke(width(i, runs.len()));
    }
    chart
}

/// The values of those that have not diverged, as long as they are in the window where a surface falls for ever; with some room, more
/// where somebody else leaves the plot.
fn reached(course: &Course<'_>, runs: &[Run], first: f64) -> (f64, f64) {
    let (mut lowest, mut highest) = (first, first);
    for (run, n) in run::shown(runs) {
        let inside = if course.surface.aim == Aim::Border { run.arrival.unwrap_or(n) } else { n };
        for &value in run.path.values[..n.min(inside + 1)].iter().filter(|value| value.is_finite()) {
            (lowest, highest) = (lowest.min(value), highest.max(value));
        }
    }
    let share = if runs.iter().any(|run| run.diverged) { 0.25 } else { 0.05 };
    let room = share * (highest - lowest).max(1e-9 * (1.0 + lowest.abs()));
    (lowest - room, highest + room)
}

/// The step at which the last one has come to rest, and a fifth more; all steps where one has not.
fn shown(course: &Course<'_>, runs: &[Run]) -> usize {
    let last = runs.iter().map(|run| run.path.values.len()).max().unwrap_or(1).max(2) - 1;
    let rested = runs.iter().map(|run| rest(course, run)).max().unwrap_or(last);
    (rested + rested.div_ceil(5)).max(10).min(last)
}

/// From which step on a run stays near its last place: within the tolerance, or within a fiftieth of the distance from its start.
fn rest(course: &Course<'_>, run: &Run) -> usize {
    let (points, end) = (&run.path.points, run.path.last());
    let distance = |x: &[f64]| x.iter().zip(end).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let near = course.tolerance.max(NEAR * points.first().map_or(0.0, |start| distance(start)));
    // The end of a run that diverges is far from all that lies before it, or no number is known of it.
    let far = |x: &Vec<f64>| distance(x) > near || distance(x).is_nan();
    points.iter().rposition(far).map_or(0, |i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::ground::Ground;
    use gradus_viz::contour;

    fn course(surface: &Ground) -> Course<'_> {
        Course { surface, start: surface.start, steps: 60, tolerance: 0.1, noise: None }
    }

    /// The contours of Rosenbrock's valley broke at (1.7, 2.9), where it is narrower than the cells of a coarse grid.
    #[test]
    fn no_contour_of_a_valley_breaks() {
        let ground = Ground::read("rosenbrock").unwrap();
        let course = course(&ground);
        let [x, y] = window(&course);
        let grid = |nodes| Grid::sample(x, y, nodes, |x, y| course.surface.at([x, y]));
        let (drawn, fine) = (grid(NODES), grid([1601, 1601]));
        let levels = round_levels(&drawn, LEVELS);
        assert!(levels.len() > 4, "{levels:?}");
        for level in levels {
            assert_eq!(contour(&drawn, level).len(), contour(&fine, level).len(), "pieces at {level}");
        }
    }

    /// Of a thousand steps the pit's picture showed nine hundred in which nobody moves.
    #[test]
    fn the_axis_of_steps_ends_where_all_rest() {
        let steps = |surface: &str, who: &[&str], steps: usize| {
            let ground = Ground::read(surface).unwrap();
            let course = Course { steps, tolerance: 0.01, ..course(&ground) };
            let runs: Vec<Run> =
                who.iter().map(|who| course.run(&who.parse().unwrap(), None).unwrap()).collect();
            shown(&course, &runs)
        };
        assert!((50..160).contains(&steps("pit-1d", &["sgd", "momentum"], 1000)));
        assert!((20..500).contains(&steps("x^4", &["sgd", "momentum", "newton"], 1000)));
        assert_eq!(steps("quadratic", &["sgd:lr=0.001"], 300), 300, "it still moves");
        assert_eq!(steps("booth", &["sgd:lr=3"], 2), 2);
    }

    /// What the axes of f must reach, and how far at most: expressions with negative values were cut at the square of the window.
    #[test]
    fn the_values_of_an_expression_are_not_cut() {
        let range = |text: &str, who: &str, start: f64, steps: usize| {
            let mut ground = Ground::read(text).unwrap();
            let start = [start, 0.0];
            let at = ground.at(start);
            let runs = [Course { start, steps, ..course(&ground) }.run(&who.parse().unwrap(), None).unwrap()];
            let near = run::shown(&runs).flat_map(|(run, n)| &run.path.points[..n]);
            ground.surround(near);
            let course = Course { start, steps, ..course(&ground) };
            // A picture comes of it, whatever happens.
            assert!(picture(&course, &runs).starts_with("<svg"), "{text}");
            (reached(&course, &runs, at), at, runs[0].path.values.clone(), ground.window[0])
        };
        for (text, who, start) in [
            ("x^2-5", "sgd:lr=0.1", -4.0),
            ("x^4-x", "adam:lr=0.1", -4.0),
            ("1/x", "adam:lr=0.002", -4.0),
            ("1/x", "sgd:lr=0.02", 0.5),
            ("-exp(-x^2)", "sgd:lr=0.3", -1.0),
        ] {
            let ((low, high), first, values, _) = range(text, who, start, 200);
            let last = values[values.len() - 1];
            assert!(low < last && last < high && low < first && first < high, "{text}: {low} to {high}");
            assert!(high - low < 1.2 * (first - last).abs().max(1.0), "{text}: {low} to {high}");
        }
        // All diverge: the beginning is shown, across the pole or far away.
        for (text, start) in [("1/x", -0.5), ("x^2-1", -4.0)] {
            let ((low, high), first, _, (left, right)) = range(text, "sgd:lr=3", start, 50);
            assert!(low < first && first < high && left < start && start < right, "{text}");
            assert!(right - left > 1.0 && (right - left) < 1e4, "{text}: {left} to {right}");
        }
    }

    #[test]
    fn a_run_of_two_steps_has_ticks_at_whole_steps() {
        let ground = Ground::read("booth").unwrap();
        let run = Course { steps: 2, ..course(&ground) }.run(&"sgd:lr=3".parse().unwrap(), None).unwrap();
        let svg = picture(&course(&ground), &[run]).replace('\n', "");
        assert!(!svg.contains(">0.5<") && !svg.contains(">1.5<"), "{svg}");
    }

    #[test]
    fn paths_below_are_wider_and_ends_are_marked() {
        let ground = Ground::read("quadratic").unwrap();
        let course = course(&ground);
        let runs: Vec<Run> = ["sgd", "momentum", "adam"]
            .map(|who| course.run(&who.parse().unwrap(), None).unwrap())
            .into_iter()
            .collect();
        assert!((1..3).all(|i| width(i, 3) < width(i - 1, 3)) && width(0, 20) <= 6.0 && width(0, 1) == 1.5);
        let svg = picture(&course, &runs);
        // Each smaller than the one below it: 9 + 1.5 (width - 1.8).
        for (i, side) in [(0, "11.85"), (1, "10.2"), (2, "8.55")] {
            let square = format!("height=\"{side}\"");
            assert_eq!(svg.matches(&square).count(), 1, "a square for path {i}, of width {}", width(i, 3));
        }
        // Sixty steps each; near the minimum they are no longer told apart.
        assert!(svg.matches("<circle").count() < 3 * 60);
    }
}
