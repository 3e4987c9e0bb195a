//! Graphs: boxes with rows of text, and arrows between them. The places are found by `layout-rs` (layers, crossings taken
//! out, curves around boxes); what is drawn at them is decided here: boxes in `boxes`, arrows and the picture in `drawing`, what
//! stands below it in `caption`.

mod boxes;
mod caption;
mod drawing;

use layout::core::base::Orientation;
use layout::core::geometry::Point as Place;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use drawing::Drawing;

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
    /// What the caption calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Input => "variable",
            Self::Constant => "constant",
            Self::Step => "operation",
            Self::Result => "result",
        }
    }

    /// The colour of the box's head: tints of blue, grey, orange and green that black text is readable on. Any two are 15 apart
    /// for eyes that see all colours, no red, no green or no blue.
    fn color(self) -> &'static str {
        match self {
            Self::Input => "#b8e4fd",
            Self::Constant => "#eaeaea",
            Self::Step => "#f6ddb8",
            Self::Result => "#aec9b8",
        }
    }
}

#[derive(Debug, Clone)]
struct Node {
    role: Role,
    title: String,
    rows: Vec<(String, String)>,
}

/// An arrow: from a box, to a box, and what is written at its head.
#[derive(Debug, Clone)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
}

/// A directed graph without cycles, drawn from left to right, with what the colours mean below it. Two arrows between the same
/// boxes are two: in x·x both factors are x.
///
/// ```
/// use gradus_viz::{Graph, Role};
/// let mut graph = Graph::new("x²");
/// let x = graph.node(Role::Input, "x", &[("value", "3".to_string())]);
/// let y = graph.node(Role::Result, "square", &[("value", "9".to_string())]);
/// graph.labelled_edge(x, y, "6");
/// let svg = graph.note("On an arrow stands the slope.").svg();
/// assert!(svg.contains("square") && svg.matches("marker-end").count() == 1);
/// ```
#[derive(Debug, Clone)]
pub struct Graph {
    title: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    note: String,
}

impl Graph {
    /// An empty graph; without a title if that is empty.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_string(), nodes: Vec::new(), edges: Vec::new(), note: String::new() }
    }

    /// Adds a box with a head and rows of a word and a value; the number of the box.
    pub fn node(&mut self, role: Role, title: &str, rows: &[(&str, String)]) -> usize {
        let rows = rows.iter().map(|(word, value)| ((*word).to_string(), value.clone())).collect();
        self.nodes.push(Node { role, title: title.to_string(), rows });
        self.nodes.len() - 1
    }

    /// Adds an arrow between two boxes. A second one between the same boxes is drawn beside the first.
    ///
    /// # Panics
    /// If there is no box of such a number, or both are the same.
    #[track_caller]
    pub fn edge(&mut self, from: usize, to: usize) {
        self.labelled_edge(from, to, "");
    }

    /// As [`Self::edge`], with a word or a number at the arrow's head.
    ///
    /// # Panics
    /// If there is no box of such a number, or both are the same.
    #[track_caller]
    pub fn labelled_edge(&mut self, from: usize, to: usize, label: &str) {
        let n = self.nodes.len();
        assert!(from < n && to < n && from != to, "an edge joins two of {n} boxes, not {from} and {to}");
        self.edges.push(Edge { from, to, label: label.to_string() });
    }

    /// Sentences below the graph, as on what stands at its arrows.
    pub fn note(mut self, text: &str) -> Self {
        self.note = text.to_string();
        self
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
            let (width, height) = self.room(i, node);
            let (kind, look, turned) = (ShapeKind::new_box(""), look.clone(), Orientation::LeftToRight);
            Element::create_with_properties(kind, look, turned, Place::new(width, height), i.to_string())
        };
        let handles: Vec<_> =
            self.nodes.iter().enumerate().map(shape).map(|element| graph.add_node(element)).collect();
        // One way for all arrows between the same boxes.
        for (i, Edge { from, to, .. }) in self.edges.iter().enumerate() {
            if self.edges[..i].iter().all(|other| (other.from, other.to) != (*from, *to)) {
                let arrow = Arrow::simple_with_properties("", format!("{from} {to}"));
                graph.add_edge(arrow, handles[*from], handles[*to]);
            }
        }
        graph
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
        assert_eq!(svg.matches("marker-end").count(), 4, "{svg}");
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("&lt;2&gt;"), "{svg}");
        for role in [Role::Input, Role::Step, Role::Result] {
            assert_eq!(svg.matches(role.color()).count(), 2, "a box and its entry in the caption: {svg}");
        }
        assert!(!svg.contains("NaN"), "{svg}");
    }

    /// The paths of the arrows.
    fn arrows(svg: &str) -> Vec<&str> {
        let paths = svg.split("<path").filter(|path| path.contains("marker-end"));
        paths.filter_map(|path| path.split(" d=\"").nth(1)?.split('"').next()).collect()
    }

    #[test]
    fn two_arrows_between_the_same_boxes_are_two() {
        let mut graph = Graph::new("x·x");
        let x = graph.node(Role::Input, "x", &[("value", "3".to_string())]);
        let y = graph.node(Role::Result, "x * x", &[("value", "9".to_string())]);
        graph.labelled_edge(x, y, "left 3");
        graph.labelled_edge(x, y, "right 3");
        let svg = graph.svg();
        let ways = arrows(&svg);
        assert_eq!(ways.len(), 2, "{svg}");
        assert_ne!(ways[0], ways[1], "one arrow does not hide the other");
        assert!(svg.contains("left 3") && svg.contains("right 3"), "{svg}");
    }

    #[test]
    fn the_caption_names_the_colours_that_are_there_and_the_note() {
        let mut graph = Graph::new("");
        graph.node(Role::Input, "x", &[]);
        graph.node(Role::Constant, "2", &[]);
        let svg = graph.note("a long note, for which a picture as narrow as this one has no room, and not even half of the room that it asks for in one line").svg();
        let words: String = svg.replace('\n', "");
        assert!(
            words.contains(">variable<") && words.contains(">constant<") && !words.contains(">result<"),
            "{svg}"
        );
        assert!(
            words.contains(">a long note, ")
                && !words.contains("note, for which a picture as narrow as this one has no room, and not"),
            "{svg}"
        );
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
