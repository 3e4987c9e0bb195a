//! The backward sweep, in two forms: over numbers, and over recorded operations.
//!
//! Both walk the list from the end: no recursion, no sorting. Broadcasting is undone here and nowhere else. In the
//! numeric form an elementwise row runs its fused kernel `g += dy · slope`; any other operation runs its rule on scratch
//! paper at the end of the tape, which is wiped afterwards.

use gradus_tensor::kernel::parallel;
use gradus_tensor::{DType, Element, Tensor};
use smallvec::SmallVec;

use crate::lazy;
use crate::op::Backward;
use crate::row::{Kernels, PullFn, Sym};
use crate::slot::{Mirror, Slot, read, write};
use crate::tape::{Inner, Node, TYPE, Tape};
use crate::var::Var;

/// What the numeric sweep keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Values and all gradients, for looking.
    All,
    /// Gradients of leaves; values and other gradients are freed as they are passed.
    Leaves,
}

/// The gradients of `root` (weighted by `seed`) in everything before it.
pub(crate) fn numeric(root: Var<'_>, seed: Tensor, keep: Keep) -> Mirror {
    let tape = root.tape;
    let mut mirror = std::mem::take(&mut *tape.spare.borrow_mut());
    {
        let inner = tape.inner.borrow();
        mirror.clear(&inner.values, inner.nodes.len());
        let node = &inner.nodes[root.id as usize];
        mirror.add(node.slot, inner.ty(node), seed);
        mirror.reached[root.id as usize] = true;
    }
    let recording = tape.recording.replace(false);
    let mut next = root.id as usize + 1;
    while let Some(id) = rows_until_op(tape, root.id, next, &mut mirror, keep) {
        pull_op(tape, id, &mut mirror, keep);
        next = id;
    }
    tape.recording.set(recording);
    mirror
}

/// Runs elementwise rows from below `next` down to the first operation with a rule; returns that one.
fn rows_until_op(tape: &Tape, root: u32, next: usize, mirror: &mut Mirror, keep: Keep) -> Option<usize> {
    let mut inner = tape.inner.borrow_mut();
    for id in (0..next).rev() {
        // The hot path first, and without a copy of the node.
        let node = &inner.nodes[id];
        if mirror.reached[id] && pull_small(&inner, node, mirror) {
            continue;
        }
        let node = *node;
        if !mirror.reached[id] || !node.needs() || node.row.arity == 0 {
            if keep == Keep::Leaves && node.slot.is_large() && node.row.arity != 0 {
                inner.values.large[node.slot.at()] = None;
            }
            continue;
        }
        if keep == Keep::Leaves && node.is_lazy() {
            lazy::pull(&mut inner, mirror, id as u32, root);
            continue;
        }
        if node.row.arity == 3 {
            return Some(id);
        }
        pull_row(&mut inner, id as u32, &node, mirror, keep);
        if keep == Keep::Leaves && node.slot.is_large() {
            inner.values.large[node.slot.at()] = None;
        }
    }
    None
}

/// The hot path: an elementwise row with a small output and inputs of the same type.
#[inline(always)]
fn pull_small(inner: &Inner, node: &Node, mirror: &mut Mirror) -> bool {
    if node.slot.is_large() || !node.needs() || !matches!(node.row.arity, 1 | 2) {
        return false;
    }
    let unary = node.row.arity == 1;
    let a = &inner.nodes[node.a as usize];
    let b = if unary { a } else { &inner.nodes[node.b as usize] };
    if ((a.ty ^ node.ty) | (b.ty ^ node.ty)) & TYPE != 0 || a.slot.is_large() || b.slot.is_large() {
        return false;
    }
    let ty = inner.ty(node);
    let (below, above) = mirror.words.split_at_mut(node.slot.at());
    let words = |slot: Slot| &inner.values.words[slot.at()..];
    macro_rules! pull {
        ($T:ty, $kernels:expr) => {{
            let kernels: &Kernels<$T> = $kernels;
            let dy = read::<$T>(above, ty.n);
            let (xa, xb, y) =
                (read(words(a.slot), ty.n), read(words(b.slot), ty.n), read(words(node.slot), ty.n));
            let c = inner.carried(node) as $T;
            if a.needs() {
                (kernels.pull[0])(dy, xa, xb, y, c, write(&mut below[a.slot.at()..], ty.n));
                mirror.reached[node.a as usize] = true;
            }
            if !unary && b.needs() {
                (kernels.pull[1])(dy, xa, xb, y, c, write(&mut below[b.slot.at()..], ty.n));
                mirror.reached[node.b as usize] = true;
            }
        }};
    }
    if ty.dtype == DType::F32 {
        pull!(f32, &node.row.f32);
    } else {
        pull!(f64, &node.row.f64);
    }
    true
}

/// A row with large or broadcast operands.
#[inline(never)]
fn pull_row(inner: &mut Inner, id: u32, node: &Node, mirror: &mut Mirror, keep: Keep) {
    let ty = &inner.ty(node).clone();
    let inputs = inner.inputs(node);
    let c = inner.carried(node);
    let constant = (node.row.constant)(c);
    let wanted: SmallVec<[usize; 2]> =
        (0..inputs.len()).filter(|&i| inner.nodes[inputs[i] as usize].needs()).collect();
    let mut dy = if keep == Keep::Leaves && node.slot.is_large() {
        mirror.large[node.slot.at()].take()
    } else {
        mirror.tensor(node.slot, ty)
    };
    for (k, &i) in wanted.iter().enumerate() {
        let last = k + 1 == wanted.len();
        let Some(current) = (if last { dy.take() } else { dy.clone() }) else { return };
        let input = inner.nodes[inputs[i] as usize];
        let input_ty = *inner.ty(&input);
        mirror.reached[inputs[i] as usize] = true;
        let contribution = match constant {
            Some(slopes) if slopes[i] == 0.0 => continue,
            Some(slopes) if slopes[i] == 1.0 => current,
            Some(slopes) if input_ty.shape != ty.shape => {
                // The sum is the smaller one to scale.
                let sum = current.sum_to(input_ty.shape);
                mirror.add(input.slot, &input_ty, &sum * slopes[i]);
                continue;
            }
            _ => {
                let expand =
                    |t: Tensor| if *t.shape() == ty.shape { t } else { t.expand(ty.shape) }.into_contiguous();
                let a = expand(inner.value(inputs[0]));
                let b = if inputs.len() > 1 { expand(inner.value(inputs[1])) } else { a.clone() };
                let y = inner.value(id).into_contiguous();
                let operands = [&a, &b, &y];
                let target = (input_ty.shape == ty.shape && input.slot.is_large())
                    .then(|| mirror.large[input.slot.at()].as_mut())
                    .flatten();
                let cost = node.row.cost;
                let done = match ty.dtype {
                    DType::F32 => pull_large(node.row.f32.pull[i], current, operands, c as f32, target, cost),
                    _ => pull_large(node.row.f64.pull[i], current, operands, c, target, cost),
                };
                let Some(contribution) = done else { continue };
                contribution
            }
        };
        mirror.add(input.slot, &input_ty, contribution.sum_to(input_ty.shape));
    }
}

/// `target += dy · slope`, or, without a target, `dy · slope` in the memory of `dy` if nobody else holds it.
fn pull_large<T: Element + gradus_tensor::kernel::Real>(
    pull: PullFn<T>,
    dy: Tensor,
    operands: [&Tensor; 3],
    c: T,
    target: Option<&mut Tensor>,
    cost: f64,
) -> Option<Tensor> {
    const PIECE: usize = 1 << 14;
    let [a, b, y] = operands.map(|t| t.as_slice::<T>());
    let cost = cost + 0.3;
    if let Some(target) = target {
        let dy = dy.into_contiguous();
        let dy = dy.as_slice::<T>();
        parallel::chunks(target.slice_mut::<T>(), PIECE, cost, |start, g| {
            let r = start..start + g.len();
            pull(&dy[r.clone()], &a[r.clone()], &b[r.clone()], &y[r], c, g);
        });
        return None;
    }
    let mut out = dy;
    let source = if out.is_unique() && out.is_contiguous() { None } else { Some(out.contiguous()) };
    if let Some(source) = &source {
        let dy = source.as_slice::<T>();
        out = Tensor::build::<T>(*source.shape(), |g| {
            parallel::chunks(g, PIECE, cost, |start, g| {
                let r = start..start + g.len();
                for_blocks(g, |at, g| {
                    let r = r.start + at..r.start + at + g.len();
                    g.fill(T::ZERO);
                    pull(&dy[r.clone()], &a[r.clone()], &b[r.clone()], &y[r], c, g);
                });
            });
        });
    } else {
        // In place: each block of dy is copied aside, which stays in the first-level cache.
        parallel::chunks(out.slice_mut::<T>(), PIECE, cost, |start, g| {
            let mut copy = [T::ZERO; gradus_tensor::kernel::BLOCK];
            for_blocks(g, |at, g| {
                let r = start + at..start + at + g.len();
                let dy = &mut copy[..g.len()];
                dy.copy_from_slice(g);
                g.fill(T::ZERO);
                pull(dy, &a[r.clone()], &b[r.clone()], &y[r], c, g);
            });
        });
    }
    Some(out)
}

fn for_blocks<T>(g: &mut [T], mut f: impl FnMut(usize, &mut [T])) {
    for (i, block) in g.chunks_mut(gradus_tensor::kernel::BLOCK).enumerate() {
        f(i * gradus_tensor::kernel::BLOCK, block);
    }
}

/// Runs the rule of one operation on scratch paper and adds what it gives.
fn pull_op(tape: &Tape, id: usize, mirror: &mut Mirror, keep: Keep) {
    let (node, ty, inputs, needs) = {
        let inner = tape.inner.borrow();
        let node = inner.nodes[id];
        let inputs = inner.inputs(&node);
        let needs: SmallVec<[bool; 4]> = inputs.iter().map(|&i| inner.nodes[i as usize].needs()).collect();
        (node, *inner.ty(&node), inputs, needs)
    };
    let mark = tape.mark();
    let dy = if keep == Keep::Leaves && node.slot.is_large() {
        mirror.large[node.slot.at()].take()
    } else {
        mirror.tensor(node.slot, &ty)
    };
    let Some(dy) = dy else { return };
    let dy = tape.leaf(dy, &crate::tape::CONSTANT, false, node.line);
    let step =
        run_rule(tape, node, Backward { tape, inputs, needs, y: id as u32, dy, given: SmallVec::new() });
    // The results are taken off the scratch paper before it is wiped, so that each has one owner when it is added.
    let mut results: SmallVec<[(Slot, crate::slot::Type, Tensor); 4]> = SmallVec::new();
    for &(i, dx) in &step.given {
        let target = step.inputs[i];
        let (slot, target_ty) = {
            let inner = tape.inner.borrow();
            let node = &inner.nodes[target as usize];
            (node.slot, *inner.ty(node))
        };
        check_given(tape, &node, i, dx, &target_ty);
        let contribution = dx.value().sum_to(target_ty.shape);
        results.push((slot, target_ty, contribution));
        mirror.reached[target as usize] = true;
    }
    tape.truncate(mark);
    for (slot, ty, contribution) in results {
        mirror.add(slot, &ty, contribution);
    }
    if keep == Keep::Leaves && node.slot.is_large() {
        tape.inner.borrow_mut().values.large[node.slot.at()] = None;
    }
}

/// Runs the rule of a node's operation.
pub(crate) fn run_rule<'t>(tape: &'t Tape, node: Node, mut step: Backward<'t>) -> Backward<'t> {
    // Another owner for the time of the rule, which may record.
    let op = tape.inner.borrow().ops[node.b as usize].clone();
    op.backward(&mut step);
    step
}

fn check_given(tape: &Tape, node: &Node, i: usize, dx: Var<'_>, want: &crate::slot::Type) {
    let (shape, dtype) = (dx.shape(), dx.dtype());
    let fits = shape.broadcast(&want.shape) == Some(shape) && dtype == want.dtype;
    assert!(
        fits,
        "{}: its rule gives input {i} a gradient of {dtype}{shape}; the input is {}{} (recorded at {})",
        tape.inner.borrow().name(node),
        want.dtype,
        want.shape,
        node.line
    );
}

/// The gradients of `root` in each of `wrt`, recorded on the same tape.
pub(crate) fn recorded<'t>(root: Var<'t>, seed: Var<'t>, wrt: &[Var<'t>]) -> Vec<Option<Var<'t>>> {
    let tape = root.tape;
    let end = root.id as usize;
    let Some(first) = wrt.iter().map(|x| x.id as usize).min() else { return Vec::new() };
    if first > end {
        return vec![None; wrt.len()];
    }
    let depends = dependents(tape, first, end, wrt);
    let mut sums: Vec<Option<Var<'t>>> = vec![None; end + 1 - first];
    sums[end - first] = Some(seed);
    for id in (first..=end).rev() {
        let Some(dy) = sums[id - first] else { continue };
        if !depends[id - first] {
            continue;
        }
        let node = tape.inner.borrow().nodes[id];
        let given = match node.row.arity {
            0 => continue,
            3 => give_op(tape, id, node, dy, first, &depends),
            _ => give_row(tape, id, node, dy, first, &depends),
        };
        for (input, dx) in given {
            let shape = Var { tape, id: input }.shape();
            let dx = if dx.shape() == shape { dx } else { dx.sum_to(shape) };
            let sum = &mut sums[input as usize - first];
            *sum = Some(match *sum {
                None => dx,
                Some(other) => other + dx,
            });
        }
    }
    wrt.iter().map(|x| if x.id as usize > end { None } else { sums[x.id as usize - first] }).collect()
}

/// Which nodes from `first` on depend on one of `wrt`.
fn dependents(tape: &Tape, first: usize, end: usize, wrt: &[Var<'_>]) -> Vec<bool> {
    let inner = tape.inner.borrow();
    let mut depends = vec![false; end + 1 - first];
    for x in wrt {
        if x.id as usize <= end {
            depends[x.id as usize - first] = true;
        }
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

type Given<'t> = SmallVec<[(u32, Var<'t>); 4]>;

fn give_row<'t>(
    tape: &'t Tape,
    id: usize,
    node: Node,
    dy: Var<'t>,
    first: usize,
    depends: &[bool],
) -> Given<'t> {
    let (inputs, c) = {
        let inner = tape.inner.borrow();
        (inner.inputs(&node), inner.carried(&node))
    };
    let constant = (node.row.constant)(c);
    let var = |id: u32| Var { tape, id };
    let (a, b) = (var(inputs[0]), var(*inputs.last().expect("a row has inputs")));
    let y = var(id as u32);
    let mut given = Given::new();
    for (i, &input) in inputs.iter().enumerate() {
        if (input as usize) < first || !depends[input as usize - first] {
            continue;
        }
        let slope = match constant {
            Some(slopes) => Sym::Number(slopes[i]),
            None => node.row.slopes[i](a.into(), b.into(), y.into(), c),
        };
        match slope {
            Sym::Number(0.0) => {}
            Sym::Number(1.0) => given.push((input, dy)),
            Sym::Number(k) => given.push((input, dy * k)),
            Sym::Var(slope) => given.push((input, dy * slope)),
        }
    }
    given
}

fn give_op<'t>(
    tape: &'t Tape,
    id: usize,
    node: Node,
    dy: Var<'t>,
    first: usize,
    depends: &[bool],
) -> Given<'t> {
    let inputs = tape.inner.borrow().inputs(&node);
    let needs = inputs.iter().map(|&i| i as usize >= first && depends[i as usize - first]).collect();
    let step =
        run_rule(tape, node, Backward { tape, inputs, needs, y: id as u32, dy, given: SmallVec::new() });
    step.given
        .iter()
        .map(|&(i, dx)| {
            let target = step.x(i);
            let ty = crate::slot::Type::new(target.dtype(), target.shape());
            check_given(tape, &node, i, dx, &ty);
            (step.inputs[i], dx)
        })
        .collect()
}
