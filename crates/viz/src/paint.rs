//! From a mark to elements inside the plot.

use std::fmt::Write;

use svg::node::element::{Group, Path, Title};

use crate::clip::{Rect, polyline, thin};
use crate::draw::Layout;
use crate::element::{disc, px, rectangle, straight};
use crate::mark::{Data, Mark, Point, Shape};
use crate::palette::{INK, contour_ramp};
use crate::plane::plane;

/// A mark in its place.
pub(crate) fn mark(mark: &Mark, layout: &Layout) -> Group {
    let plot = layout.plot;
    let mut group = Group::new();
    if !mark.name.is_empty() {
        group = group.add(Title::new(&mark.name));
    }
    match &mark.data {
        Data::Line(points) => stroke(group, mark, &layout.places(points), plot),
        Data::Points(points) => dots(group, mark, &layout.places(points), plot, 3.2),
        Data::Path(points) => way(group, mark, &layout.places(points), plot),
        Data::Marker(at, shape) => {
            let place = layout.place(*at);
            if plot.holds(place) { marker(group, mark, place, *shape) } else { group }
        }
        Data::Vertical(x) => {
            let x = layout.place((*x, f64::NAN)).0;
            stroke(group, mark, &[(x, plot.top), (x, plot.bottom())], plot)
        }
        Data::Horizontal(y) => {
            let y = layout.place((f64::NAN, *y)).1;
            stroke(group, mark, &[(plot.left, y), (plot.right(), y)], plot)
        }
        Data::Band(from, to) => {
            let inside = |x: f64| layout.place((x, f64::NAN)).0.clamp(plot.left, plot.right());
            let (left, right) = (inside(*from), inside(*to));
            let band = Rect { left, width: right - left, ..plot };
            if left < right {
                group.add(rectangle(band, &mark.color).set("fill-opacity", 0.18))
            } else {
                group
            }
        }
        Data::Contours(levels) => levels.iter().fold(group, |group, (height, lines)| {
            let shade = Mark { color: contour_ramp(*height), ..mark.clone() };
            lines.iter().fold(group, |group, line| stroke(group, &shade, &layout.places(line), plot))
        }),
        Data::Heat(heat) => plane(group, heat, layout),
    }
}

/// A line with its points, and a ring around the first.
fn way(group: Group, mark: &Mark, places: &[Point], plot: Rect) -> Group {
    let group = dots(stroke(group, mark, places, plot), mark, places, plot, 2.4);
    match places.first() {
        Some(&start) if plot.holds(start) => {
            group.add(disc(start, 5.0, "none").set("stroke", INK).set("stroke-width", 1.5))
        }
        _ => group,
    }
}

/// A line, cut a little outside of the plot so that its ends do not show.
pub(crate) fn stroke(group: Group, mark: &Mark, places: &[Point], plot: Rect) -> Group {
    let mut path = String::new();
    for part in polyline(places, plot.grown(4.0)) {
        for (i, (x, y)) in thin(&part, 0.4).into_iter().enumerate() {
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

fn dots(group: Group, mark: &Mark, places: &[Point], plot: Rect, radius: f64) -> Group {
    let inside: Vec<Point> =
        places.iter().copied().filter(|&place| plot.grown(radius).holds(place)).collect();
    thin(&inside, 1.5).into_iter().fold(group, |group, place| group.add(disc(place, radius, &mark.color)))
}

pub(crate) fn marker(group: Group, mark: &Mark, (x, y): Point, shape: Shape) -> Group {
    match shape {
        Shape::Disc => {
            group.add(disc((x, y), 5.0, &mark.color).set("stroke", "#ffffff").set("stroke-width", 1.5))
        }
        Shape::Cross => {
            let bars = |color: &str, r: f64, width: f64| {
                let across = straight((x - r, y), (x + r, y), color, width);
                Group::new().add(across).add(straight((x, y - r), (x, y + r), color, width))
            };
            group.add(bars("#ffffff", 8.0, 5.0)).add(bars(&mark.color, 7.0, 2.5))
        }
        Shape::Diamond => {
            let path = format!("M{} {}l6 -6l6 6l-6 6z", px(x - 6.0), px(y));
            let diamond = Path::new().set("d", path).set("fill", mark.color.as_str());
            group.add(diamond.set("stroke", "#ffffff").set("stroke-width", 1.5))
        }
    }
}
