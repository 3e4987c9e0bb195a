//! Where the parts of a chart lie, and its frame.

use svg::node::element::{ClipPath, Definitions, Group};

use crate::chart::Chart;
use crate::clip::Rect;
use crate::element::{label, px, rectangle, straight, title};
use crate::legend::Legend;
use crate::mark::{Data, Mark, Point};
use crate::paint;
use crate::palette::{GRID, INK};
use crate::plane::bar;
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
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    legend: Option<Legend>,
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

/// A whole chart.
pub(crate) fn chart(chart: &Chart, layout: &Layout) -> Group {
    let plot = layout.plot;
    // Made of the geometry: charts of several documents in one page do not disturb each other.
    let id = format!("plot-{}-{}-{}-{}", px(plot.left), px(plot.top), px(plot.width), px(plot.height));
    let clip = ClipPath::new().set("id", id.as_str()).add(rectangle(plot, "#000000"));
    let mut inside = Group::new().set("clip-path", format!("url(#{id})"));
    let (back, front): (Vec<&Mark>, Vec<&Mark>) =
        chart.marks.iter().partition(|mark| matches!(mark.data, Data::Heat(_) | Data::Band(..)));
    for mark in &back {
        inside = inside.add(paint::mark(mark, layout));
    }
    if chart.plane().is_none() {
        inside = inside.add(grid_lines(layout));
    }
    // Markers may stand on the border.
    let (markers, lines): (Vec<&Mark>, Vec<&Mark>) =
        front.into_iter().partition(|mark| matches!(mark.data, Data::Marker(..)));
    for mark in lines {
        inside = inside.add(paint::mark(mark, layout));
    }
    let mut group = Group::new().add(Definitions::new().add(clip)).add(inside).add(axes(chart, layout));
    if let Some(heat) = chart.plane() {
        group = group.add(bar(heat, plot));
    }
    for mark in markers {
        group = group.add(paint::mark(mark, layout));
    }
    match &layout.legend {
        Some(legend) => group.add(legend.draw(plot.left, plot.bottom() + 44.0)),
        None => group,
    }
}

fn grid_lines(layout: &Layout) -> Group {
    let (plot, mut group) = (layout.plot, Group::new());
    for tick in layout.x_ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let x = layout.place((tick.at, f64::NAN)).0;
        group = group.add(straight((x, plot.top), (x, plot.bottom()), GRID, 1.0));
    }
    for tick in layout.y_ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let y = layout.place((f64::NAN, tick.at)).1;
        group = group.add(straight((plot.left, y), (plot.right(), y), GRID, 1.0));
    }
    group
}

fn axes(chart: &Chart, layout: &Layout) -> Group {
    let plot = layout.plot;
    let frame = rectangle(plot, "none").set("stroke", INK).set("stroke-width", 1);
    let middle = plot.left + plot.width / 2.0;
    let mut group =
        Group::new().add(frame).add(title(&chart.title, middle, plot.top - 9.0).set("font-size", 13));
    let length = |tick: &Tick| if tick.label.is_empty() { 3.0 } else { 5.0 };
    for tick in &layout.x_ticks {
        let x = layout.place((tick.at, f64::NAN)).0;
        group = group.add(straight((x, plot.bottom()), (x, plot.bottom() + length(tick)), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (x, plot.bottom() + 18.0), "middle"));
        }
    }
    for tick in &layout.y_ticks {
        let y = layout.place((f64::NAN, tick.at)).1;
        group = group.add(straight((plot.left - length(tick), y), (plot.left, y), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (plot.left - 8.0, y + 4.0), "end"));
        }
    }
    if !chart.y.label.is_empty() {
        let (x, y) = (layout.outer.left + 12.0, plot.top + plot.height / 2.0);
        let turn = format!("rotate(-90 {} {})", px(x), px(y));
        group = group.add(label(&chart.y.label, (x, y), "middle").set("transform", turn));
    }
    if chart.x.label.is_empty() {
        group
    } else {
        group.add(label(&chart.x.label, (middle, plot.bottom() + 37.0), "middle"))
    }
}
