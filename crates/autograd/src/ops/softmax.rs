//! Softmax and log-softmax along an axis.

use gradus_tensor::kernel::rows;
use gradus_tensor::{Tensor, axis_index};

use crate::op::{Backward, Blocks, Op};
use crate::row::{ByRows, by_rows};
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
    fn blocks(&self) -> Option<Blocks> {
        static SOFTMAX: ByRows =
            by_rows!(|[x, ..], n, _, y| rows::softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    rows::softmax_pull(y, dy, n, g);
                }
            });
        Some(Blocks::Rows(&SOFTMAX, 0.0))
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.tape().apply(SoftmaxBackward, &[step.y(), step.dy()]));
    }
}

/// `$z = y \odot (d - \sum d \odot y)$`, the rule of softmax in one pass.
#[derive(Debug)]
struct SoftmaxBackward;

impl Op for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax_backward"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::softmax_backward(&x[0], &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (y, d, g) = (step.x(0), step.x(1), step.dy());
        let inner = (g * y).sum_keep(-1);
        if step.needs(0) {
            step.give(0, g * (d - (d * y).sum_keep(-1)) - inner * d);
        }
        if step.needs(1) {
            step.give(1, y * (g - inner));
        }
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
    fn blocks(&self) -> Option<Blocks> {
        static LOG_SOFTMAX: ByRows =
            by_rows!(|[x, ..], n, _, y| rows::log_softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    rows::log_softmax_pull(y, dy, n, g);
                }
            });
        Some(Blocks::Rows(&LOG_SOFTMAX, 0.0))
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        step.give(0, step.tape().apply(LogSoftmaxBackward, &[step.y(), step.dy()]));
    }
}

/// `$z = d - e^y \sum d$`, the rule of log-softmax in one pass.
#[derive(Debug)]
struct LogSoftmaxBackward;

impl Op for LogSoftmaxBackward {
    fn name(&self) -> &'static str {
        "log_softmax_backward"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::log_softmax_backward(&x[0], &x[1])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (y, d, g) = (step.x(0), step.x(1), step.dy());
        let p = y.exp();
        if step.needs(0) {
            step.give(0, -(g * p * d.sum_keep(-1)));
        }
        if step.needs(1) {
            step.give(1, g - (g * p).sum_keep(-1));
        }
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
