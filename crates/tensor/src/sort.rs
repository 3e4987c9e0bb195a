//! Order: the places of extremes, sorting, the largest few, searching, distinct values.
//!
//! Sorts are stable, and NaN counts as larger than every number, as in NumPy and PyTorch. Of several extremes the first
//! counts, and NaN wins, as in PyTorch.

use std::cmp::Ordering;

use crate::index::check_indices;
use crate::kernel::fold::{Join, Max, Min, same, whole};
use crate::kernel::parallel;
use crate::layout::axis_index;
use crate::{DType, Element, Tensor};

/// The order of elements, NaN behind all numbers.
#[expect(clippy::eq_op, reason = "only NaN differs from itself")]
fn order<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| (a != a).cmp(&(b != b)))
}

/// The place of the extreme of a run: the first element equal to it, or the first NaN.
fn place<T: Element, J: Join<T>>(j: J, run: &[T]) -> i64 {
    let best = whole(j, run, same);
    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
    let at =
        if best == best { run.iter().position(|&x| x == best) } else { run.iter().position(|&x| x != x) };
    at.map_or(0, |at| at as i64)
}

/// # Sorting and searching
impl Tensor {
    fn place_over<T: Element, J: Join<T>>(&self, j: J, axis: usize, keep: bool) -> Self {
        let runs = self.move_axis(axis as isize, -1).contiguous();
        let (x, len) = (runs.as_slice::<T>(), self.shape()[axis]);
        let shape = if keep { self.shape().with(axis, 1) } else { self.shape().without(axis) };
        Self::build::<i64>(shape, |out| {
            parallel::chunks(out, (4096 / len.max(1)).max(1), len as f64 * 0.5, |start, out| {
                for (i, y) in out.iter_mut().enumerate() {
                    *y = place(j, &x[(start + i) * len..][..len]);
                }
            });
        })
    }

    /// The index of the largest element in row-major order, as I64 without axes; the first of several; NaN wins.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn argmax(&self) -> Self {
        assert!(!self.is_empty(), "argmax: {} has no elements", self.shape());
        let x = self.contiguous();
        Self::scalar(with_dtype!(self.dtype(), T => place(Max, x.as_slice::<T>())))
    }

    /// The index of the smallest element in row-major order, as I64 without axes; the first of several; NaN wins.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn argmin(&self) -> Self {
        assert!(!self.is_empty(), "argmin: {} has no elements", self.shape());
        let x = self.contiguous();
        Self::scalar(with_dtype!(self.dtype(), T => place(Min, x.as_slice::<T>())))
    }

    /// The indices of the largest elements along `axis`, as I64; the first of several; NaN wins. The axis is dropped, or
    /// kept with size 1 (`keep`).
    ///
    /// # Panics
    /// If the axis is out of range or has no elements.
    #[track_caller]
    pub fn argmax_axis(&self, axis: isize, keep: bool) -> Self {
        let axis = axis_index("argmax", axis, self.shape());
        self.not_of_nothing("argmax", &[axis]);
        with_dtype!(self.dtype(), T => self.place_over::<T, _>(Max, axis, keep))
    }

    /// The indices of the smallest elements along `axis`, as I64; the first of several; NaN wins. The axis is dropped, or
    /// kept with size 1 (`keep`).
    ///
    /// # Panics
    /// If the axis is out of range or has no elements.
    #[track_caller]
    pub fn argmin_axis(&self, axis: isize, keep: bool) -> Self {
        let axis = axis_index("argmin", axis, self.shape());
        self.not_of_nothing("argmin", &[axis]);
        with_dtype!(self.dtype(), T => self.place_over::<T, _>(Min, axis, keep))
    }

    /// The places along an axis in the order of their elements, I64. Equal elements keep their order; NaN counts as the
    /// largest.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn argsort(&self, axis: isize, descending: bool) -> Self {
        let axis = axis_index("argsort", axis, self.shape()) as isize;
        let moved = self.move_axis(axis, -1).contiguous();
        let sorted = with_dtype!(self.dtype(), T => moved.argsort_runs::<T>(descending));
        sorted.move_axis(-1, axis).contiguous()
    }

    fn argsort_runs<T: Element>(&self, descending: bool) -> Self {
        let len = self.shape()[self.rank() - 1].max(1);
        Self::build::<i64>(*self.shape(), |out| {
            for (x, out) in self.as_slice::<T>().chunks(len).zip(out.chunks_mut(len)) {
                out.iter_mut().zip(0..).for_each(|(y, i)| *y = i);
                let by = |&i: &i64, &j: &i64| order(&x[i as usize], &x[j as usize]);
                if descending {
                    out.sort_by(|i, j| by(j, i));
                } else {
                    out.sort_by(by);
                }
            }
        })
    }

    /// The elements sorted along an axis, and their places before (I64). Equal elements keep their order; NaN counts as
    /// the largest.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn sort(&self, axis: isize, descending: bool) -> (Self, Self) {
        let axis = axis_index("sort", axis, self.shape()) as isize;
        let places = self.argsort(axis, descending);
        (self.gather(axis, &places), places)
    }

    /// The `k` largest (or smallest) elements along an axis, the most extreme first, and their places (I64).
    ///
    /// # Panics
    /// If the axis is out of range or has fewer than `k` places.
    #[track_caller]
    pub fn topk(&self, k: usize, axis: isize, largest: bool) -> (Self, Self) {
        let size = self.shape()[axis_index("topk", axis, self.shape())];
        assert!(k <= size, "topk: {k} elements are more than axis {axis} of {} has, {size}", self.shape());
        let places = self.argsort(axis, largest).narrow(axis, 0, k).contiguous();
        (self.gather(axis, &places), places)
    }

    /// For each value the place in this sorted vector before which it can be put: before equal elements, or behind them
    /// (`right`); I64 with the shape of `values`.
    ///
    /// # Panics
    /// If this tensor has not exactly one axis.
    #[track_caller]
    pub fn searchsorted(&self, values: &Self, right: bool) -> Self {
        assert!(self.rank() == 1, "searchsorted: sorted values have one axis, got {}", self.shape());
        let dtype = self.dtype().promote(values.dtype());
        let (sorted, values) = (self.to(dtype).contiguous(), values.to(dtype).contiguous());
        with_dtype!(dtype, T => {
            let (sorted, x) = (sorted.as_slice::<T>(), values.as_slice::<T>());
            Self::build::<i64>(*values.shape(), |out| {
                for (y, x) in out.iter_mut().zip(x) {
                    *y = sorted.partition_point(|s| match order(s, x) {
                        Ordering::Less => true,
                        Ordering::Equal => right,
                        Ordering::Greater => false,
                    }) as i64;
                }
            })
        })
    }

    /// The distinct elements in ascending order, along one axis. All NaN count as one.
    pub fn unique(&self) -> Self {
        with_dtype!(self.dtype(), T => {
            let mut values = self.to_vec::<T>();
            values.sort_by(order);
            values.dedup_by(|a, b| order(a, b) == Ordering::Equal);
            Self::build::<T>(values.len(), |out| out.copy_from_slice(&values))
        })
    }

    /// How often each label occurs: I64 of length `classes`.
    ///
    /// # Panics
    /// If the labels are not I64, or one is not in `0 .. classes`.
    #[track_caller]
    pub fn bincount(&self, classes: usize) -> Self {
        assert!(self.dtype() == DType::I64, "bincount: labels are I64, got {}", self.dtype());
        let labels = self.flatten();
        check_indices("bincount", &labels, classes, "classes");
        Self::zeros_of(classes, DType::I64).index_add(0, &labels, &labels.ones_like())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_extremes() {
        let x = Tensor::from([[1.0, 7.0, 7.0], [9.0, -2.0, -2.0]]);
        assert_eq!((x.argmax().item(), x.argmin().item()), (3.0, 4.0));
        assert_eq!(x.argmax_axis(1, false).to_vec::<i64>(), [1, 0]);
        assert_eq!(x.argmin_axis(0, true).to_vec2::<i64>(), [[0, 1, 1]]);
        let nan = Tensor::from([1.0, f64::NAN, 3.0, f64::NAN]);
        assert_eq!((nan.argmax().item(), nan.argmin().item()), (1.0, 1.0));
        assert_eq!(Tensor::zeros([0, 3]).argmax_axis(1, false).shape()[..], [0]);
    }

    #[test]
    #[should_panic(expected = "argmax: [3, 0] has no elements along axis 1")]
    fn no_place_in_nothing() {
        Tensor::zeros([3, 0]).argmax_axis(1, false);
    }

    #[test]
    fn sorted() {
        let x = Tensor::from([[3.0, 1.0, f64::NAN, 1.0], [0.0, -0.0, -5.0, 2.0]]);
        assert_eq!(x.argsort(1, false).to_vec2::<i64>(), [[1, 3, 0, 2], [2, 0, 1, 3]]);
        assert_eq!(x.argsort(1, true).to_vec2::<i64>(), [[2, 0, 1, 3], [3, 0, 1, 2]]);
        let (values, places) = Tensor::from([[3, 1], [2, 5]]).sort(0, false);
        assert_eq!(values.to_vec2::<i64>(), [[2, 1], [3, 5]]);
        assert_eq!(places.to_vec2::<i64>(), [[1, 0], [0, 1]]);
        let (values, places) = Tensor::from([4, 9, 7]).topk(2, 0, true);
        assert_eq!((values.to_vec::<i64>(), places.to_vec::<i64>()), (vec![9, 7], vec![1, 2]));
        assert_eq!(Tensor::from([4, 9, 7]).topk(1, -1, false).0.item(), 4.0);
    }

    #[test]
    fn searched_and_counted() {
        let sorted = Tensor::from([1, 3, 3, 5]);
        let values = Tensor::from([[0, 3], [4, 9]]);
        assert_eq!(sorted.searchsorted(&values, false).to_vec2::<i64>(), [[0, 1], [3, 4]]);
        assert_eq!(sorted.searchsorted(&values, true).to_vec2::<i64>(), [[0, 3], [3, 4]]);
        assert_eq!(Tensor::from([3, 1, 3, 2]).unique().to_vec::<i64>(), [1, 2, 3]);
        assert_eq!(Tensor::from([f64::NAN, 1.0, f64::NAN]).unique().elements(), 2);
        assert_eq!(Tensor::from([2, 0, 2]).bincount(4).to_vec::<i64>(), [1, 0, 2, 0]);
    }

    #[test]
    #[should_panic(expected = "topk: 3 elements are more than axis 0 of [2] has, 2")]
    fn more_than_there_are() {
        Tensor::zeros(2).topk(3, 0, true);
    }
}
