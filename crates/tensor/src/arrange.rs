//! The elements at other places: repeated, rolled, cut to triangles, laid on diagonals, cut into windows.

use crate::axes::Axes;
use crate::index::check_indices;
use crate::layout::axis_index;
use crate::{Shape, Tensor};

/// # Repetitions, triangles and diagonals
impl Tensor {
    /// Repeats each block of `block` elements `n` times.
    #[track_caller]
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
        let sizes: Vec<usize> = dims.iter().zip(times).map(|(size, n)| size.saturating_mul(*n)).collect();
        crate::checked_product("repeat", &sizes);
        let mut out = self.reshape(dims);
        for (axis, &n) in times.iter().enumerate().filter(|&(_, &n)| n != 1) {
            let block = out.shape()[axis..].iter().product();
            let shape = out.shape().with(axis, out.shape()[axis].saturating_mul(n));
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
        let shape =
            self.shape().with(axis, self.shape()[axis].saturating_mul(n)).fitting("repeat_interleave");
        self.repeat_blocks(block, n, shape)
    }

    /// The elements moved by `shifts[i]` places along `axes[i]`; those that leave at the end come in at the beginning.
    ///
    /// # Panics
    /// If there are not as many shifts as axes, or an axis is out of range.
    #[track_caller]
    pub fn roll(&self, shifts: &[isize], axes: &[isize]) -> Self {
        assert!(shifts.len() == axes.len(), "roll: {shifts:?} and {axes:?} differ in length");
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

    /// The lower triangle of the last two axes: elements with column ≤ row + `k`; zeros elsewhere.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn tril(&self, k: isize) -> Self {
        self.triangle("tril", |row, col| col <= row.saturating_add(k))
    }

    /// The upper triangle of the last two axes: elements with column ≥ row + `k`; zeros elsewhere.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn triu(&self, k: isize) -> Self {
        self.triangle("triu", |row, col| col >= row.saturating_add(k))
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
        self.shape().check_room("diag_embed", 1);
        let n = self.shape()[self.rank() - 1].saturating_add(offset.unsigned_abs());
        let shape = self.shape().with(self.rank() - 1, n).inserted(self.rank(), n);
        Self::zeros_of(shape, self.dtype()).write_view(self, |whole| whole.diagonal(offset, -2, -1))
    }

    /// The elements `(i, i + offset)` of two axes, along a new last axis in their place; a negative offset lies below the
    /// main diagonal.
    ///
    /// # Panics
    /// If an axis is out of range or both are the same.
    #[track_caller]
    pub fn diagonal(&self, offset: isize, axis1: isize, axis2: isize) -> Self {
        let axes = Axes::from([axis1, axis2]).resolve("diagonal", self.shape());
        let (rows, cols) = (self.shape()[axes[0]], self.shape()[axes[1]]);
        let (down, right) = (offset.min(0).unsigned_abs(), offset.max(0) as usize);
        let len = rows.saturating_sub(down).min(cols.saturating_sub(right));
        let stride = self.layout.strides[axes[0]] + self.layout.strides[axes[1]];
        let corner = if len == 0 {
            self.clone()
        } else {
            self.narrow(axes[0] as isize, down, len).narrow(axes[1] as isize, right, len)
        };
        let rest = corner.without_axes(&axes, corner.layout.offset);
        rest.insert_axis(rest.rank(), len, stride)
    }

    /// All windows of `size` places along an axis, `step` apart: the axis counts the windows and a new last axis the
    /// places in each. Windows may overlap; the view copies nothing.
    ///
    /// # Panics
    /// If the axis is out of range, shorter than a window, or the step is zero.
    #[track_caller]
    pub fn unfold(&self, axis: isize, size: usize, step: usize) -> Self {
        let index = axis_index("unfold", axis, self.shape());
        let n = self.shape()[index];
        assert!(step > 0, "unfold: the step must not be zero");
        assert!(
            size <= n,
            "unfold: windows of {size} do not fit axis {axis} of {}, of size {n}",
            self.shape()
        );
        self.shape().check_room("unfold", 1);
        let stride = self.layout.strides[index];
        let mut layout = self.layout;
        layout.shape[index] = (n - size) / step + 1;
        // Of one window the step is of no matter, and may be any number.
        layout.strides[index] = if layout.shape[index] > 1 { stride * step as isize } else { stride };
        let mut starts = self.clone();
        starts.layout = layout;
        starts.insert_axis(self.rank(), size, stride)
    }

    /// The elements at these places of the flattened tensor, with the shape of `index`.
    ///
    /// # Panics
    /// If an index is out of range, or `index` is not I64.
    #[track_caller]
    pub fn take(&self, index: &Self) -> Self {
        check_indices("take", index, self.elements(), "the flattened tensor");
        let places = index.contiguous();
        let flat = self.contiguous();
        with_dtype!(self.dtype(), T => {
            let x = flat.as_slice::<T>();
            let from = places.as_slice::<i64>();
            Self::build::<T>(*index.shape(), |out| out.iter_mut().zip(from).for_each(|(y, &i)| *y = x[i as usize]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Tensor {
        Tensor::from([[1, 2], [3, 4]])
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
    fn triangles_and_diagonals() {
        let x = Tensor::arange(9).reshape([3, 3]);
        assert_eq!(x.tril(0).to_vec::<i64>(), [0, 0, 0, 3, 4, 0, 6, 7, 8]);
        assert_eq!(x.triu(1).to_vec::<i64>(), [0, 1, 2, 0, 0, 5, 0, 0, 0]);
        let diagonal = Tensor::from([7, 8]).diag_embed(-1);
        assert_eq!(diagonal.to_vec2::<i64>(), [[0, 0, 0], [7, 0, 0], [0, 8, 0]]);
        assert_eq!(grid().diag_embed(1).diagonal(1, -2, -1).to_vec2::<i64>(), grid().to_vec2::<i64>());
    }

    #[test]
    fn views_of_diagonals_and_windows() {
        let grid = Tensor::arange(12).reshape([3, 4]);
        assert_eq!(grid.diagonal(0, 0, 1).to_vec::<i64>(), [0, 5, 10]);
        assert_eq!(grid.diagonal(2, 0, 1).to_vec::<i64>(), [2, 7]);
        assert_eq!(grid.diagonal(-1, 0, 1).to_vec::<i64>(), [4, 9]);
        assert!(grid.diagonal(7, 0, 1).is_empty());
        assert_eq!(Tensor::arange(5).unfold(0, 3, 1).to_vec2::<i64>(), [[0, 1, 2], [1, 2, 3], [2, 3, 4]]);
        assert_eq!(grid.unfold(1, 2, 2).shape()[..], [3, 2, 2]);
    }

    #[test]
    #[should_panic(expected = "unfold: windows of 5 do not fit axis 1 of [3, 4], of size 4")]
    fn a_window_that_does_not_fit() {
        Tensor::zeros([3, 4]).unfold(1, 5, 1);
    }

    #[test]
    fn taken_from_the_flattened() {
        let grid = Tensor::from([[10.0, 11.0, 12.0], [20.0, 21.0, 22.0]]);
        assert_eq!(grid.take(&Tensor::from([[5], [0]])).to_vec2::<f64>(), [[22.0], [10.0]]);
    }

    #[test]
    #[should_panic(expected = "take: index 6 at [0] is out of range for the flattened tensor of size 6")]
    fn a_flat_index_out_of_range() {
        Tensor::zeros([2, 3]).take(&Tensor::from([6]));
    }
}
