//! Normalisations: layer (fused), root mean square, group, instance, local response; those of channels stand in `channels`.

use gradus_tensor::kernel::Compiled;
use gradus_tensor::{Axes, MAX_RANK, Shape, Tensor, normalize};

use crate::fast::runs::{Kernels, RunKernels, run_kernels};
use crate::op::{Backward, Op};
use crate::ops::channels::check_channels;
use crate::ops::elementwise::operators::{Operand, promoted, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// `$y = \gamma \odot \hat x + \beta$` along the last axis, `$\hat x = (x - \mu) r$`, `$r = (\sigma^2 + \varepsilon)^{-1/2}$`. Rule:
/// `$\bar x = r\,(p - \overline{p} - \hat x\, \overline{p \hat x})$` with `$p = \bar y \odot \gamma$`,
/// `$\bar\gamma = \sum \bar y \odot \hat x$`, `$\bar\beta = \sum \bar y$`.
#[derive(Debug)]
struct LayerNorm(f64);

impl Op for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        normalize::layer_norm(&x[0], &x[1], &x[2], self.0)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, gamma, dy) = (step.x(0), step.x(1), step.dy());
        let centred = x - x.mean_keep(-1);
        let r = reciprocal_root(centred, -1, self.0);
        let unit = centred * r;
        if step.needs(0) {
            let p = dy * gamma;
            step.give(0, r * (p - p.mean_keep(-1) - unit * (p * unit).mean_keep(-1)));
        }
        if step.needs(1) {
            step.give(1, dy * unit);
        }
        if step.needs(2) {
            step.give(2, dy);
        }
    }
    fn words(&self) -> &'static str {
        "γ u + β with u = (x − mean)/σ: with p = γ ȳ, x gets (p − mean(p) − u mean(u p))/σ; γ gets Σ u ȳ, β gets Σ ȳ"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let centred = x[0] - x[0].mean_keep(-1);
        Some(centred * (centred.square().mean_keep(-1) + self.0).rsqrt() * x[1] + x[2])
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        static LAYER_NORM: RunKernels = run_kernels!(
            |[x, gamma, beta], n, epsilon, y| Compiled::layer_norm(x, gamma, beta, n, epsilon, y),
            |dy, [x, gamma, _], _, n, epsilon, [dx, scale, _]| match (dx, scale) {
                (Some(dx), Some(scale)) => {
                    Compiled::layer_norm_pull_both([x, dy, gamma], n, epsilon, dx, scale);
                }
                (Some(dx), None) => Compiled::layer_norm_pull(x, gamma, dy, n, epsilon, dx),
                (None, Some(scale)) => Compiled::layer_norm_pull_scale(x, dy, n, epsilon, scale),
                (None, None) => {}
            },
            adds 2
        );
        Some(Kernels::Runs(&LAYER_NORM, self.0))
    }
}

/// `$(\overline{x^2} + \varepsilon)^{-1/2}$` with the mean over some axes, which are kept; where squares overflow, of the
/// value divided by its largest size.
fn reciprocal_root(x: Var<'_>, axes: impl Into<Axes>, eps: f64) -> Var<'_> {
    let axes = axes.into();
    let mean = x.square().mean_keep(axes.clone());
    if mean.value().eq(f64::INFINITY).any().item() == 0.0 {
        return (mean + eps).rsqrt();
    }
    let most = x.value().abs().max_keep(axes.clone()).clamp(1.0, f64::INFINITY);
    let eps = &(&most.recip() * eps) / &most;
    ((x / &most).square().mean_keep(axes) + &eps).rsqrt() / &most
}

/// The first of the last `trailing` axes.
#[track_caller]
fn first_trailing(op: &str, shape: &Shape, trailing: usize) -> usize {
    let rank = shape.len();
    assert!(trailing <= rank, "{op}: {trailing} trailing axes of {shape}, which has {rank}");
    rank - trailing
}

/// # Normalisations
///
/// Any finite ε is taken, as in PyTorch; where a negative one makes the sum under the root negative, the result is NaN.
impl<'t> Var<'t> {
    /// Layer normalisation over the last axes, those of `gamma` and `beta`:
    /// `$y = \gamma \odot (x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$` with the mean μ and the biased
    /// variance `$\sigma^2$` over these axes; the shape stays.
    ///
    /// # Panics
    /// If the last axes have another shape than `gamma` and `beta`.
    ///
    /// # Source
    /// Ba, Kiros and Hinton, "Layer Normalization", 2016.
    #[track_caller]
    pub fn layer_norm(self, gamma: impl Operand<'t>, beta: impl Operand<'t>, eps: f64) -> Self {
        let [x, gamma, beta] =
            promoted([self, self.operand("layer_norm", gamma), self.operand("layer_norm", beta)]);
        let (shape, sizes) = (self.shape(), gamma.shape());
        let fits = shape.ends_with(&sizes) && beta.shape() == sizes;
        assert!(
            fits,
            "layer_norm: input {shape}, gamma {sizes}, beta {}: both must have the shape of the input's last axes",
            beta.shape()
        );
        expect::number("layer_norm", "eps", eps, eps.is_finite(), "a finite number");
        let width = sizes.elements();
        let flat = |part: Self| part.reshape([width]);
        let rows = x.reshape([shape.elements() / width.max(1), width]);
        self.tape().apply(LayerNorm(eps), &[rows, flat(gamma), flat(beta)]).reshape(shape)
    }

    /// As [`Self::layer_norm`] over the last `trailing` axes without scale and shift:
    /// `$y = (x - \mu)/\sqrt{\sigma^2 + \varepsilon}$`.
    ///
    /// # Panics
    /// If there are less axes.
    #[track_caller]
    pub fn standardize(self, trailing: usize, eps: f64) -> Self {
        expect::floats("standardize", self.dtype());
        let shape = self.shape();
        let first = first_trailing("standardize", &shape, trailing);
        expect::number("standardize", "eps", eps, eps.is_finite(), "a finite number");
        let sizes = &shape[first..];
        let (one, zero) = (Tensor::ones_of(sizes, self.dtype()), Tensor::zeros_of(sizes, self.dtype()));
        self.layer_norm(self.tape().constant(one), self.tape().constant(zero), eps)
    }

    /// `$y = x / \sqrt{\overline{x^2} + \varepsilon}$` with the mean over the last `trailing` axes; the shape
    /// stays.
    ///
    /// # Panics
    /// If there are less axes.
    ///
    /// # Source
    /// Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
    #[track_caller]
    pub fn rms_norm(self, trailing: usize, eps: f64) -> Self {
        expect::floats("rms_norm", self.dtype());
        first_trailing("rms_norm", &self.shape(), trailing);
        expect::number("rms_norm", "eps", eps, eps.is_finite(), "a finite number");
        let list: Vec<isize> = (1..=trailing as isize).map(|a| -a).collect();
        self * reciprocal_root(self, list, eps)
    }

    /// The channels of `[N, C, …]` in groups, each standardised for each sample,
    /// `$(x - \mu)/\sqrt{\sigma^2 + \varepsilon}$` over a group's channels and places, then scaled and shifted
    /// by `[C]` each. With as many groups as channels: instance normalisation.
    ///
    /// # Panics
    /// If the channels are no multiple of `groups`.
    ///
    /// # Source
    /// Wu and He, "Group Normalization", 2018.
    #[doc(alias = "instance_norm")]
    #[track_caller]
    pub fn group_norm(self, groups: usize, gamma: Option<Self>, beta: Option<Self>, eps: f64) -> Self {
        self.check_more("group_norm", [gamma, beta]);
        let ([x], [gamma, beta]) = promoted_with([self], [gamma, beta]);
        let shape = x.shape();
        check_channels("group_norm", &shape, &[("gamma", gamma), ("beta", beta)]);
        expect::parts("group_norm", "the channels", shape[1], groups);
        expect::number("group_norm", "eps", eps, eps.is_finite(), "a finite number");
        let width = shape.elements() / (shape[0] * groups).max(1);
        let y = x.reshape([shape[0] * groups, width]).standardize(1, eps).reshape(shape);
        y.scale_channels(gamma, beta)
    }

    /// `$x / (k + \tfrac{\alpha}{n} \sum x^2)^\beta$` of `[N, C, …]` with the sum over n neighbouring channels;
    /// outside there are zeros.
    ///
    /// # Panics
    /// If there are less than three axes.
    ///
    /// # Source
    /// Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
    /// 2012.
    #[doc(alias = "lrn")]
    #[track_caller]
    pub fn local_response_norm(self, n: usize, alpha: f64, beta: f64, k: f64) -> Self {
        expect::floats("local_response_norm", self.dtype());
        let shape = self.shape();
        expect::at_least("local_response_norm", &shape, 3, "[N, C, …]");
        assert!(n > 0, "local_response_norm: n is 0; it must be at least 1");
        assert!(shape[1] > 0, "local_response_norm: {shape} has no channels");
        assert!(
            shape.len() < MAX_RANK,
            "local_response_norm: {shape} has too many axes, at most {}",
            MAX_RANK - 1
        );
        let padded = self
            .square()
            .pad(&[(1, ((n / 2) as isize, ((n - 1) / 2) as isize))], crate::ops::pad::PaddingMode::Zeros);
        let mean = padded.unfold(1, n, 1).mean_axes(-1);
        self / (mean * alpha + k).powf(beta)
    }
}
