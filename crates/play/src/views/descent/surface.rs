//! A surface with its contours, or a curve.

use gradus::viz::{Grid, contour, round_levels};
use serde::{Deserialize, Serialize};

use super::{FARTHEST, place, read};
use crate::answer::{Number, Refusal};

/// Nodes of the grid in each direction.
const NODES: usize = 161;
/// Contours, about.
const LEVELS: usize = 14;
/// Points of a curve.
const POINTS: u32 = 400;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// A surface of `gradus race`, or an expression of x and y, or of x alone.
    pub surface: String,
    /// The ranges of both variables; the surface's own without it.
    #[serde(default)]
    pub window: Option<[[f64; 2]; 2]>,
}

/// What is to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Surface {
    /// Its name; `expression`, if it is one.
    pub name: String,
    /// Its formula.
    pub formula: String,
    /// The number of variables.
    pub dimensions: usize,
    /// Where to begin.
    pub start: [Number; 2],
    /// The minima that are known.
    pub minima: Vec<[Number; 2]>,
    /// The ranges of both variables; of a curve, of the variable and of the value.
    pub window: [[Number; 2]; 2],
    /// The contours; none of a curve.
    pub levels: Vec<Level>,
    /// Places and values of a curve; empty for a surface.
    pub curve: Vec<[Number; 2]>,
    /// What is to be known of a descent here.
    pub note: &'static str,
}

/// The lines of one value.
#[derive(Debug, Clone, Serialize)]
pub struct Level {
    /// The value.
    pub value: Number,
    /// Its pieces.
    pub lines: Vec<Vec<[Number; 2]>>,
}

/// The answer to a request.
///
/// # Errors
/// If the surface or its window cannot be used.
pub fn surface(request: Request) -> Result<Surface, Refusal> {
    let Request { surface, window } = request;
    let ground = read(&surface)?;
    let [x, y] = match window {
        Some(window) => checked(window)?,
        None => ground.window,
    };
    let on = |x: f64| (x, ground.at([x, 0.0]));
    let curve: Vec<(f64, f64)> = if ground.dimensions == 1 {
        (0..=POINTS).map(|i| on(x.0 + (x.1 - x.0) * f64::from(i) / f64::from(POINTS))).collect()
    } else {
        Vec::new()
    };
    let (levels, y) = if ground.dimensions == 1 {
        (Vec::new(), heights(&curve))
    } else {
        let grid = Grid::sample(x, y, [NODES, NODES], |x, y| ground.at([x, y]));
        (round_levels(&grid, LEVELS).into_iter().map(|level| lines(&grid, level)).collect(), y)
    };
    let minima = ground.minima.iter().map(|&[x, y]| if ground.dimensions == 1 { on(x) } else { (x, y) });
    Ok(Surface {
        minima: minima.map(pair).collect(),
        start: ground.start.map(Number),
        window: [x, y].map(pair),
        levels,
        curve: curve.iter().copied().map(pair).collect(),
        dimensions: ground.dimensions,
        note: ground.note,
        name: ground.name,
        formula: ground.formula,
    })
}

fn pair((x, y): (f64, f64)) -> [Number; 2] {
    [Number(x), Number(y)]
}

fn checked([x, y]: [[f64; 2]; 2]) -> Result<[(f64, f64); 2], Refusal> {
    for [low, high] in [x, y] {
        place("the window", [low, high])?;
        if high - low < 1.0 / FARTHEST {
            let message = format!("the window goes from {low} to {high}; it has a width, as from -2 to 2");
            return Err(Refusal::value(message));
        }
    }
    Ok([x, y].map(|[low, high]| (low, high)))
}

/// The range of the values, with some room.
fn heights(curve: &[(f64, f64)]) -> (f64, f64) {
    let values = || curve.iter().map(|point| point.1).filter(|value| value.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return (-1.0, 1.0);
    }
    let room = 0.06 * (high - low).max(1e-9);
    (low - room, high + room)
}

/// To a five-thousandth of the window, which no screen shows.
fn lines(grid: &Grid, level: f64) -> Level {
    let short = |x: f64, (low, high): (f64, f64)| {
        let unit = (high - low) / 5000.0;
        Number(((x / unit).round() * unit * 1e9).round() / 1e9)
    };
    let points =
        |line: &Vec<(f64, f64)>| line.iter().map(|&(x, y)| [short(x, grid.x), short(y, grid.y)]).collect();
    Level { value: Number(level), lines: contour(grid, level).iter().map(points).collect() }
}
