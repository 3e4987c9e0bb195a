//! What a check has to know before it moves anything: whether there is something to compare, the values at the point, and
//! the tape's side of every comparison.

use gradus_tensor::{DType, Tensor};

use super::finite_difference::{FiniteDifference, Scheme};
use super::flat::unravel;
use super::line::{Direction, Line, Recorded};
use super::measure::Estimate;
use super::node;
use super::options::GradcheckOptions;
use super::report::Reason;
use super::subject::Variable;
use crate::functions::derivatives::unit;
use crate::tape::Tape;
use crate::var::Var;

/// One order of derivatives at the point.
pub(crate) struct Prepared {
    /// The elements of the result.
    pub(crate) zero: Vec<f64>,
    /// What is compared: the weighted sum, or each element by itself.
    pub(crate) rows: Vec<Row>,
    /// The relative error of one value: of F32 if part is computed in it.
    pub(crate) epsilon: f64,
    /// The largest number on the tape.
    pub(crate) magnitude: f64,
    /// Whether an operation on the tape is a step.
    pub(crate) stepped: bool,
    pub(crate) order: usize,
}

/// A weighted sum of the result's elements, and its gradient.
pub(crate) struct Row {
    pub(crate) weights: Vec<f64>,
    /// The element of the result, if it is one by itself.
    pub(crate) output: Option<Vec<usize>>,
    gradients: Vec<Tensor>,
}

impl Row {
    /// The tape's derivative along a direction.
    pub(crate) fn autograd(&self, direction: &Direction) -> f64 {
        direction.of(&self.gradients)
    }

    /// The numeric value by a difference that was asked for, given its value for each element of the result.
    pub(crate) fn fixed(&self, column: &[f64], fd: FiniteDifference, prepared: &Prepared) -> Estimate {
        let terms = column.iter().zip(&prepared.zero).zip(&self.weights).filter(|(_, w)| **w != 0.0);
        let (mut value, mut size) = (0.0, 0.0);
        for ((d, zero), weight) in terms {
            value += weight * d;
            size += if *d == 0.0 { 0.0 } else { (weight * zero).abs() };
        }
        let points = if matches!(fd.scheme, Scheme::Forward | Scheme::Backward) { 2.0 } else { 1.5 };
        Estimate::new(value, points * prepared.epsilon * size / fd.step, 1.0).by(fd.scheme, fd.step)
    }
}

/// A reason why nothing can be compared here.
pub(crate) fn unfit(
    variables: &[Variable],
    directions: &[Direction],
    options: &GradcheckOptions,
) -> Option<Reason> {
    for Variable { name, value, .. } in variables {
        let values = value.to_f64_vec();
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            let (name, index) = (name.clone(), unravel(i, value.shape()));
            return Some(Reason::InputNotFinite { name, index, value: values[i] });
        }
    }
    let elements: usize = variables.iter().map(|x| x.value.elements()).sum();
    let why = match () {
        () if variables.is_empty() => "no input is of a float type",
        () if elements == 0 => "the inputs have no elements",
        () if directions.is_empty() => "0 elements or directions were asked for",
        () if options.order == 0 => "order 0 was asked for",
        () => return None,
    };
    Some(Reason::NothingCompared(why))
}

/// Values and gradients at the point, or the reason why there are none.
pub(crate) fn prepare(line: &mut Line<'_>, per_output: bool) -> Result<Prepared, Reason> {
    let order = line.order();
    let zero = line.results(0.0);
    if zero.is_empty() {
        return Err(Reason::NothingCompared("the result has no elements"));
    }
    let tape = Tape::new();
    let recorded = line.record_here(&tape);
    if order == 1 && !recorded.outputs.iter().any(|y| y.needs()) {
        return Err(Reason::NothingCompared(
            "nothing that the result depends on wants a gradient: it was taken off the tape, or is no float",
        ));
    }
    let (narrow, magnitude) = (0..tape.len()).fold((false, 0.0), |(narrow, magnitude), id| {
        let x = Var { tape: &tape, id: id as u32 };
        let largest = x.value().to_f64_vec().into_iter().filter(|v| v.is_finite()).map(f64::abs);
        (narrow || (x.needs() && x.dtype() == DType::F32), largest.fold(magnitude, f64::max))
    });
    let epsilon = if narrow { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let stepped = (0..tape.len()).any(|id| node::is_step(&tape, id));
    let rows = if per_output { single_rows(&recorded) } else { vec![weighted_row(&recorded)] };
    Ok(Prepared { zero, rows, epsilon, magnitude, stepped, order })
}

fn weighted_row(recorded: &Recorded<'_>) -> Row {
    let weights = recorded.weights.iter().flat_map(Tensor::to_f64_vec).collect();
    Row { weights, output: None, gradients: recorded.gradients() }
}

/// A row for each element of the result: a sweep from it alone.
fn single_rows(recorded: &Recorded<'_>) -> Vec<Row> {
    let total: usize = recorded.outputs.iter().map(|y| y.elements()).sum();
    let several = recorded.outputs.len() > 1;
    let mut rows = Vec::with_capacity(total);
    for (which, y) in recorded.outputs.iter().enumerate() {
        for k in 0..y.elements() {
            let mut weights = vec![0.0; total];
            weights[rows.len()] = 1.0;
            let gradients = if y.needs() {
                let gradients = y.backward_with(&unit(*y, k));
                recorded.variables.iter().map(|&x| gradients.wrt(x)).collect()
            } else {
                recorded.variables.iter().map(|x| Tensor::zeros_of(x.shape(), x.dtype())).collect()
            };
            let mut index = unravel(k, &y.shape());
            if several {
                index.insert(0, which);
            }
            rows.push(Row { weights, output: Some(index), gradients });
        }
    }
    rows
}
