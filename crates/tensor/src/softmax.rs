//! Softmax and log-softmax along the last axis.

use crate::kernel::softmax as kernel;
use crate::last_axis::by_runs;
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
