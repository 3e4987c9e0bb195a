//! Copies into larger tensors: concatenation, and writing to a part.

use std::borrow::Borrow;

use crate::layout::axis_index;
use crate::strided::runs;
use crate::{DType, Element, Tensor};

/// # Joining
impl Tensor {
    /// Writes `src` into the view of this tensor that `part` makes (of the same shape as `src`).
    pub(crate) fn write_view(self, src: &Self, part: impl FnOnce(&Self) -> Self) -> Self {
        with_dtype!(self.dtype(), T => self.write_view_as::<T>(src, part))
    }

    fn write_view_as<T: Element>(mut self, src: &Self, part: impl FnOnce(&Self) -> Self) -> Self {
        debug_assert_eq!(src.dtype(), self.dtype());
        // Makes the memory this tensor's own and row-major, so that the part's layout counts from the slice's start.
        self.slice_mut::<T>();
        let base = self.layout.offset;
        let mut to = *part(&self).layout();
        to.offset = to.offset.saturating_sub(base);
        debug_assert_eq!(to.shape, *src.shape());
        let (x, out) = (src.block::<T>(), self.slice_mut::<T>());
        runs(&[&to, src.layout()], |offsets, len, steps| {
            if steps == [1, 1] {
                return out[offsets[0]..][..len].copy_from_slice(&x[offsets[1]..][..len]);
            }
            let (mut at, mut from) = (offsets[0] as isize, offsets[1] as isize);
            for _ in 0..len {
                out[at as usize] = x[from as usize];
                (at, from) = (at + steps[0], from + steps[1]);
            }
        });
        self
    }

    /// Tensors, or references to them, joined along an existing axis; their other sizes are equal. Mixed element types go to
    /// the widest.
    ///
    /// # Panics
    /// If there is no tensor, or if sizes differ elsewhere.
    #[track_caller]
    pub fn cat<T: Borrow<Self>>(tensors: &[T], axis: isize) -> Self {
        let mut each = tensors.iter().map(Borrow::<Self>::borrow);
        let Some(first) = each.next() else { panic!("cat: no tensors given") };
        let index = axis_index("cat", axis, first.shape());
        for (i, tensor) in (1..).zip(each) {
            let (a, b) = (first.shape(), tensor.shape());
            assert!(a.len() == b.len(), "cat: tensor 0 is {a} and tensor {i} is {b}: numbers of axes differ");
            let clash = (0..a.len()).find(|&other| other != index && a[other] != b[other]);
            if let Some(other) = clash {
                panic!(
                    "cat: tensor 0 is {a} and tensor {i} is {b}: sizes {} and {} of axis {other} differ",
                    a[other], b[other]
                );
            }
        }
        let dtype = tensors.iter().map(|t| t.borrow().dtype()).fold(DType::Bool, DType::promote);
        with_dtype!(dtype, T => cat_as::<T>(tensors, index, dtype))
    }

    /// Tensors of one shape, or references to them, joined along a new axis at place `axis` of the result.
    ///
    /// # Panics
    /// If there is no tensor, or if shapes differ.
    #[track_caller]
    pub fn stack<T: Borrow<Self>>(tensors: &[T], axis: isize) -> Self {
        let mut each = tensors.iter().map(Borrow::<Self>::borrow);
        let Some(first) = each.next() else { panic!("stack: no tensors given") };
        for (i, tensor) in (1..).zip(each) {
            let (a, b) = (first.shape(), tensor.shape());
            assert!(a == b, "stack: tensor 0 is {a} and tensor {i} is {b}: all must have one shape");
        }
        first.shape().check_place("stack", axis);
        let parts: Vec<Self> = tensors.iter().map(|tensor| tensor.borrow().unsqueeze(axis)).collect();
        Self::cat(&parts, axis)
    }
}

fn cat_as<T: Element>(tensors: &[impl Borrow<Tensor>], axis: usize, dtype: DType) -> Tensor {
    let parts: Vec<Tensor> = tensors.iter().map(|t| t.borrow().to(dtype).contiguous()).collect();
    let size = parts.iter().fold(0usize, |n, t| n.saturating_add(t.shape()[axis]));
    let shape = parts[0].shape().with(axis, size);
    let inner: usize = shape[axis + 1..].iter().product();
    Tensor::build::<T>(shape, |out| {
        let mut at = 0;
        for part in &parts {
            let block = part.shape()[axis] * inner;
            if block == 0 {
                continue;
            }
            for (x, out) in part.as_slice::<T>().chunks(block).zip(out.chunks_mut(size * inner)) {
                out[at..at + block].copy_from_slice(x);
            }
            at += block;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Tensor {
        Tensor::from([[1, 2], [3, 4]])
    }

    #[test]
    fn joined() {
        let (x, y) = (grid(), Tensor::from([[5.0f32], [6.0]]));
        let wide = Tensor::cat(&[&x, &y, &Tensor::zeros([2, 0])], 1);
        assert_eq!(wide.to_vec2::<f32>(), [[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]);
        assert_eq!(Tensor::cat(&[&x, &x.t()], 0).to_vec2::<i64>(), [[1, 2], [3, 4], [1, 3], [2, 4]]);
        assert_eq!(Tensor::stack(&[&x, &x], -1).shape()[..], [2, 2, 2]);
        assert!(Tensor::cat(&[x.clone(), x.t()], 0).equal(&Tensor::cat(&[&x, &x.t()], 0)));
        assert_eq!(Tensor::stack(&[&Tensor::from(1), &Tensor::from(2)], 0).to_vec::<i64>(), [1, 2]);
    }

    #[test]
    #[should_panic(
        expected = "cat: tensor 0 is [2, 2] and tensor 1 is [3, 2]: sizes 2 and 3 of axis 0 differ"
    )]
    fn sizes_that_do_not_fit() {
        Tensor::cat(&[&grid(), &Tensor::zeros([3, 2])], 1);
    }

    #[test]
    #[should_panic(expected = "cat: tensor 0 is [2, 2] and tensor 1 is [2]: numbers of axes differ")]
    fn ranks_that_do_not_fit() {
        Tensor::cat(&[&grid(), &Tensor::zeros(2)], 0);
    }

    #[test]
    #[should_panic(expected = "stack: tensor 0 is [2, 2] and tensor 1 is [2, 1]: all must have one shape")]
    fn shapes_that_differ() {
        Tensor::stack(&[&grid(), &Tensor::zeros([2, 1])], 0);
    }

    #[test]
    #[should_panic(expected = "cat: no tensors given")]
    fn nothing_to_join() {
        Tensor::cat::<Tensor>(&[], 0);
    }
}
