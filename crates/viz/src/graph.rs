//! Graphs: boxes with rows of text, and arrows between them. The places are found by `layout-rs` (layers, crossings taken
//! out, curves around boxes); what is drawn at them is decided here.

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point as Place;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use svg::Document;
use svg::node::element::{Definitions, Group, Marker, Path};

use crate::clip::Rect;
use crate::element::{self, TITLE, label, paper, px, rectangle, title};
use crate::text::{SIZE, width};

/// Around the picture.
const MARGIN: f64 = 14.0;
/// The height of a line of text.
const LINE: f64 = 18.0;
/// Between text and border.
const INSET: f64 = 10.0;
/// Between the two columns of a row.
const GAP: f64 = 12.0;
/// The colour of arrows.
const ARROW: &str = "#777777";

/// What a box stands for; it has the colour of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Something that is given and can be changed.
    Input,
    /// A number that stays as it is.
    Constant,
    /// A step on the way.
    Step,
    /// What comes out.
    Result,
}

impl Role {
    /// The colour of the box's head: tints of blue, grey, orange and green that black text is readable on.
    fn color(self) -> &'static str {
        match self {
            Self::Input => "#c7dff0",
            Self::Constant => "#e6e6e6",
            Self::Step => "#fbe6bf",
            Self::Result => "#c2e5d9",
        }
    }
}

#[derive(Debug, Clone)]
struct Node {
    role: Role,
    title: String,
    rows: Vec<(String, String)>,
}

/// A directed graph without cycles, drawn from left to right.
///
/// ```
/// use gradus_viz::{Graph, Role};
/// let mut graph = Graph::new("x²");
/// let x = graph.node(Role::Input, "x", &[("value", "3".to_string())]);
/// let y = graph.node(Role::Result, "square", &[("value", "9".to_string())]);
/// graph.edge(x, y);
/// let svg = graph.svg();
/// assert!(svg.contains("square") && svg.matches("marker-end").count() == 1);
/// ```
#[derive(Debug, Clone)]
pub struct Graph {
    title: String,
    nodes: Vec<Node>,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    /// An empty graph; without a title if that is empty.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_string(), nodes: Vec::new(), edges: Vec::new() }
    }

    /// Adds a box with a head and rows of a word and a value; the number of the box.
    pub fn node(&mut self, role: Role, title: &str, rows: &[(&str, String)]) -> usize {
        let rows = rows.iter().map(|(word, value)| ((*word).to_string(), value.clone())).collect();
        self.nodes.push(Node { role, title: title.to_string(), rows });
        self.nodes.len() - 1
    }

    /// Adds an arrow between two boxes; a second one between the same boxes is left out.
    ///
    /// # Panics
    /// If there is no box of such a number, or both are the same.
    pub fn edge(&mut self, from: usize, to: usize) {
        let n = self.nodes.len();
        assert!(from < n && to < n && from != to, "an edge joins two of {n} boxes, not {from} and {to}");
        if !self.edges.contains(&(from, to)) {
            self.edges.push((from, to));
        }
    }

    /// The graph as an SVG document.
    pub fn svg(&self) -> String {
        let mut drawing = Drawing { graph: self, places: vec![None; self.nodes.len()], ways: Vec::new() };
        if !self.nodes.is_empty() {
            self.laid_out().do_it(false, false, false, &mut drawing);
        }
        drawing.document().to_string() + "\n"
    }

    fn laid_out(&self) -> VisualGraph {
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let look = StyleAttr::simple();
        let shape = |(i, node): (usize, &Node)| {
            let (width, height) = node.size();
            let (kind, look, turned) = (ShapeKind::new_box(""), look.clone(), Orientation::LeftToRight);
            Element::create_with_properties(kind, look, turned, Place::new(width, height), i.to_string())
        };
        let handles: Vec<_> =
            self.nodes.iter().enumerate().map(shape).map(|element| graph.add_node(element)).collect();
        for &(from, to) in &self.edges {
            let arrow = Arrow::simple_with_properties("", format!("{from} {to}"));
            graph.add_edge(arrow, handles[from], handles[to]);
        }
        graph
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
        let inner = (words + GAP + values).max(1.1 * width(&self.title, SIZE)).max(60.0);
        (inner + 2.0 * INSET, LINE * (self.rows.len() as f64 + 1.0) + 14.0)
    }

    /// The box with its text, its corner at a place.
    fn draw(&self, left: f64, top: f64) -> Group {
        let (width, height) = self.size();
        let head = LINE + 6.0;
        let outer = Rect { left, top, width, height };
        let mut group = Group::new()
            .add(rectangle(outer, "#ffffff").set("rx", 5))
            .add(Path::new().set("d", head_path(left, top, width, head)).set("fill", self.role.color()));
        let name = label(&self.title, (left + width / 2.0, top + head - 7.0), "middle");
        group = group.add(name.set("font-weight", "bold"));
        for (i, (word, value)) in self.rows.iter().enumerate() {
            let y = top + head + LINE * (i as f64 + 1.0) - 3.0;
            group = group.add(label(word, (left + INSET, y), "start").set("fill", "#666666"));
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

/// Collects what the layout draws.
struct Drawing<'a> {
    graph: &'a Graph,
    /// Where each box lies.
    places: Vec<Option<Rect>>,
    ways: Vec<Way>,
}

/// An arrow between two boxes and the places between that it passes, one in each layer.
struct Way {
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

    /// Straight across a layer, curved between layers: so no arrow runs behind a box.
    fn arrow(&self, way: &Way, layers: &[Layer]) -> Option<Path> {
        let (from, to) = (self.places[way.from]?, self.places[way.to]?);
        let layer =
            |x: f64| layers.iter().min_by(|a, b| (a.center - x).abs().total_cmp(&(b.center - x).abs()));
        let (mut x, mut y) = (from.right(), from.top + from.height / 2.0);
        let mut d = vec![format!("M{} {}", px(x), px(y))];
        x = layer(from.left + from.width / 2.0)?.right;
        d.push(format!("H{}", px(x)));
        let end = Place::new(to.left + to.width / 2.0, to.top + to.height / 2.0);
        for place in way.over.iter().copied().chain([end]) {
            let next = layer(place.x)?;
            let middle = px(f64::midpoint(x, next.left));
            let (y0, y1, x1) = (px(y), px(place.y), px(next.left));
            let x2 = if place.x == end.x { to.left } else { next.right };
            d.push(format!("C{middle} {y0} {middle} {y1} {x1} {y1}H{}", px(x2)));
            (x, y) = (next.right, place.y);
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
        let arrows = self.ways.iter().filter_map(|way| self.arrow(way, &layers));
        let body = arrows.fold(Group::new(), Group::add);
        let placed = self.graph.nodes.iter().zip(&self.places);
        placed
            .filter_map(|(node, place)| Some(node.draw((*place)?.left, (*place)?.top)))
            .fold(body, Group::add)
    }

    fn document(&self) -> Document {
        let bounds = self.bounds();
        let name = &self.graph.title;
        let head = if name.is_empty() { 0.0 } else { TITLE + 12.0 };
        let wide = bounds.width.max(1.1 * width(name, TITLE)) + 2.0 * MARGIN;
        let tall = bounds.height + 2.0 * MARGIN + head;
        let shift = ((wide - bounds.width) / 2.0 - bounds.left, MARGIN + head - bounds.top);
        let body = self.body().set("transform", format!("translate({} {})", px(shift.0), px(shift.1)));
        let (wide, tall) = (wide.ceil(), tall.ceil());
        let mut document = element::document(wide, tall, name)
            .add(Definitions::new().add(arrow_head()))
            .add(paper(wide, tall));
        if !name.is_empty() {
            document = document.add(title(name, wide / 2.0, MARGIN + TITLE - 2.0));
        }
        document.add(body)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_arrows_and_escaped_text() {
        let mut graph = Graph::new("a < b & c");
        let a = graph.node(Role::Input, "a", &[("value", "1".to_string()), ("gradient", "<2>".to_string())]);
        let b = graph.node(Role::Step, "mul", &[("value", "3".to_string())]);
        let c = graph.node(Role::Result, "add", &[]);
        graph.edge(a, b);
        graph.edge(a, b);
        graph.edge(b, c);
        graph.edge(a, c);
        let svg = graph.svg();
        assert_eq!(svg.matches("marker-end").count(), 3, "{svg}");
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("&lt;2&gt;"), "{svg}");
        for role in [Role::Input, Role::Step, Role::Result] {
            assert_eq!(svg.matches(role.color()).count(), 1, "{svg}");
        }
        assert!(!svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn an_empty_graph_is_a_picture_too() {
        assert!(Graph::new("").svg().starts_with("<svg"));
    }

    #[test]
    #[should_panic(expected = "an edge joins two of 1 boxes")]
    fn an_edge_needs_its_boxes() {
        let mut graph = Graph::new("");
        let a = graph.node(Role::Input, "a", &[]);
        graph.edge(a, 1);
    }
}
