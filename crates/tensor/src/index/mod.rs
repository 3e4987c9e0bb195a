//! Reading and adding at places that an I64 tensor names; choosing by truth in `mask`.
//!
//! [`Tensor::gather`] and [`Tensor::scatter_add`] move single elements, [`Tensor::index_select`] and
//! [`Tensor::index_add`] whole slices; each pair is the other's gradient. Places count from 0; negative ones are out of
//! range, as in PyTorch. Repeated places are added in their order, so results are the same bits every time.

mod mask;

use crate::elementwise::promoted;
use crate::kernel::parallel;
use crate::layout::axis_index;
use crate::strided::runs;
use crate::{DType, Element, Layout, Shape, Tensor};

/// Checks that indices are I64 and in `0 .. size`.
///
/// # Panics
/// If one is not; the message names `op`, the first such index, where it stands, and what it is out of range for.
#[track_caller]
pub fn check_indices(op: &str, index: &Tensor, size: usize, of: &str) {
    check_type(op, index);
    let values = index.contiguous();
    let values = values.as_slice::<i64>();
    let Some(at) = values.iter().position(|&i| i as u64 >= size as u64) else { return };
    let mut rest = at;
    let mut place: Vec<usize> = index.shape().iter().rev().map(|&n| (rest % n, rest /= n).0).collect();
    place.reverse();
    panic!("{op}: index {} at {place:?} is out of range for {of} of size {size}", values[at]);
}

/// Indices (I64) in `-size .. size`, of which negative ones count from the end, as places in `0 .. size`.
///
/// # Panics
/// If one is not; the message names `op`, the index, and `of` what it is out of range.
#[track_caller]
pub fn wrapped_indices(op: &str, index: &Tensor, size: usize, of: &str) -> Tensor {
    check_type(op, index);
    let n = size as i64;
    let mut places = index.to_vec::<i64>();
    for (at, i) in places.iter_mut().enumerate() {
        assert!(
            (-n..n).contains(i),
            "{op}: place {i} (number {at} of {}) is out of range for {of}",
            index.shape()
        );
        *i = i.rem_euclid(n);
    }
    Tensor::from_vec(places, *index.shape())
}

#[track_caller]
fn check_type(op: &str, index: &Tensor) {
    assert!(
        index.dtype() == DType::I64,
        "{op}: indices are I64, got {}; convert with .to(DType::I64)",
        index.dtype()
    );
}

/// The checks that gather and scatter share: equal ranks, and no size above the tensor's but along `axis`.
#[track_caller]
fn check_sizes(op: &str, x: &Shape, index: &Shape, axis: usize) {
    assert!(
        x.len() == index.len(),
        "{op}: {x} and the index's shape {index} have {} and {} axes",
        x.len(),
        index.len()
    );
    let clash = (0..x.len()).find(|&other| other != axis && index[other] > x[other]);
    if let Some(other) = clash {
        panic!(
            "{op}: the index's shape {index} is larger than {x} along axis {other}: {} and {}",
            index[other], x[other]
        );
    }
}

/// The places of `layout` at index 0 of `axis`, in the shape of the index.
pub(crate) fn without_axis(layout: &Layout, index: &Shape, axis: usize) -> Layout {
    let mut base = Layout { shape: *index, ..*layout };
    base.strides[axis] = 0;
    base
}

/// `[outer, n, inner]` around an axis.
pub(crate) fn around(shape: &Shape, axis: usize) -> (usize, usize, usize) {
    (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product())
}

/// # Indices
impl Tensor {
    /// Elements along an axis: `$y_{ij} = x_{i\,\text{index}_{ij}}$` for `axis` 1, with the shape of `index`.
    ///
    /// # Panics
    /// If the axis or an index is out of range, `index` is not I64, has another number of axes, or is larger than this
    /// tensor along another axis.
    #[track_caller]
    pub fn gather(&self, axis: isize, index: &Self) -> Self {
        let at = axis_index("gather", axis, self.shape());
        check_sizes("gather", self.shape(), index.shape(), at);
        check_indices("gather", index, self.shape()[at], &format!("axis {axis}"));
        with_dtype!(self.dtype(), T => self.gather_as::<T>(at, index))
    }

    fn gather_as<T: Element>(&self, axis: usize, index: &Self) -> Self {
        let base = without_axis(self.layout(), index.shape(), axis);
        let (x, places, stride) = (self.block::<T>(), index.block::<i64>(), self.layout.strides[axis]);
        Self::build::<T>(*index.shape(), |out| {
            let mut out = out.iter_mut();
            runs(&[index.layout(), &base], |offsets, len, steps| {
                let (mut i, mut from) = (offsets[0] as isize, offsets[1] as isize);
                for y in out.by_ref().take(len) {
                    *y = x[(from + places[i as usize] as isize * stride) as usize];
                    (i, from) = (i + steps[0], from + steps[1]);
                }
            });
        })
    }

    /// Calls `put(y, x)` for each element of `src` and the element of a copy of this tensor that `index` names.
    #[track_caller]
    pub(crate) fn scattered<T: Element>(
        &self,
        axis: usize,
        index: &Self,
        src: &Self,
        put: impl Fn(&mut T, T),
    ) -> Self {
        let mut out = self.copied();
        let base = without_axis(out.layout(), index.shape(), axis);
        let stride = out.layout.strides[axis];
        let source = Layout { shape: *index.shape(), ..*src.layout() };
        let (x, places, y) = (src.block::<T>(), index.block::<i64>(), out.slice_mut::<T>());
        runs(&[index.layout(), &base, &source], |offsets, len, steps| {
            let [mut i, mut to, mut from] = [offsets[0] as isize, offsets[1] as isize, offsets[2] as isize];
            for _ in 0..len {
                put(&mut y[(to + places[i as usize] as isize * stride) as usize], x[from as usize]);
                (i, to, from) = (i + steps[0], to + steps[1], from + steps[2]);
            }
        });
        out
    }

    #[track_caller]
    pub(crate) fn check_scatter(&self, op: &str, axis: isize, index: &Self, src: &Self) -> usize {
        let at = axis_index(op, axis, self.shape());
        check_sizes(op, self.shape(), index.shape(), at);
        check_sizes(op, src.shape(), index.shape(), src.rank());
        check_indices(op, index, self.shape()[at], &format!("axis {axis}"));
        at
    }

    /// A copy with `src` added to the elements that `index` names along an axis:
    /// `$y_{i\,\text{index}_{ij}} \mathrel{+}= \text{src}_{ij}$` for `axis` 1, in the wider of both
    /// element types. Repeated places add up.
    ///
    /// # Panics
    /// As [`Self::scatter`]; also for Bool.
    #[track_caller]
    pub fn scatter_add(&self, axis: isize, index: &Self, src: &Self) -> Self {
        let at = self.check_scatter("scatter_add", axis, index, src);
        let (whole, src) = promoted(self, src);
        match whole.dtype() {
            DType::F32 => whole.scattered::<f32>(at, index, &src, |y, x| *y += x),
            DType::F64 => whole.scattered::<f64>(at, index, &src, |y, x| *y += x),
            DType::I64 => whole.scattered::<i64>(at, index, &src, |y, x| *y = y.wrapping_add(x)),
            DType::Bool => panic!("scatter_add: bool elements cannot be added; convert with .to(DType::I64)"),
        }
    }

    /// The slices along an axis that a vector of indices names, in its order.
    ///
    /// # Panics
    /// If the axis or an index is out of range, or `index` is not I64 with one axis.
    #[track_caller]
    pub fn index_select(&self, axis: isize, index: &Self) -> Self {
        let at = axis_index("index_select", axis, self.shape());
        assert!(index.rank() == 1, "index_select: indices have one axis, got {}", index.shape());
        check_indices("index_select", index, self.shape()[at], &format!("axis {axis}"));
        with_dtype!(self.dtype(), T => self.index_select_as::<T>(at, index))
    }

    fn index_select_as<T: Element>(&self, axis: usize, index: &Self) -> Self {
        let (source, index) = (self.contiguous(), index.contiguous());
        let (x, places) = (source.as_slice::<T>(), index.as_slice::<i64>());
        let (_, n, inner) = around(self.shape(), axis);
        Self::build::<T>(self.shape().with(axis, places.len()), |out| {
            if out.is_empty() {
                return;
            }
            let group = (8192 / inner).max(1) * inner;
            parallel::chunks(out, group, 0.3, |start, out| {
                let (mut outer, mut at) = (start / inner / places.len(), start / inner % places.len());
                for y in out.chunks_mut(inner) {
                    let from = (outer * n + places[at] as usize) * inner;
                    if let [y] = y {
                        *y = x[from];
                    } else {
                        y.copy_from_slice(&x[from..][..inner]);
                    }
                    at += 1;
                    if at == places.len() {
                        (outer, at) = (outer + 1, 0);
                    }
                }
            });
        })
    }

    /// A copy with the slices of `src` along an axis added to those that a vector of indices names, in the wider of both
    /// element types. Repeated indices add up.
    ///
    /// # Panics
    /// If the axis or an index is out of range, `index` is not I64 with one axis, `src` has not this tensor's shape with
    /// one slice for each index, or for Bool.
    #[track_caller]
    pub fn index_add(&self, axis: isize, index: &Self, src: &Self) -> Self {
        let at = axis_index("index_add", axis, self.shape());
        assert!(index.rank() == 1, "index_add: indices have one axis, got {}", index.shape());
        check_indices("index_add", index, self.shape()[at], &format!("axis {axis}"));
        let wanted = self.shape().with(at, index.elements());
        assert!(*src.shape() == wanted, "index_add: the source is {}, but {wanted} is needed", src.shape());
        let (whole, src) = promoted(self, src);
        match whole.dtype() {
            DType::F32 => whole.index_add_as::<f32>(at, index, &src, |a, b| a + b),
            DType::F64 => whole.index_add_as::<f64>(at, index, &src, |a, b| a + b),
            DType::I64 => whole.index_add_as::<i64>(at, index, &src, i64::wrapping_add),
            DType::Bool => panic!("index_add: bool elements cannot be added; convert with .to(DType::I64)"),
        }
    }

    fn index_add_as<T: Element>(
        &self,
        axis: usize,
        index: &Self,
        src: &Self,
        add: impl Fn(T, T) -> T,
    ) -> Self {
        let (index, src) = (index.contiguous(), src.contiguous());
        let places = index.as_slice::<i64>();
        let (_, n, inner) = around(self.shape(), axis);
        let mut out = self.copied();
        let y = out.slice_mut::<T>();
        for (slice, x) in src.as_slice::<T>().chunks(inner.max(1)).enumerate() {
            let (outer, place) = (slice / places.len(), places[slice % places.len()] as usize);
            let y = &mut y[(outer * n + place) * inner..][..inner];
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = add(*y, x));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Tensor {
        Tensor::from([[10.0, 11.0, 12.0], [20.0, 21.0, 22.0]])
    }

    #[test]
    fn gathered() {
        let index = Tensor::from([[2, 0], [1, 1]]);
        assert_eq!(grid().gather(1, &index).to_vec2::<f64>(), [[12.0, 10.0], [21.0, 21.0]]);
        assert_eq!(grid().gather(0, &Tensor::from([[1, 0]])).to_vec2::<f64>(), [[20.0, 11.0]]);
        assert_eq!(grid().t().gather(0, &index.t()).t().to_vec2::<f64>(), [[12.0, 10.0], [21.0, 21.0]]);
        assert_eq!(
            grid().gather(1, &Tensor::from([[2], [0]]).expand([2, 3])).to_vec::<f64>()[2..4],
            [12.0, 20.0]
        );
        assert_eq!(grid().index_select(1, &Tensor::from([2, 2, 0])).to_vec2::<f64>()[1], [22.0, 22.0, 20.0]);
    }

    #[test]
    fn scattered() {
        let (zeros, index) = (Tensor::zeros([2, 3]), Tensor::from([[2, 2], [0, 1]]));
        assert_eq!(
            zeros.scatter_add(1, &index, &grid().to(DType::F32)).to_vec2::<f32>(),
            [[0.0, 0.0, 21.0], [20.0, 21.0, 0.0]]
        );
        let added = grid().index_add(0, &Tensor::from([1, 1]), &grid());
        assert_eq!(added.to_vec2::<f64>(), [[10.0, 11.0, 12.0], [50.0, 53.0, 56.0]]);
        assert_eq!(zeros.sum().item(), 0.0);
    }

    #[test]
    fn no_indices_are_no_trouble() {
        let none = Tensor::zeros_of(0, DType::I64);
        assert_eq!(grid().index_select(0, &none).shape()[..], [0, 3]);
        assert!(grid().index_add(0, &none, &Tensor::zeros([0, 3])).equal(&grid()));
        assert!(grid().gather(1, &none.reshape([2, 0])).is_empty());
    }

    #[test]
    #[should_panic(expected = "gather: index 3 at [1, 0] is out of range for axis 1 of size 3")]
    fn an_index_out_of_range_is_named_with_its_place() {
        grid().gather(1, &Tensor::from([[0], [3]]));
    }

    #[test]
    #[should_panic(expected = "index_select: index -1 at [0] is out of range for axis 0 of size 2")]
    fn negative_indices_are_out_of_range() {
        grid().index_select(0, &Tensor::from([-1]));
    }

    #[test]
    #[should_panic(expected = "gather: indices are I64, got f32; convert with .to(DType::I64)")]
    fn indices_of_a_wrong_type() {
        grid().gather(0, &Tensor::zeros([1, 1]));
    }

    #[test]
    #[should_panic(expected = "gather: the index's shape [3, 1] is larger than [2, 3] along axis 0: 3 and 2")]
    fn an_index_that_is_too_large() {
        grid().gather(1, &Tensor::zeros_of([3, 1], DType::I64));
    }

    #[test]
    #[should_panic(expected = "index_add: the source is [1, 3], but [2, 3] is needed")]
    fn a_source_of_a_wrong_shape() {
        grid().index_add(0, &Tensor::from([0, 1]), &Tensor::zeros([1, 3]));
    }
}
