//! Why a gradient check failed: the causes are tried one after the other, the surest first.

use gradus_tensor::{DType, Tensor, rng};

use super::error_curve::STEPS;
use super::finite_difference::{FiniteDifference, Scheme};
use super::flat::unravel;
use super::line::Line;
use super::node;
use super::options::GradcheckOptions;
use super::report::{Comparison, Place, Reason, place};
use crate::tape::Tape;
use crate::var::Var;

/// The cause why the worst comparison, along this line, fails.
pub(crate) fn find_reason(line: &mut Line<'_>, worst: &Comparison, options: &GradcheckOptions) -> Reason {
    let (first, second) = (line.value(0.0), line.value(0.0));
    if first.to_bits() != second.to_bits() && !(first.is_nan() && second.is_nan()) {
        return Reason::Random { first, second };
    }
    if !first.is_finite() || !worst.autograd.is_finite() {
        return Reason::NotFinite { value: first, derivative: worst.autograd };
    }
    let tape = Tape::new();
    line.record_here(&tape).0.check_needs("gradcheck");
    let mut nodes = 0..tape.len();
    if let Some(id) = nodes.clone().find(|&id| is_narrow(&tape, id)) {
        return Reason::Narrow(place(&tape, id));
    }
    nodes
        .find_map(|id| check_node(&tape, id))
        .or_else(|| kink(line, worst))
        .or_else(|| step(line, worst, options))
        .unwrap_or(Reason::Unknown)
}

fn is_narrow(tape: &Tape, id: usize) -> bool {
    let x = Var { tape, id: id as u32 };
    x.needs() && x.dtype() == DType::F32
}

/// Compares the rule of one node with differences of its own forward, in up to eight elements of each input. The elements
/// of its result are added up plainly first, so that the slopes are those of the operation itself, and then with random
/// weights, for operations whose plain sum says nothing, such as a softmax.
fn check_node(tape: &Tape, id: usize) -> Option<Reason> {
    let node = node::parts(tape, id).0;
    if node.is_leaf() || !node.needs() {
        return None;
    }
    let y = Var { tape, id: id as u32 }.value();
    let random = || Tensor::uniform_of(*y.shape(), 0.5, 1.5, y.dtype(), &mut rng(id as u64));
    check_weighted(tape, id, &y.ones_like()).or_else(|| check_weighted(tape, id, &random()))
}

fn check_weighted(tape: &Tape, id: usize, weights: &Tensor) -> Option<Reason> {
    let inputs = node::inputs(tape, id);
    let given = |pairs: Vec<(usize, Tensor)>, i: usize| {
        let zeros = Tensor::zeros_like(&inputs[i]);
        pairs.into_iter().filter(|(k, _)| *k == i).fold(zeros, |sum, (_, dx)| &sum + &dx)
    };
    for i in 0..inputs.len() {
        let input = node::parts(tape, id).1[i];
        if !(Var { tape, id: input }).needs() {
            continue;
        }
        let numeric_rule = given(node::contributions(tape, id, weights), i).to_f64_vec();
        let recorded_rule = given(node::recorded_contributions(tape, id, weights), i).to_f64_vec();
        let n = inputs[i].elements();
        for e in (0..n).step_by(n.div_ceil(8).max(1)) {
            let at = |t: f64| (&node::value(tape, id, &moved(&inputs, i, e, t)) * weights).sum().item();
            let rules = [(numeric_rule[e], false), (recorded_rule[e], true)];
            let found = rules.iter().find_map(|&(rule, recorded)| {
                let numeric = disagrees(&at, rule)?;
                let index = unravel(e, inputs[i].shape());
                Some(node_reason(&at, place(tape, id), (i, index, recorded), rule, numeric))
            });
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

fn moved(inputs: &[Tensor], which: usize, element: usize, t: f64) -> Vec<Tensor> {
    let mut all = inputs.to_vec();
    let mut x = all[which].copied();
    x.slice_mut::<f64>()[element] += t;
    all[which] = x;
    all
}

/// The numeric derivative if no step brings it near the rule's.
fn disagrees(at: &dyn Fn(f64) -> f64, rule: f64) -> Option<f64> {
    let mut closest = f64::INFINITY;
    let mut value = f64::NAN;
    for step in [1e-3, 1e-4, 1e-5, 1e-6] {
        let numeric = FiniteDifference { scheme: Scheme::FivePoint, step }.derivative(at, 0.0);
        let error = (numeric - rule).abs() / numeric.abs().max(rule.abs()).max(1e-3);
        if error < closest {
            (closest, value) = (error, numeric);
        }
    }
    (closest > 1e-5).then_some(value)
}

fn node_reason(
    at: &dyn Fn(f64) -> f64,
    place: Place,
    (input, index, recorded): (usize, Vec<usize>, bool),
    rule: f64,
    numeric: f64,
) -> Reason {
    const STEP: f64 = 1e-6;
    let one_sided = |scheme| FiniteDifference { scheme, step: STEP }.derivative(at, 0.0);
    let (left, right) = (one_sided(Scheme::Backward), one_sided(Scheme::Forward));
    if (left - right).abs() > 1e-3 * left.abs().max(right.abs()) {
        return Reason::Kink { place: Some(place), left, right, step: STEP };
    }
    Reason::WrongRule { place, input, index, rule, numeric, recorded }
}

/// The one-sided differences disagree, and not because of curvature, whose share halves with the step.
fn kink(line: &mut Line<'_>, worst: &Comparison) -> Option<Reason> {
    let mut jump = |step: f64| {
        let left = FiniteDifference { scheme: Scheme::Backward, step }.derivative(|t| line.value(t), 0.0);
        let right = FiniteDifference { scheme: Scheme::Forward, step }.derivative(|t| line.value(t), 0.0);
        (left, right)
    };
    let scale = worst.autograd.abs().max(worst.numeric.abs());
    let mut step = worst.step;
    let (mut left, mut right) = jump(step);
    while step > 1e-6 {
        let (next_left, next_right) = jump(step / 2.0);
        let (now, next) = ((right - left).abs(), (next_right - next_left).abs());
        let significant = now > 1e-4 * scale;
        if significant && (next > 0.75 * now || next < 0.25 * now) {
            return Some(Reason::Kink { place: None, left, right, step });
        }
        (left, right, step) = (next_left, next_right, step / 2.0);
    }
    None
}

/// Looks along the error curve for a step that agrees.
fn step(line: &mut Line<'_>, worst: &Comparison, options: &GradcheckOptions) -> Option<Reason> {
    let mut at =
        |step| line.compare(worst.autograd, FiniteDifference { scheme: worst.scheme, step }, options);
    let curve = STEPS.map(&mut at);
    let best = curve.iter().min_by(|a, b| a.relative.total_cmp(&b.relative))?;
    // The best step must agree as well as the scheme can, or clearly better than the one used.
    if !best.agrees(options.rtol) && best.relative > 1e-3 * worst.relative {
        return None;
    }
    let (step, best) = (worst.step, best.step);
    Some(if step > best { Reason::StepTooLarge { step, best } } else { Reason::StepTooSmall { step, best } })
}
