//! The strokes that marks are drawn with, in a plot and in a legend: lines, dots, ways, markers.

use std::fmt::Write;

use svg::node::element::{Group, Path, Rectangle};

use crate::clip::{Point, Rect, polyline, straightened, thin};
use crate::element::{disc, px, rectangle, straight};
use crate::mark::{Mark, Marker};
use crate::palette::INK;

/// Dots nearer to each other than this would be a rope.
const STRIDE: f64 = 6.0;

/// A line with dots where they are told apart.
pub(crate) fn way(group: Group, mark: &Mark, places: &[Point], plot: Rect) -> Group {
    let far = |a: Option<&Point>, b: &Point| !a.is_some_and(|a| (a.0 - b.0).hypot(a.1 - b.1) < STRIDE);
    let apart = (0..places.len()).filter(|&i| {
        let before = i.checked_sub(1).and_then(|i| places.get(i));
        far(before, &places[i]) && far(places.get(i + 1), &places[i])
    });
    let apart: Vec<Point> = apart.map(|i| places[i]).collect();
    let radius = f64::max(2.4, 0.5 * mark.width + 1.0);
    dots(stroke(group, mark, places, plot), mark, &apart, plot, radius)
}

/// A ring around the first place of a way and a square at its last one, above all ways.
pub(crate) fn ends(group: Group, mark: &Mark, places: &[Point], plot: Rect) -> Group {
    let mut group = group;
    if let Some(&start) = places.first()
        && plot.holds(start)
    {
        group = group.add(disc(start, 5.0, "none").set("stroke", INK).set("stroke-width", 1.5));
    }
    match places.iter().rev().find(|place| place.0.is_finite() && place.1.is_finite()) {
        Some(&end) if plot.holds(end) => group.add(square(end, mark.width, &mark.color, "#ffffff")),
        // The end of the last part inside.
        Some(_) => match polyline(places, plot).last().and_then(|part| part.last()) {
            Some(&exit) => group.add(square(exit, mark.width, "#ffffff", &mark.color)),
            None => group,
        },
        None => group,
    }
}

/// As much larger as the stroke is wider, so that below the end of a thin path that of a wide one is seen.
fn square((x, y): Point, stroke: f64, fill: &str, border: &str) -> Rectangle {
    let side = 9.0 + 1.5 * (stroke - 1.8);
    rectangle(Rect { left: x - side / 2.0, top: y - side / 2.0, width: side, height: side }, fill)
        .set("stroke", border)
        .set("stroke-width", 1.5)
}

/// A line, cut a little outside of the plot so that its ends do not show.
pub(crate) fn stroke(group: Group, mark: &Mark, places: &[Point], plot: Rect) -> Group {
    let mut path = String::new();
    for part in polyline(places, plot.grown(4.0)) {
        for (i, (x, y)) in straightened(&thin(&part, 0.4), 0.1).into_iter().enumerate() {
            let verb = if i == 0 { 'M' } else { 'L' };
            write!(path, "{verb}{} {}", px(x), px(y)).expect("writing to a string");
        }
    }
    if path.is_empty() {
        return group;
    }
    let mut line = Path::new()
        .set("d", path)
        .set("fill", "none")
        .set("stroke", mark.color.as_str())
        .set("stroke-width", mark.width)
        .set("stroke-linejoin", "round");
    if !mark.dash.is_empty() {
        line = line.set("stroke-dasharray", mark.dash);
    }
    group.add(line)
}

pub(crate) fn dots(group: Group, mark: &Mark, places: &[Point], plot: Rect, radius: f64) -> Group {
    let inside: Vec<Point> =
        places.iter().copied().filter(|&place| plot.grown(radius).holds(place)).collect();
    thin(&inside, 1.5).into_iter().fold(group, |group, place| group.add(disc(place, radius, &mark.color)))
}

pub(crate) fn marker(group: Group, mark: &Mark, (x, y): Point, shape: Marker) -> Group {
    match shape {
        Marker::Disc => {
            group.add(disc((x, y), 5.0, &mark.color).set("stroke", "#ffffff").set("stroke-width", 1.5))
        }
        Marker::Cross => {
            let bars = |color: &str, r: f64, width: f64| {
                let across = straight((x - r, y), (x + r, y), color, width);
                Group::new().add(across).add(straight((x, y - r), (x, y + r), color, width))
            };
            group.add(bars("#ffffff", 11.0, 5.0)).add(bars(&mark.color, 10.0, 2.5))
        }
        Marker::Diamond => {
            let path = format!("M{} {}l6 -6l6 6l-6 6z", px(x - 6.0), px(y));
            let diamond = Path::new().set("d", path).set("fill", mark.color.as_str());
            group.add(diamond.set("stroke", "#ffffff").set("stroke-width", 1.5))
        }
    }
}
