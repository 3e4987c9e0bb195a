//! Reductions over any axes: sums, products, extremes, truth; in `statistics` means, variances, log-sum-exp.
//!
//! Each comes in three forms: `sum()` over everything, `sum_axes(axes)`, which drops the axes, and `sum_keep(axes)`,
//! which keeps them with size 1. Axes that lie next to each other in memory are reduced in one pass; sums are pairwise
//! over fixed blocks, so the bits never depend on the number of threads.

mod statistics;

use smallvec::SmallVec;

use crate::axes::Axes;
use crate::kernel::fold::{self, Join, Max, Min, Prod, Sum};
use crate::layout::Layout;
use crate::shape::MAX_RANK;
use crate::{DType, Element, Shape, Tensor};

pub(crate) type AxisList = SmallVec<[usize; MAX_RANK]>;

/// The shape that is left when `axes` are reduced.
fn reduced_shape(shape: &Shape, axes: &[usize], keep: bool) -> Shape {
    let kept = shape.iter().enumerate().filter_map(|(axis, &size)| {
        let reduced = axes.contains(&axis);
        if reduced { keep.then_some(1) } else { Some(size) }
    });
    Shape::new(&kept.collect::<AxisList>())
}

/// Joins the elements along `axes`.
fn reduce<T: Element, J: Join<T>>(j: J, x: &Tensor, axes: &[usize], keep: bool) -> Tensor {
    let shape = reduced_shape(x.shape(), axes, keep);
    if x.is_empty() {
        return Tensor::build::<T>(shape, |out| out.fill(J::IDENTITY));
    }
    if let Some(order) = memory_order(x, axes) {
        let mut sorted = x.clone();
        for (to, &from) in order.iter().enumerate() {
            (sorted.layout.shape[to], sorted.layout.strides[to]) = (x.shape()[from], x.layout.strides[from]);
        }
        let axes: AxisList = (0..order.len()).filter(|&at| axes.contains(&order[at])).collect();
        return reduce_contiguous(j, &sorted, &axes, shape);
    }
    reduce_contiguous(j, &x.contiguous(), axes, shape)
}

/// The order of axes in which a permuted but dense tensor is row-major, if the kept axes do not change places in it.
fn memory_order(x: &Tensor, axes: &[usize]) -> Option<AxisList> {
    if x.is_contiguous() {
        return None;
    }
    let mut order: AxisList = (0..x.rank()).collect();
    order.sort_by_key(|&axis| std::cmp::Reverse(x.layout.strides[axis]));
    let mut layout = x.layout;
    for (to, &from) in order.iter().enumerate() {
        (layout.shape[to], layout.strides[to]) = (x.shape()[from], x.layout.strides[from]);
    }
    let kept = order.iter().filter(|axis| !axes.contains(axis));
    (layout.is_contiguous() && kept.is_sorted_by(|a, b| a < b)).then_some(order)
}

/// As [`reduce`], of a row-major tensor with elements: group after group of neighbouring axes, the last one first.
fn reduce_contiguous<T: Element, J: Join<T>>(j: J, x: &Tensor, axes: &[usize], shape: Shape) -> Tensor {
    let mut groups = SmallVec::<[(bool, usize); MAX_RANK]>::new();
    for (axis, &size) in x.shape().iter().enumerate().filter(|&(_, &size)| size != 1) {
        let reduced = axes.contains(&axis);
        match groups.last_mut() {
            Some(group) if group.0 == reduced => group.1 *= size,
            _ => groups.push((reduced, size)),
        }
    }
    let mut current = x.clone();
    while let Some(at) = groups.iter().rposition(|group| group.0) {
        let size = |groups: &[(bool, usize)]| groups.iter().map(|group| group.1).product::<usize>();
        let (outer, len, inner) = (size(&groups[..at]), groups[at].1, size(&groups[at + 1..]));
        let source = &current.as_slice::<T>()[..outer * len * inner];
        current = Tensor::build::<T>([outer, inner], |out| match (outer, inner) {
            (1, 1) => out[0] = fold::whole(j, source, fold::same),
            (_, 1) => fold::runs(j, source, len, out),
            _ => fold::columns(j, source, len, inner, out),
        });
        groups.remove(at);
    }
    let offset = current.layout.offset;
    current.layout = Layout { offset, ..Layout::contiguous(shape) };
    current
}

/// # Reductions
impl Tensor {
    /// This tensor as numbers: truth values become 0 and 1 of I64.
    fn counted(&self) -> Self {
        if self.dtype() == DType::Bool { self.to(DType::I64) } else { self.clone() }
    }

    fn sum_over(&self, axes: &[usize], keep: bool) -> Self {
        match self.dtype() {
            DType::Bool | DType::I64 => reduce::<i64, _>(Sum, &self.counted(), axes, keep),
            DType::F32 => reduce::<f32, _>(Sum, self, axes, keep),
            DType::F64 => reduce::<f64, _>(Sum, self, axes, keep),
        }
    }

    fn prod_over(&self, axes: &[usize], keep: bool) -> Self {
        match self.dtype() {
            DType::Bool | DType::I64 => reduce::<i64, _>(Prod, &self.counted(), axes, keep),
            DType::F32 => reduce::<f32, _>(Prod, self, axes, keep),
            DType::F64 => reduce::<f64, _>(Prod, self, axes, keep),
        }
    }

    #[track_caller]
    fn max_over(&self, axes: &[usize], keep: bool) -> Self {
        self.not_of_nothing("max", axes);
        with_dtype!(self.dtype(), T => reduce::<T, _>(Max, self, axes, keep))
    }

    #[track_caller]
    fn min_over(&self, axes: &[usize], keep: bool) -> Self {
        self.not_of_nothing("min", axes);
        with_dtype!(self.dtype(), T => reduce::<T, _>(Min, self, axes, keep))
    }

    #[track_caller]
    pub(crate) fn not_of_nothing(&self, op: &str, axes: &[usize]) {
        if let Some(&axis) = axes.iter().find(|&&axis| self.shape()[axis] == 0) {
            panic!(
                "{op}: {} has no elements along axis {axis}, and the {op} of nothing is undefined",
                self.shape()
            );
        }
    }

    fn any_over(&self, axes: &[usize], keep: bool) -> Self {
        reduce::<u8, _>(Max, &self.to(DType::Bool), axes, keep)
    }

    fn all_over(&self, axes: &[usize], keep: bool) -> Self {
        reduce::<u8, _>(Min, &self.to(DType::Bool), axes, keep)
    }

    fn count_over(&self, axes: &[usize], keep: bool) -> Self {
        self.to(DType::Bool).sum_over(axes, keep)
    }

    /// The sum of this gradient-like tensor over the axes along which a tensor of shape `shape` was repeated to give it:
    /// what undoes a broadcast. Copies nothing when the shapes are equal.
    ///
    /// # Panics
    /// If `shape` does not broadcast to this tensor's.
    #[track_caller]
    pub fn sum_to(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if *self.shape() == shape {
            return self.clone();
        }
        let fits = shape.broadcast(self.shape()).is_some_and(|both| both == *self.shape());
        assert!(fits, "sum_to: {shape} does not broadcast to {}, so no sum leads back to it", self.shape());
        let new = self.rank() - shape.len();
        let axes: AxisList =
            (0..self.rank()).filter(|&axis| axis < new || shape[axis - new] != self.shape()[axis]).collect();
        let mut out = self.sum_over(&axes, true);
        out.layout = Layout { offset: out.layout.offset, ..Layout::contiguous(shape) };
        out
    }
}

/// The three forms of a reduction.
macro_rules! forms {
    ($($(#[$doc:meta])* $over:ident: $all:ident $axes:ident $keep:ident;)*) => {
        /// # Reductions
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Over all elements, to a tensor without axes.
            #[track_caller]
            pub fn $all(&self) -> Self {
                let axes: AxisList = (0..self.rank()).collect();
                self.$over(&axes, false)
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result does not have.
            #[track_caller]
            pub fn $axes(&self, axes: impl Into<Axes>) -> Self {
                self.$over(&axes.into().resolve(stringify!($all), self.shape()), false)
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result keeps with size 1.
            #[track_caller]
            pub fn $keep(&self, axes: impl Into<Axes>) -> Self {
                self.$over(&axes.into().resolve(stringify!($all), self.shape()), true)
            }
        )*}
    };
}
pub(crate) use forms;

forms! {
    /// The sum `$\sum_i x_i$`, 0 of nothing. I64 and Bool give I64.
    sum_over: sum sum_axes sum_keep;
    /// The product `$\prod_i x_i$`, 1 of nothing. I64 and Bool give I64.
    prod_over: prod prod_axes prod_keep;
    /// The largest element; NaN wins. Panics if there is none.
    max_over: max max_axes max_keep;
    /// The smallest element; NaN wins. Panics if there is none.
    min_over: min min_axes min_keep;
    /// Whether any element is true (other types: not zero), as Bool; false of nothing.
    any_over: any any_axes any_keep;
    /// Whether all elements are true (other types: not zero), as Bool; true of nothing.
    all_over: all all_axes all_keep;
    /// How many elements are true (other types: not zero), as I64.
    count_over: count_nonzero count_nonzero_axes count_nonzero_keep;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube() -> Tensor {
        Tensor::range(0.0, 24.0, 1.0).reshape([2, 3, 4])
    }

    #[test]
    fn sums_over_any_axes() {
        assert_eq!(cube().sum().item(), 276.0);
        assert_eq!(
            cube().sum_axes(0).to_vec::<f32>(),
            (0..12).map(|i| (12 + 2 * i) as f32).collect::<Vec<_>>()
        );
        assert_eq!(cube().sum_axes(1).to_vec2::<f32>(), [[12.0, 15.0, 18.0, 21.0], [48.0, 51.0, 54.0, 57.0]]);
        assert_eq!(cube().sum_axes(-1).to_vec2::<f32>(), [[6.0, 22.0, 38.0], [54.0, 70.0, 86.0]]);
        assert_eq!(cube().sum_axes([0, 2]).to_vec::<f32>(), [60.0, 92.0, 124.0]);
        assert_eq!(cube().sum_keep([2, 0]).shape()[..], [1, 3, 1]);
        assert_eq!(cube().sum_axes([]).to_vec::<f32>(), cube().to_vec::<f32>());
        assert_eq!(cube().sum_axes(()).item(), 276.0);
    }

    #[test]
    fn views_are_reduced_as_their_copies() {
        let views = [
            cube().t(),
            cube().permute([2, 0, 1]),
            cube().flip(1),
            cube().slice(2, ..3),
            cube().select(1, 1),
        ];
        for view in views {
            for axis in 0..view.rank() as isize {
                assert!(view.sum_axes(axis).equal(&view.copied().sum_axes(axis)), "{view:?} {axis}");
                assert!(view.max_keep(axis).equal(&view.copied().max_keep(axis)));
            }
            assert_eq!(view.prod().item(), view.copied().prod().item());
        }
    }

    #[test]
    fn element_types_of_results() {
        let bools = Tensor::from([[true, false], [true, true]]);
        assert_eq!(bools.sum_axes(0).to_vec::<i64>(), [2, 1]);
        assert_eq!(bools.prod().to_vec::<i64>(), [0]);
        assert_eq!(bools.max_axes(0).to_bools(), [true, true]);
        assert_eq!(Tensor::from([i64::MAX, 0]).sum().to_vec::<i64>(), [i64::MAX]);
        assert_eq!(Tensor::from([0.0, 2.0, f64::NAN]).count_nonzero().to_vec::<i64>(), [2]);
        assert_eq!(Tensor::from([[0, 2], [0, 0]]).any_axes(1).to_bools(), [true, false]);
        assert_eq!(Tensor::from([[0, 2], [1, 1]]).all_axes(1).to_bools(), [false, true]);
    }

    #[test]
    fn extremes_and_nan() {
        let x = Tensor::from([[1.0, f64::NAN, 3.0], [4.0, 5.0, -6.0]]);
        assert!(x.max_axes(1).to_vec::<f64>()[0].is_nan() && x.min().item().is_nan());
        assert_eq!(x.select(0, 1).max().item(), 5.0);
        assert_eq!(x.min_axes(0).to_vec::<f64>()[2], -6.0);
    }

    #[test]
    fn nothing_has_a_sum_but_no_maximum() {
        let none = Tensor::zeros([2, 0]);
        assert_eq!(none.sum().item(), 0.0);
        assert_eq!(none.sum_axes(1).to_vec::<f32>(), [0.0, 0.0]);
        assert_eq!(none.sum_axes(0).shape()[..], [0]);
        assert_eq!(none.prod_axes(1).to_vec::<f32>(), [1.0, 1.0]);
        assert!(!none.any().to_bools()[0] && none.all().to_bools()[0]);
        assert!(none.max_axes(0).is_empty());
    }

    #[test]
    #[should_panic(
        expected = "max: [2, 0] has no elements along axis 1, and the max of nothing is undefined"
    )]
    fn the_maximum_of_nothing() {
        Tensor::zeros([2, 0]).max_axes(1);
    }

    #[test]
    #[should_panic(expected = "sum: axis 2 is out of range for [2, 3], which has axes -2 to 1")]
    fn an_axis_out_of_range() {
        Tensor::zeros([2, 3]).sum_axes(2);
    }

    #[test]
    fn a_broadcast_is_undone() {
        assert_eq!(cube().sum_to([3, 1]).to_vec::<f32>(), [60.0, 92.0, 124.0]);
        assert_eq!(cube().sum_to(()).item(), 276.0);
        assert_eq!(cube().sum_to([1, 1, 4]).to_vec::<f32>(), [60.0, 66.0, 72.0, 78.0]);
        let x = cube();
        assert!(x.sum_to([2, 3, 4]).shares_memory(&x));
    }

    #[test]
    #[should_panic(expected = "sum_to: [2] does not broadcast to [2, 3], so no sum leads back to it")]
    fn a_shape_that_no_broadcast_comes_from() {
        Tensor::zeros([2, 3]).sum_to(2);
    }
}
