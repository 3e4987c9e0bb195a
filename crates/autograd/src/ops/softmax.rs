//! Softmax and log-softmax along an axis.

use gradus_tensor::kernel::Compiled;
use gradus_tensor::{Tensor, axis_index};

use crate::fast::runs::{Kernels, RunKernels, run_kernels};
use crate::op::{Backward, Op};
use crate::var::Var;

/// `$y_i = e^{x_i} / \sum_j e^{x_j}$` along the last axis. Rule: `$\bar x = y \odot (\bar y - \sum \bar y \odot y)$`.
#[derive(Debug)]
struct Softmax;

impl Op for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::softmax(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (y, dy) = (step.y(), step.dy());
        step.give(0, y * (dy - (dy * y).sum_keep(-1)));
    }
    fn words(&self) -> &'static str {
        "softmax s: x gets s (ȳ − Σ s ȳ)"
    }
    fn kernels(&self) -> Option<Kernels> {
        static SOFTMAX: RunKernels =
            run_kernels!(|[x, ..], n, _, y| Compiled::softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    Compiled::softmax_pull(y, dy, n, g);
                }
            });
        Some(Kernels::Runs(&SOFTMAX, 0.0))
    }
}

/// `$y_i = x_i - \ln \sum_j e^{x_j}$` along the last axis. Rule: `$\bar x = \bar y - e^y \sum \bar y$`.
#[derive(Debug)]
struct LogSoftmax;

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::log_softmax(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (y, dy) = (step.y(), step.dy());
        step.give(0, dy - y.exp() * dy.sum_keep(-1));
    }
    fn words(&self) -> &'static str {
        "ln softmax: x gets ȳ − softmax(x) Σ ȳ"
    }
    fn kernels(&self) -> Option<Kernels> {
        static LOG_SOFTMAX: RunKernels =
            run_kernels!(|[x, ..], n, _, y| Compiled::log_softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    Compiled::log_softmax_pull(y, dy, n, g);
                }
            });
        Some(Kernels::Runs(&LOG_SOFTMAX, 0.0))
    }
}

impl<'t> Var<'t> {
    /// Along one axis moved to the end and back.
    #[track_caller]
    fn on_last_axis(self, name: &str, axis: isize, f: impl Fn(Self) -> Self) -> Self {
        let shape = self.shape();
        if shape.is_empty() {
            return f(self.reshape([1])).reshape(());
        }
        let axis = axis_index(name, axis, &shape);
        if axis + 1 == shape.len() {
            return f(self);
        }
        f(self.transpose(axis as isize, -1)).transpose(axis as isize, -1)
    }

    /// `$y_i = e^{x_i} / \sum_j e^{x_j}$` along an axis, without overflow: positive numbers that sum to 1, in
    /// the same shape.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([0.0, 3f64.ln()]));
    /// let y = x.softmax(-1);
    /// assert!(y.value().allclose(&Tensor::from([0.25, 0.75]), 1e-15, 0.0));
    /// // ∂y₁/∂x = y₁ ([j = 1] - yⱼ)
    /// let slope = y.select(0, 1).backward().wrt(x);
    /// assert!(slope.allclose(&Tensor::from([-0.1875, 0.1875]), 1e-14, 0.0));
    /// ```
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn softmax(self, axis: isize) -> Self {
        self.on_last_axis("softmax", axis, |x| x.tape().apply(Softmax, &[x]))
    }

    /// `$y_i = x_i - \ln \sum_j e^{x_j}$` along an axis, the logarithm of [`Self::softmax`] without overflow,
    /// in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn log_softmax(self, axis: isize) -> Self {
        self.on_last_axis("log_softmax", axis, |x| x.tape().apply(LogSoftmax, &[x]))
    }
}
