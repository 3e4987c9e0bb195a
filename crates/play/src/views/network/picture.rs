//! What is drawn of a model: the plane with its regions, a map for each unit, weights and gradients with their histograms.

use gradus::autograd::{Gradients, Params, Tape};
use gradus::nn::{Module, Sequential};
use gradus::tensor::Tensor;
use gradus::train::Health;
use serde::Serialize;

use super::loss::Loss;
use super::plan::{IDENTITY, Plan};
use crate::answer::Number;

/// Points of the plane along a side.
const SIDE: usize = 48;
/// Points of a unit's map along a side.
const UNIT: usize = 16;
/// Bars of a histogram.
const BARS: usize = 21;
/// Steps of a colour, from none to full.
const SHADES: f64 = 63.0;

/// The plane: for each point, row by row from the upper left, the class that the model chooses and how sure it is.
#[derive(Debug, Clone, Serialize)]
pub struct Region {
    /// Points along a side.
    pub side: usize,
    /// A digit a point: the class.
    pub classes: String,
    /// A character a point: `0` and the 63 after it, from undecided to sure.
    pub sure: String,
}

/// The units of one layer.
#[derive(Debug, Clone, Serialize)]
pub struct Layer {
    /// Points along a side of a map.
    pub side: usize,
    /// Of each unit the largest size of its output on the plane.
    pub reach: Vec<Number>,
    /// Of each unit a character a point: `P` is 0, the 31 before it are below 0, the 31 after it above, up to the reach.
    pub maps: Vec<String>,
    /// Units whose slope is 0 for every example of the batch, and those whose slope is nearly 0; none without an activation.
    pub dead: Option<usize>,
    /// See `dead`.
    pub saturated: Option<usize>,
    /// The part of all slopes that are nearly 0.
    pub flat: Option<Number>,
}

/// A parameter.
#[derive(Debug, Clone, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements, to four digits.
    pub values: Vec<Number>,
    /// Their gradient at the last step that was looked at, to four digits; none where none arrived.
    pub gradient: Option<Vec<Number>>,
    /// The sizes of the bars of its histogram.
    pub histogram: Histogram,
    /// The same of the gradient.
    pub gradient_histogram: Option<Histogram>,
    /// Its norm.
    pub norm: Number,
    /// The gradient's.
    pub gradient_norm: Option<Number>,
    /// What the step has changed, relative to the norm.
    pub update: Option<Number>,
}

/// How often values lie in each of equal parts of a range.
#[derive(Debug, Clone, Serialize)]
pub struct Histogram {
    /// Where the first part begins.
    pub low: Number,
    /// Where the last one ends.
    pub high: Number,
    /// Values in each.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Of finite values; a range without width is widened.
    pub(super) fn of(values: &[f64]) -> Self {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = match (finite.is_empty(), high > low) {
            (true, _) => (0.0, 1.0),
            (false, true) => (low, high),
            (false, false) => (low - 0.5, high + 0.5),
        };
        let mut counts = vec![0; BARS];
        for x in finite {
            let place = (x - low) / (high - low) * BARS as f64;
            counts[(place as usize).min(BARS - 1)] += 1;
        }
        Self { low: Number(low), high: Number(high), counts }
    }
}

/// `0` and what follows it.
fn shade(part: f64) -> char {
    let level = if part.is_finite() { (part * SHADES).round().clamp(0.0, SHADES) } else { 0.0 };
    char::from(b'0' + level as u8)
}

/// `P` for 0.
fn signed(part: f64) -> char {
    let level = if part.is_finite() { (part * 31.0).round().clamp(-31.0, 31.0) } else { 0.0 };
    char::from((80.0 + level) as u8)
}

/// The points of the plane, `[side², 2]`, row by row from the upper left.
pub(super) fn points([low, high]: [f64; 2], side: usize) -> Tensor {
    let at = |i: usize| low + (high - low) * (i as f64 + 0.5) / side as f64;
    let rows: Vec<[f32; 2]> =
        (0..side * side).map(|i| [at(i % side) as f32, at(side - 1 - i / side) as f32]).collect();
    Tensor::from(rows)
}

/// The regions of the plane.
pub(super) fn region(model: &Sequential, loss: &Loss, plane: [f64; 2], reach: f64) -> Region {
    let sides = loss.sides(&model.predict(&points(plane, SIDE)), reach);
    let classes = sides.iter().map(|(class, _)| char::from(b'0' + *class as u8)).collect();
    Region { side: SIDE, classes, sure: sides.iter().map(|(_, sure)| shade(*sure)).collect() }
}

/// The outputs of hidden layers on the plane.
pub(super) fn layers(plan: &Plan, health: Option<&Health>) -> Vec<Layer> {
    let tape = Tape::inference();
    let mut x = tape.constant(points(plan.source.plane, UNIT));
    let mut all = Vec::new();
    for (i, layer) in plan.model.layers.iter().enumerate() {
        x = layer.forward(x);
        if !plan.shown.contains(&i) {
            continue;
        }
        // An activation whose slope is the same everywhere is not among the health's: none of its units is dead.
        let known = health.filter(|_| plan.request.activation != IDENTITY).map(|health| {
            let behind = (i.max(1) - 1).to_string();
            health.units.iter().find(|unit| unit.layer == behind)
        });
        let (reach, maps) = maps(&x.value());
        all.push(Layer {
            side: UNIT,
            reach,
            maps,
            dead: known.map(|unit| unit.map_or(0, |unit| unit.dead)),
            saturated: known.map(|unit| unit.map_or(0, |unit| unit.saturated)),
            flat: known.map(|unit| Number(unit.map_or(0.0, |unit| unit.flat))),
        });
    }
    all
}

fn maps(values: &Tensor) -> (Vec<Number>, Vec<String>) {
    let (units, values) = (values.shape()[1], values.to_f64_vec());
    let of = |unit: usize| {
        let column = || values.iter().skip(unit).step_by(units).copied();
        let reach = column().map(f64::abs).filter(|x| x.is_finite()).fold(0.0, f64::max);
        (Number(reach), column().map(|x| signed(if reach > 0.0 { x / reach } else { 0.0 })).collect())
    };
    (0..units).map(of).unzip()
}

/// To four digits.
fn rounded(values: &[f64]) -> Vec<Number> {
    values.iter().map(|x| Number(format!("{x:.3e}").parse().unwrap_or(*x))).collect()
}

/// The parameters with their gradients.
pub(super) fn parameters(
    model: &Sequential,
    grads: Option<&Gradients>,
    health: Option<&Health>,
) -> Vec<Parameter> {
    let params = model.params();
    let trained = params.iter().filter(|(_, param)| !param.is_buffer());
    trained
        .map(|(name, param)| {
            let values = param.value().to_f64_vec();
            let gradient = grads.and_then(|grads| grads.get(param)).map(Tensor::to_f64_vec);
            let length = |x: &[f64]| Number(x.iter().map(|x| x * x).sum::<f64>().sqrt());
            let known = health.and_then(|health| health.params.iter().find(|known| known.name == *name));
            Parameter {
                name: name.clone(),
                shape: param.shape().to_vec(),
                values: rounded(&values),
                gradient: gradient.as_deref().map(rounded),
                histogram: Histogram::of(&values),
                gradient_histogram: gradient.as_deref().map(Histogram::of),
                norm: length(&values),
                gradient_norm: gradient.as_deref().map(length),
                update: known.and_then(|known| known.update_ratio).map(Number),
            }
        })
        .collect()
}
