//! Copies into larger tensors: concatenation, repetition, padding, triangles.

use std::borrow::Borrow;

use crate::layout::{axis_index, rows};
use crate::{DType, Element, Shape, Tensor};

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
        rows(&[&to, src.layout()], |offsets, len, steps| {
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
            assert_eq!(
                a.len(),
                b.len(),
                "cat: tensor 0 is {a} and tensor {i} is {b}: numbers of axes differ"
            );
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
            assert_eq!(a, b, "stack: tensor 0 is {a} and tensor {i} is {b}: all must have one shape");
        }
        let parts: Vec<Self> = tensors.iter().map(|tensor| tensor.borrow().unsqueeze(axis)).collect();
        Self::cat(&parts, axis)
    }

    /// Repeats each block of `block` elements `n` times.
    fn repeat_blocks(&self, block: usize, n: usize, shape: Shape) -> Self {
        let x = self.contiguous();
        with_dtype!(self.dtype(), T => Self::build::<T>(shape, |out| {
            if out.is_empty() {
                return;
            }
            for (x, out) in x.as_slice::<T>().chunks(block).zip(out.chunks_mut(block * n)) {
                out.chunks_mut(block).for_each(|y| y.copy_from_slice(x));
            }
        }))
    }

    /// The tensor laid out `times[i]` times along axis `i`, like tiles; more numbers than axes make new leading axes.
    ///
    /// # Panics
    /// With fewer numbers than axes.
    #[track_caller]
    pub fn repeat(&self, times: &[usize]) -> Self {
        assert!(
            times.len() >= self.rank(),
            "repeat: {times:?} has {} numbers, but {} has {} axes",
            times.len(),
            self.shape(),
            self.rank()
        );
        let mut dims = vec![1; times.len() - self.rank()];
        dims.extend_from_slice(self.shape());
        let mut out = self.reshape(dims);
        for (axis, &n) in times.iter().enumerate().filter(|&(_, &n)| n != 1) {
            let block = out.shape()[axis..].iter().product();
            let shape = out.shape().with(axis, out.shape()[axis] * n);
            out = out.repeat_blocks(block, n, shape);
        }
        out
    }

    /// Each place along an axis `n` times, one behind the other.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn repeat_interleave(&self, n: usize, axis: isize) -> Self {
        let axis = axis_index("repeat_interleave", axis, self.shape());
        let block = self.shape()[axis + 1..].iter().product();
        self.repeat_blocks(block, n, self.shape().with(axis, self.shape()[axis] * n))
    }

    /// The elements moved by `shifts[i]` places along `axes[i]`; those that leave at the end come in at the beginning.
    ///
    /// # Panics
    /// If there are not as many shifts as axes, or an axis is out of range.
    #[track_caller]
    pub fn roll(&self, shifts: &[isize], axes: &[isize]) -> Self {
        assert_eq!(shifts.len(), axes.len(), "roll: {shifts:?} and {axes:?} differ in length");
        let mut out = self.clone();
        for (&shift, &axis) in shifts.iter().zip(axes) {
            let size = self.shape()[axis_index("roll", axis, self.shape())];
            if size > 0 {
                let cut = size - shift.rem_euclid(size as isize) as usize;
                out = Self::cat(&[&out.narrow(axis, cut, size - cut), &out.narrow(axis, 0, cut)], axis);
            }
        }
        out
    }

    /// The tensor with `before` and `after` places of `value` added along each axis.
    ///
    /// # Panics
    /// If there are not as many pairs as axes.
    #[track_caller]
    pub fn pad_constant(&self, sizes: &[(usize, usize)], value: f64) -> Self {
        assert_eq!(
            sizes.len(),
            self.rank(),
            "pad_constant: {} pairs for {}, which has {} axes",
            sizes.len(),
            self.shape(),
            self.rank()
        );
        let mut shape = *self.shape();
        shape.iter_mut().zip(sizes).for_each(|(n, (before, after))| *n += before + after);
        Self::full_of(shape, value, self.dtype()).write_view(self, |whole| {
            let inner = sizes.iter().zip(self.shape().iter()).enumerate();
            inner.fold(whole.clone(), |part, (axis, (&(before, _), &len))| {
                part.narrow(axis as isize, before, len)
            })
        })
    }

    /// The lower triangle of the last two axes: elements with column ≤ row + `k`; zeros elsewhere.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn tril(&self, k: isize) -> Self {
        self.triangle("tril", |row, col| col <= row + k)
    }

    /// The upper triangle of the last two axes: elements with column ≥ row + `k`; zeros elsewhere.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn triu(&self, k: isize) -> Self {
        self.triangle("triu", |row, col| col >= row + k)
    }

    #[track_caller]
    fn triangle(&self, op: &str, keep: impl Fn(isize, isize) -> bool) -> Self {
        assert!(self.rank() >= 2, "{op}: {} has fewer than two axes", self.shape());
        let (rows, cols) = (self.shape()[self.rank() - 2], self.shape()[self.rank() - 1]);
        let mut out = self.copied();
        with_dtype!(self.dtype(), T => {
            for (i, row) in out.slice_mut::<T>().chunks_mut(cols.max(1)).enumerate() {
                let row_index = (i % rows) as isize;
                let outside = row.iter_mut().enumerate().filter(|(j, _)| !keep(row_index, *j as isize));
                outside.for_each(|(_, x)| *x = T::default());
            }
        });
        out
    }

    /// The last axis laid on the diagonal `offset` of two new last axes; zeros elsewhere. The reverse of
    /// [`Self::diagonal`] along the last two axes.
    ///
    /// # Panics
    /// Without axes.
    #[track_caller]
    pub fn diag_embed(&self, offset: isize) -> Self {
        assert!(self.rank() >= 1, "diag_embed: a tensor without axes has no diagonal");
        let n = self.shape()[self.rank() - 1] + offset.unsigned_abs();
        let shape = self.shape().with(self.rank() - 1, n).inserted(self.rank(), n);
        Self::zeros_of(shape, self.dtype()).write_view(self, |whole| whole.diagonal(offset, -2, -1))
    }
}

fn cat_as<T: Element>(tensors: &[impl Borrow<Tensor>], axis: usize, dtype: DType) -> Tensor {
    let parts: Vec<Tensor> = tensors.iter().map(|t| t.borrow().to(dtype).contiguous()).collect();
    let size = parts.iter().map(|t| t.shape()[axis]).sum();
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
    fn repeated_and_rolled() {
        assert_eq!(grid().repeat(&[1, 2]).to_vec2::<i64>(), [[1, 2, 1, 2], [3, 4, 3, 4]]);
        assert_eq!(grid().repeat(&[2, 1, 1]).shape()[..], [2, 2, 2]);
        assert!(grid().repeat(&[0, 2]).is_empty());
        assert_eq!(grid().repeat_interleave(2, 0).to_vec::<i64>(), [1, 2, 1, 2, 3, 4, 3, 4]);
        assert_eq!(grid().repeat_interleave(2, 1).to_vec::<i64>(), [1, 1, 2, 2, 3, 3, 4, 4]);
        assert_eq!(Tensor::arange(5).roll(&[2], &[0]).to_vec::<i64>(), [3, 4, 0, 1, 2]);
        assert_eq!(Tensor::arange(5).roll(&[-6], &[0]).to_vec::<i64>(), [1, 2, 3, 4, 0]);
    }

    #[test]
    fn padded_and_cut() {
        assert_eq!(
            grid().pad_constant(&[(1, 0), (0, 1)], 9.0).to_vec2::<i64>(),
            [[9, 9, 9], [1, 2, 9], [3, 4, 9]]
        );
        let x = Tensor::arange(9).reshape([3, 3]);
        assert_eq!(x.tril(0).to_vec::<i64>(), [0, 0, 0, 3, 4, 0, 6, 7, 8]);
        assert_eq!(x.triu(1).to_vec::<i64>(), [0, 1, 2, 0, 0, 5, 0, 0, 0]);
        let diagonal = Tensor::from([7, 8]).diag_embed(-1);
        assert_eq!(diagonal.to_vec2::<i64>(), [[0, 0, 0], [7, 0, 0], [0, 8, 0]]);
        assert_eq!(grid().diag_embed(1).diagonal(1, -2, -1).to_vec2::<i64>(), grid().to_vec2::<i64>());
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

    #[test]
    #[should_panic(expected = "pad_constant: 1 pairs for [2, 2], which has 2 axes")]
    fn too_few_pairs() {
        grid().pad_constant(&[(1, 1)], 0.0);
    }
}
