//! Views: other shapes, orders of axes and repetitions of the same elements, without copies; parts of a tensor in `slice`,
//! several tensors as one in `join`.
//!
//! A view shares the memory of its tensor and has a layout of its own. Of the views only [`Tensor::reshape`] copies, and
//! only when the strides leave no other way.

mod join;
mod slice;

use smallvec::SmallVec;

pub use slice::{Slice, equal_part};

use crate::axes::Axes;
use crate::layout::axis_index;
use crate::shape::MAX_RANK;
use crate::{Layout, Shape, Tensor};

/// In a shape given to [`Tensor::reshape`]: the size that the other sizes leave.
pub const REST: usize = usize::MAX;

/// # Shapes
impl Tensor {
    /// The same elements in row-major order under another shape; one size may be [`REST`]. A view where the strides allow
    /// it, else a copy.
    ///
    /// # Panics
    /// If the numbers of elements differ.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        let shape = self.complete(shape.into());
        if shape == *self.shape() { self.clone() } else { self.reshaped(shape) }
    }

    /// Puts a number in the place of [`REST`].
    #[track_caller]
    fn complete(&self, mut shape: Shape) -> Shape {
        let from = self.shape();
        let wanted = shape;
        let known =
            shape.iter().filter(|&&size| size != REST).try_fold(1usize, |n, &size| n.checked_mul(size));
        let shown = || {
            let sizes =
                wanted.iter().map(|&size| if size == REST { "REST".to_string() } else { size.to_string() });
            sizes.collect::<Vec<_>>().join(", ")
        };
        let n = self.elements();
        match shape.iter().filter(|&&size| size == REST).count() {
            0 => {}
            1 => {
                let known = known.filter(|&known| known != 0 && n.is_multiple_of(known));
                let Some(known) = known else {
                    panic!(
                        "reshape: {from} to [{}]: {n} elements do not divide into the sizes given",
                        shown()
                    )
                };
                shape.iter_mut().filter(|size| **size == REST).for_each(|size| *size = n / known);
                return shape;
            }
            many => panic!("reshape: {from} to [{}]: only one size can be REST, got {many}", shown()),
        }
        match known {
            Some(known) if known == n => shape,
            Some(known) => panic!("reshape: {from} to [{}]: {n} and {known} elements differ", shown()),
            None => panic!("reshape: {from} to [{}]: the number of elements overflows", shown()),
        }
    }

    /// All elements in row-major order along one axis.
    pub fn flatten(&self) -> Self {
        self.reshape(self.elements())
    }

    /// Axes `first` to `last` (inclusive) merged into one.
    ///
    /// # Panics
    /// If an axis is out of range or `first` lies behind `last`.
    #[track_caller]
    pub fn flatten_axes(&self, first: isize, last: isize) -> Self {
        let (a, b) = (axis_index("flatten", first, self.shape()), axis_index("flatten", last, self.shape()));
        assert!(a <= b, "flatten: axis {first} lies behind axis {last} in {}", self.shape());
        let mut dims = SmallVec::<[usize; MAX_RANK]>::from_slice(&self.shape()[..a]);
        dims.push(self.shape()[a..=b].iter().product());
        dims.extend_from_slice(&self.shape()[b + 1..]);
        self.reshape(&dims[..])
    }

    /// The axes in another order: axis `i` of the result is axis `axes[i]` of this tensor.
    ///
    /// # Panics
    /// If `axes` does not name every axis once.
    #[track_caller]
    pub fn permute(&self, axes: impl Into<Axes>) -> Self {
        let order = axes.into().resolve("permute", self.shape());
        assert!(order.len() == self.rank(), "permute: {order:?} does not name all axes of {}", self.shape());
        self.permuted(&order)
    }

    /// [`Self::permute`] with checked axes.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let mut layout = self.layout;
        for (to, &from) in order.iter().enumerate() {
            (layout.shape[to], layout.strides[to]) = (self.layout.shape[from], self.layout.strides[from]);
        }
        self.view(layout)
    }

    /// Axes `a` and `b` exchanged.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Self {
        let (a, b) = (axis_index("transpose", a, self.shape()), axis_index("transpose", b, self.shape()));
        let mut layout = self.layout;
        layout.shape.swap(a, b);
        layout.strides.swap(a, b);
        self.view(layout)
    }

    /// The last two axes exchanged: the transpose of a matrix, or of each of a batch.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn t(&self) -> Self {
        assert!(self.rank() >= 2, "t: {} has fewer than two axes", self.shape());
        self.transpose(-2, -1)
    }

    /// Axis `from` moved to place `to`; the others keep their order.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[track_caller]
    pub fn move_axis(&self, from: isize, to: isize) -> Self {
        let (from, to) =
            (axis_index("move_axis", from, self.shape()), axis_index("move_axis", to, self.shape()));
        let mut order: SmallVec<[usize; MAX_RANK]> = (0..self.rank()).collect();
        order.remove(from);
        order.insert(to, from);
        self.permuted(&order)
    }

    /// This tensor repeated along new leading axes and axes of size 1, up to `shape`, by NumPy's broadcast rule.
    ///
    /// # Panics
    /// If this tensor does not broadcast to `shape`.
    #[track_caller]
    pub fn expand(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == *self.shape() {
            return self.clone();
        }
        let shape = shape.fitting("expand");
        let Some(layout) = self.layout.expand(shape) else {
            let back = (1..=self.rank().min(shape.len()))
                .find(|&back| !matches!(self.shape()[self.rank() - back], n if n == 1 || n == shape[shape.len() - back]));
            match back {
                Some(back) => panic!(
                    "expand: {} to {shape}: size {} of axis -{back} is neither 1 nor {}",
                    self.shape(),
                    self.shape()[self.rank() - back],
                    shape[shape.len() - back]
                ),
                None => panic!("expand: {} to {shape}: the result has fewer axes", self.shape()),
            }
        };
        self.view(layout)
    }

    /// This tensor without its axes of size 1.
    pub fn squeeze(&self) -> Self {
        let axes: SmallVec<[usize; MAX_RANK]> =
            (0..self.rank()).filter(|&axis| self.shape()[axis] == 1).collect();
        self.without_axes(&axes, self.layout.offset)
    }

    /// This tensor without axis `axis`, which has size 1.
    ///
    /// # Panics
    /// If the axis is out of range or has another size.
    #[track_caller]
    pub fn squeeze_axis(&self, axis: isize) -> Self {
        let index = axis_index("squeeze", axis, self.shape());
        let size = self.shape()[index];
        assert!(size == 1, "squeeze: axis {axis} of {} has size {size}, not 1", self.shape());
        self.without_axes(&[index], self.layout.offset)
    }

    /// The view from `offset` on without the axes named.
    pub(crate) fn without_axes(&self, axes: &[usize], offset: usize) -> Self {
        let kept = || (0..self.rank()).filter(|axis| !axes.contains(axis));
        let shape =
            Shape::new(&kept().map(|axis| self.shape()[axis]).collect::<SmallVec<[usize; MAX_RANK]>>());
        let mut strides = [0; MAX_RANK];
        for (to, from) in kept().enumerate() {
            strides[to] = self.layout.strides[from];
        }
        self.view(Layout { shape, strides, offset })
    }

    /// This tensor with a new axis of size 1 at place `axis` of the result (-1: behind the last).
    ///
    /// # Panics
    /// If the place is out of range, or with too many axes.
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Self {
        self.shape().check_place("unsqueeze", axis);
        let rank = self.rank() as isize + 1;
        self.insert_axis(axis.rem_euclid(rank) as usize, 1, 0)
    }

    /// The view with a new axis of this size and stride.
    #[track_caller]
    pub(crate) fn insert_axis(&self, at: usize, size: usize, stride: isize) -> Self {
        let shape = self.shape().inserted(at, size);
        shape.check();
        let mut strides = [0; MAX_RANK];
        strides[..at].copy_from_slice(&self.layout.strides[..at]);
        strides[at] = stride;
        strides[at + 1..shape.len()].copy_from_slice(&self.layout.strides[at..self.rank()]);
        self.view(Layout { shape, strides, offset: self.layout.offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube() -> Tensor {
        Tensor::arange(24).reshape([2, 3, 4])
    }

    #[test]
    fn views_share_memory() {
        let x = cube();
        let views = [
            x.reshape([6, REST]),
            x.t(),
            x.permute([2, 0, 1]),
            x.flatten(),
            x.unsqueeze(-1),
            x.expand([5, 2, 3, 4]),
        ];
        assert!(views.iter().all(|view| view.shares_memory(&x)));
        assert!(!x.t().flatten().shares_memory(&x));
    }

    #[test]
    fn shapes_and_elements() {
        assert_eq!(cube().t().shape()[..], [2, 4, 3]);
        assert_eq!(cube().permute([2, 0, 1]).select(0, 1).to_vec2::<i64>(), [[1, 5, 9], [13, 17, 21]]);
        assert_eq!(cube().move_axis(0, -1).shape()[..], [3, 4, 2]);
        assert_eq!(cube().transpose(0, -1).to_vec::<i64>()[..4], [0, 12, 4, 16]);
        assert_eq!(cube().flatten_axes(1, -1).shape()[..], [2, 12]);
        assert_eq!(cube().t().flatten().to_vec::<i64>()[..4], [0, 4, 8, 1]);
        assert_eq!(Tensor::arange(2).unsqueeze(1).expand([2, 3]).to_vec2::<i64>(), [[0, 0, 0], [1, 1, 1]]);
        let thin = Tensor::zeros([1, 3, 1]);
        assert_eq!((thin.squeeze().shape()[..].to_vec(), thin.squeeze_axis(-1).rank()), (vec![3], 2));
        assert_eq!(thin.unsqueeze(0).shape()[..], [1, 1, 3, 1]);
        assert_eq!(Tensor::zeros([0, 3]).reshape([3, REST]).shape()[..], [3, 0]);
    }

    #[test]
    #[should_panic(expected = "reshape: [2, 3, 4] to [5, 5]: 24 and 25 elements differ")]
    fn reshape_to_another_number() {
        cube().reshape([5, 5]);
    }

    #[test]
    #[should_panic(
        expected = "reshape: [2, 3, 4] to [5, REST]: 24 elements do not divide into the sizes given"
    )]
    fn reshape_to_what_does_not_divide() {
        cube().reshape([5, REST]);
    }

    #[test]
    #[should_panic(expected = "reshape: [2, 3, 4] to [REST, REST]: only one size can be REST, got 2")]
    fn two_rests() {
        cube().reshape([REST, REST]);
    }

    #[test]
    #[should_panic(expected = "permute: [1, 0] does not name all axes of [2, 3, 4]")]
    fn permute_of_some_axes() {
        cube().permute([1, 0]);
    }

    #[test]
    #[should_panic(expected = "expand: [2, 3, 4] to [2, 5, 4]: size 3 of axis -2 is neither 1 nor 5")]
    fn expand_of_a_size_that_is_not_one() {
        cube().expand([2, 5, 4]);
    }

    #[test]
    #[should_panic(expected = "expand: [2, 3, 4] to [3, 4]: the result has fewer axes")]
    fn expand_to_fewer_axes() {
        cube().expand([3, 4]);
    }

    #[test]
    #[should_panic(expected = "squeeze: axis 1 of [2, 3, 4] has size 3, not 1")]
    fn squeeze_of_a_size_that_is_not_one() {
        cube().squeeze_axis(1);
    }

    #[test]
    #[should_panic(expected = "t: [3] has fewer than two axes")]
    fn the_transpose_of_a_vector() {
        Tensor::zeros(3).t();
    }

    #[test]
    #[should_panic(expected = "unsqueeze: place 3 is out of range for [2]: places are -2 to 1")]
    fn a_place_out_of_range() {
        Tensor::zeros(2).unsqueeze(3);
    }
}
