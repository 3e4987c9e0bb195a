//! Gradients of the tape against finite differences, element by element, with a report that says what was compared,
//! how far the two are apart at worst, and, if they differ, why.
//!
//! Everything runs in F64. A result with several elements is weighted by seeded random numbers and summed, so that one
//! sweep checks all of them. The numeric value is the five-point difference with step `$10^{-3} \max(1, |x|)$`; where it
//! disagrees it is taken again with smaller steps, and the pair of steps that agree best with each other decides.

use gradus_tensor::Tensor;

use super::finite_difference::{FiniteDifference, Scheme};
use super::line::{Line, directions};
use super::options::GradcheckOptions;
use super::reason::find_reason;
use super::report::{Comparison, Report};
use super::subject::{Function, LossOfModel, Subject};
use crate::model::Params;
use crate::tape::Tape;
use crate::var::Var;

/// Compares the gradient of `f` with finite differences at `inputs`.
///
/// ```
/// use gradus_autograd::gradcheck;
/// use gradus_tensor::Tensor;
/// let x = Tensor::from([0.3, -1.2, 2.0]);
/// gradcheck(|x| (x[0].sin() * x[0]).tanh(), &[x]).assert();
/// ```
pub fn gradcheck(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Report {
    gradcheck_with(f, inputs, &GradcheckOptions::default())
}

/// As [`gradcheck`], with options. Inputs that are no floats are handed to `f` as they are.
pub fn gradcheck_with(
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    inputs: &[Tensor],
    options: &GradcheckOptions,
) -> Report {
    check(Box::new(Function::new(f, inputs)), options)
}

/// Compares the gradient of a model's loss in its parameters with finite differences. The parameters are raised to F64
/// for the check and put back afterwards, with their bits.
///
/// # Panics
/// If the model has no trainable parameter.
#[track_caller]
pub fn gradcheck_model<M: Params>(
    model: &mut M,
    loss: impl for<'t> Fn(&M, &'t Tape) -> Var<'t>,
    options: &GradcheckOptions,
) -> Report {
    check(Box::new(LossOfModel::new("gradcheck_model", model, loss)), options)
}

fn check(subject: Box<dyn Subject + '_>, options: &GradcheckOptions) -> Report {
    let directions = directions(subject.variables(), options.elements);
    let mut comparisons = Vec::new();
    let mut reason = None;
    if let Some(first) = directions.first() {
        let mut line = Line::along(subject, first.clone(), options.seed);
        for order in 1..=options.order {
            line.turn(first, order);
            let gradients = line.gradients();
            for direction in &directions {
                line.turn(direction, order);
                comparisons.push(compare(&mut line, direction.of(&gradients), options));
            }
        }
        let worst = worst(&comparisons).filter(|_| comparisons.iter().any(|c| !c.agrees(options.rtol)));
        reason = worst.map(|i| {
            line.turn(&directions[i % directions.len()], comparisons[i].order);
            find_reason(&mut line, &comparisons[i], options)
        });
    }
    let failed = comparisons.iter().filter(|c| !c.agrees(options.rtol)).count();
    let worst = worst(&comparisons).map(|i| comparisons[i].clone());
    let compared = comparisons.len();
    Report { compared, failed, worst, comparisons, reason, rtol: options.rtol, atol: options.atol }
}

/// The comparison with the largest relative error; not a number counts as the largest.
fn worst(comparisons: &[Comparison]) -> Option<usize> {
    let key = |c: &Comparison| if c.relative.is_nan() { f64::INFINITY } else { c.relative };
    let worst = comparisons.iter().enumerate().max_by(|a, b| key(a.1).total_cmp(&key(b.1)));
    worst.map(|(i, _)| i)
}

/// One derivative from both sides.
fn compare(line: &mut Line<'_>, autograd: f64, options: &GradcheckOptions) -> Comparison {
    if let Some(fd) = options.difference {
        return line.compare(autograd, fd, options);
    }
    let fd = FiniteDifference::new(Scheme::FivePoint);
    let first = line.compare(autograd, fd.with_step(fd.step * line.scale()), options);
    if first.agrees(options.rtol) { first } else { refined(line, autograd, first, options) }
}

/// Steps from large to small; the two neighbours that agree best with each other decide. They do not look at the tape's
/// value, so a wrong one cannot pick the step that suits it.
fn refined(line: &mut Line<'_>, autograd: f64, first: Comparison, options: &GradcheckOptions) -> Comparison {
    let mut previous = first.clone();
    let (mut best, mut spread) = (first, f64::INFINITY);
    for _ in 0..5 {
        let fd = FiniteDifference::new(Scheme::FivePoint).with_step(previous.step / 8.0);
        let next = line.compare(autograd, fd, options);
        let moved = (next.numeric - previous.numeric).abs();
        if moved < spread {
            (best, spread) = (next.clone(), moved);
        }
        previous = next;
    }
    best
}
