//! One node of a tape by itself: its value for given inputs, and what its rule gives each input. Checks and
//! explanations look at nodes one by one; a checkpoint computes values a second time.

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use crate::fast::runs::Kernels;
use crate::fast::{runs, sweep};
use crate::node::{Kind, Leaf, Node};
use crate::ops::elementwise::row::Row;
use crate::recorded;
use crate::tape::Tape;
use crate::var::Var;

/// The node, its inputs and the number it carries.
pub(crate) fn parts(tape: &Tape, id: usize) -> (Node, SmallVec<[u32; 4]>, f64) {
    let inner = tape.inner.borrow();
    let node = inner.nodes[id];
    (node, inner.inputs(&node), inner.carried(&node))
}

/// Whether a node is a step, `floor` or `>`: its slopes are the number 0.
pub(crate) fn is_step(tape: &Tape, id: usize) -> bool {
    let row = parts(tape, id).0.row();
    row.is_some_and(|row| !row.has_number && row.is_flat(0, 0.0) && row.is_flat(1, 0.0))
}

/// Which nodes in front of `end` the outputs depend on.
pub(crate) fn ancestors(tape: &Tape, outputs: &[Var<'_>], end: usize) -> Vec<bool> {
    let mut wanted = vec![false; end];
    for y in outputs {
        wanted[y.index()] = true;
    }
    for id in (0..end).rev() {
        if wanted[id] {
            for &i in &parts(tape, id).1 {
                wanted[i as usize] = true;
            }
        }
    }
    wanted
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
    match node.kind() {
        Kind::Leaf(_) => panic!("a leaf has no inputs to be computed from"),
        Kind::Unary(row) | Kind::Binary(row) => row.value(inputs, c),
        Kind::Op => {
            let op = tape.inner.borrow().ops[node.b as usize].clone();
            op.forward(inputs)
        }
    }
}

/// Computes again what checkpoints have dropped, for those who look at all values of a tape.
pub(crate) fn bring_back(tape: &Tape) {
    for id in 0..tape.len() {
        let node = parts(tape, id).0;
        if !node.ty.is_lazy() && !tape.inner.borrow().values.is_there(node.slot) {
            let value = value(tape, id, &inputs(tape, id));
            tape.inner.borrow_mut().values.large[node.slot.at()] = Some(value);
        }
    }
}

/// What a node gives each input, for the gradient `dy` of its output, as the numeric sweep computes it: `(which input,
/// contribution)`, in the shapes of the inputs. Inputs without gradient get none.
pub(crate) fn contributions(tape: &Tape, id: usize, dy: &Tensor) -> Vec<(usize, Tensor)> {
    let (node, inputs, c) = parts(tape, id);
    match node.kind() {
        Kind::Leaf(_) => Vec::new(),
        Kind::Op if has_kernels(tape, &node) => {
            runs::contributions(&mut tape.inner.borrow_mut(), id as u32, dy.clone())
        }
        Kind::Op => {
            let _paused = tape.pause();
            sweep::on_scratch_paper(tape, id, dy.clone()).into_vec()
        }
        Kind::Unary(row) | Kind::Binary(row) => {
            let wanted = (0..inputs.len()).filter(|&i| Var { tape, id: inputs[i] }.needs());
            let shape = |i: usize| Var { tape, id: inputs[i] }.shape();
            wanted.map(|i| (i, pull(tape, id, row, c, i, dy).sum_to(shape(i)))).collect()
        }
    }
}

fn has_kernels(tape: &Tape, node: &Node) -> bool {
    matches!(
        tape.inner.borrow().ops[node.b as usize].kernels(),
        Some(Kernels::Runs(..) | Kernels::Numeric(_))
    )
}

/// The slope of an elementwise node in one of its inputs, in the shape of its output.
pub(crate) fn slope(tape: &Tape, id: usize, i: usize) -> Option<Tensor> {
    let (node, _, c) = parts(tape, id);
    let y = Var { tape, id: id as u32 };
    node.row().map(|row| pull(tape, id, row, c, i, &Tensor::ones_of(y.shape(), y.dtype())))
}

/// The fused kernel of a row, as the sweep runs it.
fn pull(tape: &Tape, id: usize, row: &'static Row, c: f64, i: usize, dy: &Tensor) -> Tensor {
    let y = Var { tape, id: id as u32 }.value().contiguous();
    let x: Vec<Tensor> = inputs(tape, id).iter().map(|x| x.expand(*y.shape()).contiguous()).collect();
    row.pull(i, dy.contiguous(), [&x[0], &x[x.len() - 1], &y], c, None)
        .expect("without a target there is a result")
}

/// As [`contributions`], by what is recorded for derivatives of higher order.
pub(crate) fn recorded_contributions(tape: &Tape, id: usize, dy: &Tensor) -> Vec<(usize, Tensor)> {
    let inputs = parts(tape, id).1;
    on_scratch(tape, || {
        let dy = tape.leaf(dy.clone(), Leaf::Constant, false, parts(tape, id).0.line);
        let given = recorded::given(tape, id, dy, |input| Var { tape, id: input }.needs());
        let shape = |i: usize| Var { tape, id: inputs[i] }.shape();
        given.iter().map(|&(i, dx)| (i, dx.value().sum_to(shape(i)))).collect()
    })
}

/// Runs `f` without recording and forgets what it put on the tape.
pub(crate) fn on_scratch<R>(tape: &Tape, f: impl FnOnce() -> R) -> R {
    let mark = tape.mark();
    let _paused = tape.pause();
    let result = f();
    tape.truncate(mark);
    result
}
