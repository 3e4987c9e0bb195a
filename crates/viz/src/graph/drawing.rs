//! Arrows, and the whole picture.

use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point as Place;
use layout::core::style::StyleAttr;
use svg::Document;
use svg::node::element::{Definitions, Group, Marker, Path};

use super::boxes::{HEAD, PORT};
use super::caption::Caption;
use super::{Edge, Graph};
use crate::clip::Rect;
use crate::element::{self, TITLE, headings, label, paper, px};
use crate::palette::SERIES_COLORS;
use crate::text::{LEADING, bold_wrapped};

/// Around the picture.
const MARGIN: f64 = 14.0;
/// Inside of the margin, at least.
const NARROWEST: f64 = 420.0;
/// The colour of arrows.
const ARROW: &str = "#777777";
/// The colour of the texts at arrows: Okabe and Ito's blue.
const SLOPE: &str = SERIES_COLORS[0];

/// Collects what the layout draws.
pub(super) struct Drawing<'a> {
    pub(super) graph: &'a Graph,
    /// Where each box lies, with the texts of the arrows that arrive.
    pub(super) places: Vec<Option<Rect>>,
    pub(super) ways: Vec<Way>,
}

/// The way of the arrows between two boxes: the places that they pass, one in each layer.
pub(super) struct Way {
    from: usize,
    to: usize,
    over: Vec<Place>,
}

/// The boxes of a layer stand below each other.
struct Layer {
    center: f64,
    left: f64,
    right: f64,
}

impl Drawing<'_> {
    fn layers(&self) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::new();
        for place in self.places.iter().flatten() {
            let (center, left, right) = (place.left + place.width / 2.0, place.left, place.right());
            match layers.iter_mut().find(|layer| (layer.center - center).abs() < 3.0) {
                Some(layer) => (layer.left, layer.right) = (layer.left.min(left), layer.right.max(right)),
                None => layers.push(Layer { center, left, right }),
            }
        }
        layers
    }

    /// The box itself, right of the texts of its arrows and as high as its room.
    fn outline(&self, number: usize) -> Option<Rect> {
        let (place, before) = (self.places[number]?, self.graph.before(number));
        Some(Rect { left: place.left + before, width: place.width - before, ..place })
    }

    /// The arrows that arrive at a box, the upper ones first: each with its way, and how far aside it goes there, since others go
    /// the same way.
    fn arriving(&self, to: usize) -> Vec<(&Edge, &Way, f64)> {
        let mut arrows: Vec<(&Edge, &Way, f64)> = Vec::new();
        for edge in self.graph.edges.iter().filter(|edge| edge.to == to) {
            let Some(way) = self.ways.iter().find(|way| (way.from, way.to) == (edge.from, edge.to)) else {
                continue;
            };
            let beside = arrows.iter().filter(|(other, ..)| other.from == edge.from).count();
            arrows.push((edge, way, 7.0 * beside as f64));
        }
        let height = |way: &Way| {
            let from = self.places[way.from].map_or(0.0, |place| place.top + place.height / 2.0);
            way.over.last().map_or(from, |place| place.y)
        };
        arrows.sort_by(|a, b| (height(a.1) + a.2).total_cmp(&(height(b.1) + b.2)));
        arrows
    }

    /// All arrows that arrive at a box, below each other, with their texts.
    fn arrows(&self, to: usize, layers: &[Layer]) -> Option<Group> {
        let (place, outline) = (self.places[to]?, self.outline(to)?);
        let arriving = self.arriving(to);
        let mut group = Group::new();
        for (k, (edge, way, aside)) in arriving.iter().enumerate() {
            let port = PORT * (k as f64 - (arriving.len() - 1) as f64 / 2.0);
            let end = Place::new(outline.left, place.top + place.height / 2.0 + port);
            group = group.add(self.arrow(way, *aside, end, layers)?);
            let text = label(&edge.label, (end.x - HEAD, end.y - 4.0), "end");
            if !edge.label.is_empty() {
                group = group.add(text.set("fill", SLOPE));
            }
        }
        Some(group)
    }

    /// Straight across a layer, curved between layers: so no arrow runs behind a box.
    fn arrow(&self, way: &Way, aside: f64, end: Place, layers: &[Layer]) -> Option<Path> {
        let (from, to) = (self.places[way.from]?, self.places[way.to]?);
        let layer =
            |x: f64| layers.iter().min_by(|a, b| (a.center - x).abs().total_cmp(&(b.center - x).abs()));
        let (mut x, mut y) = (from.right(), from.top + from.height / 2.0);
        let mut d = vec![format!("M{} {}", px(x), px(y))];
        x = layer(from.left + from.width / 2.0)?.right;
        d.push(format!("H{}", px(x)));
        let over = way.over.iter().map(|place| (place.x, place.y + aside, None));
        for (center, height, stop) in over.chain([(to.left + to.width / 2.0, end.y, Some(end.x))]) {
            let next = layer(center)?;
            let middle = px(f64::midpoint(x, next.left));
            let (y0, y1, x1) = (px(y), px(height), px(next.left));
            d.push(format!("C{middle} {y0} {middle} {y1} {x1} {y1}H{}", px(stop.unwrap_or(next.right))));
            (x, y) = (next.right, height);
        }
        let path = Path::new().set("d", d.concat()).set("fill", "none").set("stroke", ARROW);
        Some(path.set("stroke-width", 1.4).set("marker-end", "url(#head)"))
    }

    /// The rectangle around everything.
    fn bounds(&self) -> Rect {
        let boxes = || self.places.iter().flatten();
        let ys = || self.ways.iter().flat_map(|way| way.over.iter().map(|place| place.y));
        let least = |numbers: &mut dyn Iterator<Item = f64>| numbers.reduce(f64::min).unwrap_or(0.0);
        let left = least(&mut boxes().map(|place| place.left));
        let top = least(&mut boxes().map(|place| place.top).chain(ys()));
        let right = -least(&mut boxes().map(|place| -place.right()));
        let bottom = -least(&mut boxes().map(|place| -place.top - place.height).chain(ys().map(|y| -y)));
        Rect { left, top, width: right - left, height: bottom - top }
    }

    fn body(&self) -> Group {
        let layers = self.layers();
        let numbers = 0..self.graph.nodes.len();
        let arrows = numbers.clone().filter_map(|to| self.arrows(to, &layers));
        let boxes = numbers.filter_map(|i| Some(self.graph.nodes[i].draw(self.outline(i)?)));
        arrows.chain(boxes).fold(Group::new(), Group::add)
    }

    pub(super) fn document(&self) -> Document {
        let bounds = self.bounds();
        // Room for the words of the caption side by side.
        let room = bounds.width.max(NARROWEST);
        let name = bold_wrapped(&self.graph.title, TITLE, room);
        let head = if name.is_empty() { 0.0 } else { 12.0 + LEADING * TITLE * name.len() as f64 };
        let caption = Caption::of(self.graph, room);
        let (wide, below) = (room + 2.0 * MARGIN, MARGIN + head + bounds.height + MARGIN);
        let tall = if caption.height() > 0.0 { below + caption.height() + MARGIN } else { below };
        let shift = ((wide - bounds.width) / 2.0 - bounds.left, MARGIN + head - bounds.top);
        let body = self.body().set("transform", format!("translate({} {})", px(shift.0), px(shift.1)));
        let (wide, tall) = (wide.ceil(), tall.ceil());
        element::document(wide, tall, &self.graph.title)
            .add(Definitions::new().add(arrow_head()))
            .add(paper(wide, tall))
            .add(headings(&name, TITLE, (wide / 2.0, MARGIN + head - 14.0)))
            .add(body)
            .add(caption.draw(MARGIN, below))
    }
}

fn arrow_head() -> Marker {
    Marker::new()
        .set("id", "head")
        .set("viewBox", (0, 0, 10, 10))
        .set("refX", 9)
        .set("refY", 5)
        .set("markerWidth", 8)
        .set("markerHeight", 8)
        .set("orient", "auto")
        .add(Path::new().set("d", "M0 1L10 5L0 9Z").set("fill", ARROW))
}

impl RenderBackend for Drawing<'_> {
    /// A box; its properties hold its number.
    fn draw_rect(
        &mut self,
        xy: Place,
        size: Place,
        _: &StyleAttr,
        properties: Option<String>,
        _: Option<ClipHandle>,
    ) {
        let number = properties.and_then(|number| number.parse::<usize>().ok());
        if let Some(place) = number.and_then(|number| self.places.get_mut(number)) {
            *place = Some(Rect { left: xy.x, top: xy.y, width: size.x, height: size.y });
        }
    }

    /// The first pair is a place and the control point behind it; each later one the control point before a place, and
    /// the place. Of these only the inner places are used. The properties hold the numbers of the boxes.
    fn draw_arrow(
        &mut self,
        path: &[(Place, Place)],
        _: bool,
        _: (bool, bool),
        _: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        let ends = properties.unwrap_or_default();
        let mut ends = ends.split(' ').filter_map(|number| number.parse().ok());
        if let (Some(from), Some(to), [_, inner @ .., _]) = (ends.next(), ends.next(), path) {
            self.ways.push(Way { from, to, over: inner.iter().map(|step| step.1).collect() });
        }
    }

    // Boxes bring their own text, and nothing else is drawn.
    fn draw_line(&mut self, _: Place, _: Place, _: &StyleAttr, _: Option<String>) {}
    fn draw_circle(&mut self, _: Place, _: Place, _: &StyleAttr, _: Option<String>) {}
    fn draw_text(&mut self, _: Place, _: &str, _: &StyleAttr) {}
    fn create_clip(&mut self, _: Place, _: Place, _: usize) -> ClipHandle {
        0
    }
}
