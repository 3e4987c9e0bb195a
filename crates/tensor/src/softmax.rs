//! Softmax and log-softmax: functions along the last axis, methods along any.

use crate::kernel::softmax as kernel;
use crate::last_axis::by_runs;
use crate::layout::axis_index;
use crate::tensor::Tensor;

/// `$e^{x_i} / \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn softmax(x: &Tensor) -> Tensor {
    with_float!("softmax", x.dtype(), T => by_runs::<T>(x, 1.0, &|x, n, y| kernel::softmax(x, n, y)))
}

/// `$x_i - \ln \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn log_softmax(x: &Tensor) -> Tensor {
    with_float!("log_softmax", x.dtype(), T => by_runs::<T>(x, 1.0, &|x, n, y| kernel::log_softmax(x, n, y)))
}

/// # Softmax
impl Tensor {
    /// `$y_i = e^{x_i} / \sum_j e^{x_j}$` along an axis, without overflow: positive numbers that sum to 1, in the same
    /// shape.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let scores = Tensor::from([[0.0, 3f64.ln()], [1.0, 1.0]]);
    /// let probabilities = scores.softmax(-1);
    /// assert!(probabilities.allclose(&Tensor::from([[0.25, 0.75], [0.5, 0.5]]), 1e-15, 0.0));
    /// ```
    ///
    /// # Panics
    /// If the axis is out of range or the elements are not floats.
    #[track_caller]
    pub fn softmax(&self, axis: isize) -> Self {
        self.along("softmax", axis, softmax)
    }

    /// `$y_i = x_i - \ln \sum_j e^{x_j}$` along an axis, the logarithm of [`Self::softmax`] without overflow, in the same
    /// shape.
    ///
    /// # Panics
    /// If the axis is out of range or the elements are not floats.
    #[track_caller]
    pub fn log_softmax(&self, axis: isize) -> Self {
        self.along("log_softmax", axis, log_softmax)
    }

    /// Along one axis moved to the end and back.
    #[track_caller]
    fn along(&self, op: &str, axis: isize, f: fn(&Self) -> Self) -> Self {
        let dtype = self.dtype();
        assert!(dtype.is_float(), "{op}: needs floats, got {dtype}; convert with .to(DType::F32)");
        if self.rank() == 0 {
            return f(&self.reshape(1)).reshape(());
        }
        let at = axis_index(op, axis, self.shape()) as isize;
        if at as usize + 1 == self.rank() {
            return f(self);
        }
        f(&self.move_axis(at, -1)).move_axis(-1, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn softmax_rows_sum_to_one_and_do_not_overflow() {
        let x = Tensor::from([[1000.0, 1001.0, 1002.0], [0.0, 0.0, 0.0]]);
        let y = softmax(&x).to_vec::<f64>();
        // e^-2 / (1 + e^-1 + e^-2) = 0.0900305731703805
        assert_abs_diff_eq!(y[0], 0.090_030_573_170_380_5, epsilon = 1e-15);
        assert_abs_diff_eq!(y[3..].iter().sum::<f64>(), 1.0, epsilon = 1e-15);
        let z = log_softmax(&x).to_vec::<f64>();
        assert_abs_diff_eq!(z[0], y[0].ln(), epsilon = 1e-14);
    }
}
