//! Recording: an operation is computed and put on the tape.

use std::panic::Location;
use std::rc::Rc;

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use crate::fast::store::{Slot, Ty};
use crate::fast::{lazy, rows, runs::Kernels};
use crate::node::{Leaf, Node};
use crate::op::Op;
use crate::ops::elementwise::row::Row;
use crate::tape::Tape;
use crate::var::Var;

impl Tape {
    /// Records an elementwise operation with one input; `c` is the number it carries.
    #[inline]
    #[track_caller]
    pub(crate) fn unary<'t>(&'t self, row: &'static Row, x: Var<'t>, c: f64) -> Var<'t> {
        let line = Location::caller();
        let mut borrow = self.inner.borrow_mut();
        let inner = &mut *borrow;
        let node = inner.nodes[x.id as usize];
        let Some(slot) = rows::small(inner, row, &node, &node, c) else {
            drop(borrow);
            return self.large(row, &[x], c, line);
        };
        let b = if row.has_number { inner.number(c) } else { x.id };
        let ty = node.ty.only_if(self.recording.get());
        let id = inner.push(Node::elementwise(row, (x.id, b), ty, slot, line));
        Var { tape: self, id }
    }

    /// Records an elementwise operation with two inputs, which broadcast.
    #[inline]
    #[track_caller]
    pub(crate) fn binary<'t>(&'t self, row: &'static Row, x: Var<'t>, y: Var<'t>) -> Var<'t> {
        self.check_operand(row.name, y);
        let line = Location::caller();
        let mut borrow = self.inner.borrow_mut();
        let inner = &mut *borrow;
        let (a, b) = (inner.nodes[x.id as usize], inner.nodes[y.id as usize]);
        let Some(slot) = rows::small(inner, row, &a, &b, 0.0) else {
            drop(borrow);
            return self.large(row, &[x, y], 0.0, line);
        };
        let ty = a.ty.or(b.ty).only_if(self.recording.get());
        let id = inner.push(Node::elementwise(row, (x.id, y.id), ty, slot, line));
        Var { tape: self, id }
    }

    /// A row over large or broadcast operands, or of two element types.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn large<'t>(
        &'t self,
        row: &'static Row,
        x: &[Var<'t>],
        c: f64,
        line: &'static Location<'static>,
    ) -> Var<'t> {
        let (a, b) = (x[0], x[x.len() - 1]);
        if a.dtype() != b.dtype() {
            let dtype = a.dtype().promote(b.dtype());
            return self.binary(row, a.to(dtype), b.to(dtype));
        }
        let second = if row.has_number { self.inner.borrow_mut().number(c) } else { b.id };
        let node = |ty, slot| Node::elementwise(row, (a.id, second), ty, slot, line);
        let waits = lazy::type_of_row(&mut self.inner.borrow_mut(), row, x);
        if let Some(ty) = waits {
            return self.wait(ty, &ids(x), node);
        }
        let value = row.value(&values(x), c);
        self.push_value(value, self.recording.get() && x.iter().any(|x| x.needs()), node)
    }

    /// Records a node whose value waits.
    fn wait(&self, number: u32, inputs: &[u32], node: impl FnOnce(Ty, Slot) -> Node) -> Var<'_> {
        let inner = &mut *self.inner.borrow_mut();
        let needs = self.recording.get() && inputs.iter().any(|&i| inner.nodes[i as usize].needs());
        let id = lazy::push(inner, inputs, |slot| node(Ty::new(number, needs).lazy(), slot));
        Var { tape: self, id }
    }

    /// Computes an operation and records it: the way in for everything that is not elementwise.
    ///
    /// # Panics
    /// If an input belongs to another tape.
    #[track_caller]
    pub fn apply<'t>(&'t self, op: impl Op, inputs: &[Var<'t>]) -> Var<'t> {
        self.check_inputs(op.name(), inputs);
        if let Some(ty) = self.waits(op.kernels(), inputs) {
            return self.push_op(Rc::new(op), inputs, Err(ty), Location::caller());
        }
        // Called statically and in no closure: a wrong shape panics at the caller's line.
        let value = op.forward(&values(inputs));
        self.record(op, inputs, value)
    }

    /// Records an operation whose value is known already.
    #[track_caller]
    pub(crate) fn record<'t>(&'t self, op: impl Op, inputs: &[Var<'t>], value: Tensor) -> Var<'t> {
        let line = Location::caller();
        if self.recording.get() {
            return self.push_op(Rc::new(op), inputs, Ok(value), line);
        }
        self.leaf(value, Leaf::Constant, false, line)
    }

    // What follows is not generic: it would be compiled for every operation.

    /// The type of a value that can wait.
    pub(crate) fn waits(&self, kernels: Option<Kernels<'_>>, inputs: &[Var<'_>]) -> Option<u32> {
        let kernels = kernels.filter(|_| self.recording.get())?;
        lazy::type_of_op(&mut self.inner.borrow_mut(), kernels, inputs)
    }

    /// Appends an operation with its value, or with the type of a value that waits.
    pub(crate) fn push_op<'t>(
        &'t self,
        op: Rc<dyn Op>,
        inputs: &[Var<'t>],
        value: Result<Tensor, u32>,
        line: &'static Location<'static>,
    ) -> Var<'t> {
        let ids = ids(inputs);
        let at = self.inner.borrow_mut().store_op(op, &ids);
        let node = |ty, slot| Node::op(at, ty, slot, line);
        match value {
            Ok(value) => {
                let needs = value.dtype().is_float() && inputs.iter().any(|x| x.needs());
                self.push_value(value, needs, node)
            }
            Err(ty) => self.wait(ty, &ids, node),
        }
    }
}

fn ids(inputs: &[Var<'_>]) -> SmallVec<[u32; 4]> {
    inputs.iter().map(|x| x.id).collect()
}

#[track_caller]
fn values(inputs: &[Var<'_>]) -> SmallVec<[Tensor; 4]> {
    let mut values = SmallVec::new();
    for x in inputs {
        values.push(x.value());
    }
    values
}
