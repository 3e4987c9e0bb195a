//! Where values and gradients lie, and the lists of a tape that are kept from one evaluation to the next.
//!
//! A small value (at most [`SMALL`] bytes) lies in one growing buffer of words, contiguous; a large one is a [`Tensor`]
//! of the pool. A [`Slot`] says which, in 32 bits. Gradients mirror the slots of their values. Everything here is safe
//! code: the bytes of `f32` and `f64` are read through casts that check size and alignment.

use std::collections::HashMap;

use bytemuck::{cast_slice, cast_slice_mut};
use gradus_tensor::{DType, Element, Shape, Tensor};

use super::for_lane;
use crate::node::Node;
use crate::tape::{Inner, Tape};

/// The largest size in bytes of a value that lies in the word buffer.
pub(crate) const SMALL: usize = 1024;
const LARGE: u32 = 1 << 31;

/// The place of a value: an offset into the words, or an index among the large tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(u32);

impl Slot {
    pub(crate) fn large(index: usize) -> Self {
        assert!(index < LARGE as usize, "a tape holds at most 2^31 large values");
        Self(index as u32 | LARGE)
    }

    #[inline]
    pub(crate) fn small(word: usize) -> Self {
        assert!(word < LARGE as usize, "a tape holds at most 2^31 words of small values");
        Self(word as u32)
    }

    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.0 & LARGE != 0
    }

    /// The word offset or the index.
    #[inline]
    pub(crate) fn at(self) -> usize {
        (self.0 & !LARGE) as usize
    }
}

/// A dtype and a shape, interned: two values have the same type when their ids are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
    pub(crate) n: usize,
    /// Words of a small value.
    pub(crate) words: usize,
}

impl Type {
    pub(crate) fn new(dtype: DType, shape: Shape) -> Self {
        let n = shape.elements();
        Self { dtype, shape, n, words: (n * dtype.size()).div_ceil(8) }
    }

    #[inline]
    pub(crate) fn is_small(&self) -> bool {
        self.words * 8 <= SMALL && self.dtype.is_float()
    }
}

/// The first `n` elements of some words.
#[inline(always)]
pub(crate) fn read<T: Element>(words: &[u64], n: usize) -> &[T] {
    &cast_slice(words)[..n]
}

/// The first `n` elements of some words, for writing.
#[inline(always)]
pub(crate) fn write<T: Element>(words: &mut [u64], n: usize) -> &mut [T] {
    &mut cast_slice_mut(words)[..n]
}

/// Copies a small value out into a tensor.
pub(crate) fn to_tensor(words: &[u64], ty: &Type) -> Tensor {
    for_lane!(ty.dtype, T => Tensor::build::<T>(ty.shape, |out| out.copy_from_slice(read(words, ty.n))))
}

/// Copies a tensor into words, in row-major order.
pub(crate) fn from_tensor(tensor: &Tensor, words: &mut [u64]) {
    let tensor = tensor.contiguous();
    let n = tensor.elements();
    for_lane!(tensor.dtype(), T => write::<T>(words, n).copy_from_slice(tensor.as_slice()));
}

/// Adds a tensor to the value in some words.
fn add_tensor(tensor: &Tensor, words: &mut [u64]) {
    let tensor = tensor.contiguous();
    for_lane!(tensor.dtype(), T => {
        let x = tensor.as_slice::<T>();
        for (y, &x) in write::<T>(words, x.len()).iter_mut().zip(x) {
            *y += x;
        }
    });
}

/// A word buffer that keeps its length between uses, so that a warm one zeroes nothing, and the large tensors.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pub(crate) words: Vec<u64>,
    pub(crate) top: usize,
    pub(crate) large: Vec<Option<Tensor>>,
    /// For each large value, what is known while it waits to be computed.
    pub(crate) waiting: Vec<Waiting>,
}

/// What is known of a value that waits to be computed (see [`super::lazy`]).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waiting {
    /// At least how many operations have to run for it.
    pub(crate) weight: u8,
    /// Whether they have been run before, as part of another value.
    pub(crate) seen: bool,
}

impl Values {
    /// A new large value, or the place of one.
    pub(crate) fn push_large(&mut self, value: Option<Tensor>, weight: u8) -> Slot {
        self.large.push(value);
        self.waiting.push(Waiting { weight, seen: false });
        Slot::large(self.large.len() - 1)
    }

    /// Forgets the large values from the given number on.
    pub(crate) fn truncate_large(&mut self, count: usize) {
        self.large.truncate(count);
        self.waiting.truncate(count);
    }

    /// Room for `words` more words; returns where it starts.
    #[inline]
    pub(crate) fn room(&mut self, words: usize) -> usize {
        let start = self.top;
        self.top += words;
        if self.top > self.words.len() {
            self.grow();
        }
        start
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let length = (self.words.len() * 2).max(self.top).max(1024);
        self.words.resize(length, 0);
    }

    /// Stores a tensor: its elements in the words if it is small, else itself.
    pub(crate) fn store(&mut self, tensor: Tensor, ty: &Type) -> Slot {
        if ty.is_small() {
            let at = self.room(ty.words);
            from_tensor(&tensor, &mut self.words[at..]);
            Slot::small(at)
        } else {
            self.push_large(Some(tensor), 0)
        }
    }

    /// Gives the memory of a large value back.
    pub(crate) fn release(&mut self, slot: Slot) {
        if slot.is_large() {
            self.large[slot.at()] = None;
        }
    }

    /// Whether the value in a slot is there: neither freed nor still to be computed.
    pub(crate) fn is_there(&self, slot: Slot) -> bool {
        !slot.is_large() || self.large[slot.at()].is_some()
    }

    /// The value in a slot as a tensor: a copy of a small one, another owner of a large one.
    #[track_caller]
    pub(crate) fn tensor(&self, slot: Slot, ty: &Type) -> Tensor {
        if slot.is_large() {
            self.large[slot.at()].clone().expect("the value was freed by the backward sweep")
        } else {
            to_tensor(&self.words[slot.at()..], ty)
        }
    }
}

/// Types by number.
#[derive(Default)]
pub(crate) struct Types {
    list: Vec<Type>,
    /// By content, consulted when there are too many to scan.
    index: HashMap<(DType, Shape), u32>,
}

impl Types {
    /// The number of a type, new or known.
    pub(crate) fn intern(&mut self, dtype: DType, shape: Shape) -> u32 {
        const SCAN: usize = 16;
        let recent = self.list.len().saturating_sub(SCAN);
        let found = self.list[recent..].iter().rposition(|t| t.dtype == dtype && t.shape == shape);
        if let Some(i) = found {
            return (recent + i) as u32;
        }
        let list = &mut self.list;
        *self.index.entry((dtype, shape)).or_insert_with(|| {
            list.push(Type::new(dtype, shape));
            list.len() as u32 - 1
        })
    }
}

impl std::ops::Index<u32> for Types {
    type Output = Type;
    #[inline]
    fn index(&self, number: u32) -> &Type {
        &self.list[number as usize]
    }
}

/// What a sweep keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Keep {
    /// Values and all gradients, for looking.
    #[default]
    All,
    /// Gradients of leaves; values and other gradients are freed as they are passed.
    Leaves,
}

/// The gradients of a tape's values, in the same slots.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    pub(crate) words: Vec<u64>,
    pub(crate) large: Vec<Option<Tensor>>,
    /// Which nodes have received anything.
    pub(crate) reached: Vec<bool>,
    pub(crate) keep: Keep,
}

impl Mirror {
    /// Zeroes for a tape of this size.
    pub(crate) fn clear(&mut self, values: &Values, nodes: usize, keep: Keep) {
        self.words.clear();
        self.words.resize(values.top, 0);
        self.large.clear();
        self.large.resize(values.large.len(), None);
        self.reached.clear();
        self.reached.resize(nodes, false);
        self.keep = keep;
    }

    /// The gradient in a slot as a tensor.
    pub(crate) fn tensor(&self, slot: Slot, ty: &Type) -> Option<Tensor> {
        if slot.is_large() {
            self.large[slot.at()].clone()
        } else {
            Some(to_tensor(&self.words[slot.at()..], ty))
        }
    }

    /// As [`Self::tensor`], for the last time if only the leaves' gradients are kept.
    pub(crate) fn take(&mut self, slot: Slot, ty: &Type) -> Option<Tensor> {
        if slot.is_large() && self.keep == Keep::Leaves {
            self.large[slot.at()].take()
        } else {
            self.tensor(slot, ty)
        }
    }

    /// Adds a contribution of the slot's own type.
    pub(crate) fn add(&mut self, slot: Slot, ty: &Type, contribution: Tensor) {
        debug_assert_eq!(*contribution.shape(), ty.shape);
        if !slot.is_large() {
            return add_tensor(&contribution, &mut self.words[slot.at()..]);
        }
        match &mut self.large[slot.at()] {
            empty @ None => *empty = Some(contribution),
            Some(sum) => gradus_tensor::elementwise::add_assign(sum, &contribution),
        }
    }
}

/// Lengths of a tape's lists, to return to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    nodes: usize,
    top: usize,
    large: usize,
    numbers: usize,
    edges: usize,
    ops: usize,
    params: usize,
}

impl Inner {
    /// Forgets all nodes and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.values.top = 0;
        self.values.truncate_large(0);
        self.numbers.clear();
        self.edges.clear();
        self.ops.clear();
        self.params.clear();
        self.updates.clear();
        if self.types.list.len() > 1024 {
            self.types = Types::default();
        }
    }

    #[inline]
    pub(crate) fn number(&mut self, c: f64) -> u32 {
        self.numbers.push(c);
        self.numbers.len() as u32 - 1
    }

    /// The dtype and shape of a node.
    #[inline]
    pub(crate) fn ty(&self, node: &Node) -> &Type {
        &self.types[node.ty.number()]
    }
}

impl Tape {
    pub(crate) fn mark(&self) -> Mark {
        let inner = self.inner.borrow();
        Mark {
            nodes: inner.nodes.len(),
            top: inner.values.top,
            large: inner.values.large.len(),
            numbers: inner.numbers.len(),
            edges: inner.edges.len(),
            ops: inner.ops.len(),
            params: inner.params.len(),
        }
    }

    /// Forgets everything recorded since the mark.
    pub(crate) fn truncate(&self, mark: Mark) {
        let inner = &mut *self.inner.borrow_mut();
        inner.nodes.truncate(mark.nodes);
        inner.values.top = mark.top;
        inner.values.truncate_large(mark.large);
        inner.numbers.truncate(mark.numbers);
        inner.edges.truncate(mark.edges);
        inner.ops.truncate(mark.ops);
        inner.params.truncate(mark.params);
    }

    /// Bytes held by nodes, small values and side lists. (Large values are counted by `gradus::memory()`.)
    pub fn bytes(&self) -> usize {
        let inner = self.inner.borrow();
        let mirror = self.spare.borrow();
        inner.nodes.len() * size_of::<Node>()
            + inner.values.top * 8
            + inner.values.large.len() * size_of::<Option<Tensor>>()
            + inner.numbers.len() * 8
            + inner.edges.len() * 4
            + mirror.words.len() * 8
            + mirror.reached.len()
    }
}
