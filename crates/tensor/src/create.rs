//! Tensors from nothing: constants, ranges, identity, triangles, one-hot rows.
//!
//! Floats are F32 unless a function's `_of` form names another type.

use crate::convert::Scalar;
use crate::kernel::parallel;
use crate::{DType, Element, MAX_RANK, Shape, Tensor};

/// Elements of one parallel piece of a constant tensor.
const LARGE: usize = 1 << 16;

/// Fills every part of `out`, a large one on all threads.
fn fill<T: Send>(out: &mut [T], part: impl Fn(&mut [T]) + Sync) {
    if out.len() < LARGE {
        return part(out);
    }
    parallel::chunks(out, LARGE, 0.1, |_, out| part(out));
}

/// # Constants, ranges, identity
impl Tensor {
    /// A 0-d tensor of one element.
    pub fn scalar<T: Element>(x: T) -> Self {
        Self::build::<T>((), |out| out[0] = x)
    }

    /// `value` everywhere, F32.
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: f64) -> Self {
        Self::full_of(shape, value, DType::F32)
    }

    /// `value` everywhere, converted to `dtype`.
    #[track_caller]
    pub fn full_of(shape: impl Into<Shape>, value: f64, dtype: DType) -> Self {
        let shape = shape.into().fitting("full");
        with_dtype!(dtype, T => Self::build::<T>(shape, |out| {
            // Zeros by a constant become one call of the system's; both in one closure would become one loop.
            if value.to_bits() == 0 {
                fill(out, |out| out.fill(T::default()));
            } else {
                fill(out, |out| out.fill(T::from_f64(value)));
            }
        }))
    }

    /// `value` everywhere, with the shape and the element type of this tensor.
    #[track_caller]
    pub fn full_like(&self, value: f64) -> Self {
        Self::full_of(*self.shape(), value, self.dtype())
    }

    /// Zeros, F32.
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Self::full(shape.into().fitting("zeros"), 0.0)
    }

    /// Zeros of an element type.
    #[track_caller]
    pub fn zeros_of(shape: impl Into<Shape>, dtype: DType) -> Self {
        Self::full_of(shape.into().fitting("zeros"), 0.0, dtype)
    }

    /// Zeros with the shape and the element type of this tensor.
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        self.full_like(0.0)
    }

    /// Ones, F32.
    #[track_caller]
    pub fn ones(shape: impl Into<Shape>) -> Self {
        Self::full(shape.into().fitting("ones"), 1.0)
    }

    /// Ones of an element type.
    #[track_caller]
    pub fn ones_of(shape: impl Into<Shape>, dtype: DType) -> Self {
        Self::full_of(shape.into().fitting("ones"), 1.0, dtype)
    }

    /// Ones with the shape and the element type of this tensor.
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        self.full_like(1.0)
    }

    /// The integers `0 .. n`, I64.
    #[track_caller]
    pub fn arange(n: usize) -> Self {
        Self::build::<i64>(n, |out| out.iter_mut().zip(0..).for_each(|(y, i)| *y = i))
    }

    /// `start, start + step, …` up to but without `end`, F32.
    ///
    /// # Panics
    /// If the step is zero or not a number.
    #[track_caller]
    pub fn range(start: f64, end: f64, step: f64) -> Self {
        Self::range_of(start, end, step, DType::F32)
    }

    /// `start, start + step, …` up to but without `end`, in an element type. Computed in F64, as `start + i·step`; an end
    /// that a whole number of steps reaches up to rounding is left out.
    ///
    /// # Panics
    /// If the step is zero or a number is not finite.
    #[track_caller]
    pub fn range_of(start: f64, end: f64, step: f64, dtype: DType) -> Self {
        let is_known = step != 0.0 && [start, end, step].iter().all(|x| x.is_finite());
        assert!(is_known, "range: from {start} to {end} by {step}; all must be finite, and the step not 0");
        let steps = (end - start) / step;
        // 1.3 lies three steps of 0.1 behind 1, but the quotient is 3 + 2⁻⁵¹: what ends there does not begin another.
        let whole = steps.round();
        let n = if (steps - whole).abs() <= 4.0 * f64::EPSILON * whole { whole } else { steps.ceil() };
        let n = n.max(0.0) as usize;
        with_dtype!(dtype, T => Self::build::<T>(n, |out| {
            out.iter_mut().enumerate().for_each(|(i, y)| *y = T::from_f64(start + i as f64 * step));
        }))
    }

    /// `n` evenly spaced numbers from `start` to `end`, both included, F32.
    ///
    /// # Panics
    /// If `start` or `end` is not finite.
    #[track_caller]
    pub fn linspace(start: f64, end: f64, n: usize) -> Self {
        Self::linspace_of(start, end, n, DType::F32)
    }

    /// `n` evenly spaced numbers from `start` to `end`, both included, F32 or F64: `$x_i = a + i\,(b - a)/(n - 1)$`.
    ///
    /// # Panics
    /// If `dtype` is no float, or `start` or `end` is not finite.
    #[track_caller]
    pub fn linspace_of(start: f64, end: f64, n: usize, dtype: DType) -> Self {
        assert!((end - start).is_finite(), "linspace: from {start} to {end}; both must be finite");
        let step = if n > 1 { (end - start) / (n - 1) as f64 } else { 0.0 };
        with_float!("linspace", dtype, T => Self::build::<T>(n, |out| {
            for (i, y) in out.iter_mut().enumerate() {
                *y = T::from_f64(if i > 0 && i + 1 == n { end } else { start + i as f64 * step });
            }
        }))
    }

    /// The element at each place as a function of the place, counted from 0 along each axis. The element type is that of
    /// the function's numbers.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let hilbert = Tensor::from_fn([2, 3], |at| 1.0 / (at[0] + at[1] + 1) as f64);
    /// assert_eq!(hilbert, Tensor::from([[1.0, 1.0 / 2.0, 1.0 / 3.0], [1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0]]));
    /// ```
    #[doc(alias = "fromfunction")]
    #[track_caller]
    pub fn from_fn<S: Scalar>(shape: impl Into<Shape>, mut f: impl FnMut(&[usize]) -> S) -> Self {
        let shape = shape.into().fitting("from_fn");
        let rank = shape.len();
        let mut at = [0; MAX_RANK];
        Self::build::<S::Element>(shape, |out| {
            for y in out {
                *y = f(&at[..rank]).element();
                // The last axis runs fastest.
                for axis in (0..rank).rev() {
                    at[axis] += 1;
                    if at[axis] < shape[axis] {
                        break;
                    }
                    at[axis] = 0;
                }
            }
        })
    }

    /// The identity matrix of size `n`, F32.
    #[track_caller]
    pub fn eye(n: usize) -> Self {
        Self::eye_of(n, DType::F32)
    }

    /// The identity matrix of size `n` in an element type.
    #[track_caller]
    pub fn eye_of(n: usize, dtype: DType) -> Self {
        let shape = Shape::new(&[n, n]).fitting("eye");
        with_dtype!(dtype, T => Self::build::<T>(shape, |out| {
            out.fill(T::default());
            out.iter_mut().step_by(n + 1).for_each(|y| *y = T::from_f64(1.0));
        }))
    }

    /// The mask of a lower triangle, Bool: true where column ≤ row + `k`.
    #[track_caller]
    pub fn tri(rows: usize, cols: usize, k: isize) -> Self {
        Self::build::<u8>(Shape::new(&[rows, cols]).fitting("tri"), |out| {
            for (i, row) in out.chunks_mut(cols.max(1)).enumerate() {
                row.iter_mut()
                    .zip(0..)
                    .for_each(|(y, j): (_, isize)| *y = u8::from(j <= (i as isize).saturating_add(k)));
            }
        })
    }

    /// Rows that are 1 at the label and 0 elsewhere: I64 labels of any shape give F32 of that shape and a last axis of
    /// `classes`.
    ///
    /// # Panics
    /// If the labels are not I64, or one is not in `0 .. classes`.
    #[track_caller]
    pub fn one_hot(labels: &Self, classes: usize) -> Self {
        assert!(labels.dtype() == DType::I64, "one_hot: labels are I64, got {}", labels.dtype());
        labels.shape().check_room("one_hot", 1);
        let labels = labels.contiguous();
        let values = labels.as_slice::<i64>();
        let bad = values.iter().position(|&label| label < 0 || label as usize >= classes);
        if let Some(at) = bad {
            panic!(
                "one_hot: label {} (number {at} of {}) is not in 0..{classes}",
                values[at],
                labels.shape()
            );
        }
        Self::build::<f32>(labels.shape().inserted(labels.rank(), classes), |out| {
            out.fill(0.0);
            values.iter().enumerate().for_each(|(i, &label)| out[i * classes + label as usize] = 1.0);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_spaces() {
        assert_eq!(Tensor::arange(3).to_vec::<i64>(), [0, 1, 2]);
        assert_eq!(Tensor::range(1.0, 2.0, 0.5).to_vec::<f32>(), [1.0, 1.5]);
        assert_eq!(Tensor::range_of(3.0, 0.0, -1.0, DType::I64).to_vec::<i64>(), [3, 2, 1]);
        assert!(Tensor::range(1.0, 0.0, 1.0).is_empty());
        assert_eq!(Tensor::range(1.0, 1.3, 0.1).to_vec::<f32>(), [1.0, 1.1, 1.2]);
        assert_eq!(Tensor::range(0.0, 0.3, 0.1).elements(), 3);
        assert_eq!(Tensor::range(0.0, 0.300_01, 0.1).elements(), 4);
        assert_eq!(Tensor::range(-0.3, 0.0, 0.1).elements(), 3);
        assert_eq!(Tensor::linspace(0.0, 1.0, 5).to_vec::<f32>(), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(Tensor::linspace_of(0.0, 0.1, 8, DType::F64).to_vec::<f64>()[7], 0.1);
        assert_eq!(Tensor::linspace(2.0, 9.0, 1).to_vec::<f32>(), [2.0]);
    }

    #[test]
    fn of_places() {
        let x = Tensor::from_fn([2, 3], |at| at[0] * 10 + at[1]);
        assert_eq!(x, Tensor::from([[0, 1, 2], [10, 11, 12]]));
        assert_eq!(Tensor::from_fn((), |at| at.len() as f32 + 0.5), Tensor::from(0.5f32));
        assert_eq!(Tensor::from_fn([2, 0], |_| 1.0).shape()[..], [2, 0]);
        assert_eq!(Tensor::from_fn(3, |at| at[0] == 1).to_bools(), [false, true, false]);
    }

    #[test]
    fn matrices() {
        assert_eq!(Tensor::eye(2).to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(Tensor::eye(0).shape()[..], [0, 0]);
        assert_eq!(Tensor::tri(2, 3, 0).to_vec::<u8>(), [1, 0, 0, 1, 1, 0]);
        assert_eq!(Tensor::tri(2, 2, -1).to_vec::<u8>(), [0, 0, 1, 0]);
        let hot = Tensor::one_hot(&Tensor::from([2, 0]), 3);
        assert_eq!(hot.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "one_hot: label 3 (number 1 of [2]) is not in 0..3")]
    fn a_label_out_of_range() {
        Tensor::one_hot(&Tensor::from([0, 3]), 3);
    }

    #[test]
    #[should_panic(expected = "one_hot: labels are I64, got f32")]
    fn labels_of_a_wrong_type() {
        Tensor::one_hot(&Tensor::zeros(2), 3);
    }
}
