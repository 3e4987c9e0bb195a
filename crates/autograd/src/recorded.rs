//! The backward pass, written on the tape: its result is a value like any other and can be differentiated again.
//!
//! This is reverse mode in one page. The nodes are walked from the result back; each hands `$\bar y$`, times its slope, to its
//! inputs, where contributions add up. The numeric sweep ([`crate::fast::sweep`]) computes the same numbers faster.

use smallvec::SmallVec;

use crate::node::Kind;
use crate::op::Backward;
use crate::ops::elementwise::row::Slopes;
use crate::ops::elementwise::sym::Sym;
use crate::tape::Tape;
use crate::var::Var;

/// The gradients of `root` (weighted by `seed`) in each of `wrt`; `None` where it does not depend on it.
pub(crate) fn backward<'t>(root: Var<'t>, seed: Var<'t>, wrt: &[Var<'t>]) -> Vec<Option<Var<'t>>> {
    let tape = root.tape;
    let end = root.id as usize;
    let Some(first) = wrt.iter().map(|x| x.id as usize).min().filter(|&first| first <= end) else {
        return vec![None; wrt.len()];
    };
    let depends = dependents(tape, first, end, wrt);
    let wanted = |id: u32| id as usize >= first && depends[id as usize - first];
    let mut sums: Vec<Option<Var<'t>>> = vec![None; end + 1 - first];
    sums[end - first] = Some(seed);
    for id in (first + 1..=end).rev().filter(|&id| wanted(id as u32)) {
        let Some(dy) = sums[id - first] else { continue };
        let inputs = inputs(tape, id);
        for (i, dx) in given(tape, id, dy, wanted).into_iter().filter(|&(i, _)| wanted(inputs[i].id)) {
            let input = inputs[i];
            let dx = if dx.shape() == input.shape() { dx } else { dx.sum_to(input.shape()) };
            let sum = &mut sums[input.id as usize - first];
            *sum = Some(sum.map_or(dx, |sum| sum + dx));
        }
    }
    wrt.iter().map(|x| sums.get(x.id as usize - first).copied().flatten()).collect()
}

fn inputs(tape: &Tape, id: usize) -> SmallVec<[Var<'_>; 4]> {
    let inner = tape.inner.borrow();
    inner.inputs(&inner.nodes[id]).iter().map(|&id| Var { tape, id }).collect()
}

/// Which nodes from `first` on depend on one of `wrt`.
pub(crate) fn dependents(tape: &Tape, first: usize, end: usize, wrt: &[Var<'_>]) -> Vec<bool> {
    let inner = tape.inner.borrow();
    let mut depends = vec![false; end + 1 - first];
    for x in wrt.iter().filter(|x| x.id as usize <= end) {
        depends[x.id as usize - first] = true;
    }
    for id in first..=end {
        let node = &inner.nodes[id];
        if !depends[id - first] && node.needs() {
            let inputs = inner.inputs(node);
            depends[id - first] = inputs.iter().any(|&i| i as usize >= first && depends[i as usize - first]);
        }
    }
    depends
}

/// Contributions, `(which input, how much)`, each in the shape of the input or in one that it was broadcast to.
type Given<'t> = SmallVec<[(usize, Var<'t>); 4]>;

/// What one node hands to those of its inputs that are wanted, for the gradient `dy` of its output.
pub(crate) fn given<'t>(tape: &'t Tape, id: usize, dy: Var<'t>, wanted: impl Fn(u32) -> bool) -> Given<'t> {
    let (node, inputs, c) = {
        let inner = tape.inner.borrow();
        let node = inner.nodes[id];
        (node, inner.inputs(&node), inner.carried(&node))
    };
    let row = match node.kind() {
        Kind::Leaf(_) => return Given::new(),
        Kind::Op => {
            let needs = inputs.iter().map(|&i| wanted(i)).collect();
            let step = rule(Backward { tape, inputs, needs, y: id as u32, dy, given: SmallVec::new() });
            return step.given;
        }
        Kind::Unary(row) | Kind::Binary(row) => row,
    };
    let sym = |id: u32| Sym::Var(Var { tape, id });
    let (a, b, y) = (sym(inputs[0]), sym(inputs[inputs.len() - 1]), sym(id as u32));
    let mut given = Given::new();
    for i in (0..inputs.len()).filter(|&i| wanted(inputs[i]) && !row.is_flat(i, c)) {
        let slope = match row.slopes {
            Slopes::Constant(slopes) => Sym::Number(slopes(c)[i]),
            Slopes::Recorded(slopes) => slopes[i](a, b, y, c),
        };
        match slope {
            Sym::Number(1.0) => given.push((i, dy)),
            Sym::Number(k) => given.push((i, dy * k)),
            Sym::Var(slope) => given.push((i, dy * slope)),
        }
    }
    given
}

/// Runs the rule of an operation.
pub(crate) fn rule(mut step: Backward<'_>) -> Backward<'_> {
    // Another owner for the time of the rule, which may record.
    let op = {
        let inner = step.tape.inner.borrow();
        inner.ops[inner.nodes[step.y as usize].b as usize].clone()
    };
    op.backward(&mut step);
    step
}
