//! Where values and gradients lie.
//!
//! A small value (at most [`SMALL`] bytes) lies in one growing buffer of words, contiguous; a large one is a [`Tensor`]
//! of the pool. A [`Slot`] says which, in 32 bits. Gradients mirror the slots of their values. Everything here is safe
//! code: the bytes of `f32` and `f64` are read through casts that check size and alignment.

use bytemuck::{cast_slice, cast_slice_mut};
use gradus_tensor::{DType, Element, Shape, Tensor};

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
    match ty.dtype {
        DType::F32 => Tensor::build::<f32>(ty.shape, |out| out.copy_from_slice(read(words, ty.n))),
        DType::F64 => Tensor::build::<f64>(ty.shape, |out| out.copy_from_slice(read(words, ty.n))),
        other => unreachable!("{other} values are never small"),
    }
}

/// Copies a tensor into words, in row-major order.
pub(crate) fn from_tensor(tensor: &Tensor, words: &mut [u64]) {
    let tensor = tensor.contiguous();
    match tensor.dtype() {
        DType::F32 => write::<f32>(words, tensor.elements()).copy_from_slice(tensor.as_slice()),
        DType::F64 => write::<f64>(words, tensor.elements()).copy_from_slice(tensor.as_slice()),
        other => unreachable!("{other} values are never small"),
    }
}

/// Adds a tensor to the value in some words.
pub(crate) fn add_tensor(tensor: &Tensor, words: &mut [u64]) {
    fn add<T: Element + std::ops::AddAssign>(x: &[T], y: &mut [T]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
    let tensor = tensor.contiguous();
    match tensor.dtype() {
        DType::F32 => add(tensor.as_slice::<f32>(), write(words, tensor.elements())),
        DType::F64 => add(tensor.as_slice::<f64>(), write(words, tensor.elements())),
        other => unreachable!("{other} values are never small"),
    }
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

/// What is known of a value that waits to be computed (see [`crate::lazy`]).
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

/// The gradients of a tape's values, in the same slots.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    pub(crate) words: Vec<u64>,
    pub(crate) large: Vec<Option<Tensor>>,
    /// Which nodes have received anything.
    pub(crate) reached: Vec<bool>,
}

impl Mirror {
    /// Zeroes for a tape of this size.
    pub(crate) fn clear(&mut self, values: &Values, nodes: usize) {
        self.words.clear();
        self.words.resize(values.top, 0);
        self.large.clear();
        self.large.resize(values.large.len(), None);
        self.reached.clear();
        self.reached.resize(nodes, false);
    }

    /// The gradient in a slot as a tensor.
    pub(crate) fn tensor(&self, slot: Slot, ty: &Type) -> Option<Tensor> {
        if slot.is_large() {
            self.large[slot.at()].clone()
        } else {
            Some(to_tensor(&self.words[slot.at()..], ty))
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
