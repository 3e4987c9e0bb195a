//! Recording: how an operation is computed and put on the tape.
//!
//! The hot path, an elementwise row over small values of one type, is a few lines: look at the inputs, take room in the
//! word buffer, split it at the output, run the row's kernel, push 32 bytes. Everything else is in cold functions.

use std::panic::Location;
use std::rc::Rc;

use gradus_tensor::{DType, Tensor};
use smallvec::SmallVec;

use crate::lazy;
use crate::op::Op;
use crate::row::Row;
use crate::slot::{Slot, read, write};
use crate::tape::{CONSTANT, NEEDS, Node, OP, TYPE, Tape};
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
        if node.slot.is_large() {
            drop(borrow);
            return self.unary_large(row, x, c, line);
        }
        let ty = inner.types[node.type_id() as usize];
        let at = inner.values.room(ty.words);
        let (before, after) = inner.values.words.split_at_mut(at);
        let x_words = &before[node.slot.at()..];
        if ty.dtype == DType::F32 {
            let x = read::<f32>(x_words, ty.n);
            (row.f32.forward)(x, x, c as f32, write(after, ty.n));
        } else {
            let x = read::<f64>(x_words, ty.n);
            (row.f64.forward)(x, x, c, write(after, ty.n));
        }
        let b = if row.has_number { inner.number(c) } else { x.id };
        let ty = if self.recording.get() { node.ty } else { node.ty & !NEEDS };
        let id = inner.push(Node { row, a: x.id, b, ty, slot: Slot::small(at), line });
        Var { tape: self, id }
    }

    /// Records an elementwise operation with two inputs, which broadcast.
    #[inline]
    #[track_caller]
    pub(crate) fn binary<'t>(&'t self, row: &'static Row, x: Var<'t>, y: Var<'t>) -> Var<'t> {
        debug_assert!(std::ptr::eq(self, y.tape));
        let line = Location::caller();
        let mut borrow = self.inner.borrow_mut();
        let inner = &mut *borrow;
        let (a, b) = (inner.nodes[x.id as usize], inner.nodes[y.id as usize]);
        if (a.ty ^ b.ty) & TYPE != 0 || a.slot.is_large() || b.slot.is_large() {
            drop(borrow);
            return self.binary_general(row, x, y, line);
        }
        let ty = inner.types[a.type_id() as usize];
        let at = inner.values.room(ty.words);
        let (before, after) = inner.values.words.split_at_mut(at);
        let (a_words, b_words) = (&before[a.slot.at()..], &before[b.slot.at()..]);
        if ty.dtype == DType::F32 {
            (row.f32.forward)(read(a_words, ty.n), read(b_words, ty.n), 0.0, write(after, ty.n));
        } else {
            (row.f64.forward)(read(a_words, ty.n), read(b_words, ty.n), 0.0, write(after, ty.n));
        }
        let ty = if self.recording.get() { a.ty | b.ty } else { a.ty & !NEEDS };
        let id = inner.push(Node { row, a: x.id, b: y.id, ty, slot: Slot::small(at), line });
        Var { tape: self, id }
    }

    #[cold]
    #[inline(never)]
    fn unary_large<'t>(
        &'t self,
        row: &'static Row,
        x: Var<'t>,
        c: f64,
        line: &'static Location<'static>,
    ) -> Var<'t> {
        if let Some(y) = self.unary_waiting(row, x, c, line) {
            return y;
        }
        let value = x.value();
        let y = match value.dtype() {
            DType::F32 => gradus_tensor::elementwise::map::<f32, f32>(&value, row.cost, &|x, y| {
                (row.f32.forward)(x, x, c as f32, y);
            }),
            DType::F64 => gradus_tensor::elementwise::map::<f64, f64>(&value, 2.0 * row.cost, &|x, y| {
                (row.f64.forward)(x, x, c, y);
            }),
            other => panic!(
                "{}: needs floats, got {other} (recorded at {line}); convert with .to(DType::F32)",
                row.name
            ),
        };
        let b = if row.has_number { self.inner.borrow_mut().number(c) } else { x.id };
        self.push_result(y, row, x.id, b, x.needs(), line)
    }

    /// A row over a value so large that its result waits.
    fn unary_waiting<'t>(
        &'t self,
        row: &'static Row,
        x: Var<'t>,
        c: f64,
        line: &'static Location<'static>,
    ) -> Option<Var<'t>> {
        let (ty, b) = {
            let inner = &mut *self.inner.borrow_mut();
            let node = inner.nodes[x.id as usize];
            if !lazy::is_large(inner.ty(&node)) {
                return None;
            }
            (node.type_id(), if row.has_number { inner.number(c) } else { x.id })
        };
        Some(self.wait(row, (x.id, b), ty, &[x.id], line))
    }

    /// As [`Self::unary_waiting`] for two values of one element type.
    #[track_caller]
    fn binary_waiting<'t>(
        &'t self,
        row: &'static Row,
        x: Var<'t>,
        y: Var<'t>,
        line: &'static Location<'static>,
    ) -> Option<Var<'t>> {
        let ty = {
            let inner = &mut *self.inner.borrow_mut();
            let (a, b) = (*inner.ty(&inner.nodes[x.id as usize]), *inner.ty(&inner.nodes[y.id as usize]));
            if !lazy::is_large(&a) && !lazy::is_large(&b) {
                return None;
            }
            inner.intern(a.dtype, a.shape.broadcast_or_panic(&b.shape, row.name))
        };
        Some(self.wait(row, (x.id, y.id), ty, &[x.id, y.id], line))
    }

    /// Broadcast, mixed or large operands.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn binary_general<'t>(
        &'t self,
        row: &'static Row,
        x: Var<'t>,
        y: Var<'t>,
        line: &'static Location<'static>,
    ) -> Var<'t> {
        let dtype = x.dtype().promote(y.dtype());
        if x.dtype() != y.dtype() {
            return self.binary(row, x.to(dtype), y.to(dtype));
        }
        if let Some(y) = self.binary_waiting(row, x, y, line) {
            return y;
        }
        let (a, b) = (x.value(), y.value());
        let value = match dtype {
            DType::F32 => {
                gradus_tensor::elementwise::zip::<f32, f32>(&a, &b, row.name, row.cost, &|a, b, y| {
                    (row.f32.forward)(a, b, 0.0, y);
                })
            }
            DType::F64 => {
                gradus_tensor::elementwise::zip::<f64, f64>(&a, &b, row.name, 2.0 * row.cost, &|a, b, y| {
                    (row.f64.forward)(a, b, 0.0, y);
                })
            }
            other => panic!("{}: needs floats, got {other}; convert with .to(DType::F32)", row.name),
        };
        self.push_result(value, row, x.id, y.id, x.needs() || y.needs(), line)
    }

    fn push_result(
        &self,
        value: Tensor,
        row: &'static Row,
        a: u32,
        b: u32,
        needs: bool,
        line: &'static Location<'static>,
    ) -> Var<'_> {
        let var = self.leaf(value, row, needs && self.recording.get(), line);
        let node = &mut self.inner.borrow_mut().nodes[var.id as usize];
        (node.a, node.b) = (a, b);
        var
    }

    /// Computes an operation and records it: the way in for everything that is not elementwise.
    ///
    /// # Panics
    /// If an input belongs to another tape.
    #[track_caller]
    pub fn apply<'t>(&'t self, op: impl Op, inputs: &[Var<'t>]) -> Var<'t> {
        self.check_inputs(op.name(), inputs);
        if self.recording.get()
            && let Some(blocks) = op.blocks()
            && let Some(ty) = self.waiting_type(blocks, inputs)
        {
            let ids = ids(inputs);
            let at = self.push_op(Rc::new(op), &ids);
            return self.wait(&OP, at, ty, &ids, Location::caller());
        }
        let values = values(inputs);
        let value = op.forward(&values);
        drop(values);
        self.record(op, inputs, value)
    }

    // What follows is not generic: it would be compiled for every operation.

    #[track_caller]
    fn check_inputs(&self, name: &str, inputs: &[Var<'_>]) {
        for x in inputs {
            assert!(std::ptr::eq(self, x.tape), "{name}: an input belongs to another tape");
        }
    }

    /// Records an operation whose value is known already.
    #[track_caller]
    pub(crate) fn record<'t>(&'t self, op: impl Op, inputs: &[Var<'t>], value: Tensor) -> Var<'t> {
        let line = Location::caller();
        if self.recording.get() {
            return self.record_shared(Rc::new(op), inputs, value, line);
        }
        self.leaf(value, &CONSTANT, false, line)
    }

    fn record_shared<'t>(
        &'t self,
        op: Rc<dyn Op>,
        inputs: &[Var<'t>],
        value: Tensor,
        line: &'static Location<'static>,
    ) -> Var<'t> {
        let needs = value.dtype().is_float() && inputs.iter().any(|x| x.needs());
        let var = self.leaf(value, &OP, needs, line);
        let at = self.push_op(op, &ids(inputs));
        let node = &mut self.inner.borrow_mut().nodes[var.id as usize];
        (node.a, node.b) = at;
        var
    }

    /// Stores an operation and its inputs; returns where they lie.
    fn push_op(&self, op: Rc<dyn Op>, inputs: &[u32]) -> (u32, u32) {
        let inner = &mut *self.inner.borrow_mut();
        let start = inner.edges.len() as u32;
        inner.edges.push(inputs.len() as u32);
        inner.edges.extend(inputs);
        inner.ops.push(op);
        (start, inner.ops.len() as u32 - 1)
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
