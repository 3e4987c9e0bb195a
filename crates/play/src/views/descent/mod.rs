//! Descent: up to six optimizers from one place down a surface, with the gradient and what each one remembers at every step;
//! the surface's contours; the plane of momentum; averages, sums and powers.

mod averages;
mod momentum;
mod presets;
mod surface;
mod walk;

use gradus::optim::OptimizerSpec;
use gradus_cli::race::{Aim, Course, Ground};
use serde::{Deserialize, Serialize};

use crate::answer::{Number, Refusal};
use crate::drawing::{COLORS, Chart, Table, series};
pub use averages::{Averages, averages};
pub use momentum::{Curve, Momentum, Place, Plane, momentum};
pub use presets::{Choices, Preset, choices};
pub use surface::{Level, Surface, surface};
pub use walk::{Memory, Walk};

/// Optimizers at a time.
const MOST: usize = 6;
/// Steps of a run.
const STEPS: usize = 500;
/// Characters of an expression, and elements of a value in it: a surface is evaluated many thousand times.
const LONGEST: usize = 200;
const LARGEST: usize = 64;
/// How near to a minimum is there.
const TOLERANCE: f64 = 0.01;
/// How far out a place may lie.
const FARTHEST: f64 = 1e6;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// A surface of `gradus race`, or an expression of x and y, or of x alone.
    pub surface: String,
    /// Where all begin; the surface's own place without it.
    #[serde(default)]
    pub start: Option<[f64; 2]>,
    /// How many steps each one has, from 1 to 500.
    pub steps: usize,
    /// Up to six, with their settings: `momentum:lr=0.1:beta=0.9`.
    pub optimizers: Vec<String>,
    /// The rate of those that have none of their own; without it, the best of the rates of `gradus race`.
    #[serde(default)]
    pub lr: Option<f64>,
}

/// What became of all.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Where all began.
    pub start: [Number; 2],
    /// In the order in which they were asked for.
    pub walks: Vec<Walk>,
    /// The value after each step.
    pub values: Chart,
    /// What became of each.
    pub ends: Table,
}

/// The answer to a request.
///
/// # Errors
/// If the surface, the start, an optimizer, a rate or the number of steps cannot be used.
pub fn answer(request: Request) -> Result<Answer, Refusal> {
    let ground = read(&request.surface)?;
    let start = place("the start", request.start.unwrap_or(ground.start))?;
    if !ground.at(start).is_finite() {
        let message = format!(
            "{} has no finite value at the start ({}, {}); begin elsewhere, as at (1, 1)",
            ground.name, start[0], start[1]
        );
        return Err(Refusal::value(message));
    }
    if !(1..=STEPS).contains(&request.steps) {
        return Err(Refusal::value(format!("{} steps; from 1 to {STEPS} are made, as 100", request.steps)));
    }
    let texts = request.optimizers;
    let optimizers = optimizers(&texts)?;
    if let Some(lr) = request.lr
        && !(lr.is_finite() && lr > 0.0)
    {
        return Err(Refusal::value(format!("a learning rate of {lr}; it is a number above 0, as 0.1")));
    }
    let course = Course::new(&ground, start, request.steps, TOLERANCE);
    let (mut walks, mut rows) = (Vec::new(), Vec::new());
    for (who, text) in optimizers.iter().zip(&texts) {
        let (walk, row) = walk::walk(&course, who, text.trim(), request.lr)?;
        walks.push(walk);
        rows.push(row);
    }
    let arrival = match ground.aim {
        Aim::Minimum => "within 0.01 from step",
        Aim::Border => "leaves at step",
        Aim::Low => "",
    };
    let head = vec!["optimizer", "lr", arrival, "last f", "last place", "end", "the rate is"];
    Ok(Answer { start: start.map(Number), values: values(&walks), walks, ends: Table { head, rows } })
}

/// The values, logarithmic where they are positive, and no farther up than a thousand times the first.
fn values(walks: &[Walk]) -> Chart {
    let all =
        || walks.iter().flat_map(|walk| &walk.values).map(|value| value.0).filter(|value| value.is_finite());
    let first = walks[0].values[0].0;
    let logarithmic = first > 0.0 && all().all(|value| value >= 0.0);
    let highest = 1e3 * first.abs().max(1e-3);
    let chart = Chart::new("value after each step", "step", "f");
    let chart = if logarithmic { chart.logarithmic() } else { chart };
    walks.iter().zip(COLORS).fold(chart, |chart, (walk, color)| {
        let shown = |value: &Number| {
            if value.0.abs() > highest || (logarithmic && value.0 < 1e-20) { f64::NAN } else { value.0 }
        };
        chart.line(&walk.name, color, series(walk.values.iter().map(shown), 0))
    })
}

fn read(text: &str) -> Result<Ground, Refusal> {
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!(
            "the surface has {length} characters; at most {LONGEST} are read here, as in x^2 + 10*y^2"
        );
        return Err(Refusal::value(message));
    }
    Ok(Ground::read_within("surface", text.trim(), LARGEST)?)
}

fn place(name: &str, x: [f64; 2]) -> Result<[f64; 2], Refusal> {
    if x.iter().all(|x| x.abs() <= FARTHEST) {
        return Ok(x);
    }
    let message = format!("{name} is ({}, {}); both lie between -1e6 and 1e6, as in (-1.2, 1)", x[0], x[1]);
    Err(Refusal::value(message))
}

fn optimizers(texts: &[String]) -> Result<Vec<OptimizerSpec>, Refusal> {
    if texts.is_empty() || texts.len() > MOST {
        let message =
            format!("{} optimizers; from 1 to {MOST} run side by side, as momentum:lr=0.1", texts.len());
        return Err(Refusal::value(message));
    }
    let one = |(i, text): (usize, &String)| {
        text.trim()
            .parse::<OptimizerSpec>()
            .map_err(|error| Refusal::value(format!("optimizer {}: {error}", i + 1)))
    };
    texts.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests;
