//! What can stand in a plot.

use crate::clip::Point;
use crate::contour::Grid;
use crate::palette::{INK, series_color, series_dash};

/// How one marked place is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A filled disc.
    Disc,
    /// An upright cross, for what is sought.
    Cross,
    /// A diamond.
    Diamond,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Line(Vec<Point>),
    Points(Vec<Point>),
    /// A line with dots, a ring around the first place and a square at the last.
    Path(Vec<Point>),
    Marker(Point, Marker),
    Vertical(f64),
    Horizontal(f64),
    Band(f64, f64),
    Contours(Vec<Level>),
    Heat(Heat),
}

/// The lines of one level.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// Between the lowest and the highest level, in 0 ..= 1.
    pub(crate) height: f64,
    pub(crate) value: f64,
    pub(crate) lines: Vec<Vec<Point>>,
}

/// A coloured plane.
#[derive(Debug, Clone)]
pub(crate) struct Heat {
    pub(crate) grid: Grid,
    pub(crate) label: String,
    /// The values of the ramp's ends.
    pub(crate) range: (f64, f64),
}

/// Something in a plot, under a name.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// Empty: not in the legend.
    pub(crate) name: String,
    pub(crate) data: Data,
    pub(crate) color: String,
    pub(crate) dash: &'static str,
    pub(crate) width: f64,
}

impl Mark {
    /// The mark of the series with this number.
    pub(crate) fn series(name: &str, data: Data, number: usize) -> Self {
        let (color, dash) = (series_color(number).to_string(), series_dash(number));
        Self { name: name.to_string(), data, color, dash, width: 1.8 }
    }

    /// A mark that is no series.
    pub(crate) fn plain(name: &str, data: Data) -> Self {
        Self { name: name.to_string(), data, color: INK.to_string(), dash: "", width: 1.2 }
    }

    /// Whether the next series takes another colour.
    pub(crate) fn is_series(&self) -> bool {
        matches!(self.data, Data::Line(_) | Data::Points(_) | Data::Path(_))
    }

    /// The points that an axis has to reach.
    pub(crate) fn points(&self) -> Vec<Point> {
        match &self.data {
            Data::Line(points) | Data::Points(points) | Data::Path(points) => points.clone(),
            Data::Marker(point, _) => vec![*point],
            Data::Vertical(x) => vec![(*x, f64::NAN)],
            Data::Horizontal(y) => vec![(f64::NAN, *y)],
            Data::Band(low, high) => vec![(*low, f64::NAN), (*high, f64::NAN)],
            Data::Contours(levels) => {
                levels.iter().flat_map(|level| level.lines.iter().flatten()).copied().collect()
            }
            Data::Heat(heat) => vec![(heat.grid.x.0, heat.grid.y.0), (heat.grid.x.1, heat.grid.y.1)],
        }
    }
}
