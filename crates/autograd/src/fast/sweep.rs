//! The numeric backward sweep: gradients as numbers, in a mirror of the values.
//!
//! It walks the list from the end, as [`crate::recorded`] does. A row runs its fused kernel `g += dy · slope`; an operation runs
//! its kernels, or, where it has none, its rule on scratch paper at the end of the tape, which is wiped afterwards. Values
//! are freed as they are passed.

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use super::store::{Keep, Mirror};
use super::{flat, lazy, numbers, rows, runs};
use crate::node::{Kind, Leaf};
use crate::op::Backward;
use crate::recorded;
use crate::tape::Tape;
use crate::var::Var;

/// The gradients of `root` (weighted by `seed`) in everything before it.
pub(crate) fn numeric(root: Var<'_>, seed: Tensor, keep: Keep) -> Mirror {
    let mut mirror = begin(root, seed, keep);
    let _paused = root.tape.pause();
    down_to(0, root, root.id as usize + 1, &mut mirror);
    if !mirror.flat.is_empty() {
        flat::fill(&root.tape.inner.borrow(), &mut mirror);
    }
    mirror
}

/// The mirror before the first node is pulled.
pub(super) fn begin(root: Var<'_>, seed: Tensor, keep: Keep) -> Mirror {
    let mut mirror = Mirror::in_used_memory();
    let inner = root.tape.inner.borrow();
    mirror.clear(&inner.values, inner.nodes.len(), keep);
    let node = &inner.nodes[root.id as usize];
    mirror.add(node.slot, inner.ty(node), seed);
    mirror.reached[root.id as usize] = true;
    mirror
}

/// Pulls the nodes from below `next` down to `floor`, or a little further; returns the end of what is left.
pub(super) fn down_to(floor: usize, root: Var<'_>, mut next: usize, mirror: &mut Mirror) -> usize {
    while let Some(id) = until_rule(floor, root, &mut next, mirror) {
        pull_rule(root.tape, id, mirror);
        next = id;
    }
    next
}

/// Runs what has kernels, from below `next` down to the first operation that has none; returns that one.
fn until_rule(floor: usize, root: Var<'_>, next: &mut usize, mirror: &mut Mirror) -> Option<usize> {
    let inner = &mut *root.tape.inner.borrow_mut();
    let frees = mirror.keep == Keep::Leaves;
    loop {
        if *next <= floor {
            return None;
        }
        let id = *next - 1;
        // The hot paths first, and without a copy of the node.
        let node = &inner.nodes[id];
        if node.ty.of_number().is_some() {
            let left = numbers::pull(inner, *next, mirror);
            if left < *next {
                *next = left;
                continue;
            }
        }
        *next = id;
        if mirror.reached[id] && rows::pull_small(inner, node, mirror) {
            continue;
        }
        let node = *node;
        match node.kind() {
            Kind::Leaf(_) => continue,
            _ if !mirror.reached[id] || !node.needs() => {}
            _ if frees && node.ty.is_lazy() => {
                lazy::pull(inner, mirror, id as u32, root.id);
                continue;
            }
            Kind::Unary(row) | Kind::Binary(row) => rows::pull(inner, id as u32, row, mirror),
            Kind::Op if runs::pull(inner, id as u32, mirror) => {}
            Kind::Op => return Some(id),
        }
        if frees {
            inner.values.release(node.slot);
        }
    }
}

/// Runs the rule of one operation on scratch paper and adds what it gives.
fn pull_rule(tape: &Tape, id: usize, mirror: &mut Mirror) {
    let (node, inputs, ty) = {
        let inner = tape.inner.borrow();
        let node = inner.nodes[id];
        (node, inner.inputs(&node), *inner.ty(&node))
    };
    let Some(dy) = mirror.take(node.slot, &ty) else { return };
    let given = on_scratch_paper(tape, id, dy);
    let inner = &mut *tape.inner.borrow_mut();
    for (i, contribution) in given {
        let input = &inner.nodes[inputs[i] as usize];
        mirror.reached[inputs[i] as usize] = true;
        mirror.add(input.slot, inner.ty(input), contribution);
    }
    if mirror.keep == Keep::Leaves {
        inner.values.release(node.slot);
    }
}

/// What the rule of an operation gives its inputs, in their shapes.
#[inline(always)]
pub(crate) fn on_scratch_paper(tape: &Tape, id: usize, dy: Tensor) -> SmallVec<[(usize, Tensor); 4]> {
    let (line, inputs, needs) = {
        let inner = tape.inner.borrow();
        let node = &inner.nodes[id];
        let inputs = inner.inputs(node);
        let needs: SmallVec<[bool; 4]> = inputs.iter().map(|&i| inner.nodes[i as usize].needs()).collect();
        (node.line, inputs, needs)
    };
    let mark = tape.mark();
    let dy = tape.leaf(dy, Leaf::Constant, false, line);
    let step = recorded::rule(Backward { tape, inputs, needs, y: id as u32, dy, given: SmallVec::new() });
    // Taken off before the paper is wiped, so that each has one owner when it is added.
    let given = step.given.iter().map(|&(i, dx)| (i, dx.value().sum_to(step.shape(i)))).collect();
    tape.truncate(mark);
    given
}

impl Tape {
    /// Records nothing until the result is dropped, which puts back what was before.
    pub(crate) fn pause(&self) -> Paused<'_> {
        self.switch(false)
    }

    /// Records, or does not, until the result is dropped.
    pub(crate) fn switch(&self, recording: bool) -> Paused<'_> {
        Paused { tape: self, recording: self.recording.replace(recording) }
    }
}

/// See [`Tape::switch`]. It holds through a panic in a rule, too.
pub(crate) struct Paused<'t> {
    tape: &'t Tape,
    recording: bool,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.tape.recording.set(self.recording);
    }
}
