//! Running results along an axis: sums, products, extremes.

use crate::layout::axis_index;
use crate::{DType, Element, Tensor};

/// # Cumulative sums and extremes
impl Tensor {
    /// Running results along an axis: `join(out[i - 1], x[i])` gives `out[i]`.
    fn cumulate<T: Element>(&self, axis: usize, join: impl Fn(T, T) -> T) -> Self {
        let x = self.contiguous();
        let inner: usize = self.shape()[axis + 1..].iter().product();
        let block = self.shape()[axis] * inner;
        Self::build::<T>(*self.shape(), |out| {
            for (x, out) in x.as_slice::<T>().chunks(block.max(1)).zip(out.chunks_mut(block.max(1))) {
                out[..inner].copy_from_slice(&x[..inner]);
                if inner == 1 {
                    // Kept in a register: by way of memory each step would wait for the one before.
                    let mut so_far = x[0];
                    for (y, &x) in out[1..].iter_mut().zip(&x[1..]) {
                        so_far = join(so_far, x);
                        *y = so_far;
                    }
                    continue;
                }
                if inner < 8 {
                    for at in inner..block {
                        out[at] = join(out[at - inner], x[at]);
                    }
                    continue;
                }
                for at in (inner..block).step_by(inner) {
                    let (done, rest) = out.split_at_mut(at);
                    for ((y, &so_far), &x) in rest.iter_mut().zip(&done[at - inner..]).zip(&x[at..]) {
                        *y = join(so_far, x);
                    }
                }
            }
        })
    }

    /// Running sums along an axis: `$y_i = \sum_{j \le i} x_j$`. I64 and Bool give I64.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Self {
        let axis = axis_index("cumsum", axis, self.shape());
        match self.dtype() {
            DType::Bool | DType::I64 => self.to(DType::I64).cumulate::<i64>(axis, i64::wrapping_add),
            DType::F32 => self.cumulate::<f32>(axis, |a, b| a + b),
            DType::F64 => self.cumulate::<f64>(axis, |a, b| a + b),
        }
    }

    /// Running products along an axis: `$y_i = \prod_{j \le i} x_j$`. I64 and Bool give I64.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn cumprod(&self, axis: isize) -> Self {
        let axis = axis_index("cumprod", axis, self.shape());
        match self.dtype() {
            DType::Bool | DType::I64 => self.to(DType::I64).cumulate::<i64>(axis, i64::wrapping_mul),
            DType::F32 => self.cumulate::<f32>(axis, |a, b| a * b),
            DType::F64 => self.cumulate::<f64>(axis, |a, b| a * b),
        }
    }

    /// Running extremes along an axis and the indices (I64) where they were found.
    fn running_extreme<T: Element>(&self, axis: usize, wins: impl Fn(T, T) -> bool) -> (Self, Self) {
        let x = self.contiguous();
        let inner: usize = self.shape()[axis + 1..].iter().product();
        let block = self.shape()[axis] * inner;
        let places = Self::build::<i64>(*self.shape(), |out| {
            for (x, out) in x.as_slice::<T>().chunks(block.max(1)).zip(out.chunks_mut(block.max(1))) {
                out[..inner].fill(0);
                for at in inner..block {
                    let best = out[at - inner];
                    let beaten = wins(x[at], x[best as usize * inner + at % inner]);
                    out[at] = if beaten { (at / inner) as i64 } else { best };
                }
            }
        });
        (self.gather(axis as isize, &places), places)
    }

    /// Running maxima along an axis, and the index (I64) of each: the last of equal ones; NaN wins.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
    pub fn cummax(&self, axis: isize) -> (Self, Self) {
        let axis = axis_index("cummax", axis, self.shape());
        with_dtype!(self.dtype(), T => self.running_extreme::<T>(axis, |new, old| new >= old || new != new))
    }

    /// Running minima along an axis, and the index (I64) of each: the last of equal ones; NaN wins.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
    pub fn cummin(&self, axis: isize) -> (Self, Self) {
        let axis = axis_index("cummin", axis, self.shape());
        with_dtype!(self.dtype(), T => self.running_extreme::<T>(axis, |new, old| new <= old || new != new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_results() {
        let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
        assert_eq!(x.cumsum(1).to_vec2::<i64>(), [[1, 3, 6], [4, 9, 15]]);
        assert_eq!(x.cumsum(0).to_vec2::<i64>(), [[1, 2, 3], [5, 7, 9]]);
        assert_eq!(x.t().cumprod(0).to_vec2::<i64>(), [[1, 4], [2, 20], [6, 120]]);
        assert!(Tensor::zeros([0, 2]).cumsum(0).is_empty());
        assert!(Tensor::zeros([2, 0]).cumsum(0).is_empty());
    }

    #[test]
    fn running_extremes() {
        let (values, places) = Tensor::from([[1.0, 3.0, 2.0, 3.0], [0.0, f64::NAN, 5.0, 1.0]]).cummax(1);
        assert_eq!(places.to_vec2::<i64>(), [[0, 1, 1, 3], [0, 1, 1, 1]]);
        assert_eq!(values.select(0, 0).to_vec::<f64>(), [1.0, 3.0, 3.0, 3.0]);
        assert!(values.to_vec::<f64>()[7].is_nan());
        let (values, places) = Tensor::from([[5, 1], [4, 2], [6, 1]]).cummin(0);
        assert_eq!(values.to_vec2::<i64>(), [[5, 1], [4, 1], [4, 1]]);
        assert_eq!(places.to_vec2::<i64>(), [[0, 0], [1, 0], [1, 2]]);
    }
}
