//! Large values that wait: they are computed when somebody asks for them, together with what they are computed from,
//! block by block.
//!
//! An elementwise operation on 40 MB costs what it takes to read and write 40 MB, many times the arithmetic. So a row of
//! the elementwise table (and a function of whole rows, and a total) over values of at least [`fuse_above`] bytes is
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

use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};

use gradus_tensor::{DType, Tensor};

use crate::op::Blocks;
use crate::row::Row;
use crate::slot::Type;
use crate::tape::{Inner, LAZY, NEEDS, Node, Tape};
use crate::var::Var;

pub(crate) use gradient::pull;

/// A value that waits on more operations than this is computed at once, so that programs stay short.
const LONGEST: u8 = 32;
/// Rows longer than this do not stay in the cache.
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
    node.is_lazy() && inner.values.large[node.slot.at()].is_none()
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
    let whole = inner.nodes[top as usize].type_id();
    let members = ready(inner, &[top], whole);
    let at = |inner: &Inner, id: u32| inner.nodes[id as usize].slot.at();
    let again: Vec<u32> =
        members.iter().copied().filter(|&m| m != id && inner.values.waiting[at(inner, m)].seen).collect();
    let (value, kept) = match inner.types[whole as usize].dtype {
        DType::F32 => plan::value::<f32>(inner, id, &members, &again),
        _ => plan::value::<f64>(inner, id, &members, &again),
    };
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

impl Tape {
    /// Records an operation whose value waits.
    pub(crate) fn wait(
        &self,
        row: &'static Row,
        (a, b): (u32, u32),
        ty: u32,
        inputs: &[u32],
        line: &'static Location<'static>,
    ) -> Var<'_> {
        let inner = &mut *self.inner.borrow_mut();
        let needs = inputs.iter().any(|&i| inner.nodes[i as usize].needs()) && self.recording.get();
        let weight = inputs.iter().fold(1u8, |sum, &i| {
            let node = &inner.nodes[i as usize];
            if waits(inner, node) {
                sum.saturating_add(inner.values.waiting[node.slot.at()].weight)
            } else {
                sum
            }
        });
        let slot = inner.values.push_large(None, weight);
        let ty = ty | LAZY | if needs { NEEDS } else { 0 };
        let id = inner.push(Node { row, a, b, ty, slot, line });
        if weight > LONGEST {
            compute(inner, id);
        }
        Var { tape: self, id }
    }

    /// Whether an operation over these inputs waits, and the type of its value.
    pub(crate) fn waiting_type(&self, blocks: Blocks, inputs: &[Var<'_>]) -> Option<u32> {
        let inner = &mut *self.inner.borrow_mut();
        let node = inner.nodes[inputs[0].id as usize];
        let ty = *inner.ty(&node);
        let alike = inputs.iter().all(|x| inner.ty(&inner.nodes[x.id as usize]).dtype == ty.dtype);
        if !alike || !is_large(&ty) {
            return None;
        }
        match blocks {
            Blocks::Total(_) => Some(inner.intern(ty.dtype, gradus_tensor::Shape::new(&[]))),
            Blocks::Rows(..) => ty.shape.last().is_some_and(|&n| n <= WIDEST).then(|| node.type_id()),
        }
    }
}

impl Inner {
    /// The value of a node, computed now if it waits.
    #[track_caller]
    pub(crate) fn value(&mut self, id: u32) -> Tensor {
        compute(self, id);
        let node = &self.nodes[id as usize];
        self.values.tensor(node.slot, self.ty(node))
    }
}
