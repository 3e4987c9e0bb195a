//! Where the parts of a chart lie, and the place of a point in the picture.

use crate::chart::Chart;
use crate::clip::{Point, Rect};
use crate::legend::Legend;
use crate::scale::{Span, Tick};
use crate::text::{SIZE, width};

/// Above the plot, for the chart's title.
const HEAD: f64 = 26.0;
/// The bar beside a coloured plane, with its labels.
const BAR: f64 = 74.0;

/// Where the parts of a chart lie.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) outer: Rect,
    pub(crate) plot: Rect,
    x: Span,
    y: Span,
    pub(crate) x_ticks: Vec<Tick>,
    pub(crate) y_ticks: Vec<Tick>,
    pub(crate) legend: Option<Legend>,
}

impl Layout {
    pub(crate) fn new(chart: &Chart, left: f64, top: f64, legend: bool) -> Self {
        let (x, y) = chart.spans();
        let (plot_width, plot_height) = chart.size;
        let y_ticks = y.ticks((plot_height / 45.0) as usize);
        let widest = y_ticks.iter().map(|tick| width(&tick.label, SIZE)).fold(0.0, f64::max);
        let margin = widest + 12.0 + if chart.y.label.is_empty() { 0.0 } else { 20.0 };
        let plot = Rect { left: left + margin, top: top + HEAD, width: plot_width, height: plot_height };
        let x_ticks = spaced_ticks(x, plot_width);
        let right = if chart.plane().is_some() { BAR } else { 10.0 };
        let total = margin + plot_width + right;
        let legend = legend.then(|| Legend::of(chart.marks.iter(), total - margin));
        let below = 44.0 + legend.as_ref().map_or(0.0, |legend| legend.height() + 6.0);
        let outer = Rect { left, top, width: total, height: HEAD + plot_height + below };
        Self { outer, plot, x, y, x_ticks, y_ticks, legend }
    }

    /// The place of a point in the picture; NaN without one.
    pub(crate) fn place(&self, (x, y): Point) -> Point {
        (
            self.plot.left + self.x.place(x) * self.plot.width,
            self.plot.bottom() - self.y.place(y) * self.plot.height,
        )
    }

    pub(crate) fn places(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|&point| self.place(point)).collect()
    }
}

/// As many ticks as have room for their labels side by side.
fn spaced_ticks(span: Span, room: f64) -> Vec<Tick> {
    let fits = |ticks: &[Tick]| {
        let labels = ticks.iter().filter(|tick| !tick.label.is_empty());
        let widths: Vec<f64> = labels.map(|tick| width(&tick.label, SIZE) + 14.0).collect();
        widths.iter().fold(0.0, |most, w| f64::max(most, *w)) * widths.len() as f64 <= room
    };
    let most = (room / 45.0) as usize;
    (2..=most).rev().map(|count| span.ticks(count)).find(|ticks| fits(ticks)).unwrap_or_else(|| span.ticks(2))
}
