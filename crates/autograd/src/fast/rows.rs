//! A row over values: computed and pulled, over small values in the word buffer and over tensors. (Blocks of values that
//! wait run the same loops in [`lazy`](super::lazy).)

use gradus_tensor::kernel::{BLOCK, Real, parallel};
use gradus_tensor::{Tensor, elementwise};
use smallvec::SmallVec;

use super::store::{Mirror, Slot, read, write};
use super::{Lane, for_lane, numbers};
use crate::fast::lists::Inner;
use crate::node::Node;
use crate::ops::elementwise::row::Row;

/// Elements of one parallel piece.
const PIECE: usize = 1 << 14;

/// The hot path forward: a row over small inputs of one type. `None` where they are not.
#[inline(always)]
pub(crate) fn small(inner: &mut Inner, row: &'static Row, a: &Node, b: &Node, c: f64) -> Option<Slot> {
    if !a.ty.same(b.ty) || a.slot.is_large() || b.slot.is_large() {
        return None;
    }
    if let Some(dtype) = a.ty.of_number() {
        let slot = for_lane!(dtype, T => numbers::value::<T>(&mut inner.values, row, a.slot, b.slot, c));
        if slot.is_some() {
            return slot;
        }
    }
    let ty = &inner.types[a.ty.number()];
    let (dtype, n) = (ty.dtype, ty.n);
    let at = inner.values.room(ty.words);
    let (before, after) = inner.values.words.split_at_mut(at);
    let (a, b) = (&before[a.slot.at()..], &before[b.slot.at()..]);
    for_lane!(dtype, T => (T::loops(row).forward)(read(a, n), read(b, n), T::of(c), write(after, n)));
    Some(Slot::small(at))
}

/// The hot path back: a row whose output and inputs are small and of one type. `false` where they are not.
#[inline(always)]
pub(crate) fn pull_small(inner: &Inner, node: &Node, mirror: &mut Mirror) -> bool {
    let Some(row) = node.row().filter(|_| node.needs() && !node.slot.is_large()) else { return false };
    let unary = row.arity == 1;
    let a = &inner.nodes[node.a as usize];
    let b = if unary { a } else { &inner.nodes[node.b as usize] };
    if !a.ty.same(node.ty) || !b.ty.same(node.ty) || a.slot.is_large() || b.slot.is_large() {
        return false;
    }
    let ty = inner.ty(node);
    let (below, above) = mirror.words.split_at_mut(node.slot.at());
    let words = |slot: Slot| &inner.values.words[slot.at()..];
    for_lane!(ty.dtype, T => {
        let pull = T::loops(row).pull;
        let dy = read::<T>(above, ty.n);
        let (xa, y) = (read(words(a.slot), ty.n), read(words(node.slot), ty.n));
        let xb = if unary { xa } else { read(words(b.slot), ty.n) };
        let carried = inner.carried(node);
        let c = T::of(carried);
        if a.needs() {
            if row.is_flat(0, carried) {
                mirror.flat.push(node.a);
            } else {
                pull[0](dy, xa, xb, y, c, write(&mut below[a.slot.at()..], ty.n));
                mirror.reached[node.a as usize] = true;
            }
        }
        if !unary && b.needs() {
            if row.is_flat(1, carried) {
                mirror.flat.push(node.b);
            } else {
                pull[1](dy, xa, xb, y, c, write(&mut below[b.slot.at()..], ty.n));
                mirror.reached[node.b as usize] = true;
            }
        }
    });
    true
}

/// The way back for a row with large or broadcast operands.
#[inline(never)]
pub(crate) fn pull(inner: &mut Inner, id: u32, row: &'static Row, mirror: &mut Mirror) {
    let node = inner.nodes[id as usize];
    let ty = *inner.ty(&node);
    let (inputs, c) = (inner.inputs(&node), inner.carried(&node));
    let constant = row.constant(c);
    let wanted: SmallVec<[usize; 2]> =
        (0..inputs.len()).filter(|&i| inner.nodes[inputs[i] as usize].needs()).collect();
    let mut dy = mirror.take(node.slot, &ty);
    for (k, &i) in wanted.iter().enumerate() {
        let last = k + 1 == wanted.len();
        let Some(current) = (if last { dy.take() } else { dy.clone() }) else { return };
        let input = inner.nodes[inputs[i] as usize];
        let input_ty = *inner.ty(&input);
        if row.is_flat(i, c) {
            mirror.flat.push(inputs[i]);
            continue;
        }
        mirror.reached[inputs[i] as usize] = true;
        let contribution = match constant {
            Some(slopes) if slopes[i] == 1.0 => current,
            // The sum is the smaller one to scale.
            Some(slopes) if input_ty.shape != ty.shape => &current.sum_to(input_ty.shape) * slopes[i],
            _ => {
                let expand =
                    |t: Tensor| if *t.shape() == ty.shape { t } else { t.expand(ty.shape) }.into_contiguous();
                let a = expand(inner.value(inputs[0]));
                let b = if inputs.len() > 1 { expand(inner.value(inputs[1])) } else { a.clone() };
                let y = inner.value(id).into_contiguous();
                let target = (input_ty.shape == ty.shape && input.slot.is_large())
                    .then(|| mirror.large[input.slot.at()].as_mut())
                    .flatten();
                let Some(contribution) = row.pull(i, current, [&a, &b, &y], c, target) else { continue };
                contribution
            }
        };
        mirror.add(input.slot, &input_ty, contribution.sum_to(input_ty.shape));
    }
}

impl Row {
    /// The value over tensors, which broadcast.
    #[track_caller]
    pub(crate) fn value(&'static self, x: &[Tensor], c: f64) -> Tensor {
        let dtype = x[0].dtype();
        let called = self.facts.called.unwrap_or(self.name);
        assert!(dtype.is_float(), "{called}: needs floats, got {dtype}; convert with .to(DType::F32)");
        for_lane!(dtype, T => {
            let forward = T::loops(self).forward;
            let cost = self.cost * size_of::<T>() as f64 / 4.0;
            match x {
                [a, b] => elementwise::zip::<T, T>(a, b, self.name, cost, &|a, b, y| forward(a, b, T::of(c), y)),
                _ => elementwise::map::<T, T>(&x[0], cost, &|x, y| forward(x, x, T::of(c), y)),
            }
        })
    }

    /// `target += dy · slope` in input `i`, or, without a target, `dy · slope`, in the memory of `dy` if nobody else holds
    /// it. The operands are a, b and y, contiguous and of the shape of `dy`.
    pub(crate) fn pull(
        &'static self,
        i: usize,
        dy: Tensor,
        operands: [&Tensor; 3],
        c: f64,
        target: Option<&mut Tensor>,
    ) -> Option<Tensor> {
        let cost = self.cost + 0.3;
        for_lane!(operands[2].dtype(), T => {
            let [a, b, y] = operands.map(|t| t.as_slice::<T>());
            let (pull, c) = (T::loops(self).pull[i], T::of(c));
            let pull = |dy: &[T], at: usize, g: &mut [T]| {
                let r = at..at + g.len();
                pull(dy, &a[r.clone()], &b[r.clone()], &y[r], c, g);
            };
            match target {
                Some(target) => {
                    add_to(target, &dy.into_contiguous(), cost, &pull);
                    None
                }
                None => Some(in_place(dy, cost, &pull)),
            }
        })
    }
}

/// A pull over a stretch of tensors: `(dy of the stretch, where it starts, gradient to add to)`.
type Pull<'f, T> = dyn Fn(&[T], usize, &mut [T]) + Sync + 'f;

fn add_to<T: Lane>(target: &mut Tensor, dy: &Tensor, cost: f64, pull: &Pull<'_, T>) {
    let dy = dy.as_slice::<T>();
    parallel::chunks(target.slice_mut::<T>(), PIECE, cost, |start, g| {
        pull(&dy[start..start + g.len()], start, g);
    });
}

fn in_place<T: Lane>(dy: Tensor, cost: f64, pull: &Pull<'_, T>) -> Tensor {
    let mut out = dy;
    if !(out.is_unique() && out.is_contiguous()) {
        let source = out.contiguous();
        let dy = source.as_slice::<T>();
        return Tensor::build::<T>(*source.shape(), |g| {
            parallel::chunks(g, PIECE, cost, |start, g| {
                for_blocks(start, g, |at, g| {
                    g.fill(T::ZERO);
                    pull(&dy[at..at + g.len()], at, g);
                });
            });
        });
    }
    // Each block of dy is copied aside, which stays in the first-level cache.
    parallel::chunks(out.slice_mut::<T>(), PIECE, cost, |start, g| {
        let mut copy = [T::ZERO; BLOCK];
        for_blocks(start, g, |at, g| {
            let dy = &mut copy[..g.len()];
            dy.copy_from_slice(g);
            g.fill(T::ZERO);
            pull(dy, at, g);
        });
    });
    out
}

fn for_blocks<T>(start: usize, g: &mut [T], mut f: impl FnMut(usize, &mut [T])) {
    for (i, block) in g.chunks_mut(BLOCK).enumerate() {
        f(start + i * BLOCK, block);
    }
}
