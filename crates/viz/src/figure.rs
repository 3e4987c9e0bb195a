//! Several charts side by side in one picture.

use svg::Document;
use svg::node::element::Group;

use crate::chart::Chart;
use crate::draw;
use crate::element::{self, TITLE, headings, lines, paper};
use crate::layout::Layout;
use crate::legend::Legend;
use crate::text::{LEADING, SIZE, bold_wrapped, wrapped};

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
    note: String,
}

/// Around the picture and between panels.
const MARGIN: f64 = 14.0;

impl Figure {
    /// An empty figure; without a title if that is empty.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_string(),
            panels: Vec::new(),
            columns: usize::MAX,
            shared: false,
            note: String::new(),
        }
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

    /// Sentences below the figure; broken into lines where it ends.
    pub fn note(mut self, text: &str) -> Self {
        self.note = text.to_string();
        self
    }

    /// The figure as an SVG document.
    pub fn svg(&self) -> String {
        let per_row = self.columns.min(self.panels.len()).max(1);
        let wide = self.panels.chunks(per_row).map(|row| self.row(row, 0.0)).map(|row| right(&row));
        let width = wide.fold(if self.panels.is_empty() { 240.0 } else { 0.0 }, f64::max);
        let room = width - 2.0 * MARGIN;
        let head = bold_wrapped(&self.title, TITLE, room);
        let mut top = MARGIN;
        if !head.is_empty() {
            top += TITLE + 10.0 + LEADING * TITLE * (head.len() - 1) as f64;
        }
        let mut body = Group::new().add(headings(&head, TITLE, (width / 2.0, top - 10.0)));
        for charts in self.panels.chunks(per_row) {
            let row = self.row(charts, top);
            for (chart, layout) in charts.iter().zip(&row) {
                body = body.add(draw::chart(chart, layout));
            }
            top = row.iter().map(|layout| layout.outer.bottom()).fold(top, f64::max) + MARGIN;
        }
        if self.shared {
            let legend = Legend::of(self.panels.iter().flat_map(|chart| &chart.marks), room);
            body = body.add(legend.draw(MARGIN, top));
            top += legend.height() + MARGIN;
        }
        let note = wrapped(&self.note, SIZE, room);
        body = body.add(lines(&note, (MARGIN, top + SIZE - 4.0), "start"));
        if !note.is_empty() {
            top += LEADING * SIZE * note.len() as f64 + MARGIN - 4.0;
        }
        self.document(width, top, body).to_string() + "\n"
    }

    /// Where charts beside each other lie; their plots begin at one height.
    fn row(&self, charts: &[Chart], top: f64) -> Vec<Layout> {
        let mut row: Vec<Layout> = Vec::new();
        for chart in charts {
            let left = if row.is_empty() { MARGIN } else { right(&row) };
            row.push(Layout::new(chart, left, top, !self.shared));
        }
        let lowest = row.iter().map(|layout| layout.plot.top).fold(0.0, f64::max);
        for layout in &mut row {
            layout.lower(lowest - layout.plot.top);
        }
        row
    }

    fn document(&self, width: f64, height: f64, body: Group) -> Document {
        let (width, height) = (width.ceil(), height.ceil());
        let name =
            if self.title.is_empty() { self.panels.first().map_or("", |c| &c.title) } else { &self.title };
        element::document(width, height, name).add(paper(width, height)).add(body)
    }
}

/// Where the next chart of a row begins.
fn right(row: &[Layout]) -> f64 {
    row.last().map_or(0.0, |layout| layout.outer.right()) + MARGIN
}

// A single chart is drawn as the figure of one panel: it stands here so that a chart knows nothing of figures.
impl Chart {
    /// The chart as an SVG document.
    pub fn svg(self) -> String {
        Figure::new("").panel(self).svg()
    }
}
