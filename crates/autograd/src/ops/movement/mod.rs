//! Operations that move elements: shapes and axes here, `slice` has parts and reversals, `join` several values as one. Each
//! rule is the inverse movement.

mod join;
mod slice;

use gradus_tensor::{Axes, DType, MAX_RANK, Shape, Tensor, axis_index};
use smallvec::SmallVec;

use crate::op::{Backward, Form, Op};
use crate::var::Var;

#[derive(Debug)]
struct Reshape(Shape);

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].reshape(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().reshape(shape));
    }
    fn words(&self) -> &'static str {
        "the same elements in another shape: ȳ in the old shape"
    }
}

#[derive(Debug)]
struct Permute(SmallVec<[isize; MAX_RANK]>);

impl Op for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }
    fn form(&self) -> Form {
        Form::Linear
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
    fn words(&self) -> &'static str {
        "the axes in another order: ȳ in the old order"
    }
}

#[derive(Debug)]
struct Expand(Shape);

impl Op for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }
    fn form(&self) -> Form {
        Form::Linear
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].expand(self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        step.give(0, step.dy().sum_to(shape));
    }
    fn words(&self) -> &'static str {
        "copies along an axis: the sum of the copies' ȳ"
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
    fn words(&self) -> &'static str {
        "the same values in another type: ȳ in the old type"
    }
}

/// # Shapes
impl<'t> Var<'t> {
    /// The same elements in row-major order under another shape of as many elements; one size may be
    /// [`REST`](gradus_tensor::REST).
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::{REST, Tensor};
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    /// assert_eq!(x.reshape([2, 3]).value().to_vec2::<f64>(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.reshape([REST, 2]).shape()[..], [3, 2]);
    /// ```
    ///
    /// # Panics
    /// If the number of elements differs.
    #[doc(alias = "view")]
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() { self } else { self.tape().apply(Reshape(shape), &[self]) }
    }

    /// All elements along one axis, in row-major order: `[…]` to `[elements]`.
    #[doc(alias = "ravel")]
    #[track_caller]
    pub fn flatten(self) -> Self {
        self.reshape([self.elements()])
    }

    /// Axes `first` to `last`, both included, as one, whose size is the product of theirs; a value without axes
    /// gets one.
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

    /// The axes in another order: axis k of the result is axis `axes[k]` of this value.
    ///
    /// # Panics
    /// If `axes` is not a permutation of all axes.
    #[track_caller]
    pub fn permute(self, axes: impl Into<Axes>) -> Self {
        let list = axes.into().resolve("permute", &self.shape());
        self.tape().apply(Permute(list.iter().map(|&a| a as isize).collect()), &[self])
    }

    /// Two axes exchanged: `[…, m, …, n, …]` to `[…, n, …, m, …]`.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[doc(alias = "swapaxes")]
    #[doc(alias = "swapdims")]
    #[track_caller]
    pub fn transpose(self, a: isize, b: isize) -> Self {
        let shape = self.shape();
        let (a, b) = (axis_index("transpose", a, &shape), axis_index("transpose", b, &shape));
        let mut order: SmallVec<[isize; MAX_RANK]> = (0..shape.len() as isize).collect();
        order.swap(a, b);
        if a == b { self } else { self.tape().apply(Permute(order), &[self]) }
    }

    /// The last two axes exchanged, `[…, m, n]` to `[…, n, m]`; a vector or a value without axes stays as it
    /// is.
    #[doc(alias = "mT")]
    #[track_caller]
    pub fn t(self) -> Self {
        if self.rank() < 2 { self } else { self.transpose(-2, -1) }
    }

    /// Axis `from` moved to place `to`; the others keep their order.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[doc(alias = "moveaxis")]
    #[doc(alias = "movedim")]
    #[track_caller]
    pub fn move_axis(self, from: isize, to: isize) -> Self {
        let shape = self.shape();
        let (from, to) = (axis_index("move_axis", from, &shape), axis_index("move_axis", to, &shape));
        let mut order: SmallVec<[isize; MAX_RANK]> = (0..shape.len() as isize).collect();
        let axis = order.remove(from);
        order.insert(to, axis);
        self.permute(&order[..])
    }

    /// Repeated along new axes in front and along axes of size 1, up to `shape`. The gradient is summed over
    /// what was repeated.
    ///
    /// # Panics
    /// If this shape does not broadcast to it.
    #[doc(alias = "broadcast_to")]
    #[doc(alias = "expand_as")]
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

    /// Without axis `axis`, if its size is 1; else as it is.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn squeeze_axis(self, axis: isize) -> Self {
        let shape = self.shape();
        let axis = axis_index("squeeze_axis", axis, &shape);
        if shape[axis] == 1 { self.reshape(shape.without(axis)) } else { self }
    }

    /// With a new axis of size 1 at place `axis` of the result: `[m, n]` to `[m, 1, n]` with 1, to `[m, n, 1]`
    /// with -1.
    ///
    /// # Panics
    /// If the place is out of range.
    #[doc(alias = "expand_dims")]
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Self {
        let shape = self.shape();
        shape.check_place("unsqueeze", axis);
        let axis = axis.rem_euclid(shape.len() as isize + 1) as usize;
        self.reshape(shape.inserted(axis, 1))
    }

    /// With elements of another float type, to the nearest number. The gradient comes back in this value's own
    /// type.
    #[doc(alias = "astype")]
    #[doc(alias = "type_as")]
    #[track_caller]
    pub fn to(self, dtype: DType) -> Self {
        if dtype == self.dtype() { self } else { self.tape().apply(Cast(dtype), &[self]) }
    }
}
