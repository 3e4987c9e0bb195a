//! The elements that pictures are made of.

use svg::node::element::{Circle, Line, Rectangle, Text};

use crate::clip::Rect;
use crate::mark::Point;
use crate::palette::INK;
use crate::text::SIZE;

/// The size of titles.
pub(crate) const TITLE: f64 = 15.0;

/// Two decimals of a pixel are enough.
pub(crate) fn px(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

pub(crate) fn label(text: &str, (x, y): Point, anchor: &str) -> Text {
    Text::new(text)
        .set("x", px(x))
        .set("y", px(y))
        .set("font-size", SIZE)
        .set("fill", INK)
        .set("text-anchor", anchor)
}

/// A title, centred.
pub(crate) fn title(text: &str, x: f64, y: f64) -> Text {
    label(text, (x, y), "middle").set("font-size", TITLE).set("font-weight", "bold")
}

pub(crate) fn straight(a: Point, b: Point, color: &str, stroke: f64) -> Line {
    Line::new()
        .set("x1", px(a.0))
        .set("y1", px(a.1))
        .set("x2", px(b.0))
        .set("y2", px(b.1))
        .set("stroke", color)
        .set("stroke-width", stroke)
}

pub(crate) fn rectangle(rect: Rect, fill: &str) -> Rectangle {
    Rectangle::new()
        .set("x", px(rect.left))
        .set("y", px(rect.top))
        .set("width", px(rect.width))
        .set("height", px(rect.height))
        .set("fill", fill)
}

pub(crate) fn disc(at: Point, radius: f64, fill: &str) -> Circle {
    Circle::new().set("cx", px(at.0)).set("cy", px(at.1)).set("r", radius).set("fill", fill)
}
