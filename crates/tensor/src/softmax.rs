//! Softmax and log-softmax along the last axis.

use crate::kernel::{Real, softmax as kernel};
use crate::last_axis::by_runs;
use crate::tensor::Tensor;

/// `$e^{x_i} / \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn softmax(x: &Tensor) -> Tensor {
    with_float!("softmax", x.dtype(), T => by_runs::<T, 1>([x], 1.0, &|[x], n, y| kernel::softmax(x, n, y)))
}

/// `$x_i - \ln \sum_j e^{x_j}$` along the last axis.
///
/// # Panics
/// If the elements are not floats.
#[track_caller]
pub fn log_softmax(x: &Tensor) -> Tensor {
    with_float!("log_softmax", x.dtype(), T => by_runs::<T, 1>([x], 1.0, &|[x], n, y| kernel::log_softmax(x, n, y)))
}

// The gradients.

/// `$y \odot (d - \sum d \odot y)$` along the last axis: the gradient of softmax with result `y`.
///
/// # Panics
/// If the shapes differ or the elements are not floats.
#[track_caller]
pub fn softmax_backward(y: &Tensor, d: &Tensor) -> Tensor {
    with_float!("softmax_backward", y.dtype(), T => by_runs::<T, 2>([y, d], 0.5, &|[y, d], n, z| {
        z.fill(T::ZERO);
        kernel::softmax_pull(y, d, n, z);
    }))
}

/// `$d - e^y \sum d$` along the last axis: the gradient of log-softmax with result `y`.
///
/// # Panics
/// If the shapes differ or the elements are not floats.
#[track_caller]
pub fn log_softmax_backward(y: &Tensor, d: &Tensor) -> Tensor {
    with_float!("log_softmax_backward", y.dtype(), T => by_runs::<T, 2>([y, d], 1.0, &|[y, d], n, z| {
        z.fill(T::ZERO);
        kernel::log_softmax_pull(y, d, n, z);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_rows_sum_to_one_and_do_not_overflow() {
        let x = Tensor::from([[1000.0, 1001.0, 1002.0], [0.0, 0.0, 0.0]]);
        let y = softmax(&x).to_vec::<f64>();
        // e^-2 / (1 + e^-1 + e^-2) = 0.0900305731703805
        assert!((y[0] - 0.090_030_573_170_380_5).abs() < 1e-15);
        assert!((y[3..].iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let z = log_softmax(&x).to_vec::<f64>();
        assert!((z[0] - y[0].ln()).abs() < 1e-14);
    }
}
