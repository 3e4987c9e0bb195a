//! Large values that wait: they are computed when somebody asks for them, together with what they are computed from,
//! block by block.
//!
//! An elementwise operation on 40 MB costs what it takes to read and write 40 MB, many times the arithmetic. So a row of
//! the elementwise table (and a function of whole runs, and a total) over values of at least [`fuse_above`] bytes is
//! recorded without being computed. When its value is asked for (by [`Var::value`](crate::Var::value), by an operation of
//! another kind, by printing) the waiting operations before it run one after the other on blocks of a few hundred
//! elements ([`program`]), which stay in the cache; only the value asked for is written. A waiting value that is asked for
//! a second time, as part of another, is kept from then on.
//!
//! The sweep of [`value_and_grad`](crate::value_and_grad) treats a run of such operations the same way ([`gradient`]):
//! values again, slopes, gradients, all on one block, then the next. Shapes are known and checked when an operation is
//! recorded, so mistakes are reported where they are made. The bits of a result do not depend on whether it waited, except
//! for the order of the additions in sums.

mod gradient;
mod plan;
mod program;
mod reach;

use std::sync::atomic::{AtomicUsize, Ordering};

use gradus_tensor::Shape;

use super::for_lane;
use super::store::{Slot, Type};
use crate::fast::lists::Inner;
use crate::fast::runs::Kernels;
use crate::node::Node;
use crate::ops::elementwise::row::Row;
use crate::var::Var;

pub(crate) use gradient::pull;

/// A value that waits on more operations than this is computed at once, so that programs stay short.
const LONGEST: u8 = 32;
/// Runs longer than this do not stay in the cache.
const WIDEST: usize = 1 << 14;

static FUSE_ABOVE: AtomicUsize = AtomicUsize::new(1 << 20);

/// Sets the size in bytes from which on results of elementwise operations wait until they are asked for, so that chains of
/// them run block by block in the cache; `usize::MAX` makes every operation run at once. The default, 1 MiB, is about the
/// size of a second-level cache: below it, nothing is gained. Values of at most 1 KiB never wait.
pub fn fuse_above(bytes: usize) {
    FUSE_ABOVE.store(bytes, Ordering::Relaxed);
}

/// Whether a value of this type waits.
pub(crate) fn is_large(ty: &Type) -> bool {
    !ty.is_small()
        && ty.dtype.is_float()
        && ty.n > 0
        && ty.n * ty.dtype.size() >= FUSE_ABOVE.load(Ordering::Relaxed)
}

/// Whether a node's value is still to be computed.
pub(crate) fn waits(inner: &Inner, node: &Node) -> bool {
    node.ty.is_lazy() && !inner.values.is_there(node.slot)
}

/// The waiting nodes of one type that some nodes are computed from, after computing those of other types among them.
fn ready(inner: &mut Inner, roots: &[u32], whole: u32) -> Vec<u32> {
    loop {
        let (members, others) = plan::cone(inner, roots, whole);
        if others.is_empty() {
            return members;
        }
        for id in others {
            compute(inner, id);
        }
    }
}

/// Computes a waiting value and what it is computed from.
pub(crate) fn compute(inner: &mut Inner, id: u32) {
    let node = inner.nodes[id as usize];
    if !waits(inner, &node) {
        return;
    }
    let top = plan::top(inner, id);
    let whole = inner.nodes[top as usize].ty.number();
    let members = ready(inner, &[top], whole);
    let at = |inner: &Inner, id: u32| inner.nodes[id as usize].slot.at();
    let again: Vec<u32> =
        members.iter().copied().filter(|&m| m != id && inner.values.waiting[at(inner, m)].seen).collect();
    let (value, kept) =
        for_lane!(inner.types[whole].dtype, T => plan::value::<T>(inner, id, &members, &again));
    for &member in &members {
        let at = at(inner, member);
        inner.values.waiting[at].seen = true;
    }
    for (&id, value) in again.iter().zip(kept) {
        let at = at(inner, id);
        inner.values.large[at] = Some(value);
    }
    inner.values.large[node.slot.at()] = Some(value);
}

/// Appends a node whose value waits, made for its slot.
pub(crate) fn push(inner: &mut Inner, inputs: &[u32], node: impl FnOnce(Slot) -> Node) -> u32 {
    let weight = inputs.iter().fold(1u8, |sum, &i| {
        let node = &inner.nodes[i as usize];
        let waiting = waits(inner, node).then(|| inner.values.waiting[node.slot.at()].weight);
        sum.saturating_add(waiting.unwrap_or(0))
    });
    let slot = inner.values.push_large(None, weight);
    let id = inner.push(node(slot));
    if weight > LONGEST {
        compute(inner, id);
    }
    id
}

/// The number of the type of a row over these inputs of one element type, if its value waits.
#[track_caller]
pub(crate) fn type_of_row(inner: &mut Inner, row: &'static Row, x: &[Var<'_>]) -> Option<u32> {
    let ty = |x: &Var<'_>| *inner.ty(&inner.nodes[x.id as usize]);
    let (a, b) = (ty(&x[0]), ty(&x[x.len() - 1]));
    if !is_large(&a) && !is_large(&b) {
        return None;
    }
    Some(inner.types.intern(a.dtype, a.shape.broadcast_or_panic(&b.shape, row.name)))
}

/// The number of the type of an operation over these inputs, if its value waits.
pub(crate) fn type_of_op(inner: &mut Inner, kernels: Kernels<'_>, x: &[Var<'_>]) -> Option<u32> {
    let node = inner.nodes[x[0].id as usize];
    let ty = *inner.ty(&node);
    let alike = x.iter().all(|x| inner.ty(&inner.nodes[x.id as usize]).dtype == ty.dtype);
    if !alike || !is_large(&ty) {
        return None;
    }
    match kernels {
        Kernels::Total(_) => Some(inner.types.intern(ty.dtype, Shape::new(&[]))),
        Kernels::Runs(..) => ty.shape.last().is_some_and(|&n| n <= WIDEST).then(|| node.ty.number()),
        Kernels::Numeric(_) => None,
    }
}
