//! Shapes, the one broadcast rule, and the one checked product of sizes.

use std::fmt;
use std::ops::Deref;

/// The largest number of axes.
pub const MAX_RANK: usize = 8;

/// The sizes of a tensor's axes, outermost first. Reads as a slice: `shape[0]`, `shape.len()`, `shape.iter()`.
///
/// ```
/// use gradus_tensor::{Shape, Tensor};
/// let x = Tensor::zeros([2, 3]); // arrays, tuples of none, numbers and shapes name a shape
/// let shape: Shape = *x.shape();
/// assert_eq!(shape[..], [2, 3]);
/// assert_eq!((shape.len(), shape[1], shape.elements()), (2, 3, 6));
/// assert_eq!(Tensor::zeros(()).rank(), 0);
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Shape {
    rank: u8,
    dims: [usize; MAX_RANK],
}

impl Shape {
    /// A shape with these sizes.
    ///
    /// # Panics
    /// With more than [`MAX_RANK`] axes.
    #[track_caller]
    pub fn new(dims: &[usize]) -> Self {
        assert!(dims.len() <= MAX_RANK, "a tensor has at most {MAX_RANK} axes, got {}: {dims:?}", dims.len());
        let mut shape = Self { rank: dims.len() as u8, dims: [0; MAX_RANK] };
        shape.dims[..dims.len()].copy_from_slice(dims);
        shape
    }

    /// The number of elements: the product of the sizes (1 for a scalar).
    ///
    /// # Panics
    /// If it is larger than any memory.
    #[inline]
    #[track_caller]
    pub fn elements(&self) -> usize {
        // Not `product`: this is on every path, and its own loop is inlined.
        let mut n = 1usize;
        for &size in self.iter() {
            n = match n.checked_mul(size) {
                Some(n) => n,
                None => too_large(self),
            };
        }
        n
    }

    /// The shape of these sizes, or `None` where no tensor can have it: with more than [`MAX_RANK`] axes, or with more
    /// elements than memory has places. A size of 0 does not excuse the others: a sum over it has their product.
    ///
    /// Meant for sizes from a file; a program's own panic.
    pub fn checked(sizes: &[usize]) -> Option<Self> {
        (sizes.len() <= MAX_RANK && places(sizes).is_some()).then(|| Self::new(sizes))
    }

    /// This shape with axis `axis` of another size.
    pub fn with(mut self, axis: usize, size: usize) -> Self {
        self[axis] = size;
        self
    }

    /// This shape without axis `axis`.
    pub fn without(&self, axis: usize) -> Self {
        let mut dims = smallvec::SmallVec::<[usize; MAX_RANK]>::from_slice(self);
        dims.remove(axis);
        Self::new(&dims)
    }

    /// This shape with a new axis of size `size` before axis `axis`.
    #[track_caller]
    pub fn inserted(&self, axis: usize, size: usize) -> Self {
        let mut dims = smallvec::SmallVec::<[usize; MAX_RANK + 1]>::from_slice(self);
        dims.insert(axis, size);
        Self::new(&dims)
    }

    /// Panics if there is no room for one more axis at place `axis` of the result, which may count from its end; the message
    /// names `op`.
    #[track_caller]
    pub fn check_place(&self, op: &str, axis: isize) {
        let rank = self.len() as isize + 1;
        assert!(
            (-rank..rank).contains(&axis),
            "{op}: place {axis} is out of range for {self}: places are {} to {}",
            -rank,
            rank - 1
        );
        self.check_room(op, 1);
    }

    /// Panics if there is no room for this many more axes; the message names `op`.
    #[track_caller]
    pub fn check_room(&self, op: &str, more: usize) {
        assert!(
            self.len() + more <= MAX_RANK,
            "{op}: {self} with {more} more axes has more than {MAX_RANK}, the most that a tensor can have"
        );
    }

    /// This shape, or a panic that names the op if no tensor can have it (see [`Self::checked`]).
    #[track_caller]
    #[must_use]
    pub fn fitting(self, op: &str) -> Self {
        checked_product(op, &self);
        self
    }

    /// The strides of a row-major tensor of this shape.
    ///
    /// # Panics
    /// If no tensor can have this shape (see [`Self::checked`]).
    #[track_caller]
    pub fn strides(&self) -> [isize; MAX_RANK] {
        self.check();
        let mut strides = [0; MAX_RANK];
        let mut step = 1;
        for axis in (0..self.len()).rev() {
            strides[axis] = step;
            step *= self[axis] as isize;
        }
        strides
    }

    /// Panics if no tensor can have this shape (see [`Self::checked`]). Every layout passes here, so that a product of
    /// any of a tensor's sizes, and any offset in it, is a number.
    #[inline]
    #[track_caller]
    pub(crate) fn check(&self) {
        if places(self).is_none() {
            too_large(self);
        }
    }

    /// The shape that both broadcast to, by NumPy's rule: axes are matched from the last; sizes must be equal or 1.
    /// `None` where they differ otherwise.
    pub fn broadcast(&self, other: &Self) -> Option<Self> {
        let rank = self.len().max(other.len());
        let mut out = Self { rank: rank as u8, dims: [1; MAX_RANK] };
        for back in 1..=rank {
            let a = if back <= self.len() { self[self.len() - back] } else { 1 };
            let b = if back <= other.len() { other[other.len() - back] } else { 1 };
            out.dims[rank - back] = match (a, b) {
                (1, b) => b,
                (a, 1) => a,
                (a, b) if a == b => a,
                _ => return None,
            };
        }
        out.dims[rank..].fill(0);
        Some(out)
    }

    /// [`Self::broadcast`], or a panic that names the op, both shapes and the sizes that differ.
    #[track_caller]
    pub fn broadcast_or_panic(&self, other: &Self, op: &str) -> Self {
        // No closure here: a panic inside one would not point at the caller's line.
        if let Some(shape) = self.broadcast(other) {
            return shape.fitting(op);
        }
        let rank = self.len().min(other.len());
        let clash = (1..=rank)
            .map(|back| (back, self[self.len() - back], other[other.len() - back]))
            .find(|&(_, a, b)| a != b && a != 1 && b != 1);
        let (back, a, b) = clash.expect("shapes that do not broadcast differ somewhere");
        panic!(
            "{op}: {self} and {other} do not broadcast: sizes {a} and {b} of axis -{back} differ and neither is 1"
        )
    }
}

/// The product of sizes, or a panic that names the op if no tensor can have them (see [`Shape::checked`]).
#[track_caller]
pub fn checked_product(op: &str, sizes: &[usize]) -> usize {
    match places(sizes) {
        Some(n) => n * usize::from(!sizes.contains(&0)),
        None => panic!("{op}: the sizes {sizes:?} multiply to more elements than memory can have"),
    }
}

/// The product of the sizes, those of 0 left out, if memory can have as many elements of 8 bytes (the largest).
#[inline]
fn places(sizes: &[usize]) -> Option<usize> {
    let mut n = 1usize;
    for &size in sizes {
        n = n.checked_mul(size.max(1))?;
    }
    (n <= isize::MAX as usize / 8).then_some(n)
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_large(shape: &Shape) -> ! {
    panic!("the sizes {shape} multiply to more elements than memory can have");
}

impl Deref for Shape {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        &self.dims[..self.rank as usize]
    }
}

impl std::ops::DerefMut for Shape {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.dims[..self.rank as usize]
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        // Sizes beyond the rank are zero: comparing the whole array needs no loop.
        self.rank == other.rank && self.dims == other.dims
    }
}

impl std::hash::Hash for Shape {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        **self == *other
    }
}

impl PartialEq<[usize]> for Shape {
    fn eq(&self, other: &[usize]) -> bool {
        **self == *other
    }
}

/// As NumPy prints it: `[2, 3]`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

/// Anything that names a shape: `[2, 3]`, `&[2, 3]`, `5`, `()`, a `Shape`, a `Vec<usize>`.
impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Self {
        Self::new(&dims)
    }
}
impl<const N: usize> From<&[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: &[usize; N]) -> Self {
        Self::new(dims)
    }
}
impl From<&[usize]> for Shape {
    #[track_caller]
    fn from(dims: &[usize]) -> Self {
        Self::new(dims)
    }
}
impl From<&Vec<usize>> for Shape {
    #[track_caller]
    fn from(dims: &Vec<usize>) -> Self {
        Self::new(dims)
    }
}
impl From<Vec<usize>> for Shape {
    #[track_caller]
    fn from(dims: Vec<usize>) -> Self {
        Self::new(&dims)
    }
}
impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        Self::new(&[size])
    }
}
impl From<()> for Shape {
    fn from((): ()) -> Self {
        Self::new(&[])
    }
}
impl From<&Self> for Shape {
    fn from(shape: &Self) -> Self {
        *shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }

    #[test]
    fn broadcast_is_numpys() {
        assert_eq!(shape(&[2, 1, 3]).broadcast(&shape(&[4, 1])).unwrap(), [2, 4, 3]);
        assert_eq!(shape(&[]).broadcast(&shape(&[5])).unwrap(), [5]);
        assert_eq!(shape(&[0]).broadcast(&shape(&[1])).unwrap(), [0]);
        assert!(shape(&[2]).broadcast(&shape(&[3])).is_none());
    }

    #[test]
    #[should_panic(expected = "add: [2, 3] and [4, 3] do not broadcast: sizes 2 and 4 of axis -2 differ")]
    fn a_clash_is_named() {
        shape(&[2, 3]).broadcast_or_panic(&shape(&[4, 3]), "add");
    }

    #[test]
    fn sizes_that_multiply_beyond_memory_are_refused() {
        let huge = 1usize << 32;
        let sizes: [&[usize]; 6] =
            [&[huge, huge], &[0, huge, huge], &[huge, 0, huge], &[huge, huge, 0], &[usize::MAX], &[1 << 60]];
        for sizes in sizes {
            assert!(Shape::checked(sizes).is_none(), "{sizes:?}");
            for refused in [
                std::panic::catch_unwind(|| _ = shape(sizes).strides()),
                std::panic::catch_unwind(|| _ = crate::Tensor::ones(()).expand(sizes)),
                std::panic::catch_unwind(|| _ = crate::Tensor::zeros(sizes)),
            ] {
                let text = *refused.unwrap_err().downcast::<String>().unwrap();
                assert!(text.ends_with("multiply to more elements than memory can have"), "{text}");
            }
        }
        assert_eq!(Shape::checked(&[2, 0, 3]).unwrap(), [2, 0, 3]);
        assert!(Shape::checked(&[1; 9]).is_none());
    }
}
