//! Parts of an axis, and axes in reverse order.

use gradus_tensor::{Axes, MAX_RANK, Shape, Slice, Tensor, accumulate, axis_index, equal_part};
use smallvec::SmallVec;

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Form, Op};
use crate::var::Var;

#[derive(Debug)]
struct SliceOp {
    axis: isize,
    slice: Slice,
}

impl Op for SliceOp {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].slice(self.axis, self.slice)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.tape().apply(Unslice { axis: self.axis, slice: self.slice, shape }, &[step.dy()]));
    }
    fn words(&self) -> &'static str {
        "a part: ȳ in its place, 0 elsewhere"
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for SliceOp {
    fn pull(&self, step: &mut Numeric<'_>) {
        let dy = step.dy();
        step.add(0, |dx| accumulate::slice(dx, self.axis, self.slice, &dy));
    }
}

/// Zeros of `shape` with the input in the place of a slice: the transpose of [`SliceOp`].
#[derive(Debug)]
struct Unslice {
    axis: isize,
    slice: Slice,
    shape: Shape,
}

impl Op for Unslice {
    fn name(&self) -> &'static str {
        "unslice"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        Tensor::zeros_of(self.shape, x[0].dtype()).put_slice(self.axis, self.slice, &x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy().slice(self.axis, self.slice));
    }
    fn words(&self) -> &'static str {
        "a part in its place, 0 elsewhere: that part of ȳ"
    }
}

#[derive(Debug)]
struct Flip(SmallVec<[isize; MAX_RANK]>);

impl Op for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].flip(&self.0[..])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy().flip(&self.0[..]));
    }
    fn words(&self) -> &'static str {
        "axes backwards: ȳ backwards"
    }
}

/// # Slices
impl Var<'_> {
    /// Part of an axis: a range, whose ends may count from the end of the axis, and which may have a step. The
    /// gradient elsewhere is 0.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn slice(self, axis: isize, range: impl Into<Slice>) -> Self {
        let axis = axis_index("slice", axis, &self.shape()) as isize;
        self.tape().apply(SliceOp { axis, slice: range.into() }, &[self])
    }

    /// `len` places of an axis from `start` on: its size becomes `len`.
    ///
    /// # Panics
    /// If they do not lie inside the axis.
    #[track_caller]
    pub fn narrow(self, axis: isize, start: usize, len: usize) -> Self {
        let shape = self.shape();
        let size = shape[axis_index("narrow", axis, &shape)];
        assert!(
            start.checked_add(len).is_some_and(|end| end <= size),
            "narrow: {len} places from {start} reach beyond axis {axis} of {shape}, of size {size}"
        );
        if len == size { self } else { self.slice(axis, start as isize..(start + len) as isize) }
    }

    /// One place of an axis, which is dropped; a negative place counts from the end: `[m, n]` to `[n]` along
    /// axis 0.
    ///
    /// # Panics
    /// If the axis or the place is out of range.
    #[track_caller]
    pub fn select(self, axis: isize, place: isize) -> Self {
        let shape = self.shape();
        let at = axis_index("select", axis, &shape);
        let size = shape[at] as isize;
        assert!(
            (-size..size).contains(&place),
            "select: place {place} is out of range for axis {axis} of {shape}, of size {size}"
        );
        let axis = at;
        self.narrow(axis as isize, place.rem_euclid(size) as usize, 1).reshape(shape.without(axis))
    }

    /// The order along some axes reversed; the shape stays.
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[doc(alias = "fliplr")]
    #[doc(alias = "flipud")]
    #[track_caller]
    pub fn flip(self, axes: impl Into<Axes>) -> Self {
        let list = axes.into().resolve("flip", &self.shape());
        self.tape().apply(Flip(list.iter().map(|&a| a as isize).collect()), &[self])
    }

    /// Pieces of the given sizes along an axis, one behind the other.
    ///
    /// # Panics
    /// If the sizes do not add up to that of the axis.
    #[doc(alias = "split_with_sizes")]
    #[doc(alias = "array_split")]
    #[track_caller]
    pub fn split(self, axis: isize, sizes: &[usize]) -> Vec<Self> {
        let shape = self.shape();
        let size = shape[axis_index("split", axis, &shape)];
        let total = sizes.iter().fold(0usize, |sum, &n| sum.saturating_add(n));
        assert!(
            total == size,
            "split: {sizes:?} add up to {total}, but axis {axis} of {shape} has size {size}"
        );
        let mut start = 0;
        let mut parts = Vec::with_capacity(sizes.len());
        for &len in sizes {
            parts.push(self.narrow(axis, start, len));
            start += len;
        }
        parts
    }

    /// N pieces of equal size along an axis: `let [q, k, v] = x.chunk(-1);`. (Of other sizes: [`Self::split`],
    /// [`Self::chunks`].)
    ///
    /// # Panics
    /// If the axis is out of range, or its size does not divide into N.
    #[track_caller]
    pub fn chunk<const N: usize>(self, axis: isize) -> [Self; N] {
        let shape = self.shape();
        let axis = axis_index("chunk", axis, &shape);
        let part = equal_part(&shape, axis, N);
        std::array::from_fn(|i| self.narrow(axis as isize, i * part, part))
    }

    /// At most `n` pieces of equal size, `$\lceil \text{size} / n \rceil$`, along an axis; the last may be
    /// smaller.
    ///
    /// # Panics
    /// If `n` is 0 or the axis is out of range.
    #[doc(alias = "array_split")]
    #[track_caller]
    pub fn chunks(self, axis: isize, n: usize) -> Vec<Self> {
        assert!(n > 0, "chunks: needs at least one piece");
        let shape = self.shape();
        let size = shape[axis_index("chunks", axis, &shape)];
        let each = size.div_ceil(n).max(1);
        let sizes: Vec<usize> =
            if size == 0 { vec![0] } else { (0..size).step_by(each).map(|s| each.min(size - s)).collect() };
        self.split(axis, &sizes)
    }

    /// The values along an axis, which is dropped: as many as its size.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn unbind(self, axis: isize) -> Vec<Self> {
        let shape = self.shape();
        let size = shape[axis_index("unbind", axis, &shape)];
        (0..size as isize).map(|place| self.select(axis, place)).collect()
    }
}
