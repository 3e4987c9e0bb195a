//! The Euclidean norm.

use crate::Tensor;
use crate::axes::Axes;
use crate::kernel::fold::{Sum, whole};
use crate::reduce::{AxisList, forms};

impl Tensor {
    fn norm_over(&self, axes: &[usize], keep: bool) -> Self {
        let x = self.floats();
        with_float!("norm", x.dtype(), T => x.over_runs::<T>(axes, keep, &|run| whole(Sum, run, |x| x * x).sqrt()))
    }
}

forms! {
    /// The Euclidean norm `$\sqrt{\sum_i x_i^2}$`, 0 of nothing. I64 and Bool give F32.
    norm_over: norm norm_axes norm_keep;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms() {
        let x = Tensor::from([[3.0, 4.0], [-5.0, 12.0]]);
        assert_eq!(x.norm_axes(1).to_vec::<f64>(), [5.0, 13.0]);
        assert_eq!(Tensor::zeros([2, 0]).norm_axes(1).to_vec::<f32>(), [0.0, 0.0]);
    }
}
