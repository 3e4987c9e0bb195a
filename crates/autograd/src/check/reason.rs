//! Why a gradient check failed: the causes are tried one after the other, the surest first. An operation is blamed only
//! for what was measured of it.

use gradus_tensor::{DType, Tensor, rng};

use super::comparison::{Comparison, Verdict, judged};
use super::detached;
use super::error_curve::STEPS;
use super::finite_difference::FiniteDifference;
use super::flat::unravel;
use super::grain::Grain;
use super::line::Line;
use super::measure::Probe;
use super::node;
use super::options::GradcheckOptions;
use super::report::{Place, Reason, place};
use crate::node::Kind;
use crate::tape::Tape;
use crate::var::Var;

/// Elements of each input that are tried in the search for an operation.
const TRIED: usize = 8;
/// How near the rule of an operation has to be to its own differences.
const RULE_BOUND: f64 = 1e-5;

/// The cause why the worst comparison, along this line, fails.
pub(crate) fn find_reason(
    line: &mut Line<'_>,
    worst: &Comparison,
    options: &GradcheckOptions,
) -> Option<Reason> {
    let (first, second) = (line.value(0.0), line.value(0.0));
    if first.to_bits() != second.to_bits() && !(first.is_nan() && second.is_nan()) {
        return Some(Reason::Random { first, second });
    }
    if !first.is_finite() || !worst.autograd.is_finite() {
        return Some(Reason::NotFinite { value: first, derivative: worst.autograd });
    }
    let tape = Tape::new();
    line.record_here(&tape);
    let mut nodes = 0..tape.len();
    if let Some(id) = nodes.clone().find(|&id| is_narrow(&tape, id)) {
        return Some(Reason::Narrow(place(&tape, id)));
    }
    match worst.verdict {
        Verdict::Differs => {}
        Verdict::Undecided if options.difference.is_none() => {
            return Some(Reason::Noise { bound: worst.noise });
        }
        Verdict::Unmeasured => return Some(Reason::Unmeasured),
        Verdict::Undecided | Verdict::Agrees => return step(line, worst, options),
    }
    let at_the_point = |worst: &Comparison| {
        let [left, right] = worst.kink?;
        Some(Reason::Kink { place: None, left, right, step: worst.step })
    };
    let found = nodes.find_map(|id| check_node(&tape, id));
    let stopped = if found.is_none() { detached::find(line, worst, options) } else { None };
    let surely = stopped.clone().filter(|reason| matches!(reason, Reason::Detached { measured: true, .. }));
    let found = found.or(surely).or_else(|| at_the_point(worst));
    // The automatic step is past such things.
    let fixed = options.difference.is_some();
    let found = found.or_else(|| if fixed { kink_within(line, worst) } else { None });
    let found = found.or_else(|| if fixed { step(line, worst, options) } else { None });
    Some(found.or(stopped).unwrap_or(Reason::Unknown))
}

fn is_narrow(tape: &Tape, id: usize) -> bool {
    let x = Var { tape, id: id as u32 };
    x.needs() && x.dtype() == DType::F32
}

/// The operation that has a kink at the very point of a line.
pub(crate) fn kink_place(line: &mut Line<'_>) -> Option<Place> {
    let tape = Tape::new();
    line.record_here(&tape);
    let has_one = |&id: &usize| {
        let (node, _, c) = node::parts(&tape, id);
        if node.is_leaf() || !node.needs() {
            return false;
        }
        match node.kind() {
            Kind::Leaf(_) => false,
            Kind::Unary(row) | Kind::Binary(row) => {
                let y = Var { tape: &tape, id: id as u32 }.shape();
                let inputs: Vec<Vec<f64>> =
                    node::inputs(&tape, id).iter().map(|x| x.expand(y).to_f64_vec()).collect();
                let (a, b) = (&inputs[0], &inputs[inputs.len() - 1]);
                a.iter().zip(b).any(|(&a, &b)| row.kink_at(a, b, c))
            }
            Kind::Op => sharp(&tape, id),
        }
    };
    (0..tape.len()).find(has_one).map(|id| place(&tape, id))
}

/// Whether an operation that is no row has a kink in one of some elements of its inputs.
fn sharp(tape: &Tape, id: usize) -> bool {
    let inputs = node::inputs(tape, id);
    let zero = Var { tape, id: id as u32 }.value().to_f64_vec();
    let weights = vec![1.0; zero.len()];
    let floats = (0..inputs.len()).filter(|&i| inputs[i].dtype() == DType::F64);
    floats.flat_map(|i| tried(inputs[i].elements()).map(move |e| (i, e))).any(|(i, e)| {
        let mut results = |t: f64| node::value(tape, id, &moved(&inputs, i, e, t)).to_f64_vec();
        Probe::new(&mut results, &zero, grain(&inputs, i, e)).kink(&weights).is_some_and(|sides| sides.sure)
    })
}

/// Some elements of n.
fn tried(n: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(n.div_ceil(TRIED).max(1))
}

fn element(x: &Tensor, i: usize) -> f64 {
    x.contiguous().as_slice::<f64>()[i]
}

/// Of an element of an input; one that is 0 moves past the others.
fn grain(inputs: &[Tensor], which: usize, e: usize) -> Grain {
    let grain = Grain::at(element(&inputs[which], e));
    if grain.near > 0.0 {
        return grain;
    }
    let floats = inputs.iter().filter(|x| x.dtype() == DType::F64);
    let sizes = floats.flat_map(Tensor::to_f64_vec).map(f64::abs).filter(|x| *x > 0.0);
    Grain { near: sizes.reduce(f64::min).unwrap_or(0.0), ..grain }
}

/// Compares the rule of one node with differences of its own forward, in up to eight elements of each input. The elements
/// of its result have the weight 1 first, so that the slopes are those of the operation itself, and then random weights, for
/// operations whose plain sum says nothing, such as a softmax.
fn check_node(tape: &Tape, id: usize) -> Option<Reason> {
    let node = node::parts(tape, id).0;
    if node.is_leaf() || !node.needs() {
        return None;
    }
    // The rule at the start of a checkpoint has dropped its values again.
    node::bring_back(tape);
    let y = Var { tape, id: id as u32 }.value();
    let random = || Tensor::uniform_of(*y.shape(), 0.5, 1.5, y.dtype(), &mut rng(id as u64));
    check_weighted(tape, id, &y, &y.ones_like()).or_else(|| check_weighted(tape, id, &y, &random()))
}

fn check_weighted(tape: &Tape, id: usize, y: &Tensor, weights: &Tensor) -> Option<Reason> {
    let inputs = node::inputs(tape, id);
    let given = |pairs: Vec<(usize, Tensor)>, i: usize| {
        let zeros = Tensor::zeros_like(&inputs[i]);
        pairs.into_iter().filter(|(k, _)| *k == i).fold(zeros, |sum, (_, dx)| &sum + &dx)
    };
    let (zero, flat) = (y.to_f64_vec(), weights.to_f64_vec());
    for i in 0..inputs.len() {
        let input = node::parts(tape, id).1[i];
        if !(Var { tape, id: input }).needs() {
            continue;
        }
        let numeric_rule = given(node::contributions(tape, id, weights), i).to_f64_vec();
        let recorded_rule = given(node::recorded_contributions(tape, id, weights), i).to_f64_vec();
        for e in tried(inputs[i].elements()) {
            let mut results = |t: f64| node::value(tape, id, &moved(&inputs, i, e, t)).to_f64_vec();
            let grain = Grain { stepped: node::is_step(tape, id), ..grain(&inputs, i, e) };
            let mut probe = Probe::new(&mut results, &zero, grain);
            let index = unravel(e, inputs[i].shape());
            for (rule, recorded) in [(numeric_rule[e], false), (recorded_rule[e], true)] {
                let place = || place(tape, id);
                let found = blamed(&mut probe, &flat, rule, (place, i, &index, recorded));
                if found.is_some() {
                    return found;
                }
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

/// What a rule is blamed for, if its own differences contradict it.
fn blamed(
    probe: &mut Probe<'_>,
    weights: &[f64],
    rule: f64,
    (place, input, index, recorded): (impl Fn() -> Place, usize, &[usize], bool),
) -> Option<Reason> {
    let options = GradcheckOptions { rtol: RULE_BOUND, ..GradcheckOptions::default() };
    let first = probe.first(weights);
    if first.is_some_and(|first| judged(rule, &first, &options) == Verdict::Agrees) {
        return None;
    }
    if let Some(sides) = probe.kink(weights) {
        if !sides.sure {
            return None;
        }
        let (left, right, step) = (sides.left, sides.right, sides.step);
        return Some(Reason::Kink { place: Some(place()), left, right, step });
    }
    let numeric = probe.settled(weights)?;
    if judged(rule, &numeric, &options) != Verdict::Differs || probe.is_beyond(&numeric) {
        return None;
    }
    let (index, numeric) = (index.to_vec(), numeric.value);
    Some(Reason::WrongRule { place: place(), input, index, rule, numeric, recorded })
}

/// A kink between the points of a difference. The interval is narrowed to where the function bends most: the bend of a kink,
/// in slopes, stays, that of a smooth function falls with the width.
fn kink_within(line: &mut Line<'_>, worst: &Comparison) -> Option<Reason> {
    let (mut low, mut width) = (-2.0 * worst.step, 4.0 * worst.step);
    let scale = worst.autograd.abs().max(worst.numeric.abs());
    let mut value = |t: f64| line.value(t);
    let mut bends: Vec<f64> = Vec::new();
    let mut sides = (f64::NAN, f64::NAN);
    while bends.len() < 40 {
        let quarter = width / 4.0;
        let v = [0.0, 1.0, 2.0, 3.0, 4.0].map(|i| value(low + i * quarter));
        let size = v.iter().fold(0.0, |most, v| f64::max(most, v.abs()));
        // Three halves that overlap: a kink in any place is well within one of them.
        let slopes = |i: usize| ((v[i + 1] - v[i]) / quarter, (v[i + 2] - v[i + 1]) / quarter);
        let bend = |i: usize| (slopes(i).1 - slopes(i).0).abs();
        let most = (0..3).max_by(|&i, &j| bend(i).total_cmp(&bend(j)))?;
        if !bend(most).is_finite() || 8.0 * f64::EPSILON * size / quarter > 0.05 * bend(most) {
            break;
        }
        bends.push(bend(most));
        if sides.0.is_nan() {
            sides = (slopes(most).0, slopes(most).1);
        }
        (low, width) = (low + most as f64 * quarter, width / 2.0);
    }
    let last = *bends.last()?;
    let stays = bends.len() > 8 && last > 0.4 * bends[bends.len() - 5];
    (stays && last > 1e-4 * scale).then_some(Reason::Kink {
        place: None,
        left: sides.0,
        right: sides.1,
        step: worst.step,
    })
}

/// Looks along the error curve for a step that agrees.
fn step(line: &mut Line<'_>, worst: &Comparison, options: &GradcheckOptions) -> Option<Reason> {
    let mut error = |step: f64| {
        let numeric = FiniteDifference { scheme: worst.scheme, step }.derivative(|t| line.value(t), 0.0);
        let size = worst.autograd.abs().max(numeric.abs());
        if numeric == worst.autograd { 0.0 } else { (numeric - worst.autograd).abs() / size }
    };
    let curve = STEPS.map(|step| (step, error(step)));
    let measured = curve.into_iter().filter(|(_, error)| !error.is_nan());
    let (best, least) = measured.min_by(|a, b| a.1.total_cmp(&b.1))?;
    // The best step must agree as well as the scheme can, or clearly better than the one used.
    if least > options.rtol && least > 1e-3 * worst.relative {
        return None;
    }
    let step = worst.step;
    Some(if step > best { Reason::StepTooLarge { step, best } } else { Reason::StepTooSmall { step, best } })
}
