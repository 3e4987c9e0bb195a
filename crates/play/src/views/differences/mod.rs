//! Finite differences: the error of each scheme against its step, with the step that theory predicts, and the derivative in
//! every direction of a plane.

mod along;
mod compass;
mod drawn;

use gradus::autograd::{ErrorCurve, Line, Scheme};
use gradus::tensor::DType;
use gradus_cli::check::Function;
use gradus_cli::check::ops;
use gradus_cli::text::numbers::elements;
use serde::{Deserialize, Serialize};

use super::backprop::{Empty, Variable, read};
use crate::answer::{Number, Refusal, Values};
use crate::drawing::{Chart, Table};
use along::Along;
pub use along::Model;
pub use compass::Compass;

/// What the page asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name of an operation, which is tried at random inputs; or nothing.
    #[serde(default)]
    pub operation: String,
    /// Without an operation, an expression, as of `gradus explain`.
    #[serde(default)]
    pub f: String,
    /// Its values: `x=2`.
    #[serde(default)]
    pub at: Vec<String>,
    /// Fixes the direction, the weights of several results, and the inputs of an operation.
    #[serde(default)]
    pub seed: u64,
    /// The numbers of the two elements in whose plane all directions are tried.
    #[serde(default = "first_two")]
    pub pair: [usize; 2],
    /// The step of the differences there.
    #[serde(default = "usual")]
    pub step: f64,
}

fn first_two() -> [usize; 2] {
    [0, 1]
}

fn usual() -> f64 {
    1e-5
}

/// Everything there is to show.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// What it is, in one line.
    pub about: String,
    /// Along what it is followed.
    pub along: &'static str,
    /// The value there.
    pub value: Number,
    /// The derivative, of the tape in F64.
    pub exact: Number,
    /// A curve for each scheme and float type.
    pub curves: Vec<Curve>,
    /// They as they are drawn: in F64, in F32. A line has the name of its scheme, or `SCHEME, predicted`.
    pub charts: [Chart; 2],
    /// The best step of each, and the predicted one.
    pub best: Table,
    /// The variables of the expression and their values; empty for an operation.
    pub parsed: Vec<Variable>,
    /// The elements of all inputs.
    pub elements: Vec<String>,
    /// All directions of a plane; none where there is only one element.
    pub compass: Option<Compass>,
}

/// The errors of one scheme.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// Its name.
    pub scheme: &'static str,
    /// The power of the step in its truncation error.
    pub order: i32,
    /// `f32` or `f64`.
    pub dtype: String,
    /// From the largest step to the smallest.
    pub points: Vec<Point>,
    /// The one with the least error.
    pub best: Point,
    /// What the two sources of error predict; none for extrapolated differences, and where a derivative is missing.
    pub model: Option<Model>,
}

/// One difference.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Point {
    /// The step.
    pub step: Number,
    /// The difference.
    pub estimate: Number,
    /// Its distance from the derivative, relative to it unless that is 0.
    pub error: Number,
}

/// The answer to a request.
///
/// # Errors
/// If there is no such operation, or the expression cannot be read or is too large.
pub fn answer(request: Request) -> Result<Answer, Refusal> {
    if !(request.step > 0.0 && request.step <= 10.0) {
        return Err(Refusal::value(format!("a step of {}; it lies above 0 and up to 10", request.step)));
    }
    let function = find(&request)?;
    let along = Along::new(&function, request.seed);
    let derivatives = along.derivatives();
    let exact = derivatives.get(1).copied().unwrap_or(f64::NAN);
    let scale = if exact == 0.0 { 1.0 } else { exact.abs() };
    let origin = [gradus::tensor::Tensor::scalar(0.0)];
    let mut line = Line::new(|t| along.of(t[0]), &origin, request.seed);
    let mut curves = Vec::new();
    for dtype in [DType::F64, DType::F32] {
        for scheme in Scheme::ALL {
            let curve = ErrorCurve::in_dtype(scheme, dtype, |t| line.value_in(t, dtype), 0.0, exact);
            curves.push(self::curve(&curve, scale, &derivatives));
        }
    }
    drop(line);
    let elements = elements(&function.names, &function.inputs);
    let compass =
        (elements.len() > 1).then(|| compass::of(&along, request.pair, request.step)).transpose()?;
    let direction =
        if elements.len() == 1 { "in its only element" } else { "along a random direction of length 1" };
    Ok(Answer {
        about: function.about.clone(),
        along: direction,
        value: Number(derivatives[0]),
        exact: Number(exact),
        charts: [DType::F64, DType::F32].map(|dtype| drawn::chart(&curves, dtype, exact == 0.0)),
        best: drawn::best(&curves),
        curves,
        parsed: if request.operation.is_empty() { variables(&function) } else { Vec::new() },
        elements,
        compass,
    })
}

fn variables(function: &Function) -> Vec<Variable> {
    let pairs = function.names.iter().zip(&function.inputs);
    pairs.map(|(name, value)| Variable { name: name.clone(), value: Values::of(value) }).collect()
}

fn find(request: &Request) -> Result<Function, Refusal> {
    if request.operation.is_empty() {
        return Ok(Function::expression(read(&request.f, &request.at)?));
    }
    let unknown = || Refusal::value(format!("there is no operation {}", request.operation));
    let mut function = ops::find(&request.operation, request.seed).ok_or_else(unknown)?;
    if function.names.is_empty() {
        function.names = (0..function.inputs.len()).map(|i| format!("x{i}")).collect();
    }
    Ok(function)
}

fn curve(curve: &ErrorCurve, scale: f64, derivatives: &[f64]) -> Curve {
    let point = |p: &gradus::autograd::CurvePoint| Point {
        step: Number(p.step),
        estimate: Number(p.estimate),
        error: Number(p.error / scale),
    };
    Curve {
        scheme: curve.scheme.name(),
        order: curve.scheme.order(),
        dtype: curve.dtype.to_string().to_lowercase(),
        points: curve.points.iter().map(point).collect(),
        best: point(&curve.best()),
        model: Model::of(curve.scheme, curve.dtype, derivatives, scale),
    }
}

/// The operations that can be tried.
///
/// # Errors
/// Never.
pub fn operations(_: Empty) -> Result<Vec<&'static str>, Refusal> {
    Ok(ops::names())
}

#[cfg(test)]
mod tests;
