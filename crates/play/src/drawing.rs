//! Charts and tables of an answer. The page draws them as they are: `page/chart.js` knows the same fields.

use gradus_cli::text::numbers::number;
use serde::Serialize;

use crate::answer::Number;

/// The names of the colours of lines, which `page/style.css` has for light and dark.
pub(crate) const COLORS: [&str; 7] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6"];
/// A line of what is known, beside the lines of what is computed.
pub(crate) const INK: &str = "ink";

/// A chart of lines.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The axis from left to right.
    pub x: Axis,
    /// The axis upwards.
    pub y: Axis,
    /// In the order in which they are drawn.
    pub lines: Vec<Line>,
    /// Upright lines.
    pub marks: Vec<Mark>,
}

/// An axis.
#[derive(Debug, Clone, Serialize)]
pub struct Axis {
    /// What is on it.
    pub label: String,
    /// `linear` or `log`.
    pub scale: &'static str,
    /// From where to where; as far as the lines go without it.
    pub range: Option<[Number; 2]>,
}

/// A line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// The name of its colour.
    pub color: &'static str,
    /// The number of its pattern; 0 is a full line.
    pub dash: u8,
    /// Whether its points are shown.
    pub dots: bool,
    /// What is no number is a gap.
    pub points: Vec<[Number; 2]>,
}

/// An upright line.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    /// Where.
    pub x: Number,
    /// What it means.
    pub label: String,
    /// The name of its colour.
    pub color: &'static str,
}

/// A table of texts.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// Over the columns; empty where the first column names the rows.
    pub head: Vec<&'static str>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    /// An empty one with linear axes.
    pub(crate) fn new(title: &str, x: &str, y: &str) -> Self {
        let axis = |label: &str| Axis { label: label.to_string(), scale: "linear", range: None };
        Self { title: title.to_string(), x: axis(x), y: axis(y), lines: Vec::new(), marks: Vec::new() }
    }

    /// A further line.
    pub(crate) fn line(mut self, name: &str, color: &'static str, points: Vec<[Number; 2]>) -> Self {
        self.lines.push(Line { name: name.to_string(), color, dash: 0, dots: false, points });
        self
    }

    /// The last line with a pattern.
    pub(crate) fn dashed(mut self, dash: u8) -> Self {
        self.lines.iter_mut().rev().take(1).for_each(|line| line.dash = dash);
        self
    }

    /// The last line with its points.
    pub(crate) fn dotted(mut self) -> Self {
        self.lines.iter_mut().rev().take(1).for_each(|line| line.dots = true);
        self
    }

    /// Between these values upwards.
    pub(crate) fn within(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some([low, high].map(Number));
        self
    }

    /// From one place to another.
    pub(crate) fn across(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some([low, high].map(Number));
        self
    }

    /// With a logarithmic axis upwards.
    pub(crate) fn logarithmic(mut self) -> Self {
        self.y.scale = "log";
        self
    }
}

impl Table {
    /// Rows of a name and a text.
    pub(crate) fn facts(rows: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let rows = rows.into_iter().map(|(name, text)| vec![name.to_string(), text]).collect();
        Self { head: Vec::new(), rows }
    }

    /// The text of a named row.
    #[cfg(test)]
    pub(crate) fn of(&self, name: &str) -> &str {
        &self.rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name} has a row"))[1]
    }
}

/// Values at `from`, `from + 1` and so on.
pub(crate) fn series(values: impl IntoIterator<Item = f64>, from: u32) -> Vec<[Number; 2]> {
    values.into_iter().zip(from..).map(|(value, i)| [Number(f64::from(i)), Number(value)]).collect()
}

/// A number in a table: six digits.
pub(crate) fn text(x: f64) -> String {
    number(x, 6)
}
