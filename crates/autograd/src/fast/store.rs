//! Where values and gradients lie.
//!
//! A small value (at most [`SMALL`] bytes) lies in one growing buffer of words, contiguous; a large one is a [`Tensor`]
//! of the pool. A [`Slot`] says which, in 32 bits. Gradients mirror the slots of their values. Everything here is safe
//! code: the bytes of `f32` and `f64` are read through casts that check size and alignment.

use bytemuck::{cast_slice, cast_slice_mut};
use gradus_tensor::{DType, Element, Shape, Tensor};

use super::for_lane;

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

/// The type of a node: the number of a dtype and shape (see [`Type`]), whether a gradient is wanted,
/// and whether the value is computed when it is asked for (see [`lazy`](super::lazy)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ty(u32);

const NEEDS: u32 = 1 << 31;
const LAZY: u32 = 1 << 30;

/// The numbers of the types that a single number has.
pub(crate) const NUMBERS: [DType; 2] = [DType::F64, DType::F32];

impl Ty {
    pub(crate) fn new(number: u32, needs: bool) -> Self {
        Self(if needs { number | NEEDS } else { number })
    }

    /// The type of a single number of rank 0, of a float type.
    pub(crate) fn number_of(dtype: DType, needs: bool) -> Self {
        Self::new(u32::from(dtype != NUMBERS[0]), needs)
    }

    /// The number of the dtype and shape.
    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.0 & !(NEEDS | LAZY)
    }

    #[inline]
    pub(crate) fn needs(self) -> bool {
        self.0 & NEEDS != 0
    }

    /// The element type of a single number of rank 0 that does not wait; it lies among the words.
    #[inline(always)]
    pub(crate) fn of_number(self) -> Option<DType> {
        match self.0 & !NEEDS {
            0 => Some(NUMBERS[0]),
            1 => Some(NUMBERS[1]),
            _ => None,
        }
    }

    pub(crate) fn is_lazy(self) -> bool {
        self.0 & LAZY != 0
    }

    pub(crate) fn lazy(self) -> Self {
        Self(self.0 | LAZY)
    }

    /// This type, with a gradient only if `wanted`.
    #[inline]
    pub(crate) fn only_if(self, wanted: bool) -> Self {
        Self(if wanted { self.0 } else { self.0 & !NEEDS })
    }

    /// This type, with a gradient if either wants one; of small values of one dtype and shape.
    #[inline]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether both have the same dtype and shape.
    #[inline]
    pub(crate) fn same(self, other: Self) -> bool {
        (self.0 ^ other.0) & !(NEEDS | LAZY) == 0
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

/// The number in a slot.
#[inline(always)]
pub(crate) fn get<T: Element>(words: &[u64], slot: Slot) -> T {
    read(std::slice::from_ref(&words[slot.at()]), 1)[0]
}

/// The number in a slot, for writing.
#[inline(always)]
pub(crate) fn get_mut<T: Element>(words: &mut [u64], slot: Slot) -> &mut T {
    &mut write(std::slice::from_mut(&mut words[slot.at()]), 1)[0]
}

/// Copies a small value out into a tensor.
pub(crate) fn to_tensor(words: &[u64], ty: &Type) -> Tensor {
    for_lane!(ty.dtype, T => Tensor::build::<T>(ty.shape, |out| out.copy_from_slice(read(words, ty.n))))
}

/// Copies a tensor into words, in row-major order.
pub(crate) fn from_tensor(tensor: &Tensor, words: &mut [u64]) {
    if !tensor.is_contiguous() {
        return from_tensor(&tensor.contiguous(), words);
    }
    for_lane!(tensor.dtype(), T => {
        let x = tensor.as_slice::<T>();
        write(words, x.len()).copy_from_slice(x);
    });
}

/// Adds a tensor to the value in some words.
fn add_tensor(tensor: &Tensor, words: &mut [u64]) {
    if !tensor.is_contiguous() {
        return add_tensor(&tensor.contiguous(), words);
    }
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

    /// Zeroes a stretch that is soon filled: not all the room there is, whose pages might never be touched.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        const STRETCH: usize = 1 << 16;
        let length = self.top + self.top.clamp(1024, STRETCH);
        room_for(&mut self.words, length);
        self.words.resize(length, 0);
    }

    /// Stores a tensor: its elements in the words if it is small, else itself.
    pub(crate) fn store(&mut self, tensor: Tensor, ty: &Type) -> Slot {
        if ty.is_small() { self.store_small(&tensor, ty) } else { self.push_large(Some(tensor), 0) }
    }

    /// As [`Self::store`], of a small value that stays its owner's.
    pub(crate) fn store_small(&mut self, tensor: &Tensor, ty: &Type) -> Slot {
        let at = self.room(ty.words);
        from_tensor(tensor, &mut self.words[at..]);
        Slot::small(at)
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

/// Room for so many elements in all, for at least twice as many as before. Long lists get more than that: pages that nobody
/// touches cost nothing.
pub(crate) fn room_for<T>(list: &mut Vec<T>, elements: usize) {
    const LONG: usize = 1 << 20;
    if elements > list.capacity() {
        let more = elements.max(1024) - list.len();
        let far =
            if list.len() * size_of::<T>() < LONG { Ok(()) } else { list.try_reserve(7 * list.len() + more) };
        if far.is_err() || elements > list.capacity() {
            list.reserve(more);
        }
    }
}

/// So many zeros, in memory that comes zeroed where there is not enough yet.
fn zeros<T: Copy + Default>(list: &mut Vec<T>, n: usize) {
    if n > list.capacity() {
        // The old memory goes first.
        *list = Vec::new();
        *list = vec![T::default(); n.next_power_of_two()];
        return list.truncate(n);
    }
    list.clear();
    list.resize(n, T::default());
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
    /// Which got nothing because a slope is the number 0 (see [`super::flat`]).
    pub(crate) flat: Vec<u32>,
    pub(crate) keep: Keep,
}

impl Mirror {
    /// Zeroes for a tape of this size.
    pub(crate) fn clear(&mut self, values: &Values, nodes: usize, keep: Keep) {
        zeros(&mut self.words, values.top);
        self.large.clear();
        self.large.resize(values.large.len(), None);
        zeros(&mut self.reached, nodes);
        self.flat.clear();
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

    /// Lets `add` add to the gradient in a slot of this type, which begins as zeros.
    pub(crate) fn add_with(&mut self, slot: Slot, ty: &Type, add: impl FnOnce(&mut Tensor)) {
        if slot.is_large() {
            return add(self.large[slot.at()].get_or_insert_with(|| Tensor::zeros_of(ty.shape, ty.dtype)));
        }
        let words = &mut self.words[slot.at()..];
        let mut sum = to_tensor(words, ty);
        add(&mut sum);
        from_tensor(&sum, words);
    }
}
