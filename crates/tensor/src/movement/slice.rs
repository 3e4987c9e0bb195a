//! Parts of a tensor as views: slices with steps, single places, splits.
//!
//! Slices follow Python: negative bounds count from the end, bounds beyond it are clamped, a negative step walks
//! backwards. What names a place ([`Tensor::select`], [`Tensor::narrow`]) must exist.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::axes::Axes;
use crate::layout::axis_index;
use crate::{Shape, Tensor};

/// A range of places along an axis: Python's `start:end:step`.
///
/// Made from any range of `isize`; `Slice::from(1..).step(2)` adds a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The first place; `None`: from the beginning (with a negative step: from the end).
    pub start: Option<isize>,
    /// The first place that is left out; `None`: to the end (with a negative step: to the beginning).
    pub end: Option<isize>,
    /// The step, not zero.
    pub step: isize,
}

impl Slice {
    /// Everything.
    pub const ALL: Self = Self { start: None, end: None, step: 1 };

    /// This slice with another step.
    pub fn step(self, step: isize) -> Self {
        Self { step, ..self }
    }

    /// First place, number of places and step along an axis of this size.
    ///
    /// # Panics
    /// If the step is zero.
    #[track_caller]
    pub fn resolve(&self, size: usize) -> (usize, usize, isize) {
        assert!(self.step != 0, "slice: the step must not be zero");
        let n = size as isize;
        let (low, high) = if self.step > 0 { (0, n) } else { (-1, n - 1) };
        let clamp = |at: isize| (if at < 0 { at + n } else { at }).clamp(low, high);
        let (first, last) = if self.step > 0 { (low, high) } else { (high, low) };
        let (start, end) = (self.start.map_or(first, clamp), self.end.map_or(last, clamp));
        let distance = if self.step > 0 { end - start } else { start - end };
        if distance <= 0 {
            return (0, 0, self.step);
        }
        (start as usize, (distance as usize).div_ceil(self.step.unsigned_abs()), self.step)
    }
}

impl From<Range<isize>> for Slice {
    fn from(range: Range<isize>) -> Self {
        Self { start: Some(range.start), end: Some(range.end), step: 1 }
    }
}
impl From<RangeFrom<isize>> for Slice {
    fn from(range: RangeFrom<isize>) -> Self {
        Self { start: Some(range.start), ..Self::ALL }
    }
}
impl From<RangeTo<isize>> for Slice {
    fn from(range: RangeTo<isize>) -> Self {
        Self { end: Some(range.end), ..Self::ALL }
    }
}
impl From<RangeInclusive<isize>> for Slice {
    fn from(range: RangeInclusive<isize>) -> Self {
        Self { start: Some(*range.start()), end: behind(*range.end()), step: 1 }
    }
}
impl From<RangeToInclusive<isize>> for Slice {
    fn from(range: RangeToInclusive<isize>) -> Self {
        Self { end: behind(range.end), ..Self::ALL }
    }
}
impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Self {
        Self::ALL
    }
}

/// The end behind an inclusive one; -1 is the last place, behind which there is nothing.
fn behind(end: isize) -> Option<isize> {
    (end != -1).then_some(end.saturating_add(1))
}

/// The size of one of n equal parts of an axis.
///
/// # Panics
/// If the axis does not divide into them.
#[track_caller]
pub fn equal_part(shape: &Shape, axis: usize, n: usize) -> usize {
    let size = shape[axis];
    assert!(
        n > 0 && size.is_multiple_of(n),
        "chunk: axis {axis} of {shape}, of size {size}, does not divide into {n} equal parts; `chunks` and `split` give others"
    );
    size / n
}

/// # Slices
impl Tensor {
    /// A range of places along an axis, as in Python: `x.slice(0, 1..3)`, `x.slice(-1, ..-1)`,
    /// `x.slice(0, Slice::ALL.step(-2))`.
    ///
    /// # Panics
    /// If the axis is out of range or the step is zero.
    #[track_caller]
    pub fn slice(&self, axis: isize, range: impl Into<Slice>) -> Self {
        let axis = axis_index("slice", axis, self.shape());
        let (start, len, step) = range.into().resolve(self.shape()[axis]);
        self.strided_part(axis, start, len, step)
    }

    fn strided_part(&self, axis: usize, start: usize, len: usize, step: isize) -> Self {
        let mut layout = self.layout;
        let stride = layout.strides[axis];
        layout.shape[axis] = len;
        // Of one place the step is of no matter, and may be any number.
        layout.strides[axis] = if len > 1 { stride * step } else { stride };
        if layout.shape.elements() != 0 {
            layout.offset = (layout.offset as isize + start as isize * stride) as usize;
        }
        self.view(layout)
    }

    /// The places `start .. start + len` along an axis.
    ///
    /// # Panics
    /// If they reach beyond the axis.
    #[track_caller]
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Self {
        let index = axis_index("narrow", axis, self.shape());
        let size = self.shape()[index];
        assert!(
            start.checked_add(len).is_some_and(|end| end <= size),
            "narrow: {len} places from {start} reach beyond axis {axis} of {}, of size {size}",
            self.shape()
        );
        self.strided_part(index, start, len, 1)
    }

    /// One place along an axis, which the result does not have; negative ones count from the end.
    ///
    /// # Panics
    /// If the axis or the place is out of range.
    #[track_caller]
    pub fn select(&self, axis: isize, place: isize) -> Self {
        let index = axis_index("select", axis, self.shape());
        let size = self.shape()[index] as isize;
        assert!(
            (-size..size).contains(&place),
            "select: place {place} is out of range for axis {axis} of {}, of size {size}",
            self.shape()
        );
        let place = place.rem_euclid(size);
        let offset = if self.is_empty() {
            0
        } else {
            self.layout.offset as isize + place * self.layout.strides[index]
        };
        self.without_axes(&[index], offset as usize)
    }

    /// The elements in reverse order along some axes.
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn flip(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into().resolve("flip", self.shape());
        axes.iter().fold(self.clone(), |x, &axis| x.slice(axis as isize, Slice::ALL.step(-1)))
    }

    /// Parts of these sizes along an axis, one behind the other.
    ///
    /// # Panics
    /// If the sizes do not add up to the axis's.
    #[track_caller]
    pub fn split(&self, axis: isize, sizes: &[usize]) -> Vec<Self> {
        let index = axis_index("split", axis, self.shape());
        let (sum, size) = (sizes.iter().fold(0, |sum: usize, &n| sum.saturating_add(n)), self.shape()[index]);
        assert!(
            sum == size,
            "split: {sizes:?} add up to {sum}, but axis {axis} of {} has size {size}",
            self.shape()
        );
        let starts = sizes.iter().scan(0, |at, &size| Some(std::mem::replace(at, *at + size)));
        starts.zip(sizes).map(|(start, &len)| self.strided_part(index, start, len, 1)).collect()
    }

    /// N parts of equal size along an axis. (Parts of other sizes: [`Self::split`], [`Self::chunks`].)
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let [q, k, v] = Tensor::from([[1, 2, 3, 4, 5, 6]]).chunk(-1);
    /// assert_eq!((q, k, v), (Tensor::from([[1, 2]]), Tensor::from([[3, 4]]), Tensor::from([[5, 6]])));
    /// ```
    ///
    /// # Panics
    /// If the axis is out of range, or its size does not divide into N.
    #[track_caller]
    pub fn chunk<const N: usize>(&self, axis: isize) -> [Self; N] {
        let index = axis_index("chunk", axis, self.shape());
        let part = equal_part(self.shape(), index, N);
        std::array::from_fn(|i| self.strided_part(index, i * part, part, 1))
    }

    /// At most `n` parts along an axis, all of size `⌈size / n⌉` but the last.
    ///
    /// # Panics
    /// If the axis is out of range or `n` is zero.
    #[track_caller]
    pub fn chunks(&self, axis: isize, n: usize) -> Vec<Self> {
        let size = self.shape()[axis_index("chunks", axis, self.shape())];
        assert!(n > 0, "chunks: the number of parts must not be zero");
        let part = size.div_ceil(n).max(1);
        let mut sizes: Vec<usize> = (0..size).step_by(part).map(|start| part.min(size - start)).collect();
        if size == 0 {
            sizes.push(0);
        }
        self.split(axis, &sizes)
    }

    /// The places along an axis, each a tensor without it.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn unbind(&self, axis: isize) -> Vec<Self> {
        let size = self.shape()[axis_index("unbind", axis, self.shape())];
        (0..size as isize).map(|place| self.select(axis, place)).collect()
    }

    /// This tensor with the part that [`Self::slice`] names replaced by `src`, which broadcasts to it, in the wider of both
    /// element types. Copies the tensor only if its memory is shared or its type changes.
    ///
    /// # Panics
    /// If the axis is out of range or `src` does not broadcast to the part.
    #[track_caller]
    pub fn put_slice(self, axis: isize, range: impl Into<Slice>, src: &Self) -> Self {
        let index = axis_index("put_slice", axis, self.shape());
        let range = range.into();
        let part: Shape = *self.slice(axis, range).shape();
        let Some(from) = src.layout.expand(part) else {
            panic!("put_slice: {} does not broadcast to the part's shape {part}", src.shape());
        };
        let dtype = self.dtype().promote(src.dtype());
        let src = src.view(from).to(dtype);
        // A clone would share the memory and be copied.
        let whole = if self.dtype() == dtype { self } else { self.to(dtype) };
        let (start, len, step) = range.resolve(whole.shape()[index]);
        whole.write_view(&src, |whole| whole.strided_part(index, start, len, step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Tensor {
        Tensor::arange(12).reshape([3, 4])
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "with a negative step or end they are not empty")]
    fn slices_are_pythons() {
        let x = Tensor::arange(6);
        let cases: [(Slice, &[i64]); 12] = [
            ((1..3).into(), &[1, 2]),
            ((-2..).into(), &[4, 5]),
            ((..-4).into(), &[0, 1]),
            ((1..=2).into(), &[1, 2]),
            ((3..=-1).into(), &[3, 4, 5]),
            ((..=1).into(), &[0, 1]),
            ((4..2).into(), &[]),
            ((-99..99).into(), &[0, 1, 2, 3, 4, 5]),
            (Slice::ALL.step(-2), &[5, 3, 1]),
            (Slice::from(4..1).step(-1), &[4, 3, 2]),
            (Slice::from(1..).step(3), &[1, 4]),
            (Slice::from(-99..).step(-1), &[]),
        ];
        for (slice, want) in cases {
            assert_eq!(x.slice(0, slice).to_vec::<i64>(), want, "{slice:?}");
        }
        assert_eq!(grid().slice(-1, ..).shape()[..], [3, 4]);
    }

    #[test]
    fn parts() {
        assert_eq!(grid().narrow(1, 1, 2).to_vec2::<i64>(), [[1, 2], [5, 6], [9, 10]]);
        assert_eq!(grid().select(0, -1).to_vec::<i64>(), [8, 9, 10, 11]);
        assert_eq!(grid().flip([0, 1]).to_vec::<i64>(), (0..12).rev().collect::<Vec<_>>());
        let sizes: Vec<usize> = Tensor::arange(7).chunks(0, 3).iter().map(Tensor::elements).collect();
        assert_eq!(sizes, [3, 3, 1]);
        let [low, high] = grid().chunk(-1);
        assert_eq!(
            (low.to_vec2::<i64>()[2].clone(), high.to_vec2::<i64>()[0].clone()),
            (vec![8, 9], vec![2, 3])
        );
        assert_eq!(grid().split(1, &[1, 0, 3])[2].to_vec::<i64>()[..3], [1, 2, 3]);
        assert_eq!(grid().unbind(1)[3].to_vec::<i64>(), [3, 7, 11]);
        assert!(Tensor::zeros([0, 3]).select(1, 2).is_empty());
    }

    #[test]
    fn a_part_is_replaced_in_a_copy() {
        let x = grid();
        let y = x.clone().put_slice(1, Slice::ALL.step(-2), &Tensor::from([[-1, -2]]));
        assert_eq!(y.to_vec2::<i64>(), [[0, -2, 2, -1], [4, -2, 6, -1], [8, -2, 10, -1]]);
        assert_eq!(x.to_vec::<i64>(), (0..12).collect::<Vec<_>>());
        let row = x.narrow(0, 1, 1).put_slice(1, 0..1, &Tensor::from(9));
        assert_eq!(row.to_vec::<i64>(), [9, 5, 6, 7]);
    }

    #[test]
    #[should_panic(expected = "put_slice: [3] does not broadcast to the part's shape [3, 2]")]
    fn a_part_of_another_shape() {
        grid().put_slice(1, ..2, &Tensor::arange(3));
    }

    #[test]
    #[should_panic(expected = "narrow: 3 places from 2 reach beyond axis 1 of [3, 4], of size 4")]
    fn narrow_beyond_the_end() {
        grid().narrow(1, 2, 3);
    }

    #[test]
    #[should_panic(expected = "select: place 3 is out of range for axis 0 of [3, 4], of size 3")]
    fn a_place_that_is_not_there() {
        grid().select(0, 3);
    }

    #[test]
    #[should_panic(expected = "split: [1, 2] add up to 3, but axis 1 of [3, 4] has size 4")]
    fn sizes_that_do_not_add_up() {
        grid().split(1, &[1, 2]);
    }

    #[test]
    #[should_panic(expected = "slice: the step must not be zero")]
    fn a_step_of_zero() {
        grid().slice(0, Slice::ALL.step(0));
    }
}
