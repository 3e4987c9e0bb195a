//! Where the parts of a chart lie, and the place of a point in the picture.

use crate::chart::Chart;
use crate::clip::{Point, Rect};
use crate::legend::Legend;
use crate::scale::{Span, Tick};
use crate::text::{LEADING, SIZE, bold_wrapped, width, wrapped};

/// Above the plot, for one line of the chart's title.
const HEAD: f64 = 32.0;
/// The size of a chart's title.
pub(crate) const HEADING: f64 = 15.0;
/// Below the plot, for the ticks' labels and one line of the axis's.
const FOOT: f64 = 52.0;
/// Between a coloured plane and the labels of its bar.
pub(crate) const BAR: f64 = 33.0;

/// Where the parts of a chart lie.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) outer: Rect,
    pub(crate) plot: Rect,
    x: Span,
    y: Span,
    pub(crate) x_ticks: Vec<Tick>,
    pub(crate) y_ticks: Vec<Tick>,
    /// In lines that have room.
    pub(crate) title: Vec<String>,
    pub(crate) x_label: Vec<String>,
    pub(crate) y_label: Vec<String>,
    pub(crate) bar: Option<Bar>,
    pub(crate) legend: Option<Legend>,
    pub(crate) note: Vec<String>,
}

/// What stands beside a coloured plane.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) span: Span,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) label: Vec<String>,
    pub(crate) widest: f64,
}

/// What lines after the first need.
fn more(lines: &[String], size: f64) -> f64 {
    LEADING * size * lines.len().saturating_sub(1) as f64
}

impl Layout {
    pub(crate) fn new(chart: &Chart, left: f64, top: f64, legend: bool) -> Self {
        let (x, y) = chart.spans();
        let (plot_width, plot_height) = chart.size;
        let y_ticks = y_ticks(y, plot_height);
        let x_ticks =
            apart(x, plot_width, (plot_width / 52.0) as usize, 12.0, |tick| width(&tick.label, SIZE));
        let y_label = wrapped(&chart.y.label, SIZE, plot_height);
        let beside = if y_label.is_empty() { 0.0 } else { 22.0 + more(&y_label, SIZE) };
        let widest_tick = y_ticks.iter().map(|tick| width(&tick.label, SIZE)).fold(0.0, f64::max);
        let (before, beyond) = overhang(x, &x_ticks, plot_width);
        let margin = (widest_tick + 12.0 + beside).max(before);
        let bar = chart.bar(plot_height);
        let right = bar.as_ref().map_or(10.0, Bar::width).max(beyond);
        let total = margin + plot_width + right;
        let title = bold_wrapped(&chart.title, HEADING, total);
        let head = HEAD + more(&title, HEADING);
        let plot = Rect { left: left + margin, top: top + head, width: plot_width, height: plot_height };
        let x_label = wrapped(&chart.x.label, SIZE, total);
        let legend = legend.then(|| Legend::of(chart.marks.iter(), total - margin));
        let note = wrapped(&chart.note, SIZE, total - margin);
        let mut layout = Self {
            outer: Rect { left, top, width: total, height: 0.0 },
            plot,
            x,
            y,
            x_ticks,
            y_ticks,
            title,
            x_label,
            y_label,
            bar,
            legend,
            note,
        };
        layout.outer.height = layout.note_top() + LEADING * SIZE * layout.note.len() as f64 - top;
        layout
    }

    /// The top of the legend.
    pub(crate) fn legend_top(&self) -> f64 {
        self.plot.bottom() + FOOT + more(&self.x_label, SIZE)
    }

    /// The top of the note's first line.
    pub(crate) fn note_top(&self) -> f64 {
        let legend = self.legend.as_ref().map_or(0.0, Legend::height);
        self.legend_top() + legend + if legend > 0.0 { 6.0 } else { 0.0 }
    }

    /// Moves the plot and all below it down, to stand beside one with a longer title.
    pub(crate) fn lower(&mut self, by: f64) {
        self.plot.top += by;
        self.outer.height += by;
    }

    /// The middle of a text of this width: that of the plot, unless the text would leave the chart there.
    pub(crate) fn middle(&self, wide: f64) -> f64 {
        let (least, most) = (self.outer.left + wide / 2.0, self.outer.right() - wide / 2.0);
        (self.plot.left + self.plot.width / 2.0).min(most).max(least)
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

impl Bar {
    pub(crate) fn new(span: Span, label: &str, height: f64) -> Self {
        let ticks = y_ticks(span, height);
        let widest = ticks.iter().map(|tick| width(&tick.label, SIZE)).fold(0.0, f64::max);
        Self { span, ticks, label: wrapped(label, SIZE, height), widest }
    }

    fn width(&self) -> f64 {
        let label = if self.label.is_empty() { 0.0 } else { 25.0 + more(&self.label, SIZE) };
        BAR + self.widest + label
    }
}

/// How far the labels of x stand out to the left and to the right of the plot.
fn overhang(x: Span, ticks: &[Tick], room: f64) -> (f64, f64) {
    ticks.iter().filter(|tick| !tick.label.is_empty()).fold((0.0, 0.0), |(before, beyond), tick| {
        let (at, half) = (x.place(tick.at) * room, width(&tick.label, SIZE) / 2.0);
        (f64::max(before, half - at), f64::max(beyond, at + half - room))
    })
}

fn y_ticks(span: Span, room: f64) -> Vec<Tick> {
    apart(span, room, (room / 45.0) as usize, 3.0, |_| SIZE)
}

/// As many ticks, up to a number, as have room for their labels beside each other; `extent` is a label's. If even two have not,
/// labels are left out.
fn apart(span: Span, room: f64, most: usize, gap: f64, extent: impl Fn(&Tick) -> f64) -> Vec<Tick> {
    let ends = |tick: &Tick| {
        let (at, half) = (span.place(tick.at) * room, extent(tick) / 2.0);
        (at - half, at + half)
    };
    // From one label on, the next one that it touches.
    let touching = |ticks: &[Tick]| {
        let labels: Vec<usize> = (0..ticks.len()).filter(|&i| !ticks[i].label.is_empty()).collect();
        let near = |pair: &[usize]| ends(&ticks[pair[0]]).1 + gap > ends(&ticks[pair[1]]).0;
        labels.windows(2).find(|pair| near(pair)).map(|pair| pair[1])
    };
    let few = |count: usize| Some(span.ticks(count)).filter(|ticks| touching(ticks).is_none());
    (2..=most.max(2)).rev().find_map(few).unwrap_or_else(|| {
        let mut ticks = span.ticks(2);
        while let Some(i) = touching(&ticks) {
            ticks[i].label.clear();
        }
        ticks
    })
}
