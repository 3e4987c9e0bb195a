//! Gradients of the tape against finite differences, element by element, with a report that says what was compared,
//! how far the two are apart at worst, and, if they differ, why.
//!
//! Everything runs in F64. A result with several elements is weighted by seeded random numbers, so that one sweep checks
//! all of them; differences are taken of each element by itself and weighted then, so that a large element does not hide a
//! small one. The numeric value is the five-point difference with a step of about `$10^{-3} \max(1, |x|)$`; where the two do
//! not agree it is taken from a ladder of steps. Each numeric value has a bound of its error, and what lies within it is
//! undecided: neither agreement nor failure.

use gradus_tensor::Tensor;

use super::comparison::{Comparison, KinkNote, Verdict, comparison, judged};
use super::line::{Direction, Line, directions};
use super::measure::{Estimate, Probe, Sides};
use super::options::GradcheckOptions;
use super::prepare::{Prepared, Row, prepare, unfit};
use super::reason::{find_reason, kink_place};
use super::report::Report;
use super::subject::{Function, LossOfModel, Subject};
use crate::model::Params;
use crate::tape::Tape;
use crate::var::Var;

/// Kinks of which a report tells the place.
const KINKS: usize = 8;

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
    checked(subject, &directions, options, &mut None)
}

/// The check along some directions. The line through them is left behind, if there is one.
pub(crate) fn checked<'a>(
    subject: Box<dyn Subject + 'a>,
    directions: &[Direction],
    options: &GradcheckOptions,
    left: &mut Option<Line<'a>>,
) -> Report {
    let mut report = Report::empty(options);
    report.reason = unfit(subject.variables(), directions, options);
    let Some(first) = directions.first().filter(|_| report.reason.is_none()) else { return report };
    let line = left.insert(Line::along(subject, first.clone(), options.seed));
    // Which direction each comparison belongs to.
    let mut places = Vec::new();
    for order in 1..=options.order {
        line.turn(first, order);
        let prepared = match prepare(line, options.per_output) {
            Ok(prepared) => prepared,
            Err(reason) => {
                report.reason = Some(reason);
                return report;
            }
        };
        for (i, direction) in directions.iter().enumerate() {
            line.turn(direction, order);
            let compared = compare(line, &prepared, options);
            places.extend(compared.iter().map(|_| i));
            report.comparisons.extend(compared);
        }
    }
    report.count();
    if let Some(place) = report.worst_place() {
        let worst = report.comparisons[place].clone();
        if !report.agrees() {
            line.turn(&directions[places[place]], worst.order);
            report.reason = find_reason(line, &worst, options);
        }
        report.worst = Some(worst);
    }
    note_kinks(&mut report, line, directions, &places);
    report
}

/// The kinks at which the two sides agree nevertheless: the mean of the slopes is no derivative.
fn note_kinks(report: &mut Report, line: &mut Line<'_>, directions: &[Direction], places: &[usize]) {
    let agreed = report.comparisons.iter().zip(places).filter(|(c, _)| c.verdict == Verdict::Agrees);
    let sharp: Vec<(&Comparison, usize)> =
        agreed.filter(|(c, _)| c.kink.is_some()).map(|(c, &i)| (c, i)).collect();
    let mut notes = Vec::new();
    for (i, (c, direction)) in sharp.into_iter().enumerate() {
        let [left, right] = c.kink.expect("only kinks were kept");
        line.turn(&directions[direction], c.order);
        let place = if i < KINKS { kink_place(line) } else { None };
        notes.push(KinkNote { name: c.name.clone(), index: c.index.clone(), left, right, place });
    }
    report.kinks = notes;
}

/// The derivatives along the line from both sides: one, or one for each element of the result.
fn compare(line: &mut Line<'_>, prepared: &Prepared, options: &GradcheckOptions) -> Vec<Comparison> {
    let direction = line.direction().clone();
    let grain = line.grain(prepared);
    let mut results = |t: f64| line.results(t);
    if let Some(fd) = options.difference {
        let columns = fd.jacobian(|t| results(t[0]), &[0.0]);
        let column: Vec<f64> = columns.iter().map(|row| row[0]).collect();
        let rows = prepared.rows.iter();
        return rows
            .map(|row| {
                let estimate = row.fixed(&column, fd, prepared);
                let verdict = judged(row.autograd(&direction), &estimate, options);
                comparison(&direction, row.autograd(&direction), (estimate, verdict, None), options)
                    .of_order(prepared.order, row.output.clone())
            })
            .collect();
    }
    let mut probe = Probe::new(&mut results, &prepared.zero, grain);
    let of = |row: &Row| {
        let autograd = row.autograd(&direction);
        measured(&mut probe, autograd, &row.weights, options)
            .map_or_else(
                || Comparison::unmeasured(&direction, autograd),
                |found| comparison(&direction, autograd, found, options),
            )
            .of_order(prepared.order, row.output.clone())
    };
    prepared.rows.iter().map(of).collect()
}

type Measured = (Estimate, Verdict, Option<Sides>);

/// The first step decides if the two agree; else the ladder, which does not look at the tape's value, so that a wrong one
/// cannot pick the step that suits it.
fn measured(
    probe: &mut Probe<'_>,
    autograd: f64,
    weights: &[f64],
    options: &GradcheckOptions,
) -> Option<Measured> {
    let first = probe.first(weights).map(|e| (e, judged(autograd, &e, options)));
    let sides = probe.kink(weights);
    // At a kink no step is better than another; one that may be beside the point decides nothing.
    if let Some((estimate, verdict)) = first.filter(|(_, v)| *v == Verdict::Agrees || sides.is_some()) {
        return Some(match sides.filter(|sides| !sides.sure) {
            None => (estimate, verdict, sides),
            Some(_) if verdict == Verdict::Agrees => (estimate, verdict, None),
            Some(beside) => {
                let noise = (beside.right - beside.left).abs();
                (estimate.with_noise(noise), Verdict::Undecided, None)
            }
        });
    }
    let settled = probe.settled(weights)?;
    let verdict = judged(autograd, &settled, options);
    let blind = verdict == Verdict::Differs && probe.is_beyond(&settled);
    Some((settled, if blind { Verdict::Undecided } else { verdict }, sides))
}
