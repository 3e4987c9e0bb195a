//! Several charts side by side in one picture.

use svg::Document;
use svg::node::element::Group;

use crate::chart::Chart;
use crate::draw;
use crate::element::{self, TITLE, paper, title};
use crate::layout::Layout;
use crate::legend::Legend;

/// Charts in rows, with a title and, if they share their series, one legend.
///
/// ```
/// use gradus_viz::{Chart, Figure};
/// let left = Chart::new("left").line("a", &[(0.0, 1.0), (1.0, 2.0)]);
/// let right = Chart::new("right").line("a", &[(0.0, 3.0), (1.0, 2.0)]);
/// let svg = Figure::new("Both").panel(left).panel(right).shared_legend().svg();
/// assert_eq!(svg.matches("\na\n").count(), 1);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Figure {
    title: String,
    panels: Vec<Chart>,
    columns: usize,
    shared: bool,
}

/// Around the picture and between panels.
const MARGIN: f64 = 14.0;

impl Figure {
    /// An empty figure; without a title if that is empty.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_string(), panels: Vec::new(), columns: usize::MAX, shared: false }
    }

    /// Another chart, to the right of the one before.
    pub fn panel(mut self, chart: Chart) -> Self {
        self.panels.push(chart);
        self
    }

    /// A new row after this many panels; without it there is one row.
    ///
    /// # Panics
    /// With 0.
    pub fn columns(mut self, columns: usize) -> Self {
        assert!(columns > 0, "a figure has at least one column");
        self.columns = columns;
        self
    }

    /// One legend for all panels, in which each name stands once. Series of the same name should be in the
    /// same place in each panel, so that they have the same colour.
    pub fn shared_legend(mut self) -> Self {
        self.shared = true;
        self
    }

    /// The figure as an SVG document.
    pub fn svg(&self) -> String {
        let head = if self.title.is_empty() { MARGIN } else { MARGIN + TITLE + 10.0 };
        let (mut body, mut top, mut width) = (Group::new(), head, 0.0f64);
        for row in self.panels.chunks(self.columns.min(self.panels.len()).max(1)) {
            let (mut left, mut bottom) = (MARGIN, top);
            for chart in row {
                let layout = Layout::new(chart, left, top, !self.shared);
                body = body.add(draw::chart(chart, &layout));
                left = layout.outer.right() + MARGIN;
                bottom = bottom.max(layout.outer.bottom());
            }
            width = width.max(left);
            top = bottom + MARGIN;
        }
        if self.shared {
            let legend = Legend::of(self.panels.iter().flat_map(|chart| &chart.marks), width - 2.0 * MARGIN);
            body = body.add(legend.draw(MARGIN, top));
            top += legend.height() + MARGIN;
        }
        self.document(width, top, body).to_string() + "\n"
    }

    fn document(&self, width: f64, height: f64, body: Group) -> Document {
        let (width, height) = (width.ceil(), height.ceil());
        let name =
            if self.title.is_empty() { self.panels.first().map_or("", |c| &c.title) } else { &self.title };
        let mut document = element::document(width, height, name).add(paper(width, height));
        if !self.title.is_empty() {
            document = document.add(title(&self.title, width / 2.0, MARGIN + TITLE));
        }
        document.add(body)
    }
}

// A single chart is drawn as the figure of one panel: it stands here so that a chart knows nothing of figures.
impl Chart {
    /// The chart as an SVG document.
    pub fn svg(self) -> String {
        Figure::new("").panel(self).svg()
    }
}
