//! Forward mode on a tape: how values move when others move, in one pass over what was recorded.
//!
//! The nodes are walked from the inputs on; each hands the tangents `$\dot x_i$` of its inputs on to its own,
//! `$\dot y = \sum_i \frac{\partial y}{\partial x_i}\,\dot x_i$`. No operation has a second rule for it. One that is linear is applied to the
//! tangents, a product to each factor's beside the other factor. The Jacobian of an elementwise row is diagonal, so that its rule
//! for gradients is that for tangents. Of every other operation the rule `$u \mapsto u^\top J$` is recorded; it is linear in u, and
//! the gradient of `$u^\top J v$` in u is `$J v$`.

use std::panic::Location;

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use crate::check::{Form, node};
use crate::node::{Kind, Node};
use crate::op::Backward;
use crate::recorded;
use crate::tape::Tape;
use crate::var::Var;

use super::derivative;

/// The tangents of the outputs when the inputs move along the directions, recorded; `None` where an output stays.
pub(crate) fn tangents<'t>(
    outputs: &[Var<'t>],
    inputs: &[Var<'t>],
    directions: &[Var<'t>],
) -> Vec<Option<Var<'t>>> {
    let Some(first) = inputs.iter().map(|x| x.index()).min() else { return vec![None; outputs.len()] };
    let (tape, last) = (inputs[0].tape, outputs.iter().map(|y| y.index()).max().unwrap_or(0));
    if last < first {
        return vec![None; outputs.len()];
    }
    keep_values(tape, first, last);
    let wanted = node::ancestors(tape, outputs, last + 1);
    let moves = recorded::dependents(tape, first, last, inputs);
    let mut known: Vec<Option<Var<'t>>> = vec![None; last + 1];
    for (x, &v) in inputs.iter().zip(directions).filter(|(x, _)| x.index() <= last) {
        // An input that is given twice moves along both.
        let v = v.to(x.dtype());
        known[x.index()] = Some(known[x.index()].map_or(v, |sum| sum + v));
    }
    for id in first..=last {
        if wanted[id] && moves[id - first] && known[id].is_none() {
            known[id] = tangent(tape, id, &known);
        }
    }
    outputs.iter().map(|y| known[y.index()]).collect()
}

/// Has values at hand that are computed again in a sweep, as in one that is recorded: what is recorded here needs them.
fn keep_values(tape: &Tape, first: usize, last: usize) {
    for id in (first..=last).rev() {
        let (node, inputs, _) = node::parts(tape, id);
        if matches!(node.kind(), Kind::Op) && form(tape, &node) == Form::Identity {
            let (y, needs) = (id as u32, SmallVec::from_elem(true, inputs.len()));
            let dy = Var { tape, id: y };
            recorded::rule(Backward { tape, inputs, needs, y, dy, given: SmallVec::new() });
        }
    }
}

fn form(tape: &Tape, node: &Node) -> Form {
    tape.inner.borrow().ops[node.b as usize].form()
}

/// The inputs of a node and their tangents.
type Moving<'t> = SmallVec<[(Var<'t>, Option<Var<'t>>); 4]>;

fn tangent<'t>(tape: &'t Tape, id: usize, known: &[Option<Var<'t>>]) -> Option<Var<'t>> {
    let (node, inputs, _) = node::parts(tape, id);
    let inputs: Moving<'t> =
        inputs.iter().map(|&i| (Var { tape, id: i }, known.get(i as usize).copied().flatten())).collect();
    if inputs.iter().all(|(_, v)| v.is_none()) {
        return None;
    }
    if !matches!(node.kind(), Kind::Op) {
        return diagonal(tape, id, &inputs);
    }
    match form(tape, &node) {
        Form::Identity => inputs[0].1,
        Form::Linear => Some(again(tape, id, inputs.iter().map(|&(x, v)| v.unwrap_or_else(|| zeros(x))))),
        Form::Product => product(tape, id, &inputs),
        Form::Affine | Form::Other => transposed(tape, id, &inputs),
    }
}

fn zeros(like: Var<'_>) -> Var<'_> {
    like.tape.constant(Tensor::zeros_of(like.shape(), like.dtype()))
}

/// An elementwise row: what it gives for a gradient it also gives for a tangent.
fn diagonal<'t>(tape: &'t Tape, id: usize, inputs: &Moving<'t>) -> Option<Var<'t>> {
    let shape = Var { tape, id: id as u32 }.shape();
    let mut sum: Option<Var<'t>> = None;
    for (i, (x, v)) in inputs.iter().enumerate() {
        // An input that is used twice is asked for once.
        let (Some(v), false) = (v, inputs[..i].iter().any(|(before, _)| before.id == x.id)) else { continue };
        let v = if v.shape() == shape { *v } else { v.expand(shape) };
        for (_, dx) in recorded::given(tape, id, v, |input| input == x.id) {
            sum = Some(sum.map_or(dx, |sum| sum + dx));
        }
    }
    sum
}

/// A product of two factors, plus the third input, if there is one: of each factor that moves the product with the other one.
fn product<'t>(tape: &'t Tape, id: usize, inputs: &Moving<'t>) -> Option<Var<'t>> {
    let with = |a, b, third: Option<Var<'t>>| again(tape, id, [a, b].into_iter().chain(third));
    let ((a, of_a), (b, of_b)) = (inputs[0], inputs[1]);
    let third = inputs.get(2).and_then(|&(_, v)| v);
    match (of_a, of_b) {
        (Some(v), Some(w)) => Some(with(v, b, third) + with(a, w, None)),
        (Some(v), None) => Some(with(v, b, third)),
        (None, Some(w)) => Some(with(a, w, third)),
        (None, None) => third.map(|_| with(zeros(a), b, third)),
    }
}

/// The operation of a node once more, for other inputs.
fn again<'t>(tape: &'t Tape, id: usize, inputs: impl Iterator<Item = Var<'t>>) -> Var<'t> {
    let inputs: SmallVec<[Var<'t>; 4]> = inputs.collect();
    let op = {
        let inner = tape.inner.borrow();
        inner.ops[inner.nodes[id].b as usize].clone()
    };
    let value = match tape.waits(op.kernels(), &inputs) {
        Some(ty) => Err(ty),
        None => Ok(op.forward(&inputs.iter().map(|x| x.value()).collect::<Vec<_>>())),
    };
    tape.push_op(op, &inputs, value, Location::caller())
}

/// Any operation, by its rule and the rules of what that records.
fn transposed<'t>(tape: &'t Tape, id: usize, inputs: &Moving<'t>) -> Option<Var<'t>> {
    let y = Var { tape, id: id as u32 };
    let u = tape.var(Tensor::zeros_of(y.shape(), y.dtype()));
    let needs = inputs.iter().map(|(_, v)| v.is_some()).collect();
    let ids = inputs.iter().map(|(x, _)| x.id).collect();
    let step = Backward { tape, inputs: ids, needs, y: id as u32, dy: u, given: SmallVec::new() };
    let given = recorded::rule(step).given;
    let moved = given.into_iter().filter_map(|(i, dx)| Some((dx * inputs[i].1?).sum()));
    let product = moved.filter(|part| part.needs()).reduce(|a, b| a + b)?;
    Some(derivative::slopes(product, &[u])[0])
}
