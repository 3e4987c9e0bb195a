//! Operations that move elements: reshape, permute, expand, slice, flip, cat, pad. Each rule is the inverse movement.

use gradus_tensor::{Axes, DType, MAX_RANK, Shape, Slice, Tensor, axis_index};
use smallvec::SmallVec;

use crate::op::{Backward, Op};
use crate::var::Var;

#[derive(Debug)]
struct Reshape(Shape);

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].reshape(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().reshape(shape));
    }
}

#[derive(Debug)]
struct Permute(SmallVec<[isize; MAX_RANK]>);

impl Op for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].permute(&self.0[..])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let mut inverse: SmallVec<[isize; MAX_RANK]> = SmallVec::from_elem(0, self.0.len());
        for (place, &axis) in self.0.iter().enumerate() {
            inverse[axis as usize] = place as isize;
        }
        step.give(0, step.dy().permute(&inverse[..]));
    }
}

#[derive(Debug)]
struct Expand(Shape);

impl Op for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].expand(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().sum_to(shape));
    }
}

#[derive(Debug)]
struct SliceOp {
    axis: isize,
    slice: Slice,
}

impl Op for SliceOp {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].slice(self.axis, self.slice)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.tape().apply(Unslice { axis: self.axis, slice: self.slice, shape }, &[step.dy()]));
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
    fn forward(&self, x: &[Tensor]) -> Tensor {
        Tensor::zeros_of(self.shape, x[0].dtype()).put_slice(self.axis, self.slice, &x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy().slice(self.axis, self.slice));
    }
}

#[derive(Debug)]
struct Flip(SmallVec<[isize; MAX_RANK]>);

impl Op for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].flip(&self.0[..])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.dy().flip(&self.0[..]));
    }
}

#[derive(Debug)]
struct Cat(isize);

impl Op for Cat {
    fn name(&self) -> &'static str {
        "cat"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        Tensor::cat(&x.iter().collect::<SmallVec<[&Tensor; 8]>>(), self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let mut start = 0;
        for i in 0..step.inputs() {
            let size = step.shape(i)[self.0 as usize];
            if step.needs(i) {
                step.give(i, step.dy().narrow(self.0, start, size));
            }
            start += size;
        }
    }
}

#[derive(Debug)]
struct Cast(DType);

impl Op for Cast {
    fn name(&self) -> &'static str {
        "to"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].to(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let dtype = step.x(0).dtype();
        step.give(0, step.dy().to(dtype));
    }
}

impl<'t> Var<'t> {
    /// The same elements under another shape; one size may be [`REST`](gradus_tensor::REST).
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() { self } else { self.tape().apply(Reshape(shape), &[self]) }
    }

    /// One axis for all elements.
    #[track_caller]
    pub fn flatten(self) -> Self {
        self.reshape([self.elements()])
    }

    /// Axes `first` to `last`, both included, as one.
    ///
    /// # Panics
    /// If an axis is out of range or they are out of order.
    #[track_caller]
    pub fn flatten_axes(self, first: isize, last: isize) -> Self {
        let shape = self.shape();
        if shape.is_empty() {
            return self.reshape([1]);
        }
        let (first, last) =
            (axis_index("flatten_axes", first, &shape), axis_index("flatten_axes", last, &shape));
        assert!(first <= last, "flatten_axes: axis {first} lies behind axis {last}");
        let mut sizes = SmallVec::<[usize; MAX_RANK]>::from_slice(&shape[..first]);
        sizes.push(shape[first..=last].iter().product());
        sizes.extend_from_slice(&shape[last + 1..]);
        self.reshape(&sizes[..])
    }

    /// The axes in another order.
    ///
    /// # Panics
    /// If `axes` is not a permutation of all axes.
    #[track_caller]
    pub fn permute(self, axes: impl Into<Axes>) -> Self {
        let list = axes.into().resolve("permute", &self.shape());
        self.tape().apply(Permute(list.iter().map(|&a| a as isize).collect()), &[self])
    }

    /// Two axes exchanged.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[track_caller]
    pub fn transpose(self, a: isize, b: isize) -> Self {
        let shape = self.shape();
        let (a, b) = (axis_index("transpose", a, &shape), axis_index("transpose", b, &shape));
        let mut order: SmallVec<[isize; MAX_RANK]> = (0..shape.len() as isize).collect();
        order.swap(a, b);
        if a == b { self } else { self.tape().apply(Permute(order), &[self]) }
    }

    /// The last two axes exchanged; a vector or scalar stays as it is.
    #[track_caller]
    pub fn t(self) -> Self {
        if self.rank() < 2 { self } else { self.transpose(-2, -1) }
    }

    /// Axis `from` moved to place `to`.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[track_caller]
    pub fn move_axis(self, from: isize, to: isize) -> Self {
        let shape = self.shape();
        let (from, to) = (axis_index("move_axis", from, &shape), axis_index("move_axis", to, &shape));
        let mut order: SmallVec<[isize; MAX_RANK]> = (0..shape.len() as isize).collect();
        let axis = order.remove(from);
        order.insert(to, axis);
        self.permute(&order[..])
    }

    /// Repeated along new or size-1 axes up to `shape`.
    ///
    /// # Panics
    /// If this shape does not broadcast to it.
    #[track_caller]
    pub fn expand(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() { self } else { self.tape().apply(Expand(shape), &[self]) }
    }

    /// Without the axes of size 1.
    #[track_caller]
    pub fn squeeze(self) -> Self {
        let sizes: SmallVec<[usize; MAX_RANK]> = self.shape().iter().copied().filter(|&s| s != 1).collect();
        self.reshape(&sizes[..])
    }

    /// Without axis `axis`, if its size is 1.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn squeeze_axis(self, axis: isize) -> Self {
        let shape = self.shape();
        let axis = axis_index("squeeze_axis", axis, &shape);
        if shape[axis] == 1 { self.reshape(shape.without(axis)) } else { self }
    }

    /// With a new axis of size 1 at place `axis` of the result.
    ///
    /// # Panics
    /// If the place is out of range.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Self {
        let shape = self.shape();
        let wider = shape.inserted(0, 1);
        let axis = axis_index("unsqueeze", axis, &wider);
        self.reshape(shape.inserted(axis, 1))
    }

    /// Part of an axis: a range, which may count from the end and have a step.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn slice(self, axis: isize, range: impl Into<Slice>) -> Self {
        let axis = axis_index("slice", axis, &self.shape()) as isize;
        self.tape().apply(SliceOp { axis, slice: range.into() }, &[self])
    }

    /// `len` places of an axis from `start` on.
    ///
    /// # Panics
    /// If they do not lie inside the axis.
    #[track_caller]
    pub fn narrow(self, axis: isize, start: usize, len: usize) -> Self {
        let shape = self.shape();
        let size = shape[axis_index("narrow", axis, &shape)];
        assert!(
            start + len <= size,
            "narrow: places {start}..{} of axis {axis}, which has size {size}",
            start + len
        );
        if len == size { self } else { self.slice(axis, start as isize..(start + len) as isize) }
    }

    /// One place of an axis, which is dropped.
    ///
    /// # Panics
    /// If the axis or the place is out of range.
    #[track_caller]
    pub fn select(self, axis: isize, place: isize) -> Self {
        let shape = self.shape();
        let axis = axis_index("select", axis, &shape);
        let size = shape[axis] as isize;
        assert!(
            (-size..size).contains(&place),
            "select: place {place} of axis {axis}, which has size {size}"
        );
        self.narrow(axis as isize, place.rem_euclid(size) as usize, 1).reshape(shape.without(axis))
    }

    /// The order along some axes reversed.
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn flip(self, axes: impl Into<Axes>) -> Self {
        let list = axes.into().resolve("flip", &self.shape());
        self.tape().apply(Flip(list.iter().map(|&a| a as isize).collect()), &[self])
    }

    /// Several values one behind the other along an axis.
    ///
    /// # Panics
    /// If there are none, or their other sizes differ.
    #[track_caller]
    pub fn cat(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "cat: needs at least one value");
        let axis = axis_index("cat", axis, &parts[0].shape()) as isize;
        let dtype = parts.iter().map(|p| p.dtype()).reduce(DType::promote).expect("at least one");
        let parts: SmallVec<[Self; 8]> = parts.iter().map(|p| p.to(dtype)).collect();
        parts[0].tape().apply(Cat(axis), &parts)
    }

    /// Several values of one shape along a new axis.
    ///
    /// # Panics
    /// If there are none, or their shapes differ.
    #[track_caller]
    pub fn stack(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "stack: needs at least one value");
        let parts: SmallVec<[Self; 8]> = parts.iter().map(|p| p.unsqueeze(axis)).collect();
        Self::cat(&parts, axis)
    }

    /// Pieces of the given sizes along an axis.
    ///
    /// # Panics
    /// If the sizes do not add up to that of the axis.
    #[track_caller]
    pub fn split(self, axis: isize, sizes: &[usize]) -> Vec<Self> {
        let shape = self.shape();
        let size = shape[axis_index("split", axis, &shape)];
        let total: usize = sizes.iter().sum();
        assert!(total == size, "split: sizes {sizes:?} add up to {total}, axis {axis} has {size}");
        let mut start = 0;
        sizes
            .iter()
            .map(|&len| {
                start += len;
                self.narrow(axis, start - len, len)
            })
            .collect()
    }

    /// At most `n` pieces of equal size along an axis; the last may be smaller.
    ///
    /// # Panics
    /// If `n` is 0 or the axis is out of range.
    #[track_caller]
    pub fn chunk(self, axis: isize, n: usize) -> Vec<Self> {
        assert!(n > 0, "chunk: needs at least one piece");
        let shape = self.shape();
        let size = shape[axis_index("chunk", axis, &shape)];
        let each = size.div_ceil(n).max(1);
        let sizes: Vec<usize> =
            if size == 0 { vec![0] } else { (0..size).step_by(each).map(|s| each.min(size - s)).collect() };
        self.split(axis, &sizes)
    }

    /// The values along an axis, which is dropped.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn unbind(self, axis: isize) -> Vec<Self> {
        let shape = self.shape();
        let size = shape[axis_index("unbind", axis, &shape)];
        (0..size as isize).map(|place| self.select(axis, place)).collect()
    }

    /// With elements of another float type; the gradient comes back in this value's own.
    #[track_caller]
    pub fn to(self, dtype: DType) -> Self {
        if dtype == self.dtype() { self } else { self.tape().apply(Cast(dtype), &[self]) }
    }
}
