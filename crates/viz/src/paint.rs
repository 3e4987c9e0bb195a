//! From a mark to elements inside the plot.

use svg::node::element::{Group, Title};

use crate::clip::{Point, Rect, specks};
use crate::element::rectangle;
use crate::layout::Layout;
use crate::levels::labels;
use crate::mark::{Data, Mark};
use crate::palette::contour_ramp;
use crate::plane::plane;
use crate::stroke::{dots, marker, stroke, way};

/// A mark in its place; `lines` are those that the labels of contours keep away from.
pub(crate) fn mark(mark: &Mark, layout: &Layout, lines: &[Vec<Point>]) -> Group {
    let plot = layout.plot;
    let mut group = Group::new();
    if !mark.name.is_empty() {
        group = group.add(Title::new(&mark.name));
    }
    match &mark.data {
        Data::Line(points) => {
            let places = layout.places(points);
            dots(stroke(group, mark, &places, plot), mark, &specks(&places, plot), plot, mark.width.max(2.4))
        }
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
        Data::Contours(levels) => {
            let group = levels.iter().fold(group, |group, level| {
                let shade = Mark { color: contour_ramp(level.height), ..mark.clone() };
                level
                    .lines
                    .iter()
                    .fold(group, |group, line| stroke(group, &shade, &layout.places(line), plot))
            });
            labels(group, levels, layout, lines)
        }
        Data::Heat(heat) => plane(group, heat, layout),
    }
}
