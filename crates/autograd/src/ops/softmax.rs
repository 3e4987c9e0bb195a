//! Softmax and log-softmax along an axis.

use gradus_tensor::kernel::Compiled;
use gradus_tensor::{Tensor, axis_index};

use crate::fast::runs::{Kernels, RunKernels, run_kernels};
use crate::op::{Backward, Op};
use crate::var::Var;

/// `$y_i = e^{x_i} / \sum_j e^{x_j}$` along the last axis. Rule: `$\bar x = y \odot (\bar y - \sum \bar y \odot y)$`.
#[derive(Debug)]
struct Softmax;

/// `$\bar y - \sum \bar y \odot y$`; where one y is nearly 1, both are counted from its `$\bar y$`, which keeps what is left.
pub(crate) fn from_mean<'t>(y: Var<'t>, dy: Var<'t>) -> Var<'t> {
    let value = y.value();
    let saturated = value.gt(1.0 - 0.031_25).any().item() != 0.0;
    let dy = if saturated { dy - dy.gather(-1, &value.argmax_axis(-1, true)) } else { dy };
    dy - (dy * y).sum_keep(-1)
}

/// x less its largest element along the last axis, and that element, as a constant.
fn shifted(x: Var<'_>) -> (Var<'_>, Var<'_>) {
    let shift = x.tape().constant(x.value().max_keep(-1));
    (x - shift, shift)
}

impl Op for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::softmax(&x[0])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (y, dy) = (step.y(), step.dy());
        step.give(0, y * from_mean(y, dy));
    }
    fn words(&self) -> &'static str {
        "softmax s: x gets s (ȳ − Σ s ȳ)"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let e = shifted(x[0]).0.exp();
        Some(e / e.sum_keep(-1))
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        static SOFTMAX: RunKernels =
            run_kernels!(|[x, ..], n, _, y| Compiled::softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    Compiled::softmax_pull(y, dy, n, g);
                }
            });
        Some(Kernels::Runs(&SOFTMAX, 0.0))
    }
}

/// `$y_i = x_i - \ln \sum_j e^{x_j}$` along the last axis. Rule: `$\bar x = \bar y - e^y \sum \bar y$`, written so that it keeps its
/// digits where an `$e^y$` is nearly 1.
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
        // d (1 - e^y) and what the others take.
        step.give(0, -(dy * y.expm1()) - y.exp() * (dy.sum_keep(-1) - dy));
    }
    fn words(&self) -> &'static str {
        "ln softmax: x gets ȳ − softmax(x) Σ ȳ"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let z = shifted(x[0]).0;
        Some(z - z.exp().sum_keep(-1).ln())
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        static LOG_SOFTMAX: RunKernels =
            run_kernels!(|[x, ..], n, _, y| Compiled::log_softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    Compiled::log_softmax_pull(y, dy, n, g);
                }
            });
        Some(Kernels::Runs(&LOG_SOFTMAX, 0.0))
    }
}

/// `$y = \ln \sum_j e^{x_j}$` along the last axis, which is kept. Rule: `$\bar x = \bar y\, \mathrm{softmax}(x)$`; even weights
/// where all are -∞.
#[derive(Debug)]
struct LogSumExp;

impl Op for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].logsumexp_keep(-1)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let nothing = step.y().value().eq(f64::NEG_INFINITY);
        let x = if nothing.any().item() == 0.0 { step.x(0) } else { step.x(0).masked_fill(&nothing, 0.0) };
        step.give(0, step.dy() * x.softmax(-1));
    }
    fn words(&self) -> &'static str {
        "logarithm of a sum of exponentials: x gets softmax(x) ȳ"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let (z, shift) = shifted(x[0]);
        Some(z.exp().sum_keep(-1).ln() + shift)
    }
}

/// # Softmax
impl<'t> Var<'t> {
    /// The logarithm of the sum of exponentials along the last axis, which is kept.
    #[track_caller]
    pub(crate) fn log_sum_exp(self) -> Self {
        self.tape().apply(LogSumExp, &[self])
    }

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
        f(self.move_axis(axis as isize, -1)).move_axis(-1, axis as isize)
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
        crate::ops::expect::floats("softmax", self.dtype());
        self.on_last_axis("softmax", axis, |x| x.tape().apply(Softmax, &[x]))
    }

    /// `$y_i = x_i - \ln \sum_j e^{x_j}$` along an axis, the logarithm of [`Self::softmax`] without overflow,
    /// in the same shape.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn log_softmax(self, axis: isize) -> Self {
        crate::ops::expect::floats("log_softmax", self.dtype());
        self.on_last_axis("log_softmax", axis, |x| x.tape().apply(LogSoftmax, &[x]))
    }
}
