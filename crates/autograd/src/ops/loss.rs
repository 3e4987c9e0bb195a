//! Softmax, log-softmax and the losses on top. Losses require equal shapes: no accidental `[N, 1]` against `[N]`.

use gradus_tensor::kernel::softmax;
use gradus_tensor::{DType, Tensor, axis_index};

use crate::op::{Backward, Blocks, Op};
use crate::row::{ByRows, by_rows};
use crate::var::{Operand, Var};

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
            by_rows!(|[x, ..], n, _, y| softmax::softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    softmax::softmax_pull(y, dy, n, g);
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
            by_rows!(|[x, ..], n, _, y| softmax::log_softmax(x, n, y), |dy, _, y, n, _, [g, ..]| {
                if let Some(g) = g {
                    softmax::log_softmax_pull(y, dy, n, g);
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

/// `$\ell_i = \ln \sum_j e^{x_{ij}} - x_{i,t_i}$`, summed with weights: one pass over the logits.
#[derive(Debug)]
struct CrossEntropy {
    labels: Tensor,
}

impl Op for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::cross_entropy(&x[0], &self.labels)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let op = CrossEntropyBackward { labels: self.labels.clone() };
        step.give(0, step.tape().apply(op, &[step.x(0), step.dy()]));
    }
}

/// `$z_{ij} = d\,(\mathrm{softmax}(x_i)_j - [j = t_i]) / n$`, the rule of the mean cross-entropy in one pass.
#[derive(Debug)]
struct CrossEntropyBackward {
    labels: Tensor,
}

impl Op for CrossEntropyBackward {
    fn name(&self) -> &'static str {
        "cross_entropy_backward"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        gradus_tensor::cross_entropy_backward(&x[0], &self.labels, x[1].item())
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, d, g) = (step.x(0), step.x(1), step.dy());
        let n = x.shape()[0] as f64;
        let p = x.softmax(-1);
        if step.needs(0) {
            let gp = g * p;
            step.give(0, (gp - p * gp.sum_keep(-1)) * (d / n));
        }
        if step.needs(1) {
            let picked = g.gather(1, &self.labels.unsqueeze(1)).sum();
            step.give(1, ((g * p).sum() - picked) / n);
        }
    }
}

#[track_caller]
pub(crate) fn same_shape(op: &str, a: Var<'_>, b: Var<'_>) {
    let (sa, sb) = (a.shape(), b.shape());
    assert!(
        sa == sb,
        "{op}: the prediction has shape {sa}, the target {sb}; reshape one of them, losses do not broadcast"
    );
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

    /// `$e^{x_i} / \sum_j e^{x_j}$` along an axis.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn softmax(self, axis: isize) -> Self {
        self.on_last_axis("softmax", axis, |x| x.tape().apply(Softmax, &[x]))
    }

    /// `$x_i - \ln \sum_j e^{x_j}$` along an axis.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn log_softmax(self, axis: isize) -> Self {
        self.on_last_axis("log_softmax", axis, |x| x.tape().apply(LogSoftmax, &[x]))
    }

    /// Mean cross-entropy of logits `[N, C]` with class labels `[N]` (I64): `$\tfrac1N \sum_i -\ln \mathrm{softmax}(x_i)_{t_i}$`.
    ///
    /// # Panics
    /// If the shapes do not fit, the labels are no integers, or a label is not below C.
    #[track_caller]
    pub fn cross_entropy(self, labels: &Tensor) -> Self {
        let shape = self.shape();
        assert!(shape.len() == 2, "cross_entropy: logits must be [N, classes], got {shape}");
        // The cast to integers would turn NaN into class 0, so a float that is no class number is named instead of the cast.
        if labels.dtype().is_float()
            && let Some((i, t)) = labels.to_f64_vec().into_iter().enumerate().find(|(_, t)| t.fract() != 0.0)
        {
            panic!("cross_entropy: label {t} at place {i} is not a class number");
        }
        assert!(
            labels.dtype() == DType::I64,
            "cross_entropy: labels must be I64 class numbers, got {}; convert with .to(DType::I64)",
            labels.dtype()
        );
        assert!(
            *labels.shape() == [shape[0]],
            "cross_entropy: logits {shape} need labels of shape [{}], got {}",
            shape[0],
            labels.shape()
        );
        let labels = labels.contiguous();
        let classes = shape[1] as i64;
        if let Some((i, &t)) =
            labels.as_slice::<i64>().iter().enumerate().find(|&(_, &t)| !(0..classes).contains(&t))
        {
            panic!("cross_entropy: label {t} at place {i} is not one of the {classes} classes 0..{classes}");
        }
        self.tape().apply(CrossEntropy { labels }, &[self])
    }

    /// Mean squared error, `$\tfrac1n \sum (x - t)^2$`.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn mse(self, target: impl Operand<'t>) -> Self {
        let target = self.lift(target);
        same_shape("mse", self, target);
        (self - target).square().mean()
    }
}
