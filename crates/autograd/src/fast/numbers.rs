//! Values of one number: cheap rows over them, forward and back, without loops, and leaves and gradients of many of them,
//! without a tensor for each.

use std::panic::Location;

use gradus_tensor::{DType, Tensor, kernel::Real};

use super::lists::Inner;
use super::store::{Mirror, Slot, Ty, Values, get, get_mut};
use super::{Lane, for_lane};
use crate::gradients::Gradients;
use crate::node::{Leaf, Node};
use crate::ops::elementwise::row::Row;
use crate::tape::Tape;
use crate::var::Var;

/// A cheap row over single numbers of one type; `None` where it is not cheap.
#[inline(always)]
pub(crate) fn value<T: Lane>(
    values: &mut Values,
    row: &'static Row,
    a: Slot,
    b: Slot,
    c: f64,
) -> Option<Slot> {
    let one = T::loops(row).one.as_ref()?;
    let y = (one.value)(get(&values.words, a), get(&values.words, b), T::of(c));
    let slot = Slot::small(values.room(1));
    *get_mut(&mut values.words, slot) = y;
    Some(slot)
}

/// The way back of cheap rows over single numbers, from below `next` down to the first node that is something else; returns
/// the end of what is left.
#[inline(never)]
pub(crate) fn pull(inner: &Inner, mut next: usize, mirror: &mut Mirror) -> usize {
    while next > 0 {
        let node = &inner.nodes[next - 1];
        let Some(dtype) = node.ty.of_number() else { return next };
        if mirror.reached[next - 1] && !node.is_leaf() {
            let Some(row) = node.row().filter(|_| node.needs()) else { return next };
            if !for_lane!(dtype, T => pull_one::<T>(inner, row, node, mirror)) {
                return next;
            }
        }
        next -= 1;
    }
    0
}

/// One step of [`pull`]: `g += dy · slope` in each input.
#[inline(always)]
fn pull_one<T: Lane>(inner: &Inner, row: &'static Row, node: &Node, mirror: &mut Mirror) -> bool {
    let Some(one) = &T::loops(row).one else { return false };
    let unary = row.arity == 1;
    let a = &inner.nodes[node.a as usize];
    let b = if unary { a } else { &inner.nodes[node.b as usize] };
    // Both have the node's type, but one may be a total that waits, or did.
    if a.ty.or(b.ty).of_number().is_none() {
        return false;
    }
    let words = &inner.values.words;
    let c = if row.has_number { inner.numbers[node.b as usize] } else { 0.0 };
    let (x, y, value) = (get(words, a.slot), get(words, b.slot), get(words, node.slot));
    let slopes = (one.slopes)(x, y, value, T::of(c));
    let dy: T = get(&mirror.words, node.slot);
    let mut give = |i: usize, input: &Node, id: u32, slope: T| {
        if input.needs() {
            if row.is_flat(i, c) {
                mirror.flat.push(id);
            } else {
                *get_mut::<T>(&mut mirror.words, input.slot) += dy * slope;
                mirror.reached[id as usize] = true;
            }
        }
    };
    give(0, a, node.a, slopes.0);
    if !unary {
        give(1, b, node.b, slopes.1);
    }
    true
}

impl Tape {
    /// A variable for each number: what [`var`](Self::var) makes of each, a 0-d F64 value whose gradient is wanted, without a
    /// tensor for each.
    ///
    /// ```
    /// use gradus_autograd::{Tape, Var};
    /// let tape = Tape::new();
    /// let x = tape.vars(&[3.0, 4.0]);
    /// let norm = x.iter().map(|&x| x * x).sum::<Var>().sqrt();
    /// let slopes = norm.backward().items(&x);
    /// assert!((slopes[0] - 0.6).abs() < 1e-15 && (slopes[1] - 0.8).abs() < 1e-15);
    /// ```
    #[track_caller]
    pub fn vars(&self, values: &[f64]) -> Vec<Var<'_>> {
        let line = Location::caller();
        let needs = self.recording.get();
        let leaf = if needs { Leaf::Variable } else { Leaf::Constant };
        let inner = &mut *self.inner.borrow_mut();
        let ty = Ty::number_of(DType::F64, needs);
        let mut vars = Vec::with_capacity(values.len());
        for &x in values {
            let slot = Slot::small(inner.values.room(1));
            *get_mut(&mut inner.values.words, slot) = x;
            vars.push(Var { tape: self, id: inner.push(Node::leaf(leaf, ty, slot, line)) });
        }
        vars
    }

    /// A leaf with the value of a tensor: a small one is copied, a large one gets another owner.
    pub(crate) fn leaf_of(
        &self,
        value: &Tensor,
        leaf: Leaf,
        needs: bool,
        line: &'static Location<'static>,
    ) -> Var<'_> {
        let mut borrow = self.inner.borrow_mut();
        let inner = &mut *borrow;
        let number = inner.types.intern(value.dtype(), *value.shape());
        let ty = &inner.types[number];
        if !ty.is_small() {
            drop(borrow);
            return self.leaf(value.clone(), leaf, needs, line);
        }
        let slot = inner.values.store_small(value, ty);
        let id = inner.push(Node::leaf(leaf, Ty::new(number, needs), slot, line));
        Var { tape: self, id }
    }
}

impl Gradients {
    /// The gradients in variables of one number each: `wrt(x).item()` of each, without a tensor for each.
    ///
    /// # Panics
    /// As [`wrt`](Self::wrt), or if a variable has not exactly one element.
    #[track_caller]
    pub fn items(&self, x: &[Var<'_>]) -> Vec<f64> {
        let mut items = Vec::with_capacity(x.len());
        for &x in x {
            items.push(match self.number(x) {
                Some(item) => item,
                None => self.wrt(x).item(),
            });
        }
        items
    }

    /// The gradient in a single number that got one.
    fn number(&self, x: Var<'_>) -> Option<f64> {
        if self.tape != x.tape.id.get() || !*self.nodes.reached.get(x.index())? {
            return None;
        }
        let node = x.tape.inner.borrow().nodes[x.index()];
        let dtype = node.ty.of_number()?;
        Some(for_lane!(dtype, T => get::<T>(&self.nodes.words, node.slot).to_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_one_by_one() {
        let tape = Tape::new();
        let x = tape.vars(&[0.5, -2.0, 3.0]);
        let one_by_one = [0.5, -2.0, 3.0].map(|x| tape.var(x));
        fn f<'t>(x: &[Var<'t>]) -> Var<'t> {
            (x[0] * x[1]).tanh() + x[1] * x[1] - 1.0 / x[0]
        }
        let (a, b) = (f(&x).backward(), f(&one_by_one).backward());
        assert_eq!(a.items(&x), one_by_one.map(|x| b.wrt(x).item()));
        assert_eq!(a.items(&x)[2], 0.0, "it was not used");
        assert_eq!(f(&x).backward_with(&Tensor::scalar(0.0)).items(&x), [0.0; 3]);
    }

    #[test]
    fn other_types_and_inference() {
        let tape = Tape::new();
        let x = [tape.var(2f32), tape.var(Tensor::from([3.0])), tape.var(4.0)];
        let y = x[0] * x[1].sum() * x[2];
        assert_eq!(y.backward().items(&x), [12.0, 8.0, 6.0]);
        let tape = Tape::inference();
        assert!(!tape.vars(&[1.0])[0].needs());
        assert!(tape.vars(&[]).is_empty());
    }

    #[test]
    #[should_panic(expected = "wrt: these gradients are of another tape")]
    fn of_another_tape() {
        let (tape, other) = (Tape::new(), Tape::new());
        let x = tape.vars(&[1.0]);
        (x[0] * x[0]).backward().items(&other.vars(&[1.0]));
    }

    #[test]
    #[should_panic(expected = "not one")]
    fn of_several_elements() {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([1.0, 2.0]));
        x.sum().backward().items(&[x]);
    }
}
