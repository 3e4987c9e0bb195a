//! Charts as SVG text: lines, points, paths over contours, coloured planes, several panels side by side. A chart is drawn in a
//! terminal, too: [`Chart::text`].
//!
//! ```
//! use gradus_viz::{Chart, Scale};
//! let error: Vec<(f64, f64)> = (1..9).map(|k| (10f64.powi(-k), 10f64.powi(-2 * k))).collect();
//! let svg = Chart::new("Error of a central difference")
//!     .x_axis("step h", Scale::Log10)
//!     .y_axis("relative error", Scale::Log10)
//!     .line("central", &error)
//!     .svg();
//! assert!(svg.starts_with("<svg"));
//! ```
//!
//! What holds for every chart:
//! - A line is cut at the border of the plot where it crosses it. No point is moved to the border.
//! - A point that is not finite, or not positive on a logarithmic axis, breaks the line; one that stands alone is a dot.
//! - No text leaves the picture or lies on another: long titles, names and notes are broken into lines, labels of ticks without
//!   room are left out.
//! - Ticks stand at round numbers, on a logarithmic axis at powers of ten.
//! - The legend stands below the plot and never covers data.
//! - Colours of series are told apart by readers of all kinds of colour vision: [`SERIES_COLORS`].
//! - Same calls, same text: files can be compared.
#![forbid(unsafe_code)]

mod chart;
mod clip;
mod contour;
mod draw;
mod element;
mod figure;
mod graph;
mod layout;
mod legend;
mod levels;
mod mark;
mod paint;
mod palette;
mod plane;
mod scale;
mod stroke;
mod terminal;
mod text;

pub use chart::Chart;
pub use contour::{Grid, contour, round_levels};
pub use figure::Figure;
pub use graph::{Graph, Role};
pub use mark::Marker;
pub use palette::{SERIES_COLORS, series_color};
pub use scale::Scale;
