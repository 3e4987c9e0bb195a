//! The elements that pictures are made of.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Rectangle, Text, Title};

use crate::clip::{Point, Rect};
use crate::palette::INK;
use crate::text::{LEADING, SIZE};

/// The size of titles.
pub(crate) const TITLE: f64 = 17.0;

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

/// Lines of text below each other, the first one's baseline at a place.
pub(crate) fn lines(texts: &[String], (x, y): Point, anchor: &str) -> Group {
    texts.iter().enumerate().fold(Group::new(), |group, (i, text)| {
        group.add(label(text, (x, y + LEADING * SIZE * i as f64), anchor))
    })
}

/// Lines of text that read from below, beside each other, the first one's baseline at a place.
pub(crate) fn upright(texts: &[String], (x, y): Point) -> Group {
    texts.iter().enumerate().fold(Group::new(), |group, (i, text)| {
        let x = x + LEADING * SIZE * i as f64;
        let turn = format!("rotate(-90 {} {})", px(x), px(y));
        group.add(label(text, (x, y), "middle").set("transform", turn))
    })
}

/// Lines of a title of this size, centred, the last one's baseline at a place.
pub(crate) fn headings(texts: &[String], size: f64, (x, y): Point) -> Group {
    texts.iter().rev().enumerate().fold(Group::new(), |group, (i, text)| {
        group.add(title(text, x, y - LEADING * size * i as f64).set("font-size", size))
    })
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

/// A picture of this size, without anything on it, and the name that readers of the screen hear.
pub(crate) fn document(width: f64, height: f64, name: &str) -> Document {
    Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .set("role", "img")
        .set("font-family", "'DejaVu Sans', Verdana, 'Segoe UI', Helvetica, Arial, sans-serif")
        .add(Title::new(name))
}

/// What a picture is drawn on.
pub(crate) fn paper(width: f64, height: f64) -> Rectangle {
    Rectangle::new().set("width", width).set("height", height).set("fill", "#ffffff")
}
