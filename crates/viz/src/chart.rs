//! A chart: axes, and what stands between them.

use crate::contour::{Grid, contour};
use crate::layout::Bar;
use crate::mark::{Data, Heat, Level, Mark, Marker};
use crate::palette::series_color;
use crate::scale::{Scale, Span};

/// One plot with its axes and its legend, built by value.
#[derive(Debug, Clone)]
#[must_use]
pub struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) marks: Vec<Mark>,
    /// Of the area between the axes, in pixels.
    pub(crate) size: (f64, f64),
    /// Below all else.
    pub(crate) note: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Axis {
    pub(crate) label: String,
    scale: Scale,
    range: Option<(f64, f64)>,
}

impl Axis {
    fn span(&self, numbers: impl Iterator<Item = f64>) -> Span {
        match self.range {
            Some((low, high)) => Span { scale: self.scale, low, high },
            None => Span::around(self.scale, numbers),
        }
    }
}

impl Chart {
    /// An empty chart with linear axes.
    pub fn new(title: &str) -> Self {
        let (x, y) = (Axis::default(), Axis::default());
        Self { title: title.to_string(), x, y, marks: Vec::new(), size: (460.0, 320.0), note: String::new() }
    }

    /// The horizontal axis: what it shows and how it is divided.
    pub fn x_axis(mut self, label: &str, scale: Scale) -> Self {
        (self.x.label, self.x.scale) = (label.to_string(), scale);
        self
    }

    /// The vertical axis: what it shows and how it is divided.
    pub fn y_axis(mut self, label: &str, scale: Scale) -> Self {
        (self.y.label, self.y.scale) = (label.to_string(), scale);
        self
    }

    /// Shows x from `low` to `high` whatever the data; without it, all points.
    ///
    /// # Panics
    /// Unless `low < high`, both finite.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        check_range(low, high);
        self.x.range = Some((low, high));
        self
    }

    /// Shows y from `low` to `high` whatever the data; without it, all points.
    ///
    /// # Panics
    /// Unless `low < high`, both finite.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        check_range(low, high);
        self.y.range = Some((low, high));
        self
    }

    /// The size of the area between the axes in pixels; 460 × 320 without it.
    pub fn size(mut self, width: f64, height: f64) -> Self {
        self.size = (width, height);
        self
    }

    /// Sentences below the chart that say what its axes and names cannot; broken into lines where the chart ends.
    pub fn note(mut self, text: &str) -> Self {
        self.note = text.to_string();
        self
    }

    /// A line through points `(x, y)`; one of a single point is a dot.
    pub fn line(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Data::Line(points.to_vec()))
    }

    /// A line through values at 0, 1, 2, and so on: a loss after each step.
    pub fn curve(self, name: &str, values: &[f64]) -> Self {
        let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(i, y)| (i as f64, *y)).collect();
        self.line(name, &points)
    }

    /// Dots at points `(x, y)`.
    pub fn points(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Data::Points(points.to_vec()))
    }

    /// The way of something that moves: a line with a ring around the first place and a square at the last one; a hollow square
    /// where it leaves the plot for good. Places have dots where the steps between them are long enough to be told apart.
    pub fn path(self, name: &str, places: &[(f64, f64)]) -> Self {
        self.series(name, Data::Path(places.to_vec()))
    }

    /// One marked place.
    pub fn marker(self, name: &str, at: (f64, f64), marker: Marker) -> Self {
        self.with(Mark::plain(name, Data::Marker(at, marker)))
    }

    /// A line across the plot at one x.
    pub fn vertical(self, name: &str, x: f64) -> Self {
        self.with(Mark::plain(name, Data::Vertical(x))).dashed()
    }

    /// A line across the plot at one y.
    pub fn horizontal(self, name: &str, y: f64) -> Self {
        self.with(Mark::plain(name, Data::Horizontal(y))).dashed()
    }

    /// A region from one x to another, over the whole height; pale, behind the lines.
    pub fn band(self, name: &str, from: f64, to: f64) -> Self {
        self.with(Mark::plain(name, Data::Band(from, to))).color(series_color(5))
    }

    /// The lines on which a function has these levels, the low ones darker, with the levels written on them where there is room.
    pub fn contours(self, grid: &Grid, levels: &[f64]) -> Self {
        let last = levels.len().saturating_sub(1).max(1) as f64;
        let line = |(k, &value)| Level { height: k as f64 / last, value, lines: contour(grid, value) };
        let mut mark = Mark::plain("", Data::Contours(levels.iter().enumerate().map(line).collect()));
        mark.width = 1.0;
        self.with(mark)
    }

    /// A plane coloured by a function's values from `range.0`, dark, to `range.1`, bright, with a bar that
    /// explains the colours. From `range.1` on, and where it is not finite, it is grey.
    pub fn heat(self, grid: Grid, label: &str, range: (f64, f64)) -> Self {
        check_range(range.0, range.1);
        self.with(Mark::plain("", Data::Heat(Heat { grid, label: label.to_string(), range })))
    }

    /// Gives the mark that was added last this colour.
    pub fn color(mut self, color: &str) -> Self {
        if let Some(mark) = self.marks.last_mut() {
            mark.color = color.to_string();
        }
        self
    }

    /// Draws the mark that was added last with a dashed stroke.
    pub fn dashed(mut self) -> Self {
        if let Some(mark) = self.marks.last_mut() {
            mark.dash = "6 4";
        }
        self
    }

    /// Draws the mark that was added last with a stroke of this width in pixels.
    pub fn stroke(mut self, width: f64) -> Self {
        if let Some(mark) = self.marks.last_mut() {
            mark.width = width;
        }
        self
    }

    fn series(self, name: &str, data: Data) -> Self {
        let number = self.marks.iter().filter(|mark| mark.is_series()).count();
        self.with(Mark::series(name, data, number))
    }

    fn with(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// The bar beside the coloured plane, if there is one.
    pub(crate) fn bar(&self, height: f64) -> Option<Bar> {
        self.plane().map(|heat| {
            let (low, high) = heat.range;
            Bar::new(Span { scale: Scale::Linear, low, high }, &heat.label, height)
        })
    }

    /// What the axes show.
    pub(crate) fn spans(&self) -> (Span, Span) {
        let points: Vec<(f64, f64)> = self.marks.iter().flat_map(Mark::points).collect();
        (self.x.span(points.iter().map(|p| p.0)), self.y.span(points.iter().map(|p| p.1)))
    }

    /// The coloured plane, if there is one.
    pub(crate) fn plane(&self) -> Option<&Heat> {
        self.marks.iter().find_map(|mark| match &mark.data {
            Data::Heat(heat) => Some(heat),
            _ => None,
        })
    }
}

fn check_range(low: f64, high: f64) {
    assert!(low < high && low.is_finite() && high.is_finite(), "a range from {low} to {high}");
}
