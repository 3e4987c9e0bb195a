//! The points: made by the library's generators, by a function of one's own, or put by hand.

use gradus::autograd::Tape;
use gradus::data::Dataset;
use gradus::data::generate::{Circles, Generator, Moons, RandomState, Spirals, Xor};
use gradus::tensor::{DType, Tensor};
use gradus_cli::explain::Problem;

use super::loss::{Loss, Targets};
use super::plan::Request;
use crate::answer::Refusal;

/// Half the side of the square that points of one's own are seen in.
const SQUARE: f64 = 1.0;
/// The largest coordinate of a point.
const FAR: f64 = 10.0;

/// The examples before they are split.
pub(super) struct Source {
    pub(super) data: Dataset,
    /// Of each example, for its colour.
    pub(super) classes: usize,
    /// How a program makes `data`: an expression, or nothing where the points themselves have to be written down.
    pub(super) code: Option<String>,
    /// The largest target that is a value.
    pub(super) reach: f64,
    /// Across and up: where the plane begins and ends.
    pub(super) plane: [f64; 2],
}

impl Source {
    /// The examples to train on and those that are held out, if any.
    pub(super) fn split(&self, request: &Request) -> (Dataset, Option<Dataset>) {
        let n = self.data.len();
        let held_out = (n as f64 * request.held_out).round() as usize;
        if held_out == 0 || held_out == n {
            return (self.data.clone(), None);
        }
        let (train, test) = self.data.split(request.held_out, request.data_seed);
        (train, Some(test))
    }
}

/// The examples, with targets as the loss writes them.
pub(super) fn source(request: &Request, loss: &Loss) -> Result<Source, Refusal> {
    let Request { n, noise, data_seed: seed, .. } = *request;
    let made = |data: Dataset, code: String| (data, None, Some(code));
    let (data, values, code) = match request.data.as_str() {
        "moons" => made(
            Moons { n, noise, ..Moons::default() }.dataset(seed),
            format!("Moons {{ n: {n}, noise: {noise:?}, ..Moons::default() }}.dataset({seed})"),
        ),
        "circles" => made(
            Circles { n, noise, factor: 0.5, ..Circles::default() }.dataset(seed),
            format!(
                "Circles {{ n: {n}, noise: {noise:?}, factor: 0.5, ..Circles::default() }}.dataset({seed})"
            ),
        ),
        "xor" => made(
            Xor { n, noise }.dataset(seed),
            format!("Xor {{ n: {n}, noise: {noise:?} }}.dataset({seed})"),
        ),
        "spiral" => {
            let classes = request.classes;
            let code =
                format!("Spirals {{ n: {n}, classes: {classes}, noise: {noise:?}, ..Spirals::default() }}");
            let data = Spirals { n, classes, noise, ..Spirals::default() }.dataset(seed);
            made(data, format!("{code}.dataset({seed})"))
        }
        "function" => {
            let (data, values) = function(request)?;
            (data, Some(values), None)
        }
        "points" => (by_hand(&request.points)?, None, None),
        other => {
            let message = format!("data: {other}; there are moons, circles, xor, spiral, function, points");
            return Err(Refusal::value(message));
        }
    };
    let classes = 1 + data.labels.to_f64_vec().into_iter().fold(1.0, f64::max) as usize;
    let targets = targets(&data.labels, values.as_ref(), loss.targets);
    let size = |x: &Tensor| x.to_f64_vec().into_iter().map(f64::abs).fold(0.0, f64::max);
    let made_here = matches!(request.data.as_str(), "function" | "points" | "xor");
    let side = (1.1 * size(&data.inputs)).max(if made_here { 1.1 * SQUARE } else { 0.0 });
    let reach = if loss.targets == Targets::Values { size(&targets).max(f64::MIN_POSITIVE) } else { 1.0 };
    Ok(Source { data: Dataset::new(data.inputs, targets), classes, code, reach, plane: [-side, side] })
}

fn targets(labels: &Tensor, values: Option<&Tensor>, how: Targets) -> Tensor {
    match (how, values) {
        (Targets::Classes, _) => labels.clone(),
        (Targets::ZeroOne, _) => labels.to(DType::F32),
        (Targets::Values, Some(values)) => values.clone(),
        (Targets::Signs | Targets::Values, _) => labels.to(DType::F32) * 2.0 - 1.0,
    }
}

/// Points of the square, the class of each, which is the sign of the function, and its values.
fn function(request: &Request) -> Result<(Dataset, Tensor), Refusal> {
    let unknowns = Problem::unknowns(&request.f)?;
    if let Some(other) = unknowns.iter().find(|name| !["x", "y"].contains(&name.as_str())) {
        return Err(Refusal::value(format!(
            "f: {other} is not known here; a point of the plane has x and y"
        )));
    }
    let start: Vec<String> = unknowns.iter().map(|name| format!("{name}=0.5")).collect();
    let problem = Problem::read_within(&request.f, &start, super::super::backprop::LARGEST)?;
    let mut random = RandomState::new(request.data_seed);
    let mut number = || SQUARE * (2.0 * random.uniform() - 1.0);
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for _ in 0..request.n {
        let row = [number(), number()];
        let tape = Tape::inference();
        let at: Vec<_> =
            problem.names.iter().map(|name| tape.constant(row[usize::from(name == "y")])).collect();
        let value = problem.record(&at);
        if value.elements() != 1 {
            let message =
                format!("f: a value of shape {}; a point of the plane has one number", value.shape());
            return Err(Refusal::value(message));
        }
        let value = value.value().to_f64_vec()[0];
        if !value.is_finite() {
            return Err(Refusal::value(format!("f: it is {value} at x = {:.3}, y = {:.3}", row[0], row[1])));
        }
        rows.push(row);
        values.push(value);
    }
    let labels: Vec<i64> = values.iter().map(|value| i64::from(*value > 0.0)).collect();
    for value in &mut values {
        *value += request.noise * random.normal();
    }
    let n = request.n;
    let values = Tensor::from_vec(values, [n]).to(DType::F32);
    Ok((Dataset::new(Tensor::from(rows).to(DType::F32), Tensor::from_vec(labels, [n])), values))
}

fn by_hand(points: &[(f64, f64, usize)]) -> Result<Dataset, Refusal> {
    if points.len() < 2 {
        return Err(Refusal::value(format!(
            "points: {}; put at least 2, by clicks into the plane",
            points.len()
        )));
    }
    for (x, y, class) in points {
        if !(x.abs() <= FAR && y.abs() <= FAR) {
            return Err(Refusal::value(format!("points: ({x}, {y}) lies beyond {FAR}")));
        }
        if *class > 5 {
            return Err(Refusal::value(format!("points: class {class}; there are 0 to 5")));
        }
    }
    let rows: Vec<[f64; 2]> = points.iter().map(|(x, y, _)| [*x, *y]).collect();
    let labels: Vec<i64> = points.iter().map(|(.., class)| *class as i64).collect();
    Ok(Dataset::new(Tensor::from(rows).to(DType::F32), Tensor::from_vec(labels, [points.len()])))
}
