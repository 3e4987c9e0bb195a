//! One node of a tape by itself: its value for given inputs, and what its rule gives each input. Checks and
//! explanations look at nodes one by one; a checkpoint computes values a second time.

use gradus_tensor::{DType, Element, Tensor, elementwise};
use smallvec::SmallVec;

use crate::op::Backward;
use crate::row::{Kernels, Row, Sym};
use crate::sweep;
use crate::tape::{CONSTANT, Node, Tape};
use crate::var::Var;

/// The node, its inputs and the number it carries.
pub(crate) fn parts(tape: &Tape, id: usize) -> (Node, SmallVec<[u32; 4]>, f64) {
    let inner = tape.inner.borrow();
    let node = inner.nodes[id];
    (node, inner.inputs(&node), inner.carried(&node))
}

/// The recorded values of a node's inputs.
pub(crate) fn inputs(tape: &Tape, id: usize) -> Vec<Tensor> {
    parts(tape, id).1.iter().map(|&id| Var { tape, id }.value()).collect()
}

/// The value of a node for these inputs, computed again: same code, same bits.
///
/// # Panics
/// If the node is a leaf.
pub(crate) fn value(tape: &Tape, id: usize, inputs: &[Tensor]) -> Tensor {
    let (node, _, c) = parts(tape, id);
    match node.row.arity {
        0 => panic!("a leaf has no inputs to be computed from"),
        3 => tape.inner.borrow().ops[node.b as usize].forward(inputs),
        _ => row_value(node.row, inputs, c),
    }
}

fn row_value(row: &'static Row, inputs: &[Tensor], c: f64) -> Tensor {
    let (a, b) = (&inputs[0], &inputs[inputs.len() - 1]);
    let single = row.arity == 1;
    match (a.dtype(), single) {
        (DType::F32, true) => {
            elementwise::map::<f32, f32>(a, row.cost, &|x, y| (row.f32.forward)(x, x, c as f32, y))
        }
        (_, true) => elementwise::map::<f64, f64>(a, 2.0 * row.cost, &|x, y| (row.f64.forward)(x, x, c, y)),
        (DType::F32, false) => {
            elementwise::zip::<f32, f32>(a, b, row.name, row.cost, &|a, b, y| (row.f32.forward)(a, b, 0.0, y))
        }
        (_, false) => elementwise::zip::<f64, f64>(a, b, row.name, 2.0 * row.cost, &|a, b, y| {
            (row.f64.forward)(a, b, 0.0, y);
        }),
    }
}

/// What the rule of a node gives, for the gradient `dy` of its output: `(which input, contribution)`, in the shapes
/// of the inputs. Inputs without gradient get none.
pub(crate) fn contributions(tape: &Tape, id: usize, dy: &Tensor) -> Vec<(usize, Tensor)> {
    let (node, inputs, c) = parts(tape, id);
    match node.row.arity {
        0 => Vec::new(),
        3 => op_contributions(tape, id, dy),
        _ => {
            let wanted = (0..inputs.len()).filter(|&i| Var { tape, id: inputs[i] }.needs());
            let shape = |i: usize| Var { tape, id: inputs[i] }.shape();
            wanted.map(|i| (i, pull(tape, id, &node, &inputs, c, i, dy).sum_to(shape(i)))).collect()
        }
    }
}

/// The slope of an elementwise node in one of its inputs, in the shape of its output.
pub(crate) fn slope(tape: &Tape, id: usize, i: usize) -> Option<Tensor> {
    let (node, inputs, c) = parts(tape, id);
    let y = Var { tape, id: id as u32 };
    let ones = || Tensor::ones_of(y.shape(), y.dtype());
    matches!(node.row.arity, 1 | 2).then(|| pull(tape, id, &node, &inputs, c, i, &ones()))
}

/// The fused kernel of a row, as the sweep runs it.
fn pull(tape: &Tape, id: usize, node: &Node, inputs: &[u32], c: f64, i: usize, dy: &Tensor) -> Tensor {
    let y = Var { tape, id: id as u32 }.value().contiguous();
    let spread = |&id: &u32| Var { tape, id }.value().expand(*y.shape()).contiguous();
    let (a, b) = (spread(&inputs[0]), spread(&inputs[inputs.len() - 1]));
    match y.dtype() {
        DType::F32 => run_pull(&node.row.f32, i, [dy, &a, &b, &y], c as f32),
        _ => run_pull(&node.row.f64, i, [dy, &a, &b, &y], c),
    }
}

fn run_pull<T: Element + Default>(kernels: &Kernels<T>, i: usize, operands: [&Tensor; 4], c: T) -> Tensor {
    let operands = operands.map(Tensor::contiguous);
    let [dy, a, b, y] = operands.each_ref().map(Tensor::as_slice::<T>);
    Tensor::build::<T>(*operands[3].shape(), |g| {
        g.fill(T::default());
        (kernels.pull[i])(dy, a, b, y, c, g);
    })
}

/// Runs the rule of an operation on scratch paper.
fn op_contributions(tape: &Tape, id: usize, dy: &Tensor) -> Vec<(usize, Tensor)> {
    let (node, inputs, _) = parts(tape, id);
    let needs = inputs.iter().map(|&id| Var { tape, id }.needs()).collect();
    on_scratch(tape, || {
        let dy = tape.leaf(dy.clone(), &CONSTANT, false, node.line);
        let step = Backward { tape, inputs, needs, y: id as u32, dy, given: SmallVec::new() };
        let step = sweep::run_rule(tape, node, step);
        step.given.iter().map(|&(i, dx)| (i, dx.value().sum_to(step.shape(i)))).collect()
    })
}

/// As [`contributions`] of a row, by the slope that is recorded for derivatives of higher order.
pub(crate) fn recorded_contributions(tape: &Tape, id: usize, dy: &Tensor) -> Vec<(usize, Tensor)> {
    let (node, inputs, c) = parts(tape, id);
    if !matches!(node.row.arity, 1 | 2) {
        return contributions(tape, id, dy);
    }
    let var = |id: u32| Var { tape, id };
    let (a, b, y) = (var(inputs[0]), var(inputs[inputs.len() - 1]), var(id as u32));
    let wanted = (0..inputs.len()).filter(|&i| var(inputs[i]).needs());
    wanted
        .map(|i| {
            let dx = on_scratch(tape, || match (node.row.constant)(c) {
                Some(slopes) => dy * slopes[i],
                None => match node.row.slopes[i](a.into(), b.into(), y.into(), c) {
                    Sym::Number(k) => dy * k,
                    Sym::Var(slope) => dy * &slope.value(),
                },
            });
            (i, dx.sum_to(var(inputs[i]).shape()))
        })
        .collect()
}

/// Runs `f` without recording and forgets what it put on the tape.
pub(crate) fn on_scratch<R>(tape: &Tape, f: impl FnOnce() -> R) -> R {
    let mark = tape.mark();
    let recording = tape.recording.replace(false);
    let result = f();
    tape.recording.set(recording);
    tape.truncate(mark);
    result
}
