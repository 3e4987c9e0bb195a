//! Boxes: how much room one takes, with what stands at the arrows that arrive, and how it is drawn.

use svg::node::element::{Group, Path};

use super::{Graph, Node};
use crate::clip::Rect;
use crate::element::{label, px, rectangle};
use crate::text::{SIZE, bold_width, width};

/// The height of a line of text.
const LINE: f64 = 20.0;
/// Between text and border.
const INSET: f64 = 10.0;
/// Between the two columns of a row.
const GAP: f64 = 12.0;
/// Between arrows that arrive at one box.
pub(super) const PORT: f64 = 23.0;
/// Of an arrow's head, with some room.
pub(super) const HEAD: f64 = 14.0;

impl Graph {
    /// The room for a box: to its left, the texts of the arrows that arrive.
    pub(super) fn room(&self, number: usize, node: &Node) -> (f64, f64) {
        let arriving = self.edges.iter().filter(|edge| edge.to == number).count() as f64;
        let (width, height) = node.size();
        (width + self.before(number), height.max(PORT * arriving + 8.0))
    }

    /// The width of the texts at the arrows that arrive.
    pub(super) fn before(&self, number: usize) -> f64 {
        let labels = self.edges.iter().filter(|edge| edge.to == number && !edge.label.is_empty());
        labels.map(|edge| width(&edge.label, SIZE) + HEAD + 4.0).fold(0.0, f64::max)
    }
}

impl Node {
    /// The widths of both columns.
    fn columns(&self) -> (f64, f64) {
        let widest =
            |texts: &mut dyn Iterator<Item = &String>| texts.map(|t| width(t, SIZE)).fold(0.0, f64::max);
        (
            widest(&mut self.rows.iter().map(|(word, _)| word)),
            widest(&mut self.rows.iter().map(|(_, value)| value)),
        )
    }

    fn size(&self) -> (f64, f64) {
        let (words, values) = self.columns();
        let inner = (words + GAP + values).max(bold_width(&self.title, SIZE)).max(60.0);
        (inner + 2.0 * INSET, LINE * (self.rows.len() as f64 + 1.0) + 14.0)
    }

    /// The box with its text in a place.
    pub(super) fn draw(&self, outer: Rect) -> Group {
        let Rect { left, top, width, .. } = outer;
        let head = LINE + 6.0;
        let mut group = Group::new()
            .add(rectangle(outer, "#ffffff").set("rx", 5))
            .add(Path::new().set("d", head_path(left, top, width, head)).set("fill", self.role.color()));
        let name = label(&self.title, (left + width / 2.0, top + head - 7.0), "middle");
        group = group.add(name.set("font-weight", "bold"));
        for (i, (word, value)) in self.rows.iter().enumerate() {
            let y = top + head + LINE * (i as f64 + 1.0) - 3.0;
            group = group.add(label(word, (left + INSET, y), "start").set("fill", "#555555"));
            group = group.add(label(value, (left + width - INSET, y), "end"));
        }
        let border = rectangle(outer, "none").set("rx", 5).set("stroke", "#555555").set("stroke-width", 1);
        group.add(border)
    }
}

/// A rectangle whose two upper corners are round.
fn head_path(left: f64, top: f64, width: f64, height: f64) -> String {
    let (left, top, right, bottom) = (px(left), px(top), px(left + width), px(top + height));
    format!(
        "M{left} {bottom}V{}Q{left} {top} {} {top}H{}Q{right} {top} {right} {}V{bottom}Z",
        px(top + 5.0),
        px(left + 5.0),
        px(right - 5.0),
        px(top + 5.0)
    )
}
